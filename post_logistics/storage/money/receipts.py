"""Receipts and refunds, and what stands of the money of a parcel: read for a whole batch in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from post_logistics.cod.accounts import CHART, Account, Owner, parse
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.payments import PaymentState
from post_logistics.cod.tenders import Asked, Due
from post_logistics.errors import NotFound
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import receipts, refunds


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a recipient paid at one hand-over; ``receipt_id`` is the scan of it. due = cash + digital + short."""

    receipt_id: UUID
    item_number: str
    due_poisha: int
    cash_poisha: int
    digital_poisha: int
    short_poisha: int
    short_reason: str
    holder: str
    office: str
    taken_at: datetime
    posted_at: datetime
    standing: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What the books know of one parcel's money, as of a statement."""

    prices: tuple[tuple[datetime, int], ...] = ()
    """Approved since the order: when, and what."""
    payments: Mapping[str, Asked] | None = None
    receipt_id: UUID | None = None

    def due(self, booked_poisha: int, since: datetime | None = None) -> Due:
        """What is due, given what the order said. Of the prices, those in force at ``since`` and later count; those
        before are ``earlier``."""
        prices = [booked_poisha, *(price for _, price in self.prices)]
        over = 0 if since is None else sum(at <= since for at, _ in self.prices)
        first = over if since is not None else len(prices) - 1
        return Due(
            prices=tuple(prices[first:]),
            earlier=tuple(prices[:first]),
            payments=self.payments or {},
            receipt_id=self.receipt_id,
        )


_KNOWN = text(
    """
    select 'price' as kind, item_number, '' as id, price_poisha as one, 0 as other, '' as state, decided_at as at
    from price_changes where state = 'approved' and item_number = any(:items)
    union all
    select 'payment', item_number, payment_id, amount_poisha, collected_poisha, state, made_at
    from payments where purpose = 'cod' and item_number = any(:items)
    union all
    select 'receipt', item_number, receipt_id::text, due_poisha, 0, '', taken_at
    from receipts where standing and item_number = any(:items)
    order by at
    """
)
NOTHING: Final = Known()


def load_known(connection: Connection, item_numbers: Iterable[str]) -> dict[str, Known]:
    """Item -> what the books know of its money; left out are those of which they know nothing yet."""
    prices: dict[str, list[tuple[datetime, int]]] = {}
    payments: dict[str, dict[str, Asked]] = {}
    standing: dict[str, UUID] = {}
    for row in connection.execute(_KNOWN, {"items": list(item_numbers)}):
        if row.kind == "price":
            prices.setdefault(row.item_number, []).append((row.at, row.one))
        elif row.kind == "payment":
            asked = Asked(row.one, PaymentState(row.state), row.other)
            payments.setdefault(row.item_number, {})[row.id] = asked
        else:
            standing[row.item_number] = UUID(row.id)
    return {
        item: Known(tuple(prices.get(item, ())), payments.get(item), standing.get(item))
        for item in {*prices, *payments, *standing}
    }


def append_receipts(connection: Connection, values: Sequence[Receipt]) -> set[UUID]:
    """Keeps those whose parcel has no receipt that stands; gives back the ids that are new."""
    return set(append(connection, receipts, values, keep_first=True))


def bind_payments(connection: Connection, pairs: Sequence[tuple[str, UUID]]) -> None:
    """Those payments (id, receipt) were counted on at those hand-overs."""
    if pairs:
        connection.execute(
            text(
                "update payments p set receipt_id = new.receipt_id from unnest(cast(:ids as text[]), "
                "cast(:receipts as uuid[])) as new (payment_id, receipt_id) where p.payment_id = new.payment_id"
            ),
            {"ids": [payment for payment, _ in pairs], "receipts": [receipt for _, receipt in pairs]},
        )


def load_receipts(connection: Connection, item_numbers: Sequence[str]) -> list[Receipt]:
    """Every receipt of those parcels, also those taken back, the earliest first."""
    wanted = select(receipts).where(receipts.c.item_number == func.any(list(item_numbers)))
    return read(connection.execute(wanted.order_by(receipts.c.posted_at, receipts.c.receipt_id)), Receipt)


