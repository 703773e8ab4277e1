"""Day closes and deposits: the papers behind the transfers, each written once, and the collections that they carry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.counting import Variance
from post_logistics.cod.day_close import Close, Deposit, OfficeClose, Reopening, RiderClose, SaidSlip
from post_logistics.cod.ledger import Transfer
from post_logistics.errors import NotFound
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import day_closes, deposits, reopenings, reversals, slips
from post_logistics.units import DHAKA, RiderId

AnyClose = RiderClose | OfficeClose


def hold_till(connection: Connection, office: str) -> None:
    """Until the transaction ends nobody else closes, opens again, pays in or pays out of that office's till."""
    hold_accounts(connection, [account(AccountKind.OFFICE_TILL, office)])


def append_close(connection: Connection, close: AnyClose) -> bool:
    """Keeps the close; False if the holder has closed that turn already. The caller holds the till."""
    extra: dict[str, Sequence[Any]] = {"holder": [close.holder], "reason": [close.reason or ""]}
    extra["pieces"] = [{str(worth): many for worth, many in close.pieces.items()}]
    if isinstance(close, RiderClose):
        extra["to_deposit_poisha"] = [0]
    return bool(append(connection, day_closes, [close], keep_first=True, **extra))


_SHARED = [field.name for field in fields(Close)]


def _local(at: datetime) -> datetime:
    """The same instant as it was written: what is told again is answered to the letter."""
    return at.astimezone(DHAKA)


def _close(row: Row[Any]) -> AnyClose:
    shared = {name: getattr(row, name) for name in _SHARED}
    shared["reason"] = Variance(row.reason) if row.reason else None
    shared["closed_at"] = _local(row.closed_at)
    shared["pieces"] = {int(worth): many for worth, many in row.pieces.items()}
    kind, _, owner = row.holder.partition(":")
    if kind == "rider":
        return RiderClose(rider=RiderId(owner), **shared)
    kept_poisha = row.counted_poisha - row.to_deposit_poisha
    return OfficeClose(to_deposit_poisha=row.to_deposit_poisha, kept_poisha=kept_poisha, **shared)


def load_closes(
    connection: Connection, closed_on: date, office: str | None = None, *, opened_again: bool = False
) -> list[AnyClose]:
    """The closes of a day that stand, by office in the order in which they came about; with ``opened_again`` all."""
    wanted = select(day_closes).where(day_closes.c.closed_on == closed_on)
    if office is not None:
        wanted = wanted.where(day_closes.c.office == office)
    if not opened_again:
        wanted = wanted.where(~select(reopenings).where(reopenings.c.close_id == day_closes.c.close_id).exists())
    return [_close(row) for row in connection.execute(wanted.order_by(day_closes.c.office, day_closes.c.number))]


def load_close(connection: Connection, close_id: str, office: str | None = None) -> AnyClose:
    """One close; NotFound if there is none, or it is another office's: the two answer alike."""
    row = connection.execute(select(day_closes).where(day_closes.c.close_id == close_id)).first()
    if row is None or office not in {None, row.office}:
        raise NotFound(f"no day close {close_id}", field="close_id", remedy="close the day first")
    return _close(row)


def load_turns(connection: Connection, holders: Sequence[str], closed_on: date) -> dict[str, list[AnyClose]]:
    """Holder -> its closes of a day, turn by turn, also those that were opened again; for every one of the holders."""
    rows = connection.execute(
        select(day_closes)
        .where(day_closes.c.holder == func.any(list(holders)), day_closes.c.closed_on == closed_on)
        .order_by(day_closes.c.turn)
    )
    turns: dict[str, list[AnyClose]] = {holder: [] for holder in holders}
    for row in rows:
        turns[row.holder].append(_close(row))
    return turns


_STANDING = "not exists (select from reopenings r where r.close_id = d.close_id)"


def load_rests_on(connection: Connection, close_id: str) -> str | None:
    """The last standing close that rests on this one: a later one of its holder, or of the office with its cash."""
    return connection.execute(
        text(
            "select d.close_id from day_closes one join day_closes d on d.office = one.office "  # noqa: S608
            "and d.number > one.number and d.holder in (one.holder, 'office:' || one.office) "
            f"where one.close_id = :close_id and {_STANDING} order by d.number desc limit 1"
        ),
        {"close_id": close_id},
    ).scalar()


