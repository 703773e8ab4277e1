"""Stories: an item's scans written as people would tell them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

MORNING = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ITEM = ItemNumber("DP473124829BD")
Story = Callable[..., list[Scan]]


@pytest.fixture(scope="session")
def story() -> Story:
    """Scans ten minutes apart, each told as event, holder, reason: ``"attempt_failed rider:1215-R02 no_answer"``."""

    def told(*steps: str, device_id: str = "counter-1") -> list[Scan]:
        scans, office = [], Postcode("1000")
        for number, step in enumerate(steps):
            event, holder, *reason = step.split()
            if holder.startswith(("office:", "rider:")):
                office = Postcode(holder.split(":")[1][:4])
            at = MORNING + timedelta(minutes=10 * number)
            scans.append(
                Scan(
                    scan_id=scan_id_of(device_id, number),
                    item_number=ITEM,
                    event=Event(event),
                    occurred_at=at,
                    recorded_at=at + timedelta(seconds=2),
                    device_id=device_id,
                    sequence=number,
                    office=office,
                    holder=holder,
                    reason=Reason(reason[0]) if reason else None,
                )
            )
        return scans

    return told
