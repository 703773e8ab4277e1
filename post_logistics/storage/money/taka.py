"""Where every taka is: of a parcel, a merchant, of whoever holds any, and how old it all is. One query each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.cod.accounts import Account, AccountKind, parse
from post_logistics.cod.whereabouts import Stage, Taka
from post_logistics.storage.rows import read
from post_logistics.units import ItemNumber

BUCKET_DAYS = (0, 2, 4, 8, 15, 31)
"""Ages are told apart where these numbers of days are full: 0 to 1, 2 to 3, 4 to 7, 8 to 14, 15 to 30, and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The money of several collections that is in one place and has come equally far."""

    stage: Stage
    place: Account
    office: str | None
    close_id: str | None
    closed_at: datetime | None
    settlement_id: str | None
    parcels: int
    amount_poisha: int
    since: datetime
    """Of the one that is there longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """How much money of collections is at an account, by the days it has been there (`BUCKET_DAYS`)."""

    account: Account
    poisha: tuple[int, ...]
    parcels: int
    since: datetime


def load_taka_of_item(connection: Connection, item_number: str) -> list[Taka]:
    """The money of every tender that was taken for the parcel and not given back, in order of time."""
    rows = connection.execute(
        text("select * from taka where item_number = :item order by at, transfer_id"), {"item": item_number}
    )
    return read(rows, Taka, stage=Stage)


_CLEARED = text(
    """
    with unsettled as materialized (
        select t.transfer_id, t.item_number, t.code from transfers t
        where t.credit = any(:owed_to) and t.reverses is null and t.item_number is not null
            and t.code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital', 'collect_short',
                           'collect_short_counter')
            and not exists (select from transfers back where back.reverses = t.transfer_id)
            and not exists (select from settlement_lines l where l.item_number = t.item_number)
    ), counted as materialized (
        select u.transfer_id, l.close_id from unsettled u join close_collections l on l.collection_id = u.transfer_id
    ), banked as materialized (
        select close_id from (select distinct close_id from counted) as one cross join lateral (
            select p.stage from close_progress p where p.close_id = one.close_id offset 0
        ) as progress where stage = 'bank'
    ), arrived as (
        select transfer_id from counted join banked using (close_id)
        union all
        select u.transfer_id from unsettled u join match_entries e
            on e.kind = 'collection' and e.entry_id = u.transfer_id::text and e.standing
        where u.code = 'collect_digital'
        union all
        select transfer_id from unsettled where code in ('collect_short', 'collect_short_counter')
    )
    select u.item_number from unsettled u left join arrived using (transfer_id)
    group by u.item_number having count(*) = count(arrived.transfer_id)
    """
)


def load_cleared(connection: Connection, *merchant_ids: str) -> frozenset[ItemNumber]:
    """Those merchants' parcels that no settlement has listed and whose collected money has all reached the settlement
    account: asked close by close, for a close takes all it counted along. What was not collected, and somebody of the
    post answers for, keeps no merchant waiting."""
    owed_to = [_owed_to(merchant) for merchant in merchant_ids]
    return frozenset(connection.execute(_CLEARED, {"owed_to": owed_to}).scalars())


def load_banked(connection: Connection, close_ids: Sequence[str]) -> set[str]:
    """Those of the closes whose counted cash has reached the settlement account."""
    wanted = text("select close_id from close_progress where close_id = any(:ids) and stage = 'bank'")
    return set(connection.execute(wanted, {"ids": list(close_ids)}).scalars())


_BESIDES = text(
    """
    with moved as (
        select debit as account, amount_poisha, transfer_id, code, at from standing_transfers
        where code in ('digital_unplaced', 'opening_debit', 'postage_agent', 'postage_vat_agent', 'postage_digital')
        union all
        select credit, -amount_poisha, transfer_id, code, at from standing_transfers
        where code in ('refund_digital', 'refund_advanced_digital', 'unplaced_refunded', 'refund_door',
                       'postage_refunded', 'agent_float_taken')
    ), known as (
        select account, amount_poisha, at, split_part(account, ':', 1) as kind, split_part(account, ':', 2) as holder
        from moved where not exists (
            select from match_entries e where e.kind = 'collection' and e.entry_id = transfer_id::text and e.standing)
    )
    select account, sum(amount_poisha)::bigint as amount_poisha from known
    where kind = 'provider_clearing'
        or (kind = 'rider_cash' and not exists (
            select from day_closes c where c.holder = 'rider:' || known.holder and c.closed_at >= known.at
                and not exists (select from reopenings r where r.close_id = c.close_id)))
        or (kind = 'agent_cash' and not exists (
            select from agent_hand_ins h where h.agent = known.holder and h.at >= known.at))
    group by account
    """
)


