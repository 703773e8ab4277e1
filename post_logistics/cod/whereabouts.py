"""Where the money of a collection is, what happens to it next and by when, in words that a merchant understands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from post_logistics.cod.accounts import Account, parse
from post_logistics.cod.rules import WEEKDAYS, CodRules
from post_logistics.cod.terms import Cycle, Terms, is_due
from post_logistics.consignments.facts import fact_of, read_facts, texts_of
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, ItemNumber, Language, local_day, taka


class Stage(StrEnum):
    """How far a collection has come, from the recipient's hand to the merchant's account."""

    RIDER = "rider"
    AGENT = "agent"
    TILL = "till"
    """In an office's till, and not yet part of a close with which the office pays in."""
    COUNTED = "counted"
    """In the till, to be paid in."""
    DEPOSIT = "deposit"
    PROVIDER = "provider"
    BANK = "bank"
    SETTLED = "settled"
    """Listed in a settlement that pays nothing out, or whose payout came back."""
    PAYOUT = "payout"
    PAID = "paid"
    DEBT = "debt"
    """Not collected: somebody of the post answers for it, and the merchant does not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taka:
    """The money of one collection: one tender, at one hand-over, for one parcel."""

    transfer_id: UUID
    item_number: ItemNumber
    owed_to: Account
    taken_by: Account
    amount_poisha: int
    at: datetime
    stage: Stage
    place: Account
    since: datetime
    office: str | None
    close_id: str | None
    """The close with which its office pays it in, and when that was."""
    closed_at: datetime | None
    settlement_id: str | None


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """``data/money_alarms.toml``: how long money may be where it is, in banking days."""

    bank_closes_hour: int
    agent_hands_in_within_days: int
    deposit_confirmed_within_days: int
    provider_pays_within_days: int
    payout_confirmed_within_days: int
    settled_within_days: int
    line_explained_within_days: int
    bank_weekdays: tuple[str, ...] = ()


def load_money_rules(facts_dir: Path) -> MoneyRules:
    """The rules of the file; Unacceptable names the key that is wrong."""
    name = "money_alarms.toml"
    raw = read_facts(facts_dir / name)
    weekdays = texts_of(raw, "bank_weekdays", name)
    rules = fact_of(MoneyRules, {key: value for key, value in raw.items() if key != "bank_weekdays"}, name)
    if not set(weekdays) <= set(WEEKDAYS):
        wrong = ", ".join(sorted(set(weekdays) - set(WEEKDAYS)))
        raise Unacceptable(
            f"{name}: {wrong} is no day of the week", field="bank_weekdays", remedy=f"use only: {', '.join(WEEKDAYS)}"
        )
    if rules.bank_closes_hour > 23:
        raise Unacceptable(
            f"{name}: {rules.bank_closes_hour} is no hour", field="bank_closes_hour", remedy="write 0 to 23"
        )
    return replace(rules, bank_weekdays=weekdays)


def banking_day(earliest_on: date, days: int, money: MoneyRules, cod: CodRules) -> date:
    """The banking day that is so many banking days after the first one that is not before that day."""
    day = earliest_on - timedelta(days=1)
    for _ in range(days + 1):
        day += timedelta(days=1)
        while WEEKDAYS[day.weekday()] not in money.bank_weekdays or day in cod.bank_holidays:
            day += timedelta(days=1)
    return day


def due_at(one: Taka, at: datetime, money: MoneyRules, cod: CodRules, terms: Terms | None = None) -> datetime | None:
    """By when the next step is to be taken; None where nothing more is to come, or nobody can say.

    Hands and tills are empty by the hour at which offices close; what a till keeps, because it is too little to pay in,
    is counted again at the next close after ``at``.
    """
    since_on = one.since.astimezone(DHAKA).date()
    in_hand_until = {
        Stage.RIDER: one.since,
        Stage.AGENT: one.since + timedelta(days=money.agent_hands_in_within_days),
        Stage.TILL: max(one.since, at),
    }
    if one.stage in in_hand_until:
        return closing_after(in_hand_until[one.stage], cod)
    if one.stage is Stage.COUNTED:
        return pay_in_by(one.closed_at or one.since, money, cod)
    if one.stage in _AT_THE_BANK:
        return at_hour(banking_day(since_on, _AT_THE_BANK[one.stage](money), money, cod), money.bank_closes_hour)
    if one.stage in {Stage.BANK, Stage.DEBT}:
        on = settlement_after(since_on, cod, terms)
        return at_hour(on, money.bank_closes_hour) if on else None
    return None


_AT_THE_BANK: Mapping[Stage, Callable[[MoneyRules], int]] = {
    Stage.DEPOSIT: lambda rules: rules.deposit_confirmed_within_days,
    Stage.PROVIDER: lambda rules: rules.provider_pays_within_days,
    Stage.PAYOUT: lambda rules: rules.payout_confirmed_within_days,
}


def closing_after(at: datetime, cod: CodRules) -> datetime:
    """The next hour, not before that instant, by which riders have handed in and offices have closed."""
    today = at_hour(at.astimezone(DHAKA).date(), cod.closing_hour)
    return today if today >= at else today + timedelta(days=1)


def pay_in_by(closed_at: datetime, money: MoneyRules, cod: CodRules) -> datetime:
    """By when an office has paid in what it counted then."""
    closed_on = closed_at.astimezone(DHAKA).date()
    on = banking_day(closed_on + timedelta(days=cod.deposit_within_days), 0, money, cod)
    return at_hour(on, money.bank_closes_hour)


def settlement_after(on: date, cod: CodRules, terms: Terms | None) -> date | None:
    """The first day after that one on which the merchant is settled with; None if only when it asks."""
    if terms is not None and terms.cycle is Cycle.ON_DEMAND:
        return None
    days = (on + timedelta(days=n) for n in range(1, 40))
    return next((day for day in days if is_due(terms, day, cod)), None)


def at_hour(day: date, hour: int) -> datetime:
    """That full hour of the day in Dhaka; 24 is the midnight at its end."""
    return datetime.combine(day, time(0), DHAKA) + timedelta(hours=hour)


_NOW: dict[Stage, tuple[str, str]] = {
    Stage.RIDER: ("{sum} is with a rider of {office} post office", "{sum} {office} ডাকঘরের রাইডারের কাছে আছে"),
    Stage.AGENT: ("{sum} is with the agent {owner}", "{sum} এজেন্ট {owner}-এর কাছে আছে"),
    Stage.TILL: ("{sum} is in the till of {office} post office", "{sum} {office} ডাকঘরের ক্যাশে আছে"),
    Stage.COUNTED: ("{sum} is with {office} post office", "{sum} {office} ডাকঘরে আছে"),
    Stage.DEPOSIT: (
        "{sum} was paid in at the bank by {office} post office on {since}",
        "{sum} {office} ডাকঘর {since} ব্যাংকে জমা দিয়েছে",
    ),
    Stage.PROVIDER: (
        "{sum} is with {owner}, through which it was paid",
        "{sum} {owner}-এর মাধ্যমে এসে সেখানেই আছে",
    ),
    Stage.BANK: ("{sum} is in the settlement account at the bank", "{sum} ব্যাংকের সেটেলমেন্ট হিসাবে আছে"),
    Stage.SETTLED: (
        "{sum} was settled on {since} in {settlement}, without a payout that stands",
        "{sum} {since} তারিখের {settlement} নিষ্পত্তিতে আছে, কোনো পরিশোধ বহাল নেই",
    ),
    Stage.PAYOUT: (
        "{sum} was settled on {since} in {settlement}, and the payout is on its way to you",
        "{sum} {since} তারিখের {settlement} নিষ্পত্তিতে আছে, টাকা আপনার কাছে যাচ্ছে",
    ),
    Stage.PAID: (
        "{sum}, less charges, was paid out to you on {since} with {settlement}",
        "{sum} থেকে মাশুল বাদে {since} তারিখে আপনাকে পরিশোধ করা হয়েছে, নিষ্পত্তি {settlement}",
    ),
    Stage.DEBT: (
        "{sum} of the price was not collected, and the post answers for it",
        "দামের {sum} নেওয়া হয়নি, এর দায় ডাক বিভাগের",
    ),
}
_NEXT: dict[Stage, tuple[str, str]] = {
    Stage.RIDER: ("to be handed in {when}", "{when} জমা দেওয়ার কথা"),
    Stage.AGENT: ("to be handed in {when}", "{when} জমা দেওয়ার কথা"),
    Stage.TILL: ("to be counted {when}", "{when} গোনার কথা"),
    Stage.COUNTED: ("to be paid in at the bank {when}", "{when} ব্যাংকে জমা দেওয়ার কথা"),
    Stage.DEPOSIT: ("to be confirmed by the bank {when}", "{when} ব্যাংকের নিশ্চিত করার কথা"),
    Stage.PROVIDER: ("to reach the bank {when}", "{when} ব্যাংকে পৌঁছানোর কথা"),
    Stage.BANK: ("to be settled with you {when}", "{when} আপনার সঙ্গে নিষ্পত্তির কথা"),
    Stage.SETTLED: ("and what is left after charges comes with the next one", "মাশুল বাদে যা থাকে তা পরের পরিশোধে আসবে"),
    Stage.PAYOUT: ("to reach your account {when}", "{when} আপনার হিসাবে পৌঁছানোর কথা"),
    Stage.DEBT: ("to be settled with you {when}", "{when} আপনার সঙ্গে নিষ্পত্তির কথা"),
}


def sentence(one: Taka, due: datetime | None, at: datetime, office_name: str, language: Language = "en") -> str:
    """What a merchant is told: ``Tk 1,250.00 is with Mirpur post office, to be paid in at the bank today.``"""
    bangla = language == "bn"
    _, owner = parse(one.place)
    now = _NOW[one.stage][bangla].format(
        sum=taka(one.amount_poisha, language),
        office=office_name,
        owner=owner,
        since=local_day(one.since.astimezone(DHAKA).date(), language),
        settlement=one.settlement_id,
    )
    later = _NEXT.get(one.stage)
    if later is None:
        return f"{now}{'।' if bangla else '.'}"
    late = due is not None and due < at
    told = f"{now}, {later[bangla].format(when=_when(due, at, language))}"
    if bangla:
        return f"{told}; দেরি হচ্ছে।" if late else f"{told}।"
    return f"{told}: this is late." if late else f"{told}."


def _when(due: datetime | None, at: datetime, language: Language) -> str:
    if due is None:
        return "when you ask for it" if language == "en" else "আপনি চাইলে"
    days = ((due - timedelta(microseconds=1)).astimezone(DHAKA).date() - at.astimezone(DHAKA).date()).days
    near = {0: ("today", "আজ"), 1: ("tomorrow", "আগামীকাল")}.get(days)
    if near:
        return near[language == "bn"]
    on = local_day((due - timedelta(microseconds=1)).astimezone(DHAKA).date(), language)
    return f"by {on}" if language == "en" else f"{on}-এর মধ্যে"
