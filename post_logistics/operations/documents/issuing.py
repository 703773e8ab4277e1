"""Issuers are registered: a merchant, what kind of issuer it is, and the office where it hands in its manifests."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from post_logistics.consignments.documents import IssuerKind
from post_logistics.consignments.entries import required_words
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import Issuer, append_issuer, load_issuer, load_issuers
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import Postcode, latin_digits

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


def register_issuer(
    connection: Connection,
    facts: Facts,
    merchant_id: str,
    *,
    kind: IssuerKind,
    code: str,
    name_bn: str,
    office: str,
    at: datetime,
) -> Issuer:
    """The merchant as an issuer, registered now or before with the same details.

    NotFound if there is no such merchant, or no such office; Conflict if it is registered with other details, or the
    code is another's.
    """
    merchant = load_merchant(connection, merchant_id)
    if not _CODE.fullmatch(code):
        raise Unacceptable(
            "this cannot be a code", field="code", remedy="write 2 to 40 small letters, digits and hyphens"
        )
    postcode = latin_digits(office.strip())
    if postcode not in facts.offices:
        raise Unacceptable(f"there is no office {postcode}", field="office", remedy="write its postcode")
    asked = Issuer(
        merchant_id=merchant.merchant_id,
        kind=kind,
        code=code,
        name_bn=_named(name_bn),
        office=Postcode(facts.offices[postcode].postcode),
        made_at=at,
    )
    if append_issuer(connection, asked):
        return asked
    if any(one.code == code and one.merchant_id != merchant_id for one in load_issuers(connection)):
        raise Conflict(f"{code} is another issuer's", field="code", remedy="choose another code")
    known = load_issuer(connection, merchant_id)
    if replace(known, made_at=at) != asked:
        raise Conflict(
            f"{merchant.name} is an issuer already, with other details",
            field="merchant_id",
            remedy="look at the issuer that is there",
        )
    return known


def _named(name_bn: str) -> str:
    try:
        return required_words(name_bn, 100)
    except Unacceptable as error:
        raise Unacceptable(error.message, field="name_bn", remedy=error.remedy) from None
