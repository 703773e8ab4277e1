"""What an endpoint is given: the database in a transaction, the facts, the clock, and for whom it acts."""

import hmac
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.fields import MERCHANT_ID
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.units import DHAKA, ItemNumber, Language, MerchantId, Postcode, latin_digits


@dataclass(frozen=True, slots=True)
class Engine:
    """What the running server holds: made once, shared by all requests."""

    settings: Settings
    database: Database
    facts: Facts
    numbers: Numbers


async def engine(request: Request) -> Engine:
    """The engine of this server."""
    found: Engine = request.app.state.engine
    return found


TheEngine = Annotated[Engine, Depends(engine)]


async def now() -> datetime:
    """The present, asked once per request and handed down."""
    return datetime.now(DHAKA)


Now = Annotated[datetime, Depends(now)]


def transaction(engine: TheEngine) -> Iterator[Connection]:
    """The request's transaction."""
    with engine.database.transaction() as connection:
        yield connection


InTransaction = Annotated[Connection, Depends(transaction, scope="function")]
"""Ends with the endpoint, before anything is sent: 201 means that it is kept."""


class Role(StrEnum):
    """For whom a request may act."""

    POST = "post"
    MERCHANT = "merchant"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Principal:
    """For whom a request acts: a merchant, an office, or (neither) the post itself."""

    merchant_id: MerchantId | None
    office: Postcode | None

    @property
    def role(self) -> Role:
        """The role that goes with the scope."""
        if self.merchant_id:
            return Role.MERCHANT
        return Role.OFFICE if self.office else Role.POST


_bearer = HTTPBearer(
    scheme_name="Key", auto_error=False, description="The API key; `development` unless the server was given another."
)


async def principal(
    engine: TheEngine,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    for_merchant: Annotated[
        str | None,
        Header(alias="Post-Merchant", pattern=MERCHANT_ID, description="Act for this merchant and no other."),
    ] = None,
    for_office: Annotated[
        str | None, Header(alias="Post-Office", max_length=12, description="Act for this office and no other.")
    ] = None,
) -> Principal:
    """Who asks; 401 without the key. Without either header it is the post itself."""
    key = engine.settings.api_key.get_secret_value().encode()
    if given is None or not hmac.compare_digest(given.credentials.encode(), key):
        raise HTTPException(401, "this needs a valid key")
    if for_merchant and for_office:
        raise Unacceptable(
            "a request acts for a merchant or for an office, not for both",
            field="Post-Office",
            remedy="leave out Post-Merchant or Post-Office",
        )
    return Principal(
        MerchantId(for_merchant) if for_merchant else None,
        Postcode(latin_digits(for_office)) if for_office else None,
    )


def only(*roles: Role) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the principal, if it has one of these roles; 403 otherwise."""

    async def allowed(who: Annotated[Principal, Depends(principal)]) -> Principal:
        if who.role not in roles:
            raise HTTPException(403, f"not for a request that acts for a {who.role} (only: {', '.join(roles)})")
        return who

    return allowed


Anyone = Annotated[Principal, Depends(principal)]
"""Whoever has the key."""
Staff = Annotated[Principal, Depends(only(Role.POST, Role.OFFICE))]
ThePost = Annotated[Principal, Depends(only(Role.POST))]
Trader = Annotated[Principal, Depends(only(Role.POST, Role.MERCHANT))]
"""A merchant, or the post looking after one."""


async def merchant_scope(who: Trader) -> MerchantId:
    """The merchant for whom the request acts; 422 if it names none."""
    if who.merchant_id is None:
        raise Unacceptable(
            "this is done for a merchant, and none is named",
            field="Post-Merchant",
            remedy="send the header Post-Merchant with the merchant's id",
        )
    return who.merchant_id


ForMerchant = Annotated[MerchantId, Depends(merchant_scope)]


def in_office(engine: Engine, who: Principal, code: str) -> Postcode:
    """The office of that code, if the principal may act there; NotFound if not, and if there is none: alike."""
    postcode = latin_digits(code)
    offices = engine.facts.offices
    if postcode not in offices or who.office not in {None, offices[postcode].postcode}:
        raise NotFound(f"no office {postcode}", field="office", remedy="act for the office that your key is for")
    return offices[postcode].postcode


def own(who: Principal, merchant_id: str) -> str:
    """The merchant, if the principal may see it; NotFound if not: as if there were none."""
    if who.merchant_id not in {None, merchant_id}:
        raise NotFound(f"no merchant {merchant_id}", field="merchant_id", remedy="register the merchant first")
    return merchant_id


async def item_number(
    item_number: Annotated[
        str,
        Path(
            max_length=60,
            description="As it is typed: spaces, lower case and Bangla digits are understood.",
            examples=["DP473124829BD"],
        ),
    ],
) -> ItemNumber:
    """The item number in the path; 422 if it cannot be one."""
    return parse_item_number(item_number)


Item = Annotated[ItemNumber, Depends(item_number)]


async def language(accept_language: Annotated[str, Header(description="`bn` for Bangla.")] = "en") -> Language:
    """The language to answer in: the first that is asked for."""
    return "bn" if accept_language.lower().startswith("bn") else "en"


InLanguage = Annotated[Language, Depends(language)]
