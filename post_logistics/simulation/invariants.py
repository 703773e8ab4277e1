"""What must be true of the books after a simulated week: how often each was checked, and how often it was not so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.faces.confirmations import confirm_deliveries, signer
from post_logistics.operations.money.checking import prove_books
from post_logistics.simulation.life import Life
from post_logistics.simulation.things import Parcel
from post_logistics.storage import inspection as store
from post_logistics.storage.custody.scans import ItemStanding, load_histories, load_standings
from post_logistics.storage.database import Connection
from post_logistics.tracking.journey import Journey, fold
from post_logistics.tracking.lifecycle import IN_CUSTODY, TERMINAL, TOLD, State
from post_logistics.tracking.scans import held_by_post
from post_logistics.units import ItemNumber

_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Checked:
    """How often an invariant was checked and how often it was broken; the first few that broke it."""

    checked: int
    violated: int
    examples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"checked": self.checked, "violated": self.violated, "examples": list(self.examples)}


def check_all(life: Life, connection: Connection, end: datetime) -> dict[str, Checked]:
    """Every invariant by name."""
    books = Books(life, connection, end)
    return {name: _count(check(books)) for name, check in INVARIANTS.items()}


def _count(found: Iterable[tuple[str, bool]]) -> Checked:
    checked, broken = 0, []
    for what, holds in found:
        checked += 1
        if not holds:
            broken.append(what)
    return Checked(checked, len(broken), tuple(broken[:5]))


class Books:
    """The books at the end, beside the truth."""

    def __init__(self, life: Life, connection: Connection, end: datetime) -> None:
        self.life = life
        self.connection = connection
        self.end = end
        self.standings: Mapping[str, ItemStanding] = {s.item_number: s for s in load_standings(connection)}
        self.flagged = store.load_flagged(connection)
        self.overdue = store.load_overdue(connection, end)

    def in_the_posts_hands(self) -> Iterator[Parcel]:
        """The parcels that the post truly has."""
        for parcel in self.life.everything.values():
            if parcel.holder and not parcel.finished:
                yield parcel

    def journeys(self) -> Iterator[Journey]:
        """Every item's journey, folded anew from all scans."""
        numbers = list(self.standings)
        for start in range(0, len(numbers), _AT_ONCE):
            for number, history in load_histories(self.connection, numbers[start : start + _AT_ONCE]).items():
                yield fold(ItemNumber(number), history)


Found = Iterator[tuple[str, bool]]


def every_scan_is_kept_once(books: Books) -> Found:
    """What a device made and could send is kept, once, whatever was sent twice; what is kept, a device made."""
    kept = store.count_scans_by_device(books.connection)
    for device in books.life.devices:
        made = device.made - (len(device.waiting) if device.dead else 0)
        yield (
            f"{device.device_id}: made {made}, kept {kept.get(device.device_id, 0)}",
            made == kept.get(device.device_id, 0),
        )


def no_authentic_scan_is_refused(books: Books) -> Found:
    """No verdict was a rejection."""
    for outcome, count in books.life.outcomes.items():
        for _ in range(count):
            yield outcome.value, outcome is not ScanOutcome.REJECTED


def state_is_the_fold_of_all_scans(books: Books) -> Found:
    """What batches left behind step by step is what all scans tell at once."""
    for journey in books.journeys():
        at = books.standings[journey.item_number]
        kept = (at.state, at.holder, at.office, at.since, at.attempts, at.misfits, at.receptacle)
        told = (journey.state, journey.holder, journey.office, journey.since, len(journey.attempts))
        yield journey.item_number, kept == (*told, len(journey.misfits), journey.receptacle)


def one_holder_answers(books: Books) -> Found:
    """The post's own from acceptance to the end, nobody of the post before and after."""
    for at in books.standings.values():
        yield f"{at.item_number} {at.state} {at.holder}", held_by_post(at.holder) == (at.state in IN_CUSTODY)


def the_books_know_who_has_it(books: Books) -> Found:
    """Where every scan was made and came in, the books name the true holder."""
    for parcel in books.life.everything.values():
        at = books.standings[parcel.number]
        if parcel.holder and not parcel.muddled:
            handed_over = at.state in TERMINAL and parcel.finished
            yield f"{parcel.number}: {at.holder}, truly {parcel.holder}", handed_over or at.holder == parcel.holder


