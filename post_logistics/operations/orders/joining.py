"""Shops that want to join: they say who they are, and somebody of the post who has seen their papers opens them.

The password is the shop's own from the beginning: nobody of the post ever knows it. No operation proves a telephone
that belongs to no parcel, so a person calls.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from post_logistics.access.passwords import hash_password
from post_logistics.access.roles import Place, Role
from post_logistics.consignments.entries import required_entry, required_words
from post_logistics.consignments.merchants import merchant_id_of
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.access.people import give_role
from post_logistics.operations.access.stores import serving_office
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.registering import register
from post_logistics.storage.access.people import Person, append_people
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.joining import (
    JoinRequest,
    append_request,
    count_waiting,
    find_request,
    forget_requests,
    load_request,
    save_request,
)
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, MerchantId, Postcode

FROM_ONE_NETWORK: Final = 5
"""So many may wait that came from one network in a day."""
AT_ONCE: Final = 1000
"""So many may wait in all: nobody reads more."""
_DAY: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=30)
_LONGEST_LOGIN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What a shop says of itself, as it was typed."""

    shop_name: str
    contact_name: str
    contact_phone: str
    store_address: str
    payout_account: str
    password: str


def ask_to_join(
    connection: Connection, facts: Facts, request_id: UUID, said: Joining, network: str, at: datetime
) -> JoinRequest:
    """The request, kept for whoever opens shops; asked again under its id, it is the one that was kept.

    Unacceptable names the field that is wrong; Conflict where too many wait already.
    """
    known = find_request(connection, request_id)
    if known is not None:
        return known
    name = _read("shop_name", said.shop_name, 100)
    asked = JoinRequest(
        request_id=request_id,
        shop_name=name,
        contact_name=_read("contact_name", said.contact_name, 100),
        contact_phone=_phone(said.contact_phone),
        store_address=_read("store_address", said.store_address, 300, words=True),
        office=office_for(facts, said.store_address, at),
        payout_account=_read("payout_account", said.payout_account, 64),
        password_hash="",
        network=network,
        asked_at=at,
    )
    _refuse_floods(connection, network, at)
    append_request(connection, replace(asked, password_hash=hash_password(said.password, login_of(name))))
    return load_request(connection, request_id)


def _read(field: str, text: str, max_chars: int, *, words: bool = False) -> str:
    try:
        return (required_words if words else required_entry)(text, max_chars)
    except Unacceptable as error:
        raise Unacceptable(error.message, field=field, remedy=error.remedy) from None


def _phone(text: str) -> str:
    try:
        return parse_phones(text)[0]
    except Unacceptable as error:
        raise Unacceptable(error.message, field="contact_phone", remedy=error.remedy) from None


def office_for(facts: Facts, store_address: str, at: datetime) -> Postcode:
    """The office that would fetch parcels at that address; Unacceptable where nobody does."""
    postcode = Postcode(serving_office(facts, store_address, at))
    return facts.coverage(at.astimezone(DHAKA).date()).responsible(postcode).postcode


def _refuse_floods(connection: Connection, network: str, at: datetime) -> None:
    in_all, of_network = count_waiting(connection, network, at - _DAY)
    if of_network >= FROM_ONE_NETWORK:
        raise Conflict(
            "several shops have asked from your network today", remedy="ask again tomorrow, or come to the post office"
        )
    if in_all >= AT_ONCE:
        raise Conflict("very many shops are waiting now", remedy="ask again in some days, or come to the post office")


def login_of(shop_name: str) -> str:
    """The name with which the first person of that shop signs in: the shop's own identifier, as far as it fits."""
    own = merchant_id_of(shop_name)[2 - _LONGEST_LOGIN :].strip("-")
    return own if own[:1].isalpha() and len(own) > 1 else f"m-{own}"


def open_shop(
    connection: Connection, facts: Facts, request_id: UUID, by: str, at: datetime, office: Postcode | None = None
) -> JoinRequest:
    """The shop is registered and its first person may sign in with the password that they chose. Told again, the same.

    ``office``: only requests for that office are known; NotFound for another's. Conflict if the request was declined,
    or somebody else has the shop's name.
    """
    asked = _own(connection, request_id, office)
    if asked.outcome == "opened":
        return asked
    if asked.outcome == "declined":
        raise Conflict("this shop was declined", field="request_id", remedy="let it ask anew")
    _refuse_known(connection, asked.shop_name)
    merchant = register(connection, facts, asked.shop_name, asked.store_address, asked.payout_account, at)
    person_id = _sign_up(connection, facts, asked, merchant.merchant_id, by, at)
    done = replace(
        asked,
        outcome="opened",
        decided_by=by,
        decided_at=at,
        merchant_id=merchant.merchant_id,
        person_id=person_id,
        password_hash="",
        network="",
    )
    save_request(connection, done)
    return done


def _own(connection: Connection, request_id: UUID, office: Postcode | None) -> JoinRequest:
    asked = load_request(connection, request_id, lock=True)
    if office not in {None, asked.office}:
        raise NotFound("there is no such request", field="request_id", remedy="decide what is for your office")
    return asked


def _refuse_known(connection: Connection, shop_name: str) -> None:
    """Conflict if the shop is registered already: registering it anew would let a stranger into it."""
    with suppress(NotFound):
        known = load_merchant(connection, merchant_id_of(shop_name))
        raise Conflict(
            f"{known.name} is a shop of ours already",
            field="request_id",
            remedy="decline it, and take the person on for the shop that is there",
        )


def _sign_up(
    connection: Connection, facts: Facts, asked: JoinRequest, merchant_id: MerchantId, by: str, at: datetime
) -> str:
    person = Person(
        person_id=login_of(asked.shop_name),
        name=asked.contact_name,
        password_hash=asked.password_hash,
        must_change=False,
        totp_secret=b"",
        totp_step=0,
        totp_proven=False,
        made_by=by,
        made_at=at,
    )
    if not append_people(connection, [person]):
        raise Conflict(
            f"somebody signs in as {person.person_id} already",
            field="request_id",
            remedy="decline it, and let the shop ask under a name that nobody has",
        )
    give_role(connection, facts, person.person_id, Role.MERCHANT, Place(merchant_id=merchant_id), by, at)
    return person.person_id


def decline(
    connection: Connection, request_id: UUID, why: str, by: str, at: datetime, office: Postcode | None = None
) -> JoinRequest:
    """The shop is not opened, and can read why. Told again, the same; Conflict if it was opened."""
    asked = _own(connection, request_id, office)
    reason = _read("why", why, 200)
    if asked.outcome == "opened":
        raise Conflict("this shop is open already", field="request_id", remedy="end its keys and people instead")
    if asked.outcome == "declined":
        return asked
    done = replace(asked, outcome="declined", why=reason, decided_by=by, decided_at=at, password_hash="", network="")
    save_request(connection, done)
    return done


def forget_old(connection: Connection, at: datetime) -> int:
    """Forgets requests that nobody decided, and those decided long ago; how many it was."""
    return forget_requests(connection, at - _KEPT)