def append_reopening(connection: Connection, reopening: Reopening, taken_back: Iterable[Transfer]) -> None:
    """Keeps why a close no longer stands, and of each of its transfers who took it back."""
    append(connection, reopenings, [reopening])
    backs = list(taken_back)
    if backs:
        by, why = f"{reopening.opened_by}, {reopening.countersigned_by}", reopening.why
        append(connection, reversals, backs, by=[by] * len(backs), why=[why] * len(backs))


def load_reopenings(connection: Connection, close_ids: Sequence[str]) -> dict[str, Reopening]:
    """Why those of the closes that no longer stand were opened again, by close."""
    rows = connection.execute(select(reopenings).where(reopenings.c.close_id == func.any(list(close_ids))))
    return {one.close_id: one for one in read(rows, Reopening, opened_at=_local)}


_ACCOUNTS_OF = """
    with recursive held(account) as (
        (select debit from transfers where debit_kind = '{kind}' and debit collate "C" >= :prefix
         order by debit collate "C" limit 1)
        union all
        select (select debit from transfers where debit_kind = '{kind}' and debit collate "C" > account collate "C"
                order by debit collate "C" limit 1)
        from held where starts_with(account, :prefix)
    )
    select account from held where starts_with(account, :prefix)
"""
"""Leaps from one account to the next through ``ix_transfers_held``: as fast as the office has riders."""


def load_accounts_of(connection: Connection, kind: AccountKind, office: str) -> list[Account]:
    """The accounts of that kind, ``rider_cash`` or ``rider_debt``, of every rider the office ever had."""
    statement = text(_ACCOUNTS_OF.format(kind=AccountKind(kind).value))
    rows = connection.execute(statement, {"prefix": f"{kind.value}:{office}-"})
    return [Account(row.account) for row in rows]


_UNCOUNTED = f"""
    t.reverses is null
    and not exists (select from transfers back where back.reverses = t.transfer_id)
    and not exists (select from close_collections c join day_closes d using (close_id)
                    where c.collection_id = t.transfer_id and {_STANDING})
"""  # noqa: S608 - only the text above
_SINCE = f"""
    coalesce((select d.closed_at - interval '1 day' from day_closes d
              where d.holder = :holder and d.close_id <> :close_id and {_STANDING}
              order by d.number desc limit 1), '-infinity')
"""  # noqa: S608
"""What was counted before is told by the links. To look no further back than a day before the last close only saves
reading all there ever was; no transaction lasts that long."""
_COUNT_OWN = f"""
    insert into close_collections (close_id, collection_id)
    select :close_id, t.transfer_id from transfers t
    where t.debit_kind = '{{kind}}' and t.debit collate "C" = '{{kind}}:' || :owner and t.code = '{{code}}'
        and t.at >= {_SINCE} and {_UNCOUNTED}
"""  # noqa: S608
_COUNT_AGENTS = f"""
    insert into close_collections (close_id, collection_id)
    select distinct :close_id, t.transfer_id
    from agent_hand_ins h
    join transfers t on t.debit_kind = 'agent_cash' and t.debit collate "C" = 'agent_cash:' || h.agent
        and t.code = 'collect_agent' and t.at <= h.at and t.at >= coalesce(
            (select max(b.at) from agent_hand_ins b where b.agent = h.agent and b.at < h.at) - interval '1 day',
            '-infinity')
    where h.office = :owner and h.at >= {_SINCE} and {_UNCOUNTED}
"""  # noqa: S608


def link_collections(connection: Connection, close: AnyClose) -> None:
    """The close carries every standing collection of its holder that no standing close has counted; an office's, those
    of its own counter and of the agents who have handed in to it since."""
    given = {"close_id": close.close_id, "holder": close.holder, "owner": close.holder.partition(":")[2]}
    if isinstance(close, RiderClose):
        connection.execute(text(_COUNT_OWN.format(kind="rider_cash", code="collect")), given)
    else:
        connection.execute(text(_COUNT_OWN.format(kind="office_till", code="collect_counter")), given)
        connection.execute(text(_COUNT_AGENTS), given)


