"""The dialects of partners in ``data/partners.toml``: whatever is wrong there is named with its block and key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from post_logistics.consignments.facts import read_facts, table_of
from post_logistics.errors import Unacceptable
from post_logistics.tracking.lifecycle import TOLD, Event
from post_logistics.units import Language

T = TypeVar("T")


class Encoding(StrEnum):
    """How a message is written."""

    FORM = "form"
    JSON = "json"
    CSV = "csv"


class ProofKind(StrEnum):
    """How a partner shows that a message is its own."""

    HEADER = "header"
    BASIC = "basic"
    HMAC = "hmac"


class Stands(StrEnum):
    """Where an order stands for its partner."""

    WAIT = "wait"
    SEND = "send"
    GONE = "gone"
    """With the carrier, or further."""
    DELIVERED = "delivered"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How orders are sent to us. ``records``: the way to them in a JSON document, a name for each step."""

    encoding: Encoding
    records: str
    proof: ProofKind
    header: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNames:
    """The partner's names for what every order has; empty where it has no such field."""

    code: str
    state: str
    changed_at: str
    payment: str
    paid: tuple[str, ...]
    centre: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the orders of a day are asked for."""

    path: str
    method: str
    encoding: Encoding
    records: str
    header: str
    day: str
    day_format: str
    page: str
    page_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """How a partner is told something of an order, and at which events."""

    path: str
    encoding: Encoding
    header: str
    order: str
    field: str
    on: frozenset[Event]
    done: frozenset[int]
    """Statuses which say that it is so already."""
    value: str = ""
    """Of a state: the word for it."""
    text: str = ""
    language: Language = "en"
    most_chars: int = 0
    """Of a message: its pattern, its language and how long it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One dialect. ``listing``, ``state`` and ``message`` are None where the partner knows nothing of the kind."""

    name: str
    title_en: str
    title_bn: str
    in_poisha: bool
    in_grams: bool
    push: Push
    order: OrderNames
    fields: Mapping[str, tuple[str, ...]]
    states: Mapping[str, Stands]
    centres: Mapping[str, str]
    listing: Listing | None
    state: Saying | None
    message: Saying | None


COLUMNS: Final = frozenset(
    {"recipient_name", "recipient_phone", "recipient_address", "recipient_postcode", "recipient_district"}
    | {"recipient_zone", "recipient_area", "weight_kg", "cod_taka", "declared_value_taka", "description", "note"}
)
"""Columns of our own order file that a partner may fill."""
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,19}")
_BLOCKS: Final = {"push", "order", "fields", "states", "centres", "list", "state", "message"}
_KEYS: Final = {"title_en", "title_bn", "amounts_in", "weights_in"} | _BLOCKS
_PATH: Final = re.compile(r"/[\w./-]*", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")


def load_partners(facts_dir: Path) -> dict[str, Partner]:
    """Every dialect by its name; Unacceptable names the block and the key that is wrong."""
    return {name: _partner(name, table) for name, table in read_facts(facts_dir / "partners.toml").items()}


def _partner(name: str, table: Any) -> Partner:
    where = f"partners.toml, [{name}]"
    if not _NAME.fullmatch(name) or not isinstance(table, Mapping):
        raise _wrong(where, name, "name a partner by 2 to 20 small letters, digits and dashes")
    for key in table.keys() - _KEYS:
        raise _wrong(where, key, f"use only: {', '.join(sorted(_KEYS))}")
    return Partner(
        name=name,
        title_en=_text(table, "title_en", where),
        title_bn=_text(table, "title_bn", where),
        in_poisha=_one_of(table, "amounts_in", ("taka", "poisha"), where) == "poisha",
        in_grams=_one_of(table, "weights_in", ("kg", "g"), where) == "g",
        push=_push(table_of(table, "push", where), f"{where}.push"),
        order=_order(table_of(table, "order", where), f"{where}.order"),
        fields=_fields(table_of(table, "fields", where), f"{where}.fields"),
        states={
            str(word): Stands(_one_of(table["states"], word, tuple(Stands), f"{where}.states"))
            for word in table.get("states", {})
        },
        centres={str(code): str(point) for code, point in table.get("centres", {}).items()},
        listing=_listing(table["list"], f"{where}.list") if "list" in table else None,
        state=_saying(table["state"], "value", f"{where}.state") if "state" in table else None,
        message=_saying(table["message"], "text", f"{where}.message") if "message" in table else None,
    )


def _push(table: Mapping[str, Any], where: str) -> Push:
    push = Push(
        encoding=Encoding(_one_of(table, "encoding", tuple(Encoding), where)),
        records=_text(table, "records", where, empty=True),
        proof=ProofKind(_one_of(table, "proof", tuple(ProofKind), where)),
        header=_text(table, "header", where, empty=True),
        user=_text(table, "user", where, empty=True),
    )
    _refuse_others(table, Push, where)
    needed = "user" if push.proof is ProofKind.BASIC else "header"
    if not getattr(push, needed):
        raise _wrong(where, needed, f"a proof by {push.proof} needs it")
    return push


def _order(table: Mapping[str, Any], where: str) -> OrderNames:
    _refuse_others(table, OrderNames, where)
    return OrderNames(
        code=_text(table, "code", where),
        state=_text(table, "state", where, empty=True),
        changed_at=_text(table, "changed_at", where, empty=True),
        payment=_text(table, "payment", where, empty=True),
        paid=tuple(one.casefold() for one in _texts(table, "paid", where)),
        centre=_text(table, "centre", where, empty=True),
    )


def _fields(table: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    for column in table.keys() - COLUMNS:
        raise _wrong(where, column, f"fill only: {', '.join(sorted(COLUMNS))}")
    for column in ("recipient_name", "recipient_phone", "recipient_address", "cod_taka"):
        if not table.get(column):
            raise _wrong(where, column, "name the field in which it comes")
    return {column: _texts(table, column, where) for column in table}


def _listing(table: Mapping[str, Any], where: str) -> Listing:
    _refuse_others(table, Listing, where)
    return Listing(
        path=_matching(table, "path", _PATH, where),
        method=_one_of(table, "method", ("GET", "POST"), where),
        encoding=Encoding(_one_of(table, "encoding", tuple(Encoding), where)),
        records=_text(table, "records", where, empty=True),
        header=_matching(table, "header", _HEADER, where),
        day=_text(table, "day", where),
        day_format=_text(table, "day_format", where),
        page=_text(table, "page", where),
        page_size=_whole(table, "page_size", where),
    )


def _saying(table: Mapping[str, Any], word: str, where: str) -> Saying:
    """``word``: the key that says what is told, of a state its value, of a message its pattern."""
    known = {"path", "encoding", "header", "order", "field", "on", "done", word}
    known |= {"language", "most_chars"} if word == "text" else set()
    for key in table.keys() - known:
        raise _wrong(where, key, f"use only: {', '.join(sorted(known))}")
    more: dict[str, Any] = {word: _text(table, word, where)}
    if word == "text":
        more |= {
            "language": _one_of(table, "language", get_args(Language), where),
            "most_chars": _whole(table, "most_chars", where),
        }
        try:
            more[word].format(item="", text="")
        except (KeyError, IndexError, ValueError):
            raise _wrong(where, word, "name only {item} and {text} between braces") from None
    return Saying(
        path=_matching(table, "path", _PATH, where),
        encoding=Encoding(_one_of(table, "encoding", (Encoding.FORM, Encoding.JSON), where)),
        header=_matching(table, "header", _HEADER, where),
        order=_text(table, "order", where),
        field=_text(table, "field", where),
        on=frozenset(Event(_known_event(one, where)) for one in _texts(table, "on", where)),
        done=frozenset(one for one in table.get("done", ()) if isinstance(one, int)),
        **more,
    )


def _known_event(written: str, where: str) -> str:
    if written not in TOLD:
        raise _wrong(where, "on", f"choose among: {', '.join(sorted(TOLD))}")
    return written


def _refuse_others(table: Mapping[str, Any], kind: type, where: str) -> None:
    known = [one.name for one in fields(kind)]
    for key in table.keys() - set(known):
        raise _wrong(where, key, f"use only: {', '.join(known)}")


def _text(table: Mapping[str, Any], key: str, where: str, *, empty: bool = False) -> str:
    found = table.get(key)
    if not isinstance(found, str) or not (found or empty):
        raise _wrong(where, key, "write a text between quotes")
    return found


def _texts(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = table.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise _wrong(where, key, f'write {key} = ["...", "..."]')
    return tuple(found)


def _one_of(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str) -> str:
    found = table.get(key)
    if found not in choices:
        raise _wrong(where, key, f"write one of: {', '.join(choices)}")
    return str(found)


def _whole(table: Mapping[str, Any], key: str, where: str) -> int:
    found = table.get(key)
    if type(found) is not int or found < 1:
        raise _wrong(where, key, "write a whole number above zero")
    return found


def _matching(table: Mapping[str, Any], key: str, shape: re.Pattern[str], where: str) -> str:
    found = _text(table, key, where)
    if not shape.fullmatch(found):
        raise _wrong(where, key, "write it with Latin letters, digits and dashes" if shape is _HEADER else "write /…")
    return found


def _wrong(where: str, key: str, remedy: str) -> Unacceptable:
    return Unacceptable(f"{where}: {key} is missing or not right", field=key, remedy=remedy)
