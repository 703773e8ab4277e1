"""A provider's account of a day held against ours: its file, a file that a person has, or its word on each payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from post_logistics.channels.payments.port import FileLine, PaymentProvider
from post_logistics.cod.payments import Said
from post_logistics.cod.provider_days import Compared, Ours, Theirs, compare
from post_logistics.errors import Conflict
from post_logistics.operations.facts import refuse_future
from post_logistics.operations.money.payments import handle_of, hear, take_word
from post_logistics.storage.database import Database
from post_logistics.storage.money import payments as store
from post_logistics.storage.money.payments import Payment
from post_logistics.units import DHAKA


@dataclass(frozen=True, slots=True)
class ProviderDay:
    """How a provider's account of a day compares. ``source``: its own ``file``, what was ``given``, or ``asked``
    payment by payment. ``heard``: payments of which we learned only now that they were paid."""

    provider: str
    on: date
    source: str
    heard: tuple[str, ...]
    compared: Compared


def compare_day(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    name: str,
    on: date,
    at: datetime,
    *,
    lines: Sequence[FileLine] | None = None,
    ask_at_most: int | None = None,
) -> ProviderDay:
    """A provider's account of a day, in Dhaka's time, against ours.

    Where it lists a payment that we believe unpaid, the provider is asked about it first: what a lost callback left out
    is made up for here. ``ask_at_most``: so many payments, where every one has to be asked about. Conflict if there is
    no such provider, or no account to be had now.
    """
    refuse_future(on, at, "on")
    provider = providers.get(name)
    if provider is None:
        raise Conflict(f"{name} is not set up", field="provider", remedy=f"choose one of: {', '.join(providers)}")
    source, theirs = "given", lines
    if theirs is None:
        told = provider.daily_file(on)
        if told is None:
            source, theirs = "asked", _asked_each(database, provider, on, at, ask_at_most)
        elif told.why:
            raise Conflict(f"no file of {on}: {told.why}", field="on", remedy="try again later, or give the file")
        else:
            source, theirs = "file", told.lines
    wanted = [
        Theirs(one.payment_id, one.provider_ref, one.amount_poisha, one.fee_poisha, one.currency) for one in theirs
    ]
    heard = _hear_unpaid(database, providers, name, wanted, at)
    compared = compare(wanted, _ours(database, name, on, wanted))
    return ProviderDay(name, on, source, tuple(heard), compared)


def _asked_each(
    database: Database, provider: PaymentProvider, on: date, at: datetime, most: int | None
) -> list[FileLine]:
    """What the provider says of every payment that could have been paid on that day, as lines of a file."""
    with database.transaction() as connection:
        asked = store.load_asked_between(connection, provider.name, *_span(on))
    if most is not None and len(asked) > most:
        raise Conflict(
            f"{provider.name} has no daily file, and there are {len(asked)} payments to ask about",
            field="on",
            remedy="use the command post-logistics cod provider-file, which takes its time",
        )
    lines = []
    for payment in asked:
        word = provider.status(handle_of(payment, at))
        if word.said is not Said.PAID:
            continue
        with database.transaction() as connection:
            known = take_word(connection, payment.payment_id, word, at)
        if known.paid_at is not None and known.paid_at.astimezone(DHAKA).date() == on:
            line = FileLine(payment.payment_id, word.provider_ref, word.paid_poisha, 0, word.currency, word.paid_at)
            lines.append(line)
    return lines


def _hear_unpaid(
    database: Database, providers: Mapping[str, PaymentProvider], name: str, theirs: Sequence[Theirs], at: datetime
) -> list[str]:
    """The payments that are listed as paid, that we believed not to be, and that the provider says are."""
    unpaid = [one.payment_id for one in _named(database, name, theirs) if not one.paid_poisha]
    return [payment_id for payment_id in unpaid if hear(database, providers, payment_id, at).paid_poisha]


def _named(database: Database, name: str, theirs: Sequence[Theirs]) -> list[Payment]:
    names = {text for one in theirs for text in (one.payment_id, one.provider_ref) if text}
    with database.transaction() as connection:
        return store.load_named(connection, name, sorted(names))


def _ours(database: Database, name: str, on: date, theirs: Sequence[Theirs]) -> list[Ours]:
    """What we know was paid on that day, and what else the lines name."""
    with database.transaction() as connection:
        paid = store.load_paid_between(connection, name, *_span(on))
    of_the_day = {one.payment_id for one in paid}
    named = {one.payment_id: one for one in (*paid, *_named(database, name, theirs))}
    return [
        Ours(one.payment_id, one.provider_ref or "", one.item_number, one.paid_poisha, one.payment_id in of_the_day)
        for one in named.values()
    ]


def _span(on: date) -> tuple[datetime, datetime]:
    midnight = datetime.combine(on, time(), DHAKA)
    return midnight, midnight + timedelta(days=1)
