"""Municipalities are admitted: each becomes a merchant and an issuer, and so has keys, money and a scope."""

from dataclasses import replace
from datetime import datetime

from post_logistics.consignments.documents import IssuerKind
from post_logistics.consignments.entries import entry
from post_logistics.consignments.merchants import Merchant, merchant_id_of
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.network.municipalities import Municipality
from post_logistics.operations.documents.issuing import register_issuer
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import Issuer, load_issuers
from post_logistics.storage.orders.merchants import append_merchants, load_merchant
from post_logistics.units import MerchantId


def admit(connection: Connection, facts: Facts, code: str, payout_account: str, at: datetime) -> Issuer:
    """The municipality as an issuer, admitted now or before; the fees taken at the doors go to that account.

    NotFound if the table has no such municipality; Conflict if its delivery has no first day, or it was admitted with
    another account.
    """
    town = facts.municipalities[code]
    if town.service_from is None:
        raise Conflict(
            f"the delivery of papers in {town.name_en} has no first day yet",
            field="municipality",
            remedy="write its service_from into data/municipalities.csv",
        )
    try:
        account = entry(payout_account, 64)
    except Unacceptable as error:
        raise Unacceptable(error.message, field="payout_account", remedy=error.remedy) from None
    name = _name(town)
    asked = Merchant(merchant_id_of(name), name, name, account, at)
    append_merchants(connection, [asked])
    known = load_merchant(connection, asked.merchant_id)
    if replace(known, registered_at=at) != asked:
        raise Conflict(
            f"{name} is admitted with another account",
            field="payout_account",
            remedy="the finance desk changes the account of a merchant that is there",
        )
    return register_issuer(
        connection,
        facts,
        asked.merchant_id,
        kind=IssuerKind.MUNICIPALITY,
        code=code,
        name_bn=town.name_bn,
        office=town.office,
        at=at,
    )


def _name(town: Municipality) -> str:
    kind = "City Corporation" if town.kind == "city_corporation" else "Paurashava"
    return f"{town.name_en} {kind}, {town.district}"


def admitted(connection: Connection, code: str, whose: MerchantId | None = None) -> Issuer:
    """The municipality of that code as an issuer; NotFound if it is not admitted, or not the one that asks: alike."""
    for issuer in load_issuers(connection, IssuerKind.MUNICIPALITY):
        if issuer.code == code and whose in {None, issuer.merchant_id}:
            return issuer
    raise NotFound(
        f"no municipality {code} hands in papers",
        field="municipality",
        remedy="see the list of municipalities for its code",
    )
