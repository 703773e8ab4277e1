"""The two functions between frozen values and rows: a value's field names are the column names; nothing is mapped."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from psycopg.types.json import Jsonb
from sqlalchemy import Column, Connection, Row, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

T = TypeVar("T")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@lru_cache
def _insert(table: Table, names: tuple[str, ...], keep_first: bool) -> TextClause:
    arrays = ", ".join(f"cast(:{n} as {table.c[n].type.compile(_DIALECT)}[])" for n in names)
    key = ", ".join(c.name for c in table.primary_key)
    return text(  # only names of tables and columns of the schema go into the text
        f"insert into {table.name} ({', '.join(names)}) select * from unnest({arrays}) "  # noqa: S608
        + ("on conflict do nothing " if keep_first else "")
        + f"returning {key}"
    )


def _array(column: Column[Any], values: Iterable[Any]) -> list[Any]:
    """The values of one column as the driver takes them."""
    if isinstance(column.type, JSONB):
        return [None if value is None else Jsonb(value) for value in values]
    return [value.value if isinstance(value, Enum) else value for value in values]


def append(
    connection: Connection, table: Table, values: Iterable[Any], *, keep_first: bool = False, **extra: Sequence[Any]
) -> list[Any]:
    """Adds a row per value in one statement; gives back the first key column of the rows that were added.

    With ``keep_first`` a row that breaks a UNIQUE rule is left out instead of raising: that is how the same fact told
    twice changes nothing. ``extra`` gives columns that the values do not carry as they are, each as long as the values.
    """
    rows = list(values)
    if not rows:
        return []
    names = tuple(f.name for f in fields(rows[0]) if f.name in table.c and f.name not in extra)
    columns = {n: _array(table.c[n], map(attrgetter(n), rows)) for n in names}
    columns |= {n: _array(table.c[n], given) for n, given in extra.items()}
    return list(connection.execute(_insert(table, (*names, *extra), keep_first), columns).scalars())


def read(rows: Iterable[Row[Any]], cls: type[T], **convert: Any) -> list[T]:
    """A value per row; ``convert`` names the fields whose column holds a simpler type than the field (an enum, say)."""
    wanted = [f.name for f in fields(cls)]  # type: ignore[arg-type]
    found = []
    for row in rows:
        mapping = row._mapping
        found.append(cls(**{n: convert[n](mapping[n]) if n in convert else mapping[n] for n in wanted}))
    return found
