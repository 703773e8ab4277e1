"""The texts that recipients get and the rules for sending them, read from ``data/messages.toml``."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from string import Formatter
from typing import Any, Final

from post_logistics.channels.sms import is_gsm
from post_logistics.consignments.facts import fact_of, read_facts, table_of, texts_of
from post_logistics.errors import Unacceptable
from post_logistics.tracking.dated import RuleBook, load_rule_book
from post_logistics.tracking.lifecycle import TOLD, State
from post_logistics.units import DHAKA, ItemNumber, Language, taka

LANGUAGES: Final[tuple[Language, ...]] = ("en", "bn")
VIEW_CODE: Final = "view_code"
"""The text, about no event, that brings a code by which recipients see their parcel's page."""
RECEIPT_POSTED: Final = "receipt_posted"
"""To whoever posted a parcel without an account, about no event: what was paid."""
RECEIPT_PAID: Final = "receipt_paid"
"""To the recipient, about no event: somebody has paid."""
_ABOUT_NO_EVENT: Final = frozenset({VIEW_CODE, RECEIPT_POSTED, RECEIPT_PAID})
MAX_SHOP_CHARS: Final = 20
CODE_STAND_IN: Final = "000000"
"""As long as a code: for counting a text before there is one."""
TOKEN_CHARS: Final = 22
"""Of 128 bits in the URL-safe alphabet."""

_PHRASES: Final = {"from": {"shop"}, "pay": {"amount"}, "link": {"link"}}
_PLACES: Final = {"item", "office", "code", "paid", "receipt", *_PHRASES}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRules:
    """When, how much and in which language. See ``data/messages.toml``."""

    language: str
    quiet_from: str
    quiet_until: str
    segments_per_parcel: int
    fresh_minutes: int
    link_base: str

    def not_before(self, at: datetime) -> datetime:
        """The instant itself, or the end of the quiet hours in which it lies."""
        local = at.astimezone(DHAKA)
        begin, end = time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_until)
        now = local.time()
        quiet = begin <= now < end if begin <= end else now >= begin or now < end
        if not quiet:
            return at
        on = local.date() + timedelta(days=now >= end)
        return datetime.combine(on, end, DHAKA)

    def is_fresh(self, happened_at: datetime, at: datetime) -> bool:
        """Whether what happened then is still news."""
        return at - happened_at <= timedelta(minutes=self.fresh_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The text about one event in both languages."""

    states: frozenset[State]
    urgent: bool
    code: str
    """What the one-time code in it is for: ``delivery`` or ``view``; empty if it has none."""
    code_hours: int
    """So long that code is good; none: as long as codes for that purpose usually are."""
    segments_en: int
    segments_bn: int
    en: str
    bn: str

    def is_true(self, state: State) -> bool:
        """Whether it may be said of a parcel in that state."""
        return not self.states or state in self.states


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What a text may say of a parcel: nothing of the recipient."""

    item_number: ItemNumber
    shop: str
    office: Mapping[Language, str]
    """Its name in both languages."""
    to_pay_poisha: int
    """0 where nothing is due any more."""
    paid_poisha: int = 0
    receipt: str = ""
    """The number of a receipt, and what it is for."""


@dataclass(frozen=True, slots=True)
class MessageBook:
    """All rules ever in force, and the texts."""

    rules: RuleBook[MessageRules]
    phrases: Mapping[str, str]
    """``pay_en`` and so on."""
    templates: Mapping[str, Template]
    """By event."""

    def at(self, at: datetime) -> MessageRules:
        """The rules in force at an instant, by the day in Dhaka."""
        return self.rules.on(at.astimezone(DHAKA).date())

    def render(self, event: str, language: Language, parcel: Parcel, *, code: str = "", link: str = "") -> str:
        """The text about an event. What has nothing to say (no cash to pay, no link) leaves no gap."""
        shop = shop_name(parcel.shop)
        if language == "en" and not is_gsm(shop):
            shop = ""  # one Bangla letter would double the price of an English text
        amount = taka(parcel.to_pay_poisha, language) if parcel.to_pay_poisha else ""
        said = {
            "item": parcel.item_number,
            "office": parcel.office[language],
            "code": code,
            "paid": taka(parcel.paid_poisha, language),
            "receipt": parcel.receipt,
            "from": self._phrase("from", language, shop=shop),
            "pay": self._phrase("pay", language, amount=amount),
            "link": self._phrase("link", language, link=link),
        }
        template = self.templates[event]
        return (template.en if language == "en" else template.bn).format_map(said)

    def _phrase(self, name: str, language: Language, **values: str) -> str:
        return self.phrases[f"{name}_{language}"].format(**values) if all(values.values()) else ""


def shop_name(name: str) -> str:
    """A merchant's name as it may stand in our texts: letters and digits, so that it brings no link, and short."""
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in " &'-\u200c\u200d" else " " for c in name)
    clean = " ".join(unicodedata.normalize("NFC", kept).split())
    while len(clean) > MAX_SHOP_CHARS:
        clean = clean.rpartition(" ")[0] or clean[:MAX_SHOP_CHARS]
    return clean


