"""What somebody posted over the counter, as the receipt that they take home lists it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import NotFound
from post_logistics.storage.counter.weighings import load_weighings_that_count
from post_logistics.storage.custody.scans import load_own_numbers
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True)
class Posted:
    """A parcel that was accepted over the scales, by what they said."""

    consignment: Consignment
    shop: str
    weight_g: int
    charge_poisha: int
    """Postage and VAT."""
    taken_at: datetime


def posted(connection: Connection, office: Postcode, item_numbers: Sequence[str]) -> list[Posted]:
    """Those parcels, in that order, each once; NotFound if one was not accepted over the scales of that office."""
    own = load_own_numbers(connection, item_numbers)
    wanted = list(dict.fromkeys(own.get(one, one) for one in item_numbers))
    weighings = load_weighings_that_count(connection, wanted)
    consignments = load_consignments(connection, wanted)
    strangers = [one for one in wanted if one not in weighings or weighings[one].office != office]
    if strangers:
        raise NotFound(
            f"{strangers[0]} was not accepted here", field="items", remedy="accept and weigh the parcel first"
        )
    shops = load_merchants(connection)
    return [
        Posted(
            consignment=consignments[one],
            shop=shops[consignments[one].merchant_id].name,
            weight_g=weighings[one].weight_g,
            charge_poisha=weighings[one].postage_poisha + weighings[one].vat_poisha,
            taken_at=weighings[one].weighed_at,
        )
        for one in wanted
    ]