def load_besides(connection: Connection) -> dict[Account, int]:
    """What riders, agents and providers hold besides the money of collections, debit positive: what was given back
    since they last handed in, what is held for nobody, and what the books began with."""
    return {Account(row.account): row.amount_poisha for row in connection.execute(_BESIDES)}


_GROUPS = """
    select stage, place, office, close_id, closed_at, settlement_id, count(distinct item_number) as parcels,
        sum(amount_poisha)::bigint as amount_poisha, min(since) as since
    from (
        select stage, place, item_number, amount_poisha, since,
            case when place <> 'settlement_bank' then office end as office,
            case when stage in ('counted', 'deposit') then close_id end as close_id,
            case when stage in ('counted', 'deposit') then closed_at end as closed_at,
            case when stage = 'payout' then settlement_id end as settlement_id
        from {taka}
    ) as known
    group by stage, place, office, close_id, closed_at, settlement_id order by min(since), place, close_id
"""
"""What goes on together stands together: what is paid in with one close, what is paid out with one settlement."""
_OF_MERCHANT = text(_GROUPS.format(taka="taka where owed_to = :owed_to"))


def load_held_for(connection: Connection, merchant_id: str) -> list[Held]:
    """The merchant's money by where it is and how far it has come, the longest there first."""
    return read(connection.execute(_OF_MERCHANT, {"owed_to": _owed_to(merchant_id)}), Held, stage=Stage)


_PAGE_OF_MERCHANT = text(
    """
    select * from taka where owed_to = :owed_to and item_number >= :item
        and (item_number, transfer_id::text) > (:item, :transfer) and (:stage = '' or stage = :stage)
    order by item_number, transfer_id::text limit :limit
    """
)


def load_taka_for(connection: Connection, merchant_id: str, stage: Stage | None, after: str, limit: int) -> list[Taka]:
    """The merchant's money tender by tender, in the order of item numbers, those after ``item:transfer``."""
    item, _, transfer = after.partition(":")
    given = {"owed_to": _owed_to(merchant_id), "stage": stage or "", "item": item, "transfer": transfer, "limit": limit}
    return read(connection.execute(_PAGE_OF_MERCHANT, given), Taka, stage=Stage)


_STANDS = "not exists (select from reopenings r where r.close_id = {close}.close_id)"
_NEAR = f"""
    with office as materialized (
        select name, coalesce((
            select max(c.number) from day_closes c
            where c.holder = 'office:' || name and c.to_deposit_poisha > 0 and {_STANDS.format(close="c")}
                and c.number < coalesce((
                    select min(p.number) from day_closes p
                    where p.holder = 'office:' || name and p.to_deposit_poisha > 0 and {_STANDS.format(close="p")}
                        and not exists (select from standing_transfers d
                                        where d.cause = p.close_id and d.code = 'deposit_confirmed' offset 0)
                ), 9223372036854775807)
        ), 0) as number
        from unnest(cast(:offices as text[])) as name
    ), hand as materialized (
        select account, (select max(c.closed_at) from day_closes c where c.holder = hand.holder
                         and {_STANDS.format(close="c")}) - interval '1 day' as since_at
        from (
            select 'office_till:' || name as account, 'office:' || name as holder from office
            union all
            select account, 'rider:' || split_part(account, ':', 2) from unnest(cast(:hands as text[])) as account
            where account like 'rider_cash:%'
        ) as hand
        union
        select 'agent_cash:' || agent, (select max(h.at) from agent_hand_ins h where h.agent = brought.agent
                                        and h.at < brought.at) - interval '1 day'
        from (
            select h.agent, min(h.at) as at from agent_hand_ins h join office on h.office = office.name
            where h.at >= coalesce((select max(c.closed_at) from day_closes c where c.holder = 'office:' || office.name
                                    and {_STANDS.format(close="c")}) - interval '1 day', '-infinity')
            group by h.agent
            union all
            select split_part(account, ':', 2), 'infinity' from unnest(cast(:hands as text[])) as account
            where account like 'agent_cash:%'
        ) as brought
    ), near as materialized (
        select distinct t.transfer_id from hand join transfers t on t.debit collate "C" = hand.account
            and t.debit_kind in ('rider_cash', 'agent_cash', 'office_till')
        where t.at >= coalesce(hand.since_at, '-infinity')
            and not exists (select from close_collections l join day_closes c using (close_id)
                            where l.collection_id = t.transfer_id and {_STANDS.format(close="c")})
        union all
        select t.transfer_id from unnest(cast(:hands as text[])) as account join transfers t on t.debit = account
        where account like 'provider_clearing:%' and not exists (
            select from match_entries e
            where e.kind = 'collection' and e.entry_id = t.transfer_id::text and e.standing)
    ), progress as materialized (
        select progress.* from office join close_progress progress
            on progress.office = office.name and progress.number > office.number
        where place = any(:places)
    ), held as (
        select p.stage, p.place, t.item_number, t.amount_poisha, p.since, p.office, p.paid_in_close_id as close_id,
            p.shut_at as closed_at, cast(null as text) as settlement_id
        from progress p join close_collections l using (close_id) join transfers t on t.transfer_id = l.collection_id
        where not exists (select from transfers back where back.reverses = t.transfer_id)
        union all
        select stage, place, item_number, amount_poisha, since, office, close_id, closed_at, settlement_id
        from near cross join lateral (
            select * from taka where taka.transfer_id = near.transfer_id offset 0
        ) as found where place = any(:places)
    )
"""  # noqa: S608 - only the text above
"""``office``: each with the close up to which the bank has confirmed everything. What closes have counted since goes
with its close; what none has counted, ``near``, is looked up one by one. (From a day before the last close or hand-in
on, for a transaction is over by then.)"""

