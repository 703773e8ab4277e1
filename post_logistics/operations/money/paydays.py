"""Every evening merchants are settled with by their calendar, and what is to be paid lies ready in files for the banks.

No file leaves by itself: a person looks at it, sends it, and says so.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from post_logistics.cod.payout_files import PayoutLayout
from post_logistics.cod.whereabouts import banking_day
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payouts import FileMade, make_file
from post_logistics.operations.money.settling import THE_POST, advices, settle_everyone
from post_logistics.storage.database import Database
from post_logistics.storage.money.settlements import SettlementRun, last_run, save_run
from post_logistics.units import DHAKA

_log = logging.getLogger(__name__)

_MISSED_AT_MOST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Paydays:
    """What was done: a run for each day of settlement since the last time, and the files made today."""

    runs: tuple[SettlementRun, ...]
    files: tuple[FileMade, ...]


def keep_paydays(database: Database, facts: Facts, layouts: Mapping[str, PayoutLayout], at: datetime) -> Paydays:
    """Today's settlements and those of the days that were missed; done again, nothing is paid twice.

    A merchant that could not be paid is tried again the next time, whatever its terms. The first layout of each kind
    gets a file of all that is approved; above the limit that takes a second person, whom no night replaces.
    """
    today = at.astimezone(DHAKA).date()
    with database.transaction() as connection:
        last = last_run(connection)
    runs = []
    for day in _to_do(facts, last, today):
        last = _run(database, facts, day, last, at)
        runs.append(last)
    return Paydays(tuple(runs), tuple(_files(database, facts, layouts, today, at)))


def _to_do(facts: Facts, last: SettlementRun | None, today: date) -> Iterator[date]:
    """The days of settlement since the last run, and today in any case, for more may have come in."""
    day = max(last.settled_on + timedelta(days=1), today - _MISSED_AT_MOST) if last else today
    day = min(day, today)
    while day <= today:
        if facts.cod_rules.on(day).settles_on(day):
            yield day
        day += timedelta(days=1)


def _run(database: Database, facts: Facts, day: date, last: SettlementRun | None, at: datetime) -> SettlementRun:
    settled = settle_everyone(database, facts, day, at, also=last.waiting if last else ())
    run = SettlementRun(
        settled_on=day,
        settlements=len(advices(settled)),
        waiting={str(merchant): why.message for merchant, why in settled.refused.items()},
        run_at=at,
    )
    with database.transaction() as connection:
        save_run(connection, run)
    return run


def _files(
    database: Database, facts: Facts, layouts: Mapping[str, PayoutLayout], today: date, at: datetime
) -> Iterator[FileMade]:
    """The files of today, one for each kind of account for which anything is approved."""
    paid_on = banking_day(today + timedelta(days=1), 0, facts.money_rules, facts.cod_rules.on(today))
    first_of_kind = {layout.kind: layout for layout in reversed(list(layouts.values()))}
    for layout in first_of_kind.values():
        name = f"{today}-{layout.name}"
        try:
            with database.transaction() as connection:
                made = make_file(connection, layout, file_id=name, paid_on=paid_on, by=THE_POST, at=at)
        except Conflict as error:  # there is nothing to put into it
            _log.info("no payout file %s: %s", name, error.message)
        except Unacceptable as error:
            _log.error("no payout file %s: %s", name, error.message)
        else:
            yield made
