"""What the pages of a shop share: whose shop it is, for whom its people decide, and its stores."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends

from api.acting import Principal
from api.pages.shell import OurVisit
from post_logistics.errors import NotFound
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.storage.access.stores import Store
from post_logistics.units import MerchantId


def shop_of(found: OurVisit) -> MerchantId:
    """The shop of whoever is signed in; NotFound for somebody of none."""
    if found.who.merchant_id is None:
        raise NotFound("you are signed in for no shop", remedy="sign in as somebody of the shop")
    return found.who.merchant_id


Shop = Annotated[MerchantId, Depends(shop_of)]


def actor(who: Principal) -> Actor:
    """For whom the principal decides."""
    return Actor(who.merchant_id)


def store_choices(stores: Sequence[Store]) -> list[tuple[str, str]]:
    """Address and name of each store to choose from; none where there is only one."""
    return [(one.address, one.name) for one in stores] if len(stores) > 1 else []
