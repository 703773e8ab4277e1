"""Payout files for banks, through layouts that stand in ``data/payout_layouts.toml``: CSV or fixed width, with totals.

A layout is a list of columns, each with the fact it shows. The last line can carry control totals, by which the bank
sees that nothing was lost or changed on the way: the number of payouts, their sum, and the sum of the account numbers.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from post_logistics.cod.payouts import Payout
from post_logistics.cod.terms import PayoutAccount
from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Unacceptable
from post_logistics.units import taka_plain

FORMATS = ("csv", "fixed")
ROW_FACTS = (
    *("row", "payout_id", "merchant", "paid_on", "amount_poisha", "amount_taka"),
    *("bank", "branch", "routing_number", "number", "holder"),
)
TOTAL_FACTS = ("count", "total_poisha", "total_taka", "hash_total", "paid_on", "file_id")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the fact in it (or ``=TEXT``, the same in every line), and for fixed width its width."""

    name: str
    fact: str
    width: int = 0
    right: bool = False
    fill: str = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLayout:
    """How one bank wants its payouts. ``totals`` is the last line; none if empty."""

    name: str
    title: str
    format: Literal["csv", "fixed"]
    kind: str
    encoding: str
    delimiter: str
    header: bool
    columns: tuple[Column, ...]
    totals: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A payout file and what its last line says."""

    content: bytes
    count: int
    total_poisha: int
    hash_total: int


def payout_file(
    layout: PayoutLayout, payouts: Sequence[tuple[Payout, PayoutAccount]], *, file_id: str, paid_on: date
) -> Made:
    """The file with those payouts in their order; Unacceptable if one of them does not fit its column."""
    total_poisha = sum(payout.amount_poisha for payout, _ in payouts)
    hash_total = sum(int("".join(c for c in kept.number if c.isdigit()) or 0) for _, kept in payouts) % 10**15
    lines = [[column.name for column in layout.columns]] if layout.header and layout.format == "csv" else []
    for row, (payout, kept) in enumerate(payouts, 1):
        facts: dict[str, object] = {
            "row": row,
            "payout_id": payout.payout_id,
            "merchant": payout.merchant,
            "paid_on": paid_on,
            "amount_poisha": payout.amount_poisha,
            "amount_taka": taka_plain(payout.amount_poisha),
            "bank": kept.bank,
            "branch": kept.branch,
            "routing_number": kept.routing_number,
            "number": kept.number,
            "holder": kept.holder,
        }
        lines.append([_cell(layout, column, facts, payout.payout_id) for column in layout.columns])
    facts = {
        "count": len(payouts),
        "total_poisha": total_poisha,
        "total_taka": taka_plain(total_poisha),
        "hash_total": hash_total,
        "paid_on": paid_on,
        "file_id": file_id,
    }
    if layout.totals:
        lines.append([_cell(layout, column, facts, file_id) for column in layout.totals])
    content = _encoded(layout, _text(layout, lines))
    return Made(content=content, count=len(payouts), total_poisha=total_poisha, hash_total=hash_total)


def fits(layout: PayoutLayout, payout: Payout, kept: PayoutAccount, paid_on: date) -> bool:
    """Whether the payout can be written in that layout: its name in those letters, its cells in those widths."""
    try:
        payout_file(layout, [(payout, kept)], file_id="", paid_on=paid_on)
    except Unacceptable:
        return False
    return True


def _cell(layout: PayoutLayout, column: Column, facts: Mapping[str, object], of: str) -> str:
    text = column.fact[1:] if column.fact.startswith("=") else str(facts[column.fact])
    if layout.format == "csv":
        return text
    if len(text) > column.width:
        raise Unacceptable(
            f"{column.name} of {of} has {len(text)} characters, {layout.name} has room for {column.width}",
            field=column.name,
            remedy="shorten it in the merchant's account, or choose another layout",
        )
    return text.rjust(column.width, column.fill) if column.right else text.ljust(column.width, column.fill)


def _text(layout: PayoutLayout, lines: Sequence[Sequence[str]]) -> str:
    if layout.format == "fixed":
        return "".join("".join(cells) + "\r\n" for cells in lines)
    file = io.StringIO()
    csv.writer(file, delimiter=layout.delimiter, lineterminator="\r\n").writerows(lines)
    return file.getvalue()


def _encoded(layout: PayoutLayout, text: str) -> bytes:
    try:
        return text.encode(layout.encoding)
    except UnicodeEncodeError as error:
        raise Unacceptable(
            f"{text[error.start : error.end]!r} cannot be written in {layout.encoding}, which {layout.name} wants",
            field="holder",
            remedy="write the account's name in Latin letters, as the bank has it",
        ) from None


def load_payout_layouts(facts_dir: Path) -> dict[str, PayoutLayout]:
    """The layouts of ``payout_layouts.toml`` by name; Unacceptable names the layout and the key that is wrong."""
    blocks = read_facts(facts_dir / "payout_layouts.toml").get("layouts")
    if not isinstance(blocks, dict) or not blocks:
        raise Unacceptable("payout_layouts.toml holds no layouts", field="layouts", remedy="add [layouts.NAME]")
    return {name: _layout(name, block) for name, block in blocks.items()}


def _layout(name: str, block: Any) -> PayoutLayout:
    where = f"payout_layouts.toml, {name}"
    wanted = {"title": str, "format": str, "kind": str, "encoding": str, "delimiter": str, "header": bool}
    if not isinstance(block, dict):
        raise Unacceptable(f"{where} is no table", field=name)
    for key in {*wanted, *block} - {"columns", "totals"}:
        if key not in wanted or type(block.get(key)) is not wanted[key]:
            raise Unacceptable(f"{where}: {key} is {block.get(key)!r}", field=key, remedy=f"write: {', '.join(wanted)}")
    if block["format"] not in FORMATS or block["kind"] not in {"bank", "wallet"}:
        raise Unacceptable(f"{where}: no such format or kind", field="format", remedy="csv or fixed; bank or wallet")
    if block["format"] == "csv" and len(block["delimiter"]) != 1:
        raise Unacceptable(f"{where}: a delimiter is one character", field="delimiter")
    try:
        "".encode(block["encoding"])
    except LookupError:
        raise Unacceptable(f"{where}: no encoding {block['encoding']}", field="encoding", remedy="utf-8") from None
    fixed = block["format"] == "fixed"
    return PayoutLayout(
        name=name,
        columns=_columns(block.get("columns"), ROW_FACTS, fixed, where),
        totals=_columns(block.get("totals", []), TOTAL_FACTS, fixed, where) if block.get("totals") else (),
        **{key: block[key] for key in wanted},
    )


def _columns(given: Any, known: Sequence[str], fixed: bool, where: str) -> tuple[Column, ...]:
    if not isinstance(given, list) or not given:
        raise Unacceptable(f"{where}: there are no columns", field="columns", remedy="write a list of columns")
    columns = tuple(fact_of(Column, one, where) for one in given)
    for one in columns:
        if one.fact not in known and not one.fact.startswith("="):
            raise Unacceptable(f"{where}: no fact {one.fact}", field="fact", remedy=f"use: {', '.join(known)}")
        if (fixed and one.width < 1) or len(one.fill) != 1:
            raise Unacceptable(f"{where}: {one.name} needs a width and one character to fill", field="width")
    return columns


def layout_named(facts_dir: Path, name: str) -> PayoutLayout:
    """The layout of that name; Unacceptable names those there are."""
    layouts = load_payout_layouts(facts_dir)
    if name not in layouts:
        raise Unacceptable(f"there is no layout {name!r}", field="layout", remedy=f"use one of: {', '.join(layouts)}")
    return layouts[name]
