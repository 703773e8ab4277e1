"""How merchants' servers are told of their parcels: in our own words, or in those of the courier they come from.

======================== ==============================================================
`port`                   what a dialect is given, and what it must be able to say
`native`                 ours: Standard Webhooks, signed
`steadfast`, `redx`      a bearer token, and the statuses that those receivers know
`pathao`                 the shared secret in a header, a greeting first
`easypost`               an event with the tracker in it, signed
`eksheba`                ekSheba's desk for government services: an application and its status, signed
`municipal`              a municipality's desk: an application, how it was served and the fee taken, signed
======================== ==============================================================

A dialect only words and signs. Queues, tries, pauses and addresses are the same for all of them.
"""

from collections.abc import Mapping
from typing import Final

from post_logistics.channels.dialects.easypost import EASYPOST
from post_logistics.channels.dialects.eksheba import EKSHEBA
from post_logistics.channels.dialects.municipal import MUNICIPAL
from post_logistics.channels.dialects.native import NATIVE
from post_logistics.channels.dialects.pathao import PATHAO
from post_logistics.channels.dialects.port import Dialect
from post_logistics.channels.dialects.redx import REDX
from post_logistics.channels.dialects.steadfast import STEADFAST

DIALECTS: Final[Mapping[str, Dialect]] = {
    "native": NATIVE,
    "steadfast": STEADFAST,
    "redx": REDX,
    "pathao": PATHAO,
    "easypost": EASYPOST,
    "eksheba": EKSHEBA,
    "municipal": MUNICIPAL,
}
"""Name of a dialect -> how it speaks."""
