"""A month of many collections: every report in seconds, in little memory, and to the poisha."""

import os
import resource
from datetime import datetime
from time import perf_counter

import pytest
from sqlalchemy import text

from post_logistics.operations.facts import load_facts
from post_logistics.operations.money.reporting import REPORTS, make_report
from post_logistics.operations.money.reporting.files import pack
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.units import DHAKA

PARCELS = int(os.environ.get("PARCELS", "100000"))
MERCHANTS = PARCELS // 500
AT = datetime(2026, 12, 20, 12, tzinfo=DHAKA)
MB = 2**10
"""A resident set is told in KB."""

_MONTH = """
    insert into merchants select 'shop-' || n, 'Shop ' || n, 'New Market', 'account-' || n, '2026-10-01'
        from generate_series(1, :merchants) n;
    insert into consignments (item_number, merchant_id, store_address, order_ref, weight_g, cod_poisha,
        declared_value_poisha, description, service, tariff_version, postage_poisha, cod_fee_poisha, vat_poisha,
        pickup_office, delivery_office, delivery_postcode, place_id, promised_on, booked_at, fingerprint)
    select 'DP' || lpad(n::text, 9, '0') || 'BD', 'shop-' || 1 + n % :merchants, 'New Market', 'R-' || n,
        500 + n % 3000, 10000 + n, 0, '', 'speed_post_parcel', '2025-04-01', 1500, 100, 240, '1205',
        case n % 4 when 0 then '1205' else '1216' end, '1216', 'mirpur', '2026-11-01', '2026-10-31', ''
        from generate_series(1, :parcels) n;
    insert into journeys (item_number, state, holder, office, destination, since, attempts, misfits, last_at, version)
    select item_number, 'delivered', 'office:1216', '1216', '1216', booked_at, 0, 0, booked_at, 1 from consignments;
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, item_number, cause)
    select gen_random_uuid(), case n % 3 when 0 then 'collect_digital' else 'collect' end,
        case n % 3 when 0 then 'provider_clearing:bkash' else 'rider_cash:1216-R0' || n % 10 end,
        'merchant_payable:shop-' || 1 + n % :merchants, 10000 + n,
        timestamptz '2026-11-01 09:00+06' + n % 30 * interval '1 day' + n % 600 * interval '1 minute',
        'DP' || lpad(n::text, 9, '0') || 'BD', 'scan-' || n from generate_series(1, :parcels) n;
    insert into day_closes (close_id, holder, office, closed_on, expected_poisha, counted_poisha, shortage_poisha,
        excess_poisha, to_deposit_poisha, counted_by, closed_at, turn, pieces, reason, countersigned_by)
    select holder || ':' || on_day, holder, '1216', on_day, poisha, poisha, 0, 0, to_deposit, 'clerk',
        on_day + hour at time zone 'Asia/Dhaka', 1, '{}', '', 'witness'
    from (
        select 'rider:' || split_part(debit, ':', 2) as holder, (at at time zone 'Asia/Dhaka')::date as on_day,
            sum(amount_poisha) as poisha, 0 as to_deposit, time '20:00' as hour
        from transfers where code = 'collect' group by 1, 2
        union all
        select 'office:1216', (at at time zone 'Asia/Dhaka')::date, sum(amount_poisha), sum(amount_poisha), time '20:15'
        from transfers where code = 'collect' group by 1, 2
    ) as closes order by on_day, hour;
    insert into close_collections
    select 'rider:' || split_part(debit, ':', 2) || ':' || (at at time zone 'Asia/Dhaka')::date, transfer_id
        from transfers where code = 'collect';
    insert into deposits (close_id, office, amount_poisha, recorded_at)
    select close_id, '1216', to_deposit_poisha, closed_at + interval '1 day' from day_closes
        where to_deposit_poisha > 0;
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause)
    select gen_random_uuid(), 'hand_in', 'office_till:1216', 'rider_cash:' || split_part(holder, ':', 2),
        counted_poisha, closed_at, close_id from day_closes where to_deposit_poisha = 0
    union all select gen_random_uuid(), 'deposit', 'bank_in_transit:1216', 'office_till:1216', amount_poisha,
        recorded_at, close_id from deposits
    union all select gen_random_uuid(), 'deposit_confirmed', 'settlement_bank', 'bank_in_transit:1216', amount_poisha,
        recorded_at + interval '1 day', close_id from deposits;
    insert into matches (match_id, source, rule, explanation, difference_poisha, made_by, made_at)
    select gen_random_uuid(), 'bank', on_day::text, '{}', 0, 'engine', on_day + time '12:00' at time zone 'Asia/Dhaka'
    from (select distinct (at at time zone 'Asia/Dhaka')::date + 2 as on_day from transfers
          where code = 'collect_digital') as days;
    insert into match_entries
    select match_id, 'collection', transfer_id::text, amount_poisha, true from transfers join matches
        on rule = ((at at time zone 'Asia/Dhaka')::date + 2)::text where code = 'collect_digital';
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause)
    select gen_random_uuid(), 'digital_confirmed', 'settlement_bank', 'provider_clearing:bkash', sum(amount_poisha),
        made_at, match_id::text from match_entries join matches using (match_id) group by match_id, made_at;
    insert into settlements
    select id, merchant, settled_on, 'account', 0, sum(poisha), 0, 0, sum(poisha), 0, 0, 0, '[]', 'X',
        settled_on + time '16:00' at time zone 'Asia/Dhaka', 0, 0
    from (select merchant_id || '-' || on_day as id, merchant_id as merchant, on_day as settled_on, cod_poisha as poisha
          from consignments join (select item_number, (at at time zone 'Asia/Dhaka')::date + 5 as on_day from transfers
          where item_number is not null)
          as taken using (item_number)) as due group by id, merchant, settled_on;
    insert into settlement_lines select c.item_number, s.settlement_id, order_ref, 'delivered', c.cod_poisha, 1500, 100
        , 240 from consignments c join transfers t using (item_number) join settlements s on s.merchant = c.merchant_id
        and s.settled_on = (t.at at time zone 'Asia/Dhaka')::date + 5;
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, item_number, cause)
    select gen_random_uuid(), code, debit || split_part(settlement_id, '-2026', 1), credit, amount, settled_at,
        item_number, 'parcel-' || item_number
    from settlement_lines join settlements using (settlement_id) cross join (values
        ('fee', 'merchant_fees_due:', 'fee_revenue', 1600), ('vat', 'merchant_vat_due:', 'vat_payable', 240)
    ) as charges (code, debit, credit, amount);
    insert into payouts (payout_id, merchant, kind, amount_poisha, account, state, needs_approval, ordered_by,
        ordered_at, file_id)
    select settlement_id, merchant, 'settlement', payout_poisha, 'account', 'approved', false, 'post', settled_at, null
        from settlements;
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause)
    select gen_random_uuid(), 'pay_out', 'merchant_payable:' || merchant, 'payout_in_transit:' || merchant,
        payout_poisha, settled_at, settlement_id from settlements;
    insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause)
    select gen_random_uuid(), 'payout_confirmed', 'payout_in_transit:' || merchant, 'settlement_bank', payout_poisha,
        settled_at + interval '1 day', settlement_id from settlements
"""


