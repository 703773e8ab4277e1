"""What an endpoint is given: the database in a transaction, the facts, the clock, and for whom it acts."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.units import DHAKA, Language, Postcode


@dataclass(frozen=True, slots=True)
class Engine:
    """What the running server holds: made once, shared by all requests."""

    settings: Settings
    database: Database
    facts: Facts
    numbers: Numbers


def engine(request: Request) -> Engine:
    """The engine of this server."""
    found: Engine = request.app.state.engine
    return found


def now() -> datetime:
    """The present, asked once per request and handed down."""
    return datetime.now(DHAKA)


def transaction(engine: Annotated[Engine, Depends(engine)]) -> Iterator[Connection]:
    """The request's transaction. Its scope ends before the response is sent, so that 201 means it is kept."""
    with engine.database.transaction() as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class Principal:
    """For whom a request acts: a merchant, an office, or (neither) the post itself."""

    merchant_id: str | None
    office: Postcode | None


_bearer = HTTPBearer(auto_error=False, description="The API key; in development it is `development`.")


def principal(
    engine: Annotated[Engine, Depends(engine)],
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    merchant: Annotated[str | None, Header(alias="Post-Merchant", description="Act for this merchant only.")] = None,
    office: Annotated[str | None, Header(alias="Post-Office", description="Act for this office only.")] = None,
) -> Principal:
    """Who asks; 401 without the key. What the scope leaves out answers like what does not exist."""
    key = engine.settings.api_key.get_secret_value().encode()
    if given is None or not hmac.compare_digest(given.credentials.encode(), key):
        raise HTTPException(401, "a valid key is needed: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})
    return Principal(merchant, Postcode(office) if office else None)


def merchant_scope(principal: Annotated[Principal, Depends(principal)]) -> str:
    """The merchant for whom the request acts; 422 if it names none."""
    if principal.merchant_id is None:
        raise Unacceptable(
            "this is done for a merchant, and none is named",
            field="Post-Merchant",
            remedy="send the header Post-Merchant",
        )
    return principal.merchant_id


def whole_post(principal: Annotated[Principal, Depends(principal)]) -> Principal:
    """A principal bound to no merchant and no office: what it asks for does not exist for anyone else."""
    if principal.merchant_id is not None or principal.office is not None:
        raise NotFound(
            "there is no such thing for a merchant or an office", remedy="ask with the key of the post itself"
        )
    return principal


def in_office(principal: Principal, office: Postcode) -> Postcode:
    """The office, if the principal may act there; NotFound otherwise."""
    if principal.office not in {None, office}:
        raise NotFound(f"no office {office}", field="office", remedy="act for the office your key is bound to")
    return office


def language(accept_language: Annotated[str, Header(description="`bn` for Bangla.")] = "en") -> Language:
    """The language to answer in."""
    return "bn" if accept_language.lower().startswith("bn") else "en"


InTransaction = Annotated[Connection, Depends(transaction, scope="function")]
TheEngine = Annotated[Engine, Depends(engine)]
Now = Annotated[datetime, Depends(now)]
Who = Annotated[Principal, Depends(principal)]
ForThePost = Annotated[Principal, Depends(whole_post)]
ForMerchant = Annotated[str, Depends(merchant_scope)]
InLanguage = Annotated[Language, Depends(language)]
