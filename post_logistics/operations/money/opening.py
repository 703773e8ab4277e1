"""The books are opened: with what was there before them, once, by two people."""

from collections.abc import Container, Mapping
from datetime import datetime

from post_logistics.cod.accounts import CHART, Account, Owner, parse
from post_logistics.cod.opening import CAUSE, fingerprint, opening_transfers
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.money.books import OpenedBooks, append_opening
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.orders.merchants import load_merchants


def open_books(
    connection: Connection,
    facts: Facts,
    balances: Mapping[Account, int],
    *,
    by: str,
    countersigned_by: str,
    at: datetime,
) -> OpenedBooks:
    """The opening of the books, as ``cod.opening.read_opening`` reads it: made now, or as it was made before.

    Told again with the same balances it answers the same; Conflict if the books were opened with others. Unacceptable
    for a merchant or an office that is not there, and where one person signs for two.
    """
    two_people(by, countersigned_by)
    if not balances:
        raise Unacceptable(
            "there is no balance to open the books with", field="balance", remedy="give one that is not 0"
        )
    _refuse_strangers(connection, facts, balances)
    asked = OpenedBooks(
        cause=CAUSE,
        sha256=fingerprint(balances),
        accounts=len(balances),
        opened_by=by,
        countersigned_by=countersigned_by,
        opened_at=at,
    )
    kept = append_opening(connection, asked)
    if kept.sha256 != asked.sha256:
        raise Conflict(
            f"the books were opened with other balances by {kept.opened_by} and {kept.countersigned_by}",
            field="balance",
            remedy="put a balance right by taking its opening transfer back, or by what has happened since",
        )
    append_transfers(connection, opening_transfers(balances, at))
    return kept


def two_people(by: str, countersigned_by: str) -> None:
    """Returns if these are two different people; Unacceptable if not."""
    first, second = (" ".join(name.split()).casefold() for name in (by, countersigned_by))
    if not first or not second or first == second:
        raise Unacceptable(
            "this needs two people", field="countersigned_by", remedy="let somebody else look at it and sign"
        )


def _refuse_strangers(connection: Connection, facts: Facts, balances: Mapping[Account, int]) -> None:
    known: dict[Owner, Container[str]] = {Owner.MERCHANT: load_merchants(connection), Owner.OFFICE: facts.offices}
    for name in balances:
        kind, owner = parse(name)
        whose = CHART[kind].owner
        if whose in known and owner not in known[whose]:
            raise Unacceptable(
                f"{name}: there is no {whose} {owner}", field="account", remedy="correct the account, or register it"
            )
