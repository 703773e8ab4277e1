"""The APIs of other couriers, so that a shop that uses one changes an address and a key, and nothing else.

=========== ===================== ===========================================
`steadfast` ``/api/v1``           orders, statuses, returns, balance, payments
`pathao`    ``/aladdin/api/v1``   tokens, places, stores, orders, prices
`redx`      ``/v1.0.0-beta``      areas, stores, parcels, charges
`easypost`  ``/v2``               trackers, which look and keep nothing
`wire`                            paths, bodies and errors of all dialects
`access`                          whose key it is
`orders`                          an order of any dialect becomes ours
=========== ===================== ===========================================

Thin translations of the operations under ``/v1``: here, and only here, text counts as a number. They are not in the
OpenAPI document, for their contracts are those couriers' own; ``docs/guides/switching.md`` says what is different.
"""

from collections.abc import Mapping
from typing import Final

from api.compat import easypost, pathao, redx, steadfast
from api.compat.wire import Translate

PARTS: Final = (steadfast, pathao, redx, easypost)
ROUTERS: Final = tuple(part.router for part in PARTS)
DIALECTS: Final[Mapping[str, Translate]] = {part.PREFIX: part.translate for part in PARTS}
"""The prefix of a dialect's paths -> how it says a problem."""
