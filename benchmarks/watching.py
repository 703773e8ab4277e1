"""The gap detector and the boards over a million open items, and the same number of finished ones beside them.

``python -m benchmarks.watching [--items 1000000]`` prints seconds: the first look with 0, 1 and 10 % overdue (which
opens the exceptions), a second look that finds nothing new, the look after all have moved on (which closes them), the
boards; and which indexes the plans use. The rows are made in SQL without foreign keys, as folds would have left them.
"""

import argparse
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil
from sqlalchemy import Connection, text

from post_logistics.operations.custody.boards import hands_board, office_board, offices_board
from post_logistics.operations.custody.watching import watch
from post_logistics.settings import Settings
from post_logistics.storage.custody import exceptions as exception_store
from post_logistics.storage.custody.due import load_custody
from post_logistics.storage.database import Database, open_database
from post_logistics.units import DHAKA, Postcode

AT = datetime(2026, 11, 22, 12, tzinfo=DHAKA)
OFFICES, LEGS, ITEMS_IN_A_BAG = 1_400, 2_000, 40

_LEGS = """
insert into leg_times (leg_id, destination, planned_minutes)
select 'LEG' || n, lpad((n % :offices)::text, 4, '0'), 30 + n % 300 from generate_series(0, :legs - 1) as n
"""
_BAGS = """
insert into receptacles (receptacle, made_at, state, holder, office, destination, since, misfits, last_at, version)
select 'BD' || lpad(n::text, 21, '0'), :since, 'dispatched', 'vehicle:LEG' || n % :legs || '/20261122T0400Z',
    lpad((n % :offices)::text, 4, '0'), lpad((n * 7 % :offices)::text, 4, '0'), :since, 0, :since, 3
from generate_series(0, :bags - 1) as n
"""
_ITEMS = """
insert into journeys (item_number, state, holder, office, destination, since, attempts, misfits, receptacle, last_at,
    version)
select 'DP' || lpad(n::text, 9, '0') || 'BD', state,
    case state when 'delivered' then 'recipient' when 'dispatched' then 'vehicle:LEG' || n % :legs || '/20261122T0400Z'
        when 'out_for_delivery' then 'rider:' || office || '-R0' || n % 9
        when 'at_pickup_point' then 'agent:UDC-' || office else 'office:' || office end,
    office, case when state in ('at_delivery_office', 'out_for_delivery') then office else destination end,
    :since - make_interval(secs => abs(hashint4(n)) % 3600), 0, 0,
    case when state = 'dispatched' and n % 3 > 0 then 'BD' || lpad((n / 60 % :bags)::text, 21, '0') end, :since, 4
from (
    select n, lpad((abs(hashint4(n + 1)) % :offices)::text, 4, '0') as office,
        lpad((abs(hashint4(n + 2)) % :offices)::text, 4, '0') as destination,
        case when n >= :items then 'delivered' else (array['accepted', 'dispatched', 'dispatched', 'at_hub',
            'sorted', 'at_delivery_office', 'out_for_delivery', 'on_hold', 'at_pickup_point', 'returning'])[1 + n % 10]
        end as state
    from generate_series(0, 2 * :items - 1) as n
) as made
"""
_LOOKED_INTO = """
insert into exceptions (item_number, kind, office, custodian, expected, opened_at, closed_at, closed_by)
select item_number, 'overdue', office, 'office:' || office, 'dispatched', :since, :since, 'scan'
from journeys where state = 'delivered'
"""
_INDEXES = """
select indexname, indexdef from pg_indexes
where schemaname = current_schema and tablename in ('journeys', 'exceptions') and indexname not like 'pk_%'
"""
_MAKE_LATE = """
update journeys set since = :since - interval '30 days' where state <> 'delivered' and receptacle is null
    and abs(hashint4(substr(item_number, 3, 9)::int + 3)) % 10000 < :share
"""
_MOVE_ON = "update journeys set since = :since, version = version + 1 where since < :since - interval '29 days'"
_INDEX = re.compile(r"(?:Index (?:Only )?Scan|Bitmap Index Scan)(?: using| on) (\w+)")
_WHOLE_TABLE = re.compile(r"Seq Scan on (journeys|receptacles|exceptions|scans)\b")


