"""Nothing is kept in silence: what is overdue becomes an exception, which a person takes on and a scan closes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from post_logistics.consignments.receptacles import parse_number
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.bags.receptacles import close_settled
from post_logistics.storage.custody import due as custody_store
from post_logistics.storage.custody import exceptions as store
from post_logistics.storage.custody.due import Custody, SilentDevice
from post_logistics.storage.custody.exceptions import Case, Kind, Step
from post_logistics.storage.database import Connection
from post_logistics.tracking.due import QUIET_AFTER
from post_logistics.units import Postcode

_SETTLED_BY_SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look at everything in custody changed, and how much is overdue after it."""

    opened: int
    closed: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoAnswers:
    """Who answers for an item or bag, what is due next, and what is or was wrong with it."""

    number: str
    custody: Custody | None
    """None before acceptance and after the end, when nobody of the post does."""
    exceptions: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class History:
    """An exception and what people did about it, in order."""

    case: Case
    steps: tuple[Step, ...]


def watch(connection: Connection, at: datetime) -> Watched:
    """Every item and bag whose due scan has not come by ``at`` has an open exception, and no other has one.

    The exception names the last custodian, the scan that should have come and by when, and the office whose business it
    is. It keeps its age until the thing moves on; to say again where a thing is does not close it. May be called at any
    time, by several at once: what stands open is not opened twice.
    """
    closed = store.close_heard_of(connection, at) + close_settled(connection, at)
    opened = store.open_overdue(connection, at)
    return Watched(opened, closed, store.count_overdue(connection))


def who_answers(connection: Connection, written: str) -> WhoAnswers:
    """Who has that item or bag, whichever of its labels was read, as a person or a scanner wrote its number.

    Unacceptable if that is no number; NotFound if it was never issued.
    """
    number = custody_store.own_number(connection, parse_number(written))
    if number is None:
        raise NotFound(f"no item or bag {written}", field="number", remedy="check the number on the label")
    return WhoAnswers(
        number=number,
        custody=custody_store.load_custody(connection, number),
        exceptions=tuple(store.load_cases_of(connection, number)),
    )


def silent_devices(
    connection: Connection, at: datetime, office: Postcode | None = None, limit: int = 500
) -> list[SilentDevice]:
    """Devices in use that made scans which never came (the holes in their sequences), or that were enrolled and have
    not been heard of for ``QUIET_AFTER``; those with most missing first. ``office``: only those enrolled there."""
    return custody_store.load_silent_devices(connection, at - QUIET_AFTER, office, limit)


def open_exceptions(
    connection: Connection,
    at: datetime,
    *,
    office: Postcode | None = None,
    kind: Kind | None = None,
    older_than: timedelta = timedelta(0),
    unowned: bool = False,
    owner: str | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[Case]:
    """The exceptions that are open and at least so old at ``at``, by id; ``after``: the last id of the page before."""
    return store.load_open_cases(
        connection,
        office=office,
        kind=kind,
        opened_before=at - older_than,
        unowned=unowned,
        owner=owner,
        after=after,
        limit=limit,
    )


def exception_history(connection: Connection, exception_id: int, office: Postcode | None = None) -> History:
    """The exception and what people did about it; NotFound if there is none, or it is another office's: alike."""
    case = _known(store.load_case(connection, exception_id), exception_id, office)
    return History(case, tuple(store.load_steps(connection, [exception_id])))


def take_on(
    connection: Connection, exception_id: int, by: str, at: datetime, office: Postcode | None = None
) -> History:
    """The exception with ``by`` as its owner; from another owner it is taken over, which its history shows.

    Taken again by the same person, nothing changes. NotFound for another office's, Conflict once it is closed.
    """
    case = _held(connection, exception_id, office)
    who = _person(by)
    if case.closed_at is not None:
        raise _closed(case)
    if case.owner != who:
        _step(connection, case, "taken", who, "", at)
    return exception_history(connection, exception_id)


def close_exception(
    connection: Connection, exception_id: int, by: str, note: str, at: datetime, office: Postcode | None = None
) -> History:
    """The exception, closed with what was found out. Closed so already, nothing changes.

    Conflict for what is overdue, which only a scan closes, and for what a recipient contests, which is answered.
    """
    case = _held(connection, exception_id, office)
    who, found = _person(by), note.strip()
    if not found:
        raise Unacceptable("nothing is said of what was found", field="note", remedy="write what was found and done")
    if case.closed_at is not None:
        if (case.closed_by, case.closing_note) != (who, found):
            raise _closed(case)
    elif case.kind in _NOT_BY_HAND:
        raise Conflict(f"{case.kind} is not closed by hand", field="exception_id", remedy=_NOT_BY_HAND[case.kind])
    else:
        _step(connection, case, "closed", who, found, at)
    return exception_history(connection, exception_id)


_NOT_BY_HAND = {
    Kind.OVERDUE: "find it and scan it where it is, or scan it as lost: the scan closes it",
    Kind.CONTESTED: "answer the recipient: upheld or not upheld",
}


def _held(connection: Connection, exception_id: int, office: Postcode | None) -> Case:
    return _known(store.load_case(connection, exception_id, hold=True), exception_id, office)


def _known(case: Case | None, exception_id: int, office: Postcode | None) -> Case:
    if case is None or office not in {None, case.office}:
        raise NotFound(f"no exception {exception_id}", field="exception_id", remedy="see the list of exceptions")
    return case


def _person(by: str) -> str:
    who = by.strip()
    if not who or who == _SETTLED_BY_SCAN:
        raise Unacceptable(f"{by!r} names no person", field="by", remedy="write who you are")
    return who


def _closed(case: Case) -> Conflict:
    return Conflict(
        f"exception {case.exception_id} was closed by {case.closed_by}",
        field="exception_id",
        remedy="see what was found; a new problem is a new exception",
    )


def _step(connection: Connection, case: Case, step: str, by: str, note: str, at: datetime) -> None:
    number = len(store.load_steps(connection, [case.exception_id])) + 1
    store.save_step(connection, Step(exception_id=case.exception_id, number=number, step=step, by=by, note=note, at=at))
