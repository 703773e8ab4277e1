"""The month and the quarter in figures."""

from datetime import date, datetime

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.operations.money.match_reports import MEASURES, month_report, quarter_report, report_csv
from post_logistics.storage.database import Connection
from post_logistics.units import DHAKA

IN_TIME, LATE = (datetime(2026, 12, 15, 23, 59, tzinfo=DHAKA), datetime(2026, 12, 16, tzinfo=DHAKA))


@pytest.mark.parametrize(("month", "due_on"), [("2026-11", date(2026, 12, 15)), ("২০২৬-১২", date(2027, 1, 15))])
def test_a_month_is_due_by_the_fifteenth_of_the_next(connection: Connection, month: str, due_on: date) -> None:
    report = month_report(connection, month, IN_TIME)
    assert (report.due_on, report.matched_in_time) == (due_on, True)
    assert [one.measure for one in report.figures] == list(MEASURES)


def test_a_quarter_is_three_months(connection: Connection) -> None:
    reports = quarter_report(connection, "2026-q4", LATE)
    assert [one.month for one in reports] == ["2026-10", "2026-11", "2026-12"]
    assert report_csv(reports).count("\n2026-11,") == len(MEASURES)


@pytest.mark.parametrize("wrong", ["2026", "2026-Q5", "26-Q1", ""])
def test_what_is_no_quarter_is_refused(connection: Connection, wrong: str) -> None:
    with pytest.raises(Unacceptable):
        quarter_report(connection, wrong, LATE)
