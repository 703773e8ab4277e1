"""A month of statements in figures: what was collected, paid in, shown by the bank, matched, and what still waits."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read


@dataclass(frozen=True, slots=True)
class Figure:
    """How many of something, and how much they come to."""

    measure: str
    count: int
    amount_poisha: int


_MONTH = text("""
    with span as (
        select cast(:first as date) as first, cast(:next as date) as next, cast(:by as timestamptz) as by_day,
               cast(:first as timestamp) at time zone 'Asia/Dhaka' as from_at,
               cast(:next as timestamp) at time zone 'Asia/Dhaka' as to_at
    ), moved as (
        select t.code, t.amount_poisha from standing_transfers t, span where t.at >= from_at and t.at < to_at
        and t.code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital', 'deposit',
                       'deposit_confirmed', 'digital_confirmed', 'provider_fee', 'deposit_short', 'deposit_over',
                       'payout_confirmed', 'payout_returned', 'bank_charge', 'bank_interest')
    ), shown as (
        select l.amount_poisha, l.booked_on, m.made_at, m.match_id from statement_lines l
        join (select distinct on (source) source, kind from statement_sources order by source, version desc) s
            using (source)
        cross join span
        left join match_lines ml on ml.line_id = l.line_id and ml.standing left join matches m using (match_id)
        where s.kind = 'bank' and l.booked_on >= first and l.booked_on < next
    ), aged as (
        select amount_poisha, cast(:on as date) - booked_on as days from shown where match_id is null
    )
    select measure, coalesce(count, 0) as count, coalesce(amount_poisha, 0)::bigint as amount_poisha from (
        select 1 as place, 'collected_cash' as measure, count(*), sum(amount_poisha) as amount_poisha from moved
            where code in ('collect', 'collect_counter', 'collect_agent')
        union all select 2, 'collected_digital', count(*), sum(amount_poisha) from moved where code = 'collect_digital'
        union all select 3, 'deposited', count(*), sum(amount_poisha) from moved where code = 'deposit'
        union all select 4, 'deposits_confirmed', count(*), sum(amount_poisha) from moved
            where code = 'deposit_confirmed'
        union all select 5, 'providers_paid', count(*), sum(amount_poisha) from moved where code = 'digital_confirmed'
        union all select 6, 'provider_fees', count(*), sum(amount_poisha) from moved where code = 'provider_fee'
        union all select 7, 'counted_short', count(*), sum(amount_poisha) from moved where code = 'deposit_short'
        union all select 8, 'counted_over', count(*), sum(amount_poisha) from moved where code = 'deposit_over'
        union all select 9, 'payouts_confirmed', count(*), sum(amount_poisha) from moved where code = 'payout_confirmed'
        union all select 10, 'payouts_returned', count(*), sum(amount_poisha) from moved where code = 'payout_returned'
        union all select 11, 'bank_charges', count(*), sum(amount_poisha) from moved where code = 'bank_charge'
        union all select 12, 'bank_interest', count(*), sum(amount_poisha) from moved where code = 'bank_interest'
        union all select 13, 'lines_in', count(*), sum(amount_poisha) from shown where amount_poisha > 0
        union all select 14, 'lines_out', count(*), -sum(amount_poisha) from shown where amount_poisha < 0
        union all select 15, 'lines_matched', count(*), sum(abs(amount_poisha)) from shown where match_id is not null
        union all select 16, 'lines_matched_in_time', count(*), sum(abs(amount_poisha)) from shown, span
            where match_id is not null and made_at < by_day
        union all select 17, 'lines_unmatched', count(*), sum(abs(amount_poisha)) from aged
        union all select 18, 'unmatched_0_to_3_days', count(*), sum(abs(amount_poisha)) from aged where days <= 3
        union all select 19, 'unmatched_4_to_15_days', count(*), sum(abs(amount_poisha)) from aged
            where days between 4 and 15
        union all select 20, 'unmatched_over_15_days', count(*), sum(abs(amount_poisha)) from aged where days > 15
    ) as figures order by place
""")


def load_month(connection: Connection, first: date, next_first: date, in_time: datetime, on: date) -> list[Figure]:
    """The figures of the month between the two days, the second not included; what was matched before ``in_time`` was
    matched in time; ages are as of ``on``."""
    given = {"first": first, "next": next_first, "by": in_time, "on": on}
    return read(connection.execute(_MONTH, given), Figure)
