"""Tokens: what a client sends instead of its keys for some days."""

from datetime import datetime
from random import SystemRandom
from typing import Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field

from api.compat.wire import Sent, Tolerant
from api.context import InTransaction, Now
from api.fields import Out
from post_logistics.access.keys import KeyKind
from post_logistics.operations.access.keys import Tokens, exchange_for_tokens, issue_tokens, recognise, renew_tokens
from post_logistics.storage.database import Connection

router = APIRouter()

_DRAW: Final = SystemRandom()
_Secret = Annotated[str, Field(max_length=200)]


class ClientIn(Tolerant):
    """A client, alone."""

    client_id: _Secret
    client_secret: _Secret


class GrantIn(ClientIn):
    """A client with what entitles it: a user and a password, an earlier refresh token, or nothing besides."""

    grant_type: Literal["password", "refresh_token", "client_credentials"] = "password"
    username: _Secret = ""
    password: _Secret = ""
    refresh_token: _Secret = ""


class TokensOut(Out):
    """Tokens, without an envelope."""

    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    access_token: str
    refresh_token: str


def _told(tokens: Tokens | None, response: Response) -> TokensOut:
    """The tokens; 401 if there are none: what was wrong is not said."""
    if tokens is None:
        raise HTTPException(401, "the credentials were incorrect")
    response.headers["Cache-Control"] = "no-store"
    return TokensOut(
        expires_in=tokens.expires_in_s, access_token=tokens.access_token, refresh_token=tokens.refresh_token
    )


@router.post("/issue-token", name="pathao_token")
def issue_token(sent: Sent, connection: InTransaction, at: Now, response: Response) -> TokensOut:
    """Tokens for a client and its user, for a refresh token, which is used up, or for a client alone."""
    asked = GrantIn.understood(sent)
    client = (asked.client_id, asked.client_secret)
    if asked.grant_type == "refresh_token":
        return _told(renew_tokens(connection, *client, asked.refresh_token, at, _DRAW), response)
    if asked.grant_type == "client_credentials":
        return _told(_alone(connection, asked, at), response)
    return _told(exchange_for_tokens(connection, *client, asked.username, asked.password, at, _DRAW), response)


@router.post("/external/login", name="pathao_login")
def login(sent: Sent, connection: InTransaction, at: Now, response: Response) -> TokensOut:
    """Tokens for a client alone, as shops' plugins ask for them."""
    return _told(_alone(connection, ClientIn.understood(sent), at), response)


def _alone(connection: Connection, asked: ClientIn, at: datetime) -> Tokens | None:
    client = recognise(connection, KeyKind.PATHAO, asked.client_id, asked.client_secret, at)
    return issue_tokens(connection, asked.client_id, client.place, at, _DRAW) if client else None
