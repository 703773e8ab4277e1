"""Money that is not where it should be by now: what can be wrong, whose business it is, and what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from post_logistics.cod.accounts import Account, AccountKind, account, parse
from post_logistics.cod.ledger import breaches, standing
from post_logistics.cod.rules import CodRules
from post_logistics.units import Language, local_day, taka

_ALARMS = UUID("c0a5a6de-3c1c-5f0d-9d0b-6a1f0b6f9b52")
FINANCE = ""
"""The office of what is the business of the finance desk and of no office."""


class AlarmKind(StrEnum):
    """What is wrong."""

    RIDER_OVER_CAP = "rider_over_cap"
    RIDER_NOT_CLOSED = "rider_not_closed"
    AGENT_OVER_FLOAT = "agent_over_float"
    OFFICE_NOT_CLOSED = "office_not_closed"
    TILL_ABOVE_LIMIT = "till_above_limit"
    NOT_PAID_IN = "not_paid_in"
    DEPOSIT_UNCONFIRMED = "deposit_unconfirmed"
    PROVIDER_LATE = "provider_late"
    SETTLEMENT_LATE = "settlement_late"
    PAYOUT_LATE = "payout_late"
    LINES_UNEXPLAINED = "lines_unexplained"
    BELOW_ZERO = "below_zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something wrong, as one look found it. ``subject``: the account, close, payout, merchant or source it is about;
    ``office``: whose business it is, ``FINANCE`` or a postcode; ``since``: since when it should have been otherwise."""

    kind: AlarmKind
    subject: str
    office: str
    amount_poisha: int
    since: datetime
    detail: Mapping[str, object] = field(default_factory=dict)


def alarm_id(alarm: Alarm, opened_at: datetime) -> UUID:
    """The id of an alarm that was opened then."""
    return uuid5(_ALARMS, f"{alarm.kind}|{alarm.subject}|{opened_at.isoformat()}")


def over_their_limit(
    sums: Mapping[Account, int], offices: Mapping[str, str], rules: CodRules, at: datetime
) -> Iterator[Alarm]:
    """Riders with more than the cap, agents with more than their float, accounts below zero.

    ``offices``: agent -> parent office; a rider's is the first part of the id.
    """
    for one in sorted(sums):
        kind, owner = parse(one)
        held = standing(sums, one)
        if kind is AccountKind.RIDER_CASH and held > rules.rider_cash_cap_poisha:
            yield Alarm(
                kind=AlarmKind.RIDER_OVER_CAP,
                subject=one,
                office=owner.partition("-")[0],
                amount_poisha=held,
                since=at,
                detail={"limit_poisha": rules.rider_cash_cap_poisha},
            )
        covered = standing(sums, account(AccountKind.AGENT_FLOAT, owner)) if kind is AccountKind.AGENT_CASH else held
        if held > covered:
            yield Alarm(
                kind=AlarmKind.AGENT_OVER_FLOAT,
                subject=one,
                office=offices.get(owner, FINANCE),
                amount_poisha=held,
                since=at,
                detail={"limit_poisha": covered},
            )
    for one, amount_poisha in breaches(sums).items():
        yield Alarm(
            kind=AlarmKind.BELOW_ZERO, subject=one, office=FINANCE, amount_poisha=amount_poisha, since=at, detail={}
        )


@dataclass(frozen=True, slots=True)
class AlarmText:
    """What an alarm says and what to do, in both languages."""

    en: str
    bn: str
    remedy_en: str
    remedy_bn: str


