"""Messages and lists of partners, read: records of texts first, then each as an order in our own words."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from post_logistics.channels.partners.book import Encoding, Partner, Stands
from post_logistics.channels.shops.news import words_of
from post_logistics.consignments import entries
from post_logistics.consignments.order_files.csv_text import csv_records
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, latin_digits, taka_plain

Record = dict[str, str]
"""One order as the partner wrote it: name of a field -> text."""

MOST_RECORDS: Final = 1000
"""In one message or one page."""
_MOST_FIELDS: Final = 500
_LONGEST_CODE: Final = 40
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One order as its partner tells it. ``fields``: by the columns of our own order file."""

    code: str
    changed_at: datetime | None
    stands: Stands
    state: str
    """In the partner's own word."""
    fields: Mapping[str, str] = field(repr=False)
    centre: str
    cod_poisha: int | None
    weight_g: int | None
    """Said, and not yet believed; None where nothing readable is said."""


def read_records(
    body: bytes, content_type: str, encoding: Encoding, records: str, *, may_be_none: bool = False
) -> list[Record]:
    """The orders in a message; Unacceptable if it is none, or of too many. ``may_be_none``: an empty list will do."""
    if encoding is Encoding.JSON:
        found = list(islice(_in_json(body, records), MOST_RECORDS + 1))
    elif encoding is Encoding.CSV:
        found = list(islice(_in_csv(body), MOST_RECORDS + 1))
    else:
        found = [_in_form(body, content_type)]
    if not (found or may_be_none):
        raise Unacceptable("there is no order in the message", field="body", remedy="send an order")
    if len(found) > MOST_RECORDS:
        raise Unacceptable(
            f"there are more than {MOST_RECORDS} orders in one message", field="body", remedy="send them in several"
        )
    return found


def _in_form(body: bytes, content_type: str) -> Record:
    if content_type.lower().startswith("multipart/form-data"):
        return dict(_parts(body, content_type))
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Unacceptable("the form cannot be read", field="body", remedy="send it as UTF-8") from error
    return {words_of(name): words_of(value) for name, value in pairs}


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    head = b"Content-Type: " + content_type.encode("utf-8", "replace") + b"\r\n\r\n"
    whole = BytesParser().parsebytes(head + body)
    for part in islice(whole.walk(), 1, _MOST_FIELDS):
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            try:
                yield words_of(name), words_of(content.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise Unacceptable("the form cannot be read", field="body", remedy="send it as UTF-8") from error


def _in_csv(body: bytes) -> Iterator[Record]:
    rows = csv_records(body)
    head = [words_of(name) for name in next(rows, [])]
    for row in rows:
        if any(cell.strip() for cell in row):
            yield dict(zip(head, map(words_of, row), strict=False))


def _in_json(body: bytes, way: str) -> Iterator[Record]:
    try:
        found: Any = json.loads(body, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Unacceptable("the message is no JSON", field="body", remedy="send it again") from error
    for step in filter(None, way.split(".")):
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, dict):  # one order, or some of them by their codes
        found = list(found.values()) if all(isinstance(one, dict) for one in found.values()) else [found]
    if not isinstance(found, list):
        raise Unacceptable("there is no order in the message", field=way or "body", remedy="send what was agreed")
    for one in found:
        yield dict(islice(_flat(one), _MOST_FIELDS)) if isinstance(one, dict) else {}


def _flat(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text and number inside, under the way that leads to it: ``to.phones.0``."""
    inside: Iterator[tuple[str, object]] = iter(())
    if isinstance(value, dict):
        inside = ((str(key), one) for key, one in value.items())
    elif isinstance(value, list):
        inside = ((str(number), one) for number, one in enumerate(value))
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif text := words_of(value):
        yield name, text
    if depth < _DEEPEST:
        for key, one in inside:
            yield from _flat(one, f"{name}.{key}" if name else words_of(key), depth + 1)


# One order


def order_of(partner: Partner, record: Mapping[str, str]) -> Told:
    """The order in a record; Unacceptable if nobody can say which it is, or where it stands."""
    names = partner.order
    code, state = _code(record.get(names.code, ""), names.code), latin_digits(record.get(names.state, ""))
    stands = partner.states.get(state, Stands.SEND if not state else None)
    if stands is None:
        raise Unacceptable(
            f"order {code} stands at {state[:40]!r}, which nobody knows",
            field=names.state,
            remedy="send a state that was agreed, or let it be added to data/partners.toml",
        )
    fields = _fields(partner, record)
    return Told(
        code=code,
        changed_at=_instant(record.get(names.changed_at, "")),
        stands=stands,
        state=state,
        fields=fields,
        centre=record.get(names.centre, ""),
        cod_poisha=_read(entries.amount_poisha, fields["cod_taka"]),
        weight_g=_read(entries.weight_g, fields.get("weight_kg", "")),
    )


def _code(written: str, name: str) -> str:
    code = unicodedata.normalize("NFC", written).strip()
    if not code:
        raise Unacceptable("the order has no code", field=name, remedy=f"send {name} with every order")
    if len(code) > _LONGEST_CODE or "/" in code or not code.isprintable():
        raise Unacceptable(
            "that cannot be an order's code",
            field=name,
            remedy=f"send up to {_LONGEST_CODE} letters, digits and dashes",
        )
    return code


def _fields(partner: Partner, record: Mapping[str, str]) -> dict[str, str]:
    """The order by our columns. A weight that is not said is left out; an amount that is not said is no amount."""
    found: dict[str, str] = {}
    for column, theirs in partner.fields.items():
        said = [text for name in theirs if (text := record.get(name, ""))]
        if said:
            found[column] = ", ".join(dict.fromkeys(said)) if column == "recipient_address" else said[0]
    if partner.in_grams and found.get("weight_kg", "").isdecimal():
        found["weight_kg"] += " g"
    if partner.in_poisha:
        for column in found.keys() & {"cod_taka", "declared_value_taka"}:
            found[column] = taka_plain(int(found[column])) if found[column].isdecimal() else found[column]
    is_paid = record.get(partner.order.payment, "").casefold() in partner.order.paid
    return found | {"cod_taka": "0" if is_paid else found.get("cod_taka", "?")}


def _read(read: Callable[[str], int], text: str) -> int | None:
    try:
        return read(text)
    except Unacceptable:
        return None


def _instant(text: str) -> datetime | None:
    """When the order was changed, in Dhaka where no offset is named; None if it is not said."""
    try:
        at = datetime.fromisoformat(latin_digits(text))
        return (at if at.tzinfo else at.replace(tzinfo=DHAKA)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
