"""The ledger: transfers appended, balances summed. The database refuses a reason that the postings table lacks."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert

from post_logistics.cod.accounts import Account
from post_logistics.cod.ledger import Transfer, distinct
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.errors import Conflict
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import postings, transfers


def declare_postings(connection: Connection) -> None:
    """Tells the database the postings table of the code, each reason also read backwards; known rows stay."""
    rows = [
        {"code": code.value, "debit_kind": debit.value, "credit_kind": credit.value, "taken_back": taken_back}
        for code, posting in POSTINGS.items()
        for debit, credit, taken_back in (
            (posting.debit, posting.credit, False),
            (posting.credit, posting.debit, True),
        )
    ]
    connection.execute(insert(postings).values(rows).on_conflict_do_nothing())


def append_transfers(connection: Connection, values: Iterable[Transfer]) -> list[UUID]:
    """Posts those not yet posted; gives back the new ids. Conflict if an id is known with other content."""
    wanted = distinct(values)
    causes = [value.item_number or None for value in wanted]
    new = append(connection, transfers, wanted, keep_first=True, item_number=causes) if wanted else []
    known = {value.transfer_id: value for value in wanted if value.transfer_id not in set(new)}
    for value in load_transfers(connection, ids=list(known)) if known else []:
        known.pop(value.transfer_id, None) if _same(value, known[value.transfer_id]) else None
    for value in known.values():
        raise Conflict(
            f"{value.code} of {value.cause} stands in the ledger with other content",
            field="transfer_id",
            remedy="take the recorded one back with a reversal, then post again under a new cause",
        )
    return new


def _same(one: Transfer, other: Transfer) -> bool:
    """The same movement of money; the clock of a repeated call may differ."""
    return (one.code, one.debit, one.credit, one.amount_poisha, one.item_number, one.reverses) == (
        other.code,
        other.debit,
        other.credit,
        other.amount_poisha,
        other.item_number,
        other.reverses,
    )


def _read(rows: Iterable[Row[tuple[object, ...]]]) -> list[Transfer]:
    return read(rows, Transfer, code=Code, item_number=lambda value: value or "")


def load_transfers(connection: Connection, ids: Sequence[UUID] | None = None) -> list[Transfer]:
    """All transfers, or those of the ids, in the order of their instants."""
    wanted = select(transfers).order_by(transfers.c.at, transfers.c.code, transfers.c.transfer_id)
    if ids is not None:
        wanted = wanted.where(transfers.c.transfer_id == func.any(list(ids)))
    return _read(connection.execute(wanted))


def lock_merchant(connection: Connection, merchant_id: str) -> None:
    """Holds the merchant's row until the transaction ends, so that only one settlement of it is made at a time."""
    connection.execute(text("select from merchants where merchant_id = :id for update"), {"id": merchant_id})


def load_balances(connection: Connection, kinds: Sequence[str] = ()) -> dict[Account, int]:
    """Account -> poisha, debit positive, summed by the database; only of those kinds, where any are named."""
    rows = connection.execute(
        text(
            "select account, sum(amount) as balance_poisha from ("
            " select debit as account, debit_kind as kind, amount_poisha as amount from transfers union all"
            " select credit, credit_kind, -amount_poisha from transfers) as legs "
            "where cast(:kinds as text[]) = '{}' or kind = any(:kinds) group by account order by account"
        ),
        {"kinds": [str(kind) for kind in kinds]},
    )
    return {Account(row.account): int(row.balance_poisha) for row in rows}


def load_collections(connection: Connection, item_numbers: Sequence[str]) -> dict[str, str]:
    """Item number -> the cause of the collection that stands, for the items that are paid."""
    rows = connection.execute(
        text(
            "select item_number, cause from transfers one where code like 'collect%' and reverses is null "
            "and item_number = any(:items) "
            "and not exists (select from transfers back where back.reverses = one.transfer_id)"
        ),
        {"items": list(item_numbers)},
    )
    return {row.item_number: row.cause for row in rows}


def load_collected(connection: Connection, item_numbers: Sequence[str]) -> dict[str, int]:
    """Item number -> poisha collected for it, whatever was taken back subtracted."""
    rows = connection.execute(
        text(
            "select item_number, sum(case when reverses is null then amount_poisha else -amount_poisha end) as amount "
            "from transfers where code like 'collect%' and item_number = any(:items) group by item_number"
        ),
        {"items": list(item_numbers)},
    )
    return {row.item_number: int(row.amount) for row in rows}