_HELD_AT = text(_NEAR + _GROUPS.format(taka="held"))
_AGES = """
    select account, min(since) as since, count(distinct item_number) as parcels, array[{sums}] as poisha
    from (
        select *, greatest(1, width_bucket(floor(extract(epoch from cast(:at as timestamptz) - since) / 86400)::integer,
                                           cast(:starts as integer[]))) as bucket
        from {taka}
    ) as aged group by account order by account
""".replace(
    "{sums}",
    ", ".join(
        f"coalesce(sum(amount_poisha) filter (where bucket = {n + 1}), 0)::bigint" for n in range(len(BUCKET_DAYS))
    ),
)
_AGED_AT = text(_NEAR + _AGES.format(taka="(select place as account, * from held) as held"))


def _within(accounts: Iterable[Account]) -> dict[str, list[str]]:
    """What `_NEAR` asks for, to find all that is at those accounts."""
    places = list(accounts)
    known = [(parse(place), place) for place in places]
    offices = {owner for (kind, owner), _ in known if kind in {AccountKind.OFFICE_TILL, AccountKind.BANK_IN_TRANSIT}}
    hands = [place for (kind, _), place in known if kind in _HANDS]
    return {"offices": sorted(offices), "hands": [str(hand) for hand in hands], "places": [str(at) for at in places]}


_HANDS = {AccountKind.RIDER_CASH, AccountKind.AGENT_CASH, AccountKind.PROVIDER_CLEARING}


def load_held_at(connection: Connection, accounts: Sequence[Account]) -> list[Held]:
    """The money of collections that is at those accounts of riders, agents, offices and providers, by how far it has
    come, the longest there first."""
    return read(connection.execute(_HELD_AT, _within(accounts)), Held, stage=Stage)


def load_aged_at(connection: Connection, accounts: Sequence[Account], at: datetime) -> list[Aged]:
    """How long the money of collections has been at each of those accounts, as of that instant."""
    given = _within(accounts) | {"at": at, "starts": list(BUCKET_DAYS)}
    return read(connection.execute(_AGED_AT, given), Aged, poisha=tuple)


_UNSETTLED = """(
    select t.credit as account, t.item_number, t.amount_poisha, t.at as since from transfers t
    where t.code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital', 'collect_short',
                     'collect_short_counter') and t.reverses is null
        and not exists (select from transfers back where back.reverses = t.transfer_id)
        and not exists (select from settlement_lines l where l.item_number = t.item_number)
        and (cast(:owed_to as text[]) is null or t.credit = any(:owed_to))
) as unsettled"""
_AGED_FOR = text(_AGES.format(taka=_UNSETTLED))


def load_aged_for(connection: Connection, at: datetime, merchants: Sequence[str] | None = None) -> list[Aged]:
    """How long ago the money was collected that no settlement has listed yet, by merchant: of those, or of all."""
    owed_to = None if merchants is None else [_owed_to(merchant) for merchant in merchants]
    given = {"at": at, "starts": list(BUCKET_DAYS), "owed_to": owed_to}
    return read(connection.execute(_AGED_FOR, given), Aged, poisha=tuple)


def _owed_to(merchant_id: str) -> str:
    return f"{AccountKind.MERCHANT_PAYABLE}:{merchant_id}"