def load_confirmed(connection: Connection, receipt_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Receipt -> poisha that providers have confirmed of the payments it counts on; left out where there are none."""
    rows = connection.execute(
        text(
            "select receipt_id, sum(collected_poisha) as poisha from payments where receipt_id = any(:ids) "
            "group by receipt_id"
        ),
        {"ids": list(receipt_ids)},
    )
    return {row.receipt_id: int(row.poisha) for row in rows}


def load_receipt(connection: Connection, receipt_id: UUID) -> Receipt:
    """One receipt, held until the transaction ends; NotFound if there is none."""
    wanted = select(receipts).where(receipts.c.receipt_id == receipt_id).with_for_update()
    for receipt in read(connection.execute(wanted), Receipt):
        return receipt
    raise NotFound(f"no receipt {receipt_id}", field="receipt_id", remedy="copy it from the parcel's receipts")


def change_receipt(connection: Connection, receipt: Receipt) -> None:
    """The receipt is what the value says: its amounts, its reason, whether it stands."""
    changed = ("due_poisha", "digital_poisha", "short_poisha", "short_reason", "standing")
    connection.execute(
        update(receipts)
        .where(receipts.c.receipt_id == receipt.receipt_id)
        .values({name: getattr(receipt, name) for name in changed})
    )


def load_standing_transfers(connection: Connection, causes: Sequence[str], item_number: str) -> list[Transfer]:
    """The transfers of an item that those causes posted and nobody has taken back."""
    ids = connection.execute(
        text(
            "select transfer_id from transfers one where item_number = :item and cause = any(:causes) "
            "and reverses is null and not exists (select from transfers back where back.reverses = one.transfer_id)"
        ),
        {"item": item_number, "causes": list(causes)},
    )
    return load_transfers(connection, ids=list(ids.scalars()))


def hold_item(connection: Connection, item_number: str) -> None:
    """Holds the item until the transaction ends, as a batch of claims does: money for it comes one after another."""
    connection.execute(text("select from journeys where item_number = :item for update"), {"item": item_number})


def hold_accounts(connection: Connection, accounts: Iterable[Account]) -> None:
    """Until the transaction ends nobody else takes from those accounts what stands there now.

    Of a merchant the merchant's row is held, as a settlement holds it."""
    names = sorted(set(accounts))
    owners = [owner for kind, owner in map(parse, names) if CHART[kind].owner is Owner.MERCHANT]
    if owners:
        connection.execute(
            text("select from merchants where merchant_id = any(:ids) order by merchant_id for update"), {"ids": owners}
        )
    connection.execute(
        text(
            "select pg_advisory_xact_lock(key) from ("
            " select hashtextextended('account/' || name, 0) as key from unnest(cast(:names as text[])) as name"
            " order by key) as ordered"
        ),
        {"names": names},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back: at the ``counter``, at the ``door``, by the ``provider``, of what one ``held``, or ``postage``.

    ``advanced_poisha``: as much of it as the merchant was no longer owed.
    """

    refund_id: UUID
    item_number: str
    payment_id: str | None
    way: str
    amount_poisha: int
    advanced_poisha: int
    why: str
    by: str
    office: str
    state: str
    asked_at: datetime
    done_at: datetime | None
    answer: str = ""


def append_refunds(connection: Connection, values: Sequence[Refund]) -> set[UUID]:
    """Keeps those not yet known; gives back the ids that are new."""
    return set(append(connection, refunds, values, keep_first=True))


def known_refunds(connection: Connection, refund_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are kept."""
    wanted = select(refunds.c.refund_id).where(refunds.c.refund_id == func.any(list(refund_ids)))
    return set(connection.execute(wanted).scalars())


def load_refunds(connection: Connection, item_number: str | None = None, refund_id: UUID | None = None) -> list[Refund]:
    """The refunds of an item, or the one of that id, the earliest first."""
    wanted = select(refunds).order_by(refunds.c.asked_at, refunds.c.refund_id)
    if item_number is not None:
        wanted = wanted.where(refunds.c.item_number == item_number)
    if refund_id is not None:
        wanted = wanted.where(refunds.c.refund_id == refund_id)
    return read(connection.execute(wanted), Refund)


def load_given_back(connection: Connection, item_numbers: Sequence[str]) -> dict[str, int]:
    """Item -> poisha that its recipient was given back or is about to be; what was never the parcel's is left out."""
    rows = connection.execute(
        text(
            "select item_number, sum(amount_poisha) as poisha from refunds where item_number = any(:items) "
            "and way not in ('held', 'postage') and state <> 'refused' group by item_number"
        ),
        {"items": list(item_numbers)},
    )
    return {row.item_number: int(row.poisha) for row in rows}


def load_asked_refunds(connection: Connection, before: datetime, limit: int) -> list[UUID]:
    """Refunds that a provider was asked for before then and has not answered, the longest ago first."""
    rows = connection.execute(
        text(
            "select refund_id from refunds where state = 'asked' and asked_at < :before order by asked_at limit :limit"
        ),
        {"before": before, "limit": limit},
    )
    return list(rows.scalars())


def end_refund(
    connection: Connection, refund_id: UUID, state: str, answer: str, advanced_poisha: int, at: datetime
) -> bool:
    """The provider has given the money back, or refused; False if that was known."""
    ended = connection.execute(
        update(refunds)
        .where(refunds.c.refund_id == refund_id, refunds.c.state == "asked")
        .values(state=state, answer=answer, advanced_poisha=advanced_poisha, done_at=at)
    )
    return bool(ended.rowcount)


def load_paid(connection: Connection, item_number: str) -> int:
    """Poisha that the recipient has paid for the parcel, whatever was taken back subtracted."""
    return int(
        connection.execute(
            text(
                "select coalesce(sum(case when reverses is null then amount_poisha else -amount_poisha end), 0) "
                "from transfers where item_number = :item "
                "and code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital')"
            ),
            {"item": item_number},
        ).scalar_one()
    )
