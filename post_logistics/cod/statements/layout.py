"""How the statements of one source are laid out: a page of TOML that people read, edit and keep by version."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from post_logistics.cod.statements.cells import check_date_formats
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import Unacceptable

Kind = Literal["bank", "provider"]
Sign = Literal["credit", "debit"]

FIELDS = {
    "booked_on": "day on which the line was booked",
    "value_on": "value date",
    "amount": "amount, credit and debit in one column",
    "credit": "money in",
    "debit": "money out",
    "direction": "word that says whether the amount is credit or debit",
    "balance": "balance after the line",
    "id": "the bank's own number of the line, never used twice",
    "reference": "slip, cheque or payment reference",
    "description": "description",
    "counterparty": "who paid or was paid",
}
"""What a column of a statement can hold."""
AMOUNTS = ({"amount"}, {"credit", "debit"}, {"amount", "direction"}, {"credit"}, {"debit"})
"""The columns in which amounts may stand."""
WORDS = ("credit", "debit", "opening", "closing", "total")
"""What words can say: which way an amount goes, and which rows are no lines but sums."""

_KEYS = ("kind", "title", "provider", "dates", "positive_is", "columns", "words")
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MAX_TITLE_CHARS = 120
_MAX_NAMES = 40
_MAX_TOML_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the facts of a line stand. Header names are compared without case, spaces and signs.

    ``columns``: header names by field, the first that a file has counts; ``dates``: such as ``DD/MM/YYYY``;
    ``positive_is``: what an amount without sign or mark is, in a single column; ``words``: see ``WORDS``.
    """

    kind: Kind
    title: str
    dates: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    provider: str | None = None
    positive_is: Sign = "credit"
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Passes a layout by which lines can be read; Unacceptable says what is missing or contradicts itself."""
        if self.kind not in get_args(Kind):
            raise Unacceptable("kind is neither", field="kind", remedy='write kind = "bank" or kind = "provider"')
        if (self.kind == "provider") != bool(self.provider and _PROVIDER.fullmatch(self.provider)):
            raise Unacceptable(
                "a provider, and no bank, has a provider's name",
                field="provider",
                remedy='with kind = "provider" write provider = "bkash", say: small letters and digits',
            )
        if not self.title.strip() or len(self.title) > _MAX_TITLE_CHARS:
            raise Unacceptable("there is no title", field="title", remedy="write what people call this account")
        if self.positive_is not in get_args(Sign):
            raise Unacceptable("positive_is is neither", field="positive_is", remedy='write "credit" or "debit"')
        check_date_formats(self.dates)
        self._check_columns()
        for name in self.words:
            if name not in WORDS:
                raise Unacceptable(f"{name} is no kind of word", field="words", remedy=f"use only: {', '.join(WORDS)}")
        if "direction" in self.columns and not (self.words.get("credit") and self.words.get("debit")):
            raise Unacceptable(
                "a column of directions needs the words for both",
                field="words",
                remedy='write credit = ["CR"] and debit = ["DR"] under [words]',
            )

    def _check_columns(self) -> None:
        for name in self.columns:
            if name not in FIELDS:
                raise Unacceptable(
                    f"{name} is not known here", field="columns", remedy=f"use only: {', '.join(FIELDS)}"
                )
        if "booked_on" not in self.columns:
            raise Unacceptable(
                "no column says the day", field="columns", remedy='write booked_on = ["Date"] under [columns]'
            )
        amounts = self.columns.keys() & {"amount", "credit", "debit", "direction"}
        if amounts not in AMOUNTS:
            raise Unacceptable(
                "amounts stand in one column (amount, perhaps with direction) or in two (credit and debit)",
                field="columns",
                remedy="under [columns] name either amount, or credit and debit",
            )
        uses: dict[str, str] = {}
        for name, headers in self.columns.items():
            for header in headers:
                other = uses.setdefault(header_key(header), name)
                if other != name and {other, name} != {"id", "reference"}:
                    raise Unacceptable(
                        f"the column {header!r} is said to be both {other} and {name}",
                        field="columns",
                        remedy="name it once",
                    )

    def keys(self, name: str) -> tuple[str, ...]:
        """The header names of a field as they are compared."""
        return tuple(header_key(header) for header in self.columns.get(name, ()))

    def table(self) -> dict[str, Any]:
        """The layout as TOML and JSON keep it: ``layout_of`` makes the same layout of it."""
        written: dict[str, Any] = {"kind": self.kind, "title": self.title}
        if self.provider:
            written["provider"] = self.provider
        written["dates"] = list(self.dates)
        if "amount" in self.columns and "direction" not in self.columns:
            written["positive_is"] = self.positive_is
        written["columns"] = {name: list(self.columns[name]) for name in FIELDS if name in self.columns}
        written["words"] = {name: list(self.words[name]) for name in WORDS if self.words.get(name)}
        return written


def layout_of(table: Mapping[str, Any]) -> Layout:
    """The layout that the table describes; Unacceptable names the key."""
    for key in table:
        if key not in _KEYS:
            raise Unacceptable(f"{key} is not known here", field=key, remedy=f"use only: {', '.join(_KEYS)}")
    for key in ("kind", "title", "positive_is", "provider"):
        if not isinstance(table.get(key, ""), str):
            raise Unacceptable(f"{key} is no text", field=key, remedy=f'write {key} = "..."')
    return Layout(
        kind=table.get("kind", ""),
        title=table.get("title", ""),
        provider=table.get("provider"),
        dates=_texts(table.get("dates", []), "dates"),
        positive_is=table.get("positive_is", "credit"),
        columns=_lists(table, "columns"),
        words=_lists(table, "words"),
    )


def _lists(table: Mapping[str, Any], key: str) -> dict[str, tuple[str, ...]]:
    """The lists of texts of a block, empty ones left out."""
    block = table.get(key, {})
    if not isinstance(block, Mapping):
        raise Unacceptable(f"{key} is no block", field=key, remedy=f"write [{key}] and the names under it")
    read = {name: _texts(listed, f"{key}.{name}") for name, listed in block.items()}
    return {name: listed for name, listed in read.items() if listed}


def _texts(listed: object, where: str) -> tuple[str, ...]:
    if not isinstance(listed, list) or not all(isinstance(text, str) and text.strip() for text in listed):
        raise Unacceptable(f"{where} is no list of texts", field=where, remedy='write ["...", "..."]')
    if len(listed) > _MAX_NAMES or any(len(text) > _MAX_TITLE_CHARS for text in listed):
        raise Unacceptable(f"{where} is too long", field=where, remedy="name the columns that the statements have")
    return tuple(listed)


def layout_from_toml(text: str) -> Layout:
    """The layout that a person wrote; Unacceptable names the key."""
    if len(text) > _MAX_TOML_CHARS:
        raise Unacceptable("the layout is too long", field="layout", remedy="a layout is a page of TOML")
    try:
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Unacceptable(
            f"the layout is not TOML: {error}", field="layout", remedy="see the example layouts"
        ) from None
    return layout_of(table)


def layout_to_toml(table: Mapping[str, Any], notes: Mapping[str, list[str]] | None = None) -> str:
    """A layout's table as a page of TOML; ``notes`` are comments above the key they are about (``columns.id``)."""
    written: list[str] = []

    def put(name: str, value: object, where: str) -> None:
        written.extend(f"# {line}" for line in (notes or {}).get(where, ()))
        written.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")

    for name, value in table.items():
        if not isinstance(value, Mapping):
            put(name, value, name)
    for block, names in table.items():
        if isinstance(names, Mapping) and names:
            written += ["", *(f"# {line}" for line in (notes or {}).get(block, ())), f"[{block}]"]
            for name, value in names.items():
                put(name, value, f"{block}.{name}")
    return "\n".join(written) + "\n"


def tells_lines_apart_alike(old: Layout, new: Layout) -> bool:
    """Whether a line read by both gets the same fingerprint, so that no version takes a known line for a new one."""
    if ("id" in old.columns) != ("id" in new.columns):
        return False
    telling = ("id", "balance") if "id" in old.columns else ("reference", "description", "balance")
    return all(
        bool(set(old.keys(name)) & set(new.keys(name))) or not (old.keys(name) or new.keys(name)) for name in telling
    )