_K = AlarmKind
TEXTS: dict[AlarmKind, AlarmText] = {
    _K.RIDER_OVER_CAP: AlarmText(
        "{subject} carries {sum}, more than a rider may",
        "{subject}-এর কাছে {sum}, যা একজন রাইডারের সীমার বেশি",
        "let the rider hand in now, before the next parcel",
        "পরের পার্সেলের আগে রাইডারকে এখনই জমা দিতে বলুন",
    ),
    _K.RIDER_NOT_CLOSED: AlarmText(
        "{subject} has not handed in {sum}, due on {since}",
        "{subject} {since} তারিখের {sum} জমা দেননি",
        "count the rider's cash and close the day; if he cannot come, tell the postmaster",
        "রাইডারের টাকা গুনে দিনের হিসাব বন্ধ করুন; আসতে না পারলে পোস্টমাস্টারকে জানান",
    ),
    _K.AGENT_OVER_FLOAT: AlarmText(
        "{subject} holds {sum}, more than its float covers",
        "{subject}-এর কাছে {sum}, যা জমা রাখা অগ্রিমের বেশি",
        "let the agent hand in, or pay in more float; bring no parcels with cash until then",
        "এজেন্টকে জমা দিতে বা অগ্রিম বাড়াতে বলুন; তার আগে নগদের পার্সেল দেবেন না",
    ),
    _K.OFFICE_NOT_CLOSED: AlarmText(
        "{subject} has not closed the day of {since}, with {sum} in the till",
        "{subject} {since} তারিখের হিসাব বন্ধ করেনি, ক্যাশে {sum}",
        "count the till and close the day",
        "ক্যাশ গুনে দিনের হিসাব বন্ধ করুন",
    ),
    _K.TILL_ABOVE_LIMIT: AlarmText(
        "{subject} has {sum} in the till, more than it may",
        "{subject}-এর ক্যাশে {sum}, যা সীমার বেশি",
        "close and pay in at the bank today",
        "হিসাব বন্ধ করে আজই ব্যাংকে জমা দিন",
    ),
    _K.NOT_PAID_IN: AlarmText(
        "{sum} of {subject} has not been paid in, due on {since}",
        "{subject}-এর {sum} ব্যাংকে জমা হয়নি, {since} তারিখের মধ্যে দেওয়ার কথা ছিল",
        "pay it in at the bank and record the slip",
        "ব্যাংকে জমা দিয়ে স্লিপ নথিভুক্ত করুন",
    ),
    _K.DEPOSIT_UNCONFIRMED: AlarmText(
        "{sum} paid in with {subject} is not on the bank's statement, due on {since}",
        "{subject}-এ জমা দেওয়া {sum} ব্যাংক বিবরণীতে নেই, {since} তারিখের মধ্যে আসার কথা ছিল",
        "import the statement and match; if it is not there, ask the bank with the slip in hand",
        "বিবরণী আমদানি করে মেলান; না পেলে স্লিপ নিয়ে ব্যাংকে জিজ্ঞাসা করুন",
    ),
    _K.PROVIDER_LATE: AlarmText(
        "{subject} owes {sum}, due on {since}",
        "{subject}-এর কাছে {sum} পাওনা, {since} তারিখের মধ্যে দেওয়ার কথা ছিল",
        "match the bank's statement; then ask the provider for its settlement",
        "ব্যাংক বিবরণী মেলান; তারপর প্রতিষ্ঠানের কাছে হিসাব চান",
    ),
    _K.SETTLEMENT_LATE: AlarmText(
        "{sum} of {subject} is in the bank and was to be settled on {since}",
        "{subject}-এর {sum} ব্যাংকে আছে, {since} তারিখে নিষ্পত্তির কথা ছিল",
        "settle with the merchant; if it cannot be, place a hold that says why",
        "মার্চেন্টের সঙ্গে নিষ্পত্তি করুন; না পারলে কারণ লিখে স্থগিত রাখুন",
    ),
    _K.PAYOUT_LATE: AlarmText(
        "the payout {subject} of {sum} is not on the bank's statement, due on {since}",
        "{subject} পরিশোধের {sum} ব্যাংক বিবরণীতে নেই, {since} তারিখের মধ্যে যাওয়ার কথা ছিল",
        "approve and send it, or match the statement; ask the bank what became of it",
        "অনুমোদন করে পাঠান বা বিবরণী মেলান; ব্যাংকে খোঁজ নিন",
    ),
    _K.LINES_UNEXPLAINED: AlarmText(
        "lines of {subject} over {sum} have been unexplained since {since}",
        "{subject}-এর {sum} টাকার লেনদেন {since} থেকে ব্যাখ্যাহীন",
        "work through the suspense queue of the source, the oldest first",
        "উৎসটির অমীমাংসিত তালিকা পুরোনো থেকে একে একে দেখুন",
    ),
    _K.BELOW_ZERO: AlarmText(
        "{subject} stands at {sum}, which cannot be",
        "{subject}-এর জের {sum}, যা হতে পারে না",
        "stop paying out and prove the books: post-logistics cod check",
        "পরিশোধ বন্ধ রেখে হিসাব যাচাই করুন: post-logistics cod check",
    ),
}


def alarm_text(alarm: Alarm, language: Language = "en") -> str:
    """What is wrong, in one sentence."""
    template = TEXTS[alarm.kind].en if language == "en" else TEXTS[alarm.kind].bn
    sum_text = taka(alarm.amount_poisha, language)
    return template.format(subject=alarm.subject, sum=sum_text, since=local_day(alarm.since, language))