def live(connection: Connection) -> None:
    """A month in which everything was paid six days after it was collected."""
    for statement in _MONTH.split(";\n"):
        connection.execute(text(statement), {"parcels": PARCELS, "merchants": MERCHANTS})


@pytest.mark.soak
def test_a_month_is_reported_in_seconds_and_to_the_poisha(database: Database, settings: Settings) -> None:
    facts = load_facts(settings)
    with database.transaction() as connection:
        live(connection)
    with database.transaction() as connection:
        connection.execute(text("analyze"))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB
    for name in REPORTS:
        begun = perf_counter()
        with database.transaction() as connection:
            report = make_report(connection, facts, name, AT, written=None if name == "ageing" else "2026-11")
        made_s = perf_counter() - begun
        files = pack(report, AT)
        used_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB - before_mb
        size = sum(map(len, files.values())) // 1000
        wrote_s = perf_counter() - begun - made_s
        print(f"{name}: made in {made_s:.1f} s, all files ({size:,} kB) in {wrote_s:.1f} s, {used_mb} MB more")
        assert perf_counter() - begun < 60 and used_mb < 1000
        figures = {one.name: one.value for one in report.figures}
        if name == "ageing":
            assert figures["under_way_poisha"] == figures["owed_poisha"] == 0
        if name == "remittance":
            assert figures["collected_poisha"] == PARCELS * 10_000 + PARCELS * (PARCELS + 1) // 2
            assert (figures["median_days"], figures["most_days"]) == (6, 6)
        if name == "profitability":
            with database.transaction() as connection:
                earned = text("select sum(amount_poisha) from transfers where code = 'fee' and at < '2026-12-01+06'")
                assert figures["earned_poisha"] == connection.execute(earned).scalar_one()
