"""Reports as tables: the day by office and by merchant, for a postmaster's eyes."""

import pandas as pd

from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_collected
from post_logistics.storage.orders.consignments import load_booked

_MEASURES = {
    "parcels": ("item_number", "count"),
    "weight_g": ("weight_g", "sum"),
    "cod_due_poisha": ("cod_poisha", "sum"),
    "cod_collected_poisha": ("collected_poisha", "sum"),
    "postage_poisha": ("postage_poisha", "sum"),
    "attempts": ("attempts", "sum"),
}


def parcels_by(connection: Connection, column: str) -> pd.DataFrame:
    """A row per value of ``delivery_office`` or ``merchant_id``: parcels, weight, money, the count in each state."""
    booked = load_booked(connection)
    table = pd.DataFrame(
        [(c.item_number, c.merchant_id, c.delivery_office, c.weight_g, c.cod_poisha, c.postage_poisha) for c in booked],
        columns=["item_number", "merchant_id", "delivery_office", "weight_g", "cod_poisha", "postage_poisha"],
    ).set_index("item_number", drop=False)
    standings = {one.item_number: one for one in load_standings(connection)}
    collected = load_collected(connection, list(standings))
    table["state"] = [standings[item].state.value for item in table.index]
    table["attempts"] = [standings[item].attempts for item in table.index]
    table["collected_poisha"] = [collected.get(item, 0) for item in table.index]
    totals = table.groupby(column).agg(**{name: pd.NamedAgg(*measure) for name, measure in _MEASURES.items()})
    states = table.pivot_table(index=column, columns="state", values="item_number", aggfunc="count", fill_value=0)
    return totals.join(states.astype(int)).reset_index()
