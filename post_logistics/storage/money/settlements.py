"""Settlements, each written once: what merchants were told and paid; and what there is to settle, at one instant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, func, select, text

from post_logistics.cod.accounts import Account
from post_logistics.cod.settlement import Compensation, Settlement, SettlementLine, Waiting, WaitReason
from post_logistics.errors import NotFound
from post_logistics.storage.money.ledger import BALANCES_OF_ACCOUNTS
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import (
    claim_steps,
    settlement_compensations,
    settlement_lines,
    settlement_runs,
    settlements,
)
from post_logistics.tracking.claims import ClaimStep


def lock_merchants(connection: Connection, merchant_ids: Sequence[str]) -> None:
    """Holds the merchants until the transaction ends, so that each is settled with by one at a time. They are locked in
    the order of their ids, so that two who want many never wait for each other. Bookings go on."""
    connection.execute(
        text("select from merchants where merchant_id = any(:ids) order by merchant_id for no key update"),
        {"ids": list(merchant_ids)},
    )


def append_settlements(connection: Connection, values: Sequence[Settlement], at: datetime) -> set[str]:
    """Keeps the settlements with their lines; gives back the ids of the new ones. A merchant has one a day, and a
    parcel or a claim is settled once, whatever happens: its number is the key."""
    new = set(
        append(
            connection,
            settlements,
            values,
            keep_first=True,
            waiting=[_waiting_json(one.waiting) for one in values],
            settled_at=[at] * len(values),
        )
    )
    lines = [(one.settlement_id, line) for one in values if one.settlement_id in new for line in one.lines]
    append(connection, settlement_lines, [line for _, line in lines], settlement_id=[of for of, _ in lines])
    paid = [(one.settlement_id, claim) for one in values if one.settlement_id in new for claim in one.compensations]
    append(
        connection,
        settlement_compensations,
        [claim for _, claim in paid],
        settlement_id=[of for of, _ in paid],
        claim_id=[UUID(claim.claim_id) for _, claim in paid],
    )
    return new


def _waiting_json(waiting: Iterable[Waiting]) -> list[dict[str, Any]]:
    return [asdict(one) | {"reason": one.reason.value} for one in waiting]


def load_settlement(connection: Connection, settlement_id: str, merchant: str | None = None) -> Settlement:
    """One settlement; NotFound if there is none, or it is another merchant's: the two answer alike."""
    for settlement in load_settlements(connection, merchant=merchant, settlement_id=settlement_id):
        return settlement
    raise NotFound(f"no settlement {settlement_id}", field="settlement_id", remedy="copy it from the payout advice")


def load_settlements(
    connection: Connection,
    settled_on: date | None = None,
    merchant: str | None = None,
    settlement_id: str | None = None,
    merchants: Sequence[str] | None = None,
    latest: int | None = None,
) -> list[Settlement]:
    """Settlements of a day, of a merchant or several, of an id, or all, oldest first, with their lines. ``latest``: at
    most so many, the latest first."""
    wanted = select(settlements)
    if latest is None:
        wanted = wanted.order_by(settlements.c.settled_on, settlements.c.merchant)
    else:
        wanted = wanted.order_by(settlements.c.settled_on.desc(), settlements.c.merchant).limit(latest)
    if settled_on is not None:
        wanted = wanted.where(settlements.c.settled_on == settled_on)
    if merchant is not None:
        wanted = wanted.where(settlements.c.merchant == merchant)
    if merchants is not None:
        wanted = wanted.where(settlements.c.merchant == func.any(list(merchants)))
    if settlement_id is not None:
        wanted = wanted.where(settlements.c.settlement_id == settlement_id)
    found = [row._mapping for row in connection.execute(wanted)]
    ids = [row["settlement_id"] for row in found]
    lines, claims = _lines(connection, ids), _compensations(connection, ids)
    names = [n for n in Settlement.__dataclass_fields__ if n not in {"lines", "waiting", "compensations"}]
    return [
        Settlement(
            **{name: row[name] for name in names},
            lines=tuple(lines[row["settlement_id"]]),
            compensations=tuple(claims[row["settlement_id"]]),
            waiting=tuple(Waiting(**one | {"reason": WaitReason(one["reason"])}) for one in row["waiting"]),
        )
        for row in found
    ]


def _lines(connection: Connection, settlement_ids: Sequence[str]) -> dict[str, list[SettlementLine]]:
    rows = connection.execute(
        select(settlement_lines)
        .where(settlement_lines.c.settlement_id == func.any(list(settlement_ids)))
        .order_by(settlement_lines.c.item_number)
    ).all()
    lines: defaultdict[str, list[SettlementLine]] = defaultdict(list)
    for row, line in zip(rows, read(rows, SettlementLine), strict=True):
        lines[row.settlement_id].append(line)
    return lines


def _compensations(connection: Connection, settlement_ids: Sequence[str]) -> dict[str, list[Compensation]]:
    rows = connection.execute(
        select(settlement_compensations)
        .where(settlement_compensations.c.settlement_id == func.any(list(settlement_ids)))
        .order_by(settlement_compensations.c.claim_id)
    ).all()
    paid: defaultdict[str, list[Compensation]] = defaultdict(list)
    for row, claim in zip(rows, read(rows, Compensation, claim_id=str), strict=True):
        paid[row.settlement_id].append(claim)
    return paid


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRun:
    """That the settlements by the calendar of a day were made: how many, and who still waits (merchant -> why)."""

    settled_on: date
    settlements: int
    waiting: dict[str, str]
    run_at: datetime