@dataclass(frozen=True, slots=True)
class Counted:
    """A parcel whose collection a close counted."""

    item_number: str
    order_ref: str
    merchant_id: str
    amount_poisha: int
    collected_at: datetime


def load_counted(connection: Connection, close_id: str) -> list[Counted]:
    """The parcels whose collections that close itself counted, in the order in which they were paid."""
    rows = connection.execute(
        text(
            "select t.item_number, o.order_ref, o.merchant_id, t.amount_poisha, t.at as collected_at "
            "from close_collections c join transfers t on t.transfer_id = c.collection_id "
            "join consignments o using (item_number) where c.close_id = :close_id order by t.at, t.item_number"
        ),
        {"close_id": close_id},
    )
    return read(rows, Counted)


def load_handed_in(connection: Connection, close_id: str) -> list[RiderClose]:
    """The riders' closes that brought cash into the till between that close of their office and its close before."""
    rows = connection.execute(
        text(
            f"""
            select d.* from day_closes one join day_closes d on d.office = one.office and d.number < one.number
                and d.holder like 'rider:%' and {_STANDING}
                and d.number > coalesce((select b.number from day_closes b where b.holder = one.holder
                    and b.number < one.number and not exists (select from reopenings r where r.close_id = b.close_id)
                    order by b.number desc limit 1), 0)
            where one.close_id = :close_id order by d.number
            """  # noqa: S608
        ),
        {"close_id": close_id},
    )
    return [close for row in rows if isinstance(close := _close(row), RiderClose)]


def append_deposit(connection: Connection, deposit: Deposit) -> bool:
    """Keeps the deposit with its slip; False if the slip is another close's. The caller holds the till."""
    append(connection, deposits, [deposit])
    said = SaidSlip(
        **deposit.as_kept(), close_id=deposit.close_id, said_by=deposit.paid_in_by, said_at=deposit.recorded_at
    )
    return bool(append(connection, slips, [said], keep_first=True))


def append_slip(connection: Connection, said: SaidSlip) -> bool:
    """The slip stands for its deposit, and none before it any more; False if it is another close's."""
    connection.execute(update(slips).where(slips.c.close_id == said.close_id).values(standing=False))
    return bool(append(connection, slips, [said], keep_first=True))


def load_slips(connection: Connection, close_id: str) -> list[SaidSlip]:
    """Everything that was said of the slip of a deposit, the last of which stands; empty if nothing was paid in."""
    wanted = select(slips).where(slips.c.close_id == close_id).order_by(slips.c.number)
    return read(connection.execute(wanted), SaidSlip, deposited_at=_local, said_at=_local)


def load_deposits(connection: Connection, close_ids: Sequence[str]) -> dict[str, Deposit]:
    """The deposits of those closes that were paid in, by close, each with the slip that stands."""
    rows = connection.execute(
        select(deposits, slips)
        .join(slips, (slips.c.close_id == deposits.c.close_id) & slips.c.standing)
        .where(deposits.c.close_id == func.any(list(close_ids)))
    )
    return {deposit.close_id: deposit for deposit in read(rows, Deposit, deposited_at=_local, recorded_at=_local)}


def load_to_pay_in(connection: Connection, office: str | None = None) -> list[OfficeClose]:
    """The standing closes whose cash is still to be paid in, of an office or of all, the oldest first."""
    rows = connection.execute(
        text(
            f"select d.* from day_closes d where d.to_deposit_poisha > 0 and {_STANDING} "  # noqa: S608
            "and (cast(:office as text) is null or d.office = :office) "
            "and not exists (select from deposits p where p.close_id = d.close_id) order by d.number"
        ),
        {"office": office},
    )
    return [close for row in rows if isinstance(close := _close(row), OfficeClose)]


def load_closed_since(connection: Connection, since: datetime) -> dict[str, datetime]:
    """Holder -> when it last closed, of the holders with a standing close since that instant."""
    rows = connection.execute(
        text(
            f"select d.holder, max(d.closed_at) as closed_at from day_closes d where d.closed_at >= :since "  # noqa: S608
            f"and {_STANDING} group by d.holder"
        ),
        {"since": since},
    )
    return {row.holder: row.closed_at for row in rows}
