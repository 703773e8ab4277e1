"""What the day brought to an office: handed over, brought back, counted, missing. To read, to print, as a table."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.forms import kept
from api.pages.hub.frame import Here, day_asked, hub_page, reason_words, today
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics.operations.custody.office_days import DayReport, day_report
from post_logistics.printing.tables import table_text
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import taka_plain

router = Slice(include_in_schema=False)

SHOWN: Final = {
    Event.ACCEPTED: "Accepted at the counter",
    Event.AT_DELIVERY_OFFICE: "Arrived for delivery",
    Event.OUT_FOR_DELIVERY: "Taken out",
    Event.ATTEMPT_FAILED: "Could not be handed over",
    Event.AT_PICKUP_POINT: "Brought to collection points",
    Event.RETURN_REQUESTED: "To go back to the sender",
    Event.RETURNED: "Given back to the sender",
    Event.DISPATCHED: "Sent on",
    Event.LOST: "Missing",
    Event.DAMAGED: "Found damaged",
}
"""Beside what was handed over, what is told of a day."""
_COLUMNS: Final = (
    "rider",
    "taken_out",
    "handed_over",
    "could_not",
    "in_hand",
    "expected_taka",
    "counted_taka",
    "short_taka",
    "over_taka",
    "not_counted_taka",
)


@router.get("/hub/day")
def page_hub_day(
    found: OurVisit, office: Here, connection: InTransaction, on: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """The day so far, or a day that is over."""
    asked = min(day_asked(found, on), today(found))
    report = day_report(connection, found.engine.facts, office, asked, found.at)
    return hub_page(
        found,
        "hub/day.html",
        report=report,
        shown=SHOWN,
        failed=[(reason_words(found, reason), count) for reason, count in sorted(report.failed.items())],
        before=asked - timedelta(days=1),
        after=asked + timedelta(days=1) if asked < today(found) else None,
    )


@router.get("/hub/day/{on}/riders.csv")
def page_hub_day_table(on: date, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The riders of that day, for a spreadsheet."""
    report = day_report(connection, found.engine.facts, office, min(on, today(found)), found.at)
    return kept(table_text(_COLUMNS, _rows(report)).encode(), "text/csv; charset=utf-8", f"{office}-{on}.csv")


def _rows(report: DayReport) -> Iterator[tuple[object, ...]]:
    for one in report.riders:
        yield (
            one.rider.rider_id,
            one.taken_out,
            one.handed_over,
            one.tried,
            one.in_hand,
            taka_plain(sum(close.expected_poisha for close in one.closes)),
            taka_plain(sum(close.counted_poisha for close in one.closes)),
            taka_plain(sum(close.shortage_poisha for close in one.closes)),
            taka_plain(sum(close.excess_poisha for close in one.closes)),
            taka_plain(one.not_counted_poisha),
        )