def nothing_is_forgotten(books: Books) -> Found:
    """Of what the post truly has, the books name the true holder, or a person was told, or its scan is not due yet."""
    for parcel in books.in_the_posts_hands():
        at = books.standings[parcel.number]
        told = parcel.number in books.flagged or at.receptacle in books.flagged
        due = parcel.number in books.overdue or at.receptacle in books.overdue
        yield (
            f"{parcel.number} {at.state} {at.holder}, truly {parcel.holder}",
            (at.holder == parcel.holder or told or not due),
        )


def what_is_overdue_is_an_exception(books: Books) -> Found:
    """Every due scan that has not come has an open exception."""
    for number in books.overdue:
        yield number, number in books.flagged


def exceptions_close_when_the_scan_comes(books: Books) -> Found:
    """No open exception says overdue of what is not."""
    for number in store.load_open_overdue(books.connection):
        yield number, number in books.overdue


def lost_bags_are_noticed(books: Books) -> Found:
    """A bag that vanished two days ago or more is an exception that names the one who had it last."""
    last = store.load_custodians(books.connection)
    for sack in books.life.sacks.values():
        if sack.lost_at is not None and not sack.muddled and (books.end - sack.lost_at).days >= 2:
            yield sack.key, last.get(sack.key) == sack.holder


def nothing_happened_in_the_future(books: Books) -> Found:
    """No scan counts as later than it was recorded, whatever its device's clock said."""
    for journey in books.journeys():
        yield journey.item_number, all(scan.corrected_at <= scan.recorded_at for scan in journey.history)


def cash_is_collected_once(books: Books) -> Found:
    """For every parcel truly paid the ledger has that amount, once; for no other any."""
    collected = store.load_collected(books.connection)
    for parcel in books.life.everything.values():
        amounts = collected.get(parcel.number, [])
        wanted = [parcel.paid_poisha] if parcel.paid_poisha else []
        yield f"{parcel.number}: {amounts}, truly {wanted}", amounts == wanted


def the_ledger_balances(books: Books) -> Found:
    """An independent proof of the books, from the transfers and from the papers behind them, finds nothing."""
    for check in prove_books(books.connection):
        for n in range(check.violated):
            yield f"{check.name}: {check.examples[n] if n < len(check.examples) else ''}", False
        for _ in range(check.checked - check.violated):
            yield check.name, True


def everybody_is_told_once(books: Books) -> Found:
    """Each new scan that somebody wants to hear of is in the outbox, once."""
    told = store.count_told(books.connection)
    for journey in books.journeys():
        for scan_id in _worth_telling(journey):
            yield f"{journey.item_number} {scan_id}", told.get(scan_id, 0) == 1


def _worth_telling(journey: Journey) -> Iterator[UUID]:
    ignored = {flag.scan.scan_id for flag in journey.misfits}
    for scan in journey.history:
        if scan.event in TOLD and scan.scan_id not in ignored:
            yield scan.scan_id


def deliveries_are_confirmed_once(books: Books) -> Found:
    """The export names every delivered parcel once, numbered without gaps."""
    confirm_deliveries(books.connection, signer(b"simulation"), books.end, everything=True)
    numbers = store.load_confirmed(books.connection)
    delivered = [
        s.item_number for s in books.standings.values() if s.state in {State.DELIVERED, State.PARTIALLY_DELIVERED}
    ]
    for number in delivered:
        yield number, len(numbers.get(number, ())) == 1
    for place, given in enumerate(sorted(n for one in numbers.values() for n in one), 1):
        yield f"number {given}", place == given


INVARIANTS: dict[str, Callable[[Books], Found]] = {
    check.__name__: check
    for check in (
        every_scan_is_kept_once,
        no_authentic_scan_is_refused,
        state_is_the_fold_of_all_scans,
        one_holder_answers,
        the_books_know_who_has_it,
        nothing_is_forgotten,
        what_is_overdue_is_an_exception,
        exceptions_close_when_the_scan_comes,
        lost_bags_are_noticed,
        nothing_happened_in_the_future,
        cash_is_collected_once,
        the_ledger_balances,
        everybody_is_told_once,
        deliveries_are_confirmed_once,
    )
}
