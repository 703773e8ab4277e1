"""What an inspector asks of the books as a whole: counts and lists that no single operation needs."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text


def count_scans_by_device(connection: Connection) -> dict[str, int]:
    """How many scans of each device are kept."""
    rows = connection.execute(text("select device_id, count(*) from scans group by device_id"))
    return dict(rows.all())


def load_flagged(connection: Connection) -> set[str]:
    """Items and bags of which a person was told and nobody has closed it."""
    return set(connection.execute(text("select item_number from exceptions where closed_at is null")).scalars())


def load_overdue(connection: Connection, at: datetime) -> set[str]:
    """Items and bags whose due scan has not come by then."""
    rows = connection.execute(text("select item_number from custody_due where due_at < :at"), {"at": at})
    return set(rows.scalars())


def load_open_overdue(connection: Connection) -> list[str]:
    """Items and bags with an open exception that says overdue."""
    rows = connection.execute(
        text("select item_number from exceptions where kind = 'overdue' and closed_at is null order by 1")
    )
    return list(rows.scalars())


def load_custodians(connection: Connection) -> dict[str, str]:
    """Item or bag with an open overdue exception -> the custodian that it names."""
    rows = connection.execute(
        text("select item_number, custodian from exceptions where kind = 'overdue' and closed_at is null")
    )
    return dict(rows.all())


def load_collected(connection: Connection) -> dict[str, list[int]]:
    """Item -> the amounts in poisha that were collected for it and not taken back."""
    rows = connection.execute(
        text(
            "select item_number, amount_poisha from transfers t where code like 'collect%' and reverses is null "
            "and not exists (select from transfers r where r.reverses = t.transfer_id)"
        )
    )
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, amount_poisha in rows:
        found[number].append(amount_poisha)
    return dict(found)


def count_told(connection: Connection) -> dict[UUID, int]:
    """Scan -> how often it stands in the outbox."""
    return dict(connection.execute(text("select scan_id, count(*) from outbox group by scan_id")).all())


def load_confirmed(connection: Connection) -> dict[str, list[int]]:
    """Item -> the numbers of the confirmations that name it."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, place in connection.execute(text("select item_number, number from confirmations")):
        found[number].append(place)
    return dict(found)
