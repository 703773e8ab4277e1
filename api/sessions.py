"""Sessions: signing in and out, who one is, and one's own password and second factor."""

from datetime import datetime
from random import SystemRandom
from typing import Annotated, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api import problems
from api.context import Anyone, InTransaction, Now, TheEngine
from api.fields import MERCHANT_ID, In, Out
from api.networks import network_of_request
from api.policy import POLICY, may
from api.problems import answers
from api.slices import Slice
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.people import (
    Refused,
    SignIn,
    ask_second_factor,
    change_password,
    prove_second_factor,
    sign_in,
    sign_out,
)
from post_logistics.units import MerchantId, Postcode, latin_digits

router = Slice(prefix="/v1", tags=["sessions"], responses=answers(401, 403))
public = Slice(prefix="/v1", tags=["sessions"])

_DRAW: Final = SystemRandom()
_Password = Annotated[str, Field(min_length=1, max_length=200, examples=["kotha-boli-nodir-pare"])]


class SignInIn(In):
    """What somebody types."""

    person_id: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]+$", examples=["rahima"])]
    password: _Password
    code: Annotated[str, Field(max_length=12, description="Of the second factor, if you have one.")] = ""
    merchant_id: Annotated[str | None, Field(pattern=MERCHANT_ID, description="To act for this shop.")] = None
    office: Annotated[
        str | None, Field(max_length=12, pattern=r"^[^\x00-\x1f\x7f]*$", description="To act for this office.")
    ] = None

    @property
    def place(self) -> Place | None:
        """For whom; None where nothing is said."""
        if not self.merchant_id and not self.office:
            return None
        return Place(
            merchant_id=MerchantId(self.merchant_id) if self.merchant_id else None,
            office=Postcode(latin_digits(self.office)) if self.office else None,
        )


class SessionOut(Out):
    """A session: send ``token`` as the key."""

    token: str
    expires_at: datetime | None
    roles: Annotated[list[Role], Field(description="Those that hold now: some need a second factor.")]
    merchant_id: str | None
    office: str | None
    must_change_password: bool
    needs_second_factor: bool


class MeOut(Out):
    """Who asks."""

    actor: str
    roles: list[Role]
    merchant_id: str | None
    office: str | None
    holder: str
    operations: Annotated[list[str], Field(description="All that the roles may do.")]


class PasswordIn(In):
    """A new password of one's own."""

    old: _Password
    new: _Password


class SecondFactorOut(Out):
    """What an authenticator scans."""

    uri: str


class CodeIn(In):
    """Six digits that an authenticator shows."""

    code: Annotated[str, Field(min_length=6, max_length=12, examples=["123456"])]


@public.post(
    "/sessions",
    status_code=201,
    summary="Sign in",
    responses=answers(400, 401, 413, 429),
    openapi_extra={"security": []},
)
def open_session(asked: SignInIn, request: Request, connection: InTransaction, engine: TheEngine, at: Now) -> Response:
    """A session for a working day. Whoever mistypes often waits, from that network and for that name alone."""
    network = network_of_request(request, engine.settings)
    typed = SignIn(asked.person_id, asked.password, asked.code, asked.place, network)
    made = sign_in(connection, _DRAW, engine.facts.access_key, typed, at)
    if isinstance(made, Refused):
        return _refusal(made, at)
    answer = SessionOut(
        token=made.made.halves.text,
        expires_at=made.made.key.expires_at,
        roles=sorted(made.roles),
        merchant_id=made.place.merchant_id,
        office=made.place.office,
        must_change_password=made.must_change,
        needs_second_factor=made.needs_second_factor,
    )
    return JSONResponse(answer.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})


def _refusal(refused: Refused, at: datetime) -> Response:
    if refused.wait_until is None:
        return problems.problem(401, refused.reason)
    wait_s = int((refused.wait_until - at).total_seconds()) + 1
    return problems.problem(429, refused.reason, headers={"Retry-After": str(wait_s)})


@router.delete("/sessions/current", status_code=204, summary="Sign out")
def close_session(request: Request, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> None:
    """The session ends, and the shift with it."""
    sign_out(connection, who.actor, request.state.key_id, at)
    engine.keyring.forget()


@router.get("/me", summary="Who you are")
def me(who: Anyone) -> MeOut:
    """What the key or the session lets in."""
    operations = sorted(name for name in POLICY if may(name, "POST", who.roles))
    return MeOut(
        actor=who.actor,
        roles=sorted(who.roles),
        merchant_id=who.merchant_id,
        office=who.office,
        holder=who.holder,
        operations=operations,
    )


@router.post("/me/password", status_code=204, summary="Change your password", responses=answers(400, 404, 413))
def change_own_password(asked: PasswordIn, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> None:
    """The new one holds from now on, and every session has to be opened again."""
    change_password(connection, who.actor, asked.old, asked.new, at)
    engine.keyring.forget()


@router.post("/me/second-factor", summary="Ask for a second factor", responses=answers(404, 409))
def ask_own_second_factor(who: Anyone, connection: InTransaction, engine: TheEngine) -> SecondFactorOut:
    """What an authenticator scans. It counts once a first code has proven it."""
    return SecondFactorOut(uri=ask_second_factor(connection, _DRAW, engine.facts.access_key, who.actor))


@router.post("/me/second-factor/proof", status_code=204, summary="Prove it", responses=answers(400, 404, 413))
def prove_own_second_factor(asked: CodeIn, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> None:
    """From now on a code is asked for at every sign-in."""
    prove_second_factor(connection, engine.facts.access_key, who.actor, asked.code, at)
