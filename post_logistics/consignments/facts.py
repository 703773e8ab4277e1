"""Tables of a TOML file as values: every complaint names the file, the block in it and the key."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from post_logistics.errors import Unacceptable

Fact = TypeVar("Fact")

_KINDS: dict[Any, str] = {
    int: "a whole number, zero or more",
    str: "a text between quotes",
    bool: "true or false",
    date: "a day such as 2026-01-01",
}


def read_facts(path: Path) -> dict[str, Any]:
    """The TOML file as it stands."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unacceptable(f"{path} cannot be read: {error.strerror}", field="facts_dir") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unacceptable(
            f"{path.name} is not TOML: {error}", field=path.name, remedy="correct the line that is named"
        ) from None


def table_of(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """The table under a key."""
    found = table.get(key)
    if not isinstance(found, Mapping):
        raise Unacceptable(f"{where}: the block {key} is missing", field=key, remedy="see data/README.md")
    return found


def fact_of(kind: type[Fact], table: Mapping[str, Any], where: str) -> Fact:
    """A dataclass whose fields are whole numbers, texts, yes-or-no or days, filled from the keys of the same name."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # every kind here is a dataclass
    for key, value in table.items():
        if key not in known:
            raise Unacceptable(f"{where}: {key} is not known here", field=key, remedy=f"use only: {', '.join(known)}")
        wanted = known[key].type
        if type(value) is not wanted or (wanted is int and value < 0):
            raise Unacceptable(f"{where}: {key} is {value!r}", field=key, remedy=f"write {_KINDS[wanted]}")
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            raise Unacceptable(f"{where}: {key} is missing", field=key, remedy=f"write {_KINDS[field.type]}")
    return kind(**table)


def texts_of(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """The list of texts under a key."""
    found = table.get(key)
    if not isinstance(found, list) or not found or not all(isinstance(text, str) and text for text in found):
        raise Unacceptable(f"{where}: {key} is no list of texts", field=key, remedy=f'write {key} = ["...", "..."]')
    return tuple(found)