def load_messages(facts_dir: Path) -> MessageBook:
    """The message book in ``messages.toml``; Unacceptable names the block and the key that is wrong."""
    path = facts_dir / "messages.toml"
    rules = load_rule_book(path, _rules)
    raw = read_facts(path)
    said = table_of(raw, "phrases", "messages.toml")
    phrases = {
        f"{name}_{language}": _text(said, f"{name}_{language}", places, "phrases")
        for name, places in _PHRASES.items()
        for language in LANGUAGES
    }
    templates = {
        event: _template(event, table_of(table_of(raw, "messages", "messages.toml"), event, "messages"))
        for event in table_of(raw, "messages", "messages.toml")
    }
    return MessageBook(rules, phrases, templates)


def _rules(block: Mapping[str, Any], where: str) -> MessageRules:
    rules = fact_of(MessageRules, block, where)
    for field, form in (("quiet_from", r"\d\d:\d\d"), ("quiet_until", r"\d\d:\d\d"), ("language", "en|bn")):
        if not re.fullmatch(form, getattr(rules, field), re.ASCII):
            remedy = "write en or bn" if field == "language" else "write a time of day such as 21:30"
            raise Unacceptable(f"{where}: {field} is {getattr(rules, field)!r}", field=field, remedy=remedy)
    try:
        rules.not_before(datetime(2026, 1, 1, tzinfo=DHAKA))
    except ValueError:
        raise Unacceptable(
            f"{where}: there is no such time of day", field="quiet_from", remedy="write one such as 21:30"
        ) from None
    return rules


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    urgent: bool
    code: str
    code_hours: int
    segments_en: int
    segments_bn: int
    en: str
    bn: str


def _template(event: str, table: Mapping[str, Any]) -> Template:
    where = f"messages.{event}"
    if event not in TOLD and event not in _ABOUT_NO_EVENT:
        known = ", ".join(sorted({*TOLD, *_ABOUT_NO_EVENT}))
        raise Unacceptable(f"nobody is told of {event}", field=where, remedy=f"use only: {known}")
    texts = fact_of(_Texts, {key: value for key, value in table.items() if key != "states"}, where)
    states = () if event in _ABOUT_NO_EVENT else texts_of(table, "states", where)
    for state in states:
        if state not in list(State):
            raise Unacceptable(
                f"{where}: there is no state {state}", field="states", remedy="see tracking/lifecycle.py"
            )
    for language in LANGUAGES:
        _text(table, language, _PLACES, where)
    if texts.code not in {"", "delivery", "view"} or {"{code}" in t for t in (texts.en, texts.bn)} != {texts.code > ""}:
        raise Unacceptable(
            f"{where}: a code is in both languages and for something, or there is none",
            field="code",
            remedy='write {code} in both texts and code = "delivery" or "view", or leave it out of both and write ""',
        )
    return Template(states=frozenset(map(State, states)), **asdict(texts))


def _text(table: Mapping[str, Any], key: str, places: set[str], where: str) -> str:
    """The text under a key, with no braces but those around the places."""
    text = table.get(key)
    try:
        found = {name for _, name, *_ in Formatter().parse(text) if name is not None} if text else None
    except (ValueError, TypeError):
        found = None
    if found is None or not found <= places:
        raise Unacceptable(
            f"{where}: {key} is no text that can be filled in",
            field=key,
            remedy=f"write a text; in braces only: {', '.join(sorted(places))}",
        )
    return str(text)