def fill(connection: Connection, items: int) -> None:
    """So many open items, as many finished ones with an exception behind them, and the bags and legs that they use."""
    given = {
        "items": items,
        "offices": OFFICES,
        "legs": LEGS,
        "bags": items // 5 // ITEMS_IN_A_BAG,
        "since": AT - timedelta(minutes=20),
    }
    connection.execute(text("set local session_replication_role = replica"))
    indexes = connection.execute(text(_INDEXES)).all()
    for index in indexes:
        connection.execute(text(f"drop index {index.indexname}"))
    for statement in (_LEGS, _BAGS, _ITEMS, _LOOKED_INTO):
        connection.execute(text(statement), {k: v for k, v in given.items() if f":{k}" in statement})
    for index in indexes:
        connection.execute(text(index.indexdef.replace(":", r"\:")))


def vacuum(database: Database) -> None:
    """What autovacuum would do within minutes."""
    with database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze) journeys, receptacles, exceptions"))


def timed(database: Database, what: str, do: Callable[[Connection], object]) -> None:
    """Prints how long it took, how long the server computed for it, and what it answered if that is short."""
    with database.transaction() as connection:
        server = psutil.Process(connection.execute(text("select pg_backend_pid()")).scalar_one())
        before, start = sum(server.cpu_times()[:2]), perf_counter()
        answer = do(connection)
        connection.commit()
        seconds, busy = perf_counter() - start, sum(server.cpu_times()[:2]) - before
    print(f"{seconds:8.3f} s {busy:8.2f} s busy  {what:34} {str(answer)[:60]}", flush=True)


def used(database: Database, statement: str, **given: object) -> None:
    """Prints the indexes that a statement's plan uses, and the large tables that it reads whole."""
    with database.transaction() as connection:
        plan = "\n".join(connection.execute(text(f"explain {statement}"), given).scalars())
    whole = set(_WHOLE_TABLE.findall(plan))
    print(
        f"            plan: {', '.join(sorted(set(_INDEX.findall(plan))))}; whole tables: {', '.join(whole) or 'none'}"
    )


def measure(database: Database) -> None:
    """Everything, in the order in which it happens on a bad day."""
    since = {"since": AT - timedelta(minutes=20)}
    for percent in (0, 1, 10):
        with database.transaction() as connection:
            connection.execute(text(_MAKE_LATE), since | {"share": percent * 100})
        vacuum(database)
        timed(database, f"first look, {percent} % overdue", lambda c: watch(c, AT))
        vacuum(database)
        timed(database, "second look", lambda c: watch(c, AT + timedelta(minutes=1)))
    used(database, str(exception_store._OPEN_OVERDUE), at=AT)
    used(database, str(exception_store._CLOSE_HEARD_OF), at=AT)
    timed(database, "board of an office", lambda c: office_board(c, Postcode("0007"), AT).items)
    with database.transaction() as connection:
        rider = connection.execute(
            text("select substr(holder, 7) from journeys where holder like 'rider:%' limit 1")
        ).scalar()
    timed(database, "board of a rider", lambda c: hands_board(c, "rider", str(rider), AT).items)
    timed(database, "board of a vehicle", lambda c: hands_board(c, "vehicle", "LEG2/20261122T0400Z", AT).items)
    timed(database, "board of all offices", lambda c: len(offices_board(c)))
    timed(database, "who answers for one item", lambda c: load_custody(c, "DP000000002BD") is not None)
    with database.transaction() as connection:
        connection.execute(text(_MOVE_ON), since)
    vacuum(database)
    timed(database, "a look after all have moved on", lambda c: watch(c, AT + timedelta(minutes=2)))


def main() -> None:
    """Measures on a server of its own, gone afterwards."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watching", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000, help="open items; as many are finished (1000000)")
    items = parser.parse_args().items
    with TemporaryDirectory(prefix="post-logistics-bench-", ignore_cleanup_errors=True) as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))  # type: ignore[call-arg]
        with open_database(settings) as database:
            with database.transaction() as connection:
                fill(connection, items)
            measure(database)


if __name__ == "__main__":
    main()