def save_run(connection: Connection, run: SettlementRun) -> None:
    """Keeps the run in place of an earlier one of that day."""
    connection.execute(
        text(
            "insert into settlement_runs (settled_on, settlements, waiting, run_at) "
            "values (:settled_on, :settlements, :waiting, :run_at) on conflict (settled_on) do update set "
            "settlements = excluded.settlements, waiting = excluded.waiting, run_at = excluded.run_at"
        ),
        asdict(run) | {"waiting": Jsonb(run.waiting)},
    )


def last_run(connection: Connection) -> SettlementRun | None:
    """The run of the latest day; None before the first."""
    rows = connection.execute(select(settlement_runs).order_by(settlement_runs.c.settled_on.desc()).limit(1))
    return next(iter(read(rows, SettlementRun)), None)


def load_reference(connection: Connection, settlement_id: str) -> str | None:
    """The verification reference that a settlement was given; None if there is no such settlement."""
    wanted = select(settlements.c.verification_reference).where(settlements.c.settlement_id == settlement_id)
    return connection.execute(wanted).scalar()


@dataclass(frozen=True, slots=True)
class OpenParcel:
    """A parcel that no settlement has listed, priced as it was weighed, and what was collected for it."""

    merchant: str
    item_number: str
    order_ref: str
    state: str
    cod_poisha: int
    cod_fee_poisha: int
    postage_poisha: int
    vat_poisha: int
    collected_poisha: int
    booked_at: datetime


_OPEN = text(
    f"""
    with mine as materialized (
        select c.item_number, c.merchant_id, c.order_ref, c.cod_poisha, c.cod_fee_poisha, c.postage_poisha,
               c.vat_poisha, c.booked_at, j.state
        from consignments c join journeys j using (item_number)
        where c.merchant_id = any(:merchants)
          and not exists (select from settlement_lines l where l.item_number = c.item_number)
    ), paid as (
        select item_number, sum(case when reverses is null then amount_poisha else -amount_poisha end) as collected
        from transfers where code like 'collect%' and item_number in (select item_number from mine) group by item_number
    ), weighed as (
        select distinct on (item_number) item_number, postage_poisha, vat_poisha from weighings as one
        where item_number in (select item_number from mine) and not exists (
            select from scans where scans.item_number = one.item_number and scans.voids = one.weighing_id)
        order by item_number, weighed_at desc, weighing_id
    )
    select mine.merchant_id as merchant, mine.item_number, mine.order_ref, mine.state, mine.cod_poisha,
           mine.cod_fee_poisha, coalesce(weighed.postage_poisha, mine.postage_poisha) as postage_poisha,
           coalesce(weighed.vat_poisha, mine.vat_poisha) as vat_poisha,
           cast(coalesce(paid.collected, 0) as bigint) as collected_poisha, mine.booked_at,
           cast(null as text) as account, cast(null as bigint) as balance_poisha
    from mine left join paid using (item_number) left join weighed using (item_number)
    where mine.state = any(:finished) or paid.collected > 0
    union all
    select null, null, null, null, null, null, null, null, null, null, account, cast(balance_poisha as bigint)
    from ({BALANCES_OF_ACCOUNTS}) as balances
    """  # noqa: S608 - only the text of the ledger
)


def load_open(
    connection: Connection, merchants: Sequence[str], finished: Sequence[str], accounts: Sequence[Account]
) -> tuple[list[OpenParcel], dict[Account, int]]:
    """The parcels of those merchants that no settlement has listed and that are finished or have brought in money, and
    the balances of the accounts. Both are of one instant: money that comes in between would be paid out unseen."""
    rows = connection.execute(
        _OPEN,
        {"merchants": list(merchants), "finished": list(finished), "accounts": list(accounts), "until": None},
    ).all()
    parcels = [row for row in rows if row.account is None]
    return read(parcels, OpenParcel), {Account(r.account): r.balance_poisha for r in rows if r.account is not None}


@dataclass(frozen=True, slots=True)
class AcceptedClaim:
    """A claim that the post has accepted and not paid."""

    merchant: str
    claim_id: UUID
    item_number: str
    amount_poisha: int
    steps: int


def load_accepted_claims(connection: Connection, merchants: Sequence[str]) -> list[AcceptedClaim]:
    """The accepted, unpaid claims for parcels of those merchants, by id. What was netted before is not there again."""
    rows = connection.execute(
        text(
            "select c.merchant_id as merchant, s.claim_id, c.item_number, s.amount_poisha, s.number as steps "
            "from claim_steps s join claims using (claim_id) join consignments c using (item_number) "
            "where s.step = 'accepted' and c.merchant_id = any(:merchants) and s.amount_poisha > 0 "
            "and not exists (select from claim_steps as later "
            " where later.claim_id = s.claim_id and later.number > s.number) "
            "and not exists (select from settlement_compensations p where p.claim_id = s.claim_id) "
            "order by s.claim_id"
        ),
        {"merchants": list(merchants)},
    )
    return read(rows, AcceptedClaim)


def append_paid_claims(connection: Connection, steps: Sequence[ClaimStep]) -> bool:
    """Keeps that those claims are paid; False if somebody else has just gone on with one of them."""
    return len(append(connection, claim_steps, steps, keep_first=True)) == len(steps)
