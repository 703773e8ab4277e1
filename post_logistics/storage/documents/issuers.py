"""Issuers: merchants that issue documents."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from post_logistics.consignments.documents import IssuerKind
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import issuers
from post_logistics.units import MerchantId, Postcode


@dataclass(frozen=True, slots=True)
class Issuer:
    """An office or a municipality that issues documents, and the office of the post where it hands them in."""

    merchant_id: MerchantId
    kind: IssuerKind
    code: str
    name_bn: str
    office: Postcode
    made_at: datetime


def append_issuer(connection: Connection, issuer: Issuer) -> bool:
    """Keeps an issuer that is not yet known, by its merchant or by its code; False if it is."""
    return bool(append(connection, issuers, [issuer], keep_first=True))


def find_issuer(connection: Connection, merchant_id: str) -> Issuer | None:
    """The merchant as an issuer; None if it issues no documents."""
    rows = connection.execute(select(issuers).where(issuers.c.merchant_id == merchant_id))
    return next(iter(read(rows, Issuer, kind=IssuerKind)), None)


def load_issuer(connection: Connection, merchant_id: str) -> Issuer:
    """One issuer; NotFound for a merchant that issues no documents."""
    issuer = find_issuer(connection, merchant_id)
    if issuer is None:
        raise NotFound(
            f"{merchant_id} issues no documents", field="merchant_id", remedy="have it registered as an issuer first"
        )
    return issuer


def load_issuers(connection: Connection, kind: IssuerKind | None = None) -> list[Issuer]:
    """Every issuer, of one kind or of all, by code."""
    wanted = select(issuers).order_by(issuers.c.code)
    if kind is not None:
        wanted = wanted.where(issuers.c.kind == kind.value)
    return read(connection.execute(wanted), Issuer, kind=IssuerKind)
