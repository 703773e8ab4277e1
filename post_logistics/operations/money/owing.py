"""What the post owes a shop at this moment, in one figure."""

from post_logistics.cod.account_statement import accounts_of
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_balances_of
from post_logistics.units import MerchantId


def owed_now(connection: Connection, merchant_id: MerchantId) -> int:
    """Poisha collected for the shop, less charges, VAT and advances that are due: below zero it owes the post."""
    return -sum(load_balances_of(connection, accounts_of(merchant_id)).values())
