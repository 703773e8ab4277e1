"""Documents of government offices and municipalities: their services, who may receive them, and rows of a manifest.

A document is a consignment. What is more: a service instead of a content, an application number instead of an order
reference, and rules about whose hands it may end in.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from post_logistics.consignments.booking import BookingRules, Order, OrderRefused, Problem, check_rules, parse_order
from post_logistics.consignments.facts import fact_of, read_facts, table_of, texts_of
from post_logistics.consignments.order_files.layout import Dialect, dialect_of
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits

FILE: Final = "documents.toml"
Kind = TypeVar("Kind", bound=StrEnum)


class IssuerKind(StrEnum):
    """Who issues documents."""

    OFFICE = "office"
    MUNICIPALITY = "municipality"


class Receiver(StrEnum):
    """In whose hands a document may end."""

    ADDRESSEE = "addressee"
    HOUSEHOLD = "household"
    """A grown-up who lives with the addressee."""
    AFFIXED = "affixed"
    """Nobody's: it was left at the door before a witness."""


class PaidBy(StrEnum):
    """Who pays the postage of a document."""

    ISSUER = "issuer"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentService:
    """What issuers of some kinds may have delivered, at which price, into whose hands.

    ``tariff_service``: by which service of the tariff it travels. ``identity``: the receiver's identity is checked.
    ``advice``: the issuer gets a signed advice of delivery.
    """

    code: str
    name_en: str
    name_bn: str
    issuers: frozenset[IssuerKind]
    tariff_service: str
    weight_g: int
    paid_by: PaidBy
    receivers: tuple[Receiver, ...]
    identity: bool
    advice: bool
    phone_needed: bool


DocumentServices = Mapping[str, DocumentService]
"""Code -> service, as they are offered on a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is kept of a document besides its consignment. ``fee_poisha`` is the issuer's own fee, taken at the door."""

    application_number: str
    service: DocumentService
    ward: int | None
    fee_poisha: int


@dataclass(frozen=True, slots=True)
class _Plain:
    """The keys of a service that stand for themselves."""

    name_en: str
    name_bn: str
    tariff_service: str
    weight_g: int
    identity: bool
    advice: bool
    phone_needed: bool


_LISTS: Final = frozenset({"issuers", "receivers", "paid_by"})


def read_services(block: Mapping[str, Any], where: str) -> DocumentServices:
    """The services in a ``[[rules]]`` block of ``documents.toml``; Unacceptable names the service and the key."""
    table = table_of(block, "service", where)
    return {code: _service(code, table_of(table, code, where), f"{where}, service {code}") for code in table}


def _service(code: str, table: Mapping[str, Any], where: str) -> DocumentService:
    plain = fact_of(_Plain, {key: value for key, value in table.items() if key not in _LISTS}, where)
    return DocumentService(
        code=code,
        name_en=plain.name_en,
        name_bn=plain.name_bn,
        issuers=frozenset(_known(IssuerKind, texts_of(table, "issuers", where), "issuers", where)),
        tariff_service=plain.tariff_service,
        weight_g=plain.weight_g,
        paid_by=_known(PaidBy, [str(table.get("paid_by"))], "paid_by", where)[0],
        receivers=tuple(_known(Receiver, texts_of(table, "receivers", where), "receivers", where)),
        identity=plain.identity,
        advice=plain.advice,
        phone_needed=plain.phone_needed,
    )


def _known(kind: type[Kind], written: Iterable[str], key: str, where: str) -> list[Kind]:
    try:
        return [kind(one) for one in written]
    except ValueError as error:
        raise Unacceptable(f"{where}: {key}: {error}", field=key, remedy=f"choose among: {', '.join(kind)}") from None


def load_document_columns(facts_dir: Path) -> Dialect:
    """Which columns of a manifest's file hold what, from ``documents.toml``."""
    return dialect_of("documents", table_of(read_facts(facts_dir / FILE), "columns", FILE), f"{FILE}, columns")


# Rows of a manifest

_NOT_SIGNIFICANT: Final = re.compile(r"[^0-9A-Z\u0980-\u09ff]+")
_NUMBER: Final = re.compile(r"\d{1,3}")
SEALED: Final = (
    "order_ref",
    "service_code",
    "recipient_name",
    "recipient_phone",
    "recipient_address",
    "recipient_postcode",
    "holding_number",
    "ward",
    "road",
    "fee_taka",
)
"""The fields of a row that the seal of a manifest covers, in their order."""
_OUTWARDS: Final = {"order_ref": "application_number", "cod_taka": "fee_taka"}
"""Field of an order -> what issuers call it."""


def application_key(application_number: str) -> str:
    """An application number as it is compared: capitals and Latin digits, without spaces and signs."""
    return _NOT_SIGNIFICANT.sub("", latin_digits(application_number).upper())


def seal_of(rows: Iterable[Mapping[str, str]]) -> str:
    """SHA-256 over the lines of a manifest in their order: of each the texts of `SEALED` as a JSON array and a line
    end. Whoever has the same list comes to the same 64 digits."""
    digest = hashlib.sha256()
    for row in rows:
        texts = [row.get(name, "").strip() for name in SEALED]
        digest.update(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def for_issuers(problem: Problem) -> Problem:
    """The problem under the name that its field has in a manifest."""
    return replace(problem, field=_OUTWARDS.get(problem.field, problem.field))


def parse_document(
    fields: Mapping[str, str],
    row: int | None,
    rules: BookingRules,
    services: DocumentServices,
    kind: IssuerKind,
    postage_poisha: Mapping[str, int],
) -> tuple[Order, Document]:
    """The order and the document in a row of texts; OrderRefused carries every problem of the row at once.

    ``postage_poisha``: service -> what it costs with VAT; where the recipient pays it, it is collected with the
    issuer's fee.
    """
    problems: list[Problem] = []
    code = latin_digits(fields.get("service_code", "")).strip().upper()
    service = services.get(code)
    if service is None or kind not in service.issuers:
        offered = ", ".join(one.code for one in services.values() if kind in one.issuers)
        problems.append(Problem("service_code", "there is no such service", f"use one of: {offered}"))
    try:
        ward = _ward(fields.get("ward", ""))
    except Unacceptable as error:
        problems.append(Problem("ward", error.message, error.remedy or ""))
    plain = {name: text for name, text in fields.items() if name not in {"weight_kg", "description", "note"}}
    plain["cod_taka"] = plain.pop("fee_taka", "")
    try:
        phone_needed = service is None or service.phone_needed
        order = parse_order(plain, row, rules, phone_needed=phone_needed)
    except OrderRefused as error:
        problems += error.problems
    if problems or service is None:
        raise OrderRefused([for_issuers(one) for one in problems], row)
    document = Document(application_number=order.order_ref, service=service, ward=ward, fee_poisha=order.cod_poisha)
    at_the_door_poisha = postage_poisha[code] if service.paid_by is PaidBy.RECIPIENT else 0
    order = replace(
        order,
        weight_g=service.weight_g,
        weight_assumed=False,
        cod_poisha=order.cod_poisha + at_the_door_poisha,
        description=f"Document {code}",
    )
    broken = check_rules(order, rules, registered=True)
    if broken:
        raise OrderRefused([for_issuers(one) for one in broken], row)
    return order, document


def _ward(text: str) -> int | None:
    """The number of a ward, however it is written; None where nothing is."""
    if not text.strip():
        return None
    found = _NUMBER.findall(latin_digits(text))
    if len(found) != 1 or not int(found[0]):
        raise Unacceptable("this names no ward", remedy="write its number, such as 4 or ওয়ার্ড ৪")
    return int(found[0])
