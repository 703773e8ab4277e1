"""The two functions between frozen values and rows: a value's field names are the column names; nothing is mapped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any, TypeVar

from psycopg import Connection as Driver
from psycopg import RawCursor
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
    return list(values)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table: a value each, and the columns that the values do not carry as they are."""

    table: Table
    values: Sequence[Any]
    extra: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def columns(self) -> dict[str, list[Any]]:
        """Name of a column -> its values, as the driver takes them."""
        names = [f.name for f in fields(self.values[0]) if f.name in self.table.c and f.name not in self.extra]
        given = {n: list(map(attrgetter(n), self.values)) for n in names} | dict(self.extra)
        return {n: _array(self.table.c[n], values) for n, values in given.items()}


def append(
    connection: Connection, table: Table, values: Iterable[Any], *, keep_first: bool = False, **extra: Sequence[Any]
) -> list[Any]:
    """Adds a row per value in one statement; gives back the first key column of the rows that were added.

    With ``keep_first`` a row that breaks a UNIQUE rule is left out instead of raising: that is how the same fact told
    twice changes nothing. ``extra`` gives columns that the values do not carry as they are, each as long as the values.
    """
    rows = Rows(table, list(values), extra)
    if not rows.values:
        return []
    columns = rows.columns()
    return list(connection.execute(_insert(table, tuple(columns), keep_first), columns).scalars())


@lru_cache
def _insert_together(shapes: tuple[tuple[Table, tuple[str, ...]], ...]) -> str:
    first = shapes[0][0]
    key = next(c.name for c in first.primary_key)
    parts, number = [], count(1)
    for table, names in shapes:
        arrays = ", ".join(f"${next(number)}::{table.c[n].type.compile(_DIALECT)}[]" for n in names)
        only = "on conflict do nothing" if table is first else f"where {key} in (select {key} from new_{first.name})"  # noqa: S608
        columns = ", ".join(names)
        parts.append(
            f"new_{table.name} as (insert into {table.name} ({columns}) "  # noqa: S608 - names of the schema, as above
            f"select * from unnest({arrays}) as given ({columns}) {only} returning {key})"
        )
    return f"with {', '.join(parts)} select {key} from new_{first.name}"  # noqa: S608


def driver_of(connection: Connection) -> Driver[Any]:
    """The driver's own connection, in the same transaction.

    A statement that is always the same and is sent with every request costs a third of the processor this way.
    """
    found = connection.connection.driver_connection
    assert isinstance(found, Driver)
    return found


def append_together(connection: Connection, first: Rows, *others: Rows) -> list[Any]:
    """Adds rows and, in the same statement, what other tables keep about the same things under the first table's key.

    A row that breaks a UNIQUE rule of the first table is left out everywhere. Gives back the keys that were added.
    The statement goes to the driver as it is, with numbered places: one with so many is parsed anew every time else.
    """
    if not first.values:
        return []
    given = [(rows.table, rows.columns()) for rows in (first, *others)]
    statement = _insert_together(tuple((table, tuple(columns)) for table, columns in given))
    values = [column for _, columns in given for column in columns.values()]
    return [key for (key,) in RawCursor(driver_of(connection)).execute(statement, values)]


def read(rows: Iterable[Row[Any]], cls: type[T], **convert: Any) -> list[T]:
    """A value per row; ``convert`` names the fields whose column holds a simpler type than the field (an enum, say)."""
    wanted = [f.name for f in fields(cls) if f.init]  # type: ignore[arg-type]
    converted = [(name, change) for name, change in convert.items() if name in wanted]
    found = []
    places: list[int] = []
    for row in rows:
        places = places or [row._fields.index(name) for name in wanted]  # once: asking a row by name is slow
        values = {name: row[place] for name, place in zip(wanted, places, strict=True)}
        for name, change in converted:
            values[name] = change(values[name])
        found.append(cls(**values))
    return found
