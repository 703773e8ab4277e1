"""What an endpoint is given: the database in a transaction, the facts, the clock, and for whom it acts."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Header, HTTPException, Path, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.acting import Principal
from api.fields import MERCHANT_ID
from api.keyring import Keyring
from api.policy import is_audited, may, within
from api.slices import IDEMPOTENCY_KEY, body_to_keep
from api.turns import Turns
from post_logistics.access.keys import halves
from post_logistics.access.roles import AT_AN_OFFICE, Grant, Place, Role
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.training.lessons import Lessons
from post_logistics.settings import Settings
from post_logistics.storage.access.answers import KeptAnswer, claim_key, keep_answer
from post_logistics.storage.access.audit import Act, append_act
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, ItemNumber, Language, MerchantId, Postcode, latin_digits

SESSION_COOKIE: Final = "session"
FORM_KEY: Final = "X-Form-Key"
_LONGEST_KEY: Final = 255
_SECRETS: Final = frozenset({"access", "sessions"})
"""Groups of operations whose answers hold secrets, which are kept nowhere."""


@dataclass(frozen=True, slots=True)
class Practice:
    """What there is besides where a world is made up. ``anew`` makes it anew; ``records``, of the learners, last."""

    anew: Callable[[datetime], None]
    records: Database
    lessons: Lessons


@dataclass(frozen=True, slots=True)
class Engine:
    """What the running server holds: made once, shared by all requests."""

    settings: Settings
    database: Database
    facts: Facts
    numbers: Numbers
    keyring: Keyring
    turns: Turns = field(default_factory=Turns)
    practice: Practice | None = None
    """None where the work is real."""


async def engine(request: Request) -> Engine:
    """The engine of this server."""
    found: Engine = request.app.state.engine
    return found


TheEngine = Annotated[Engine, Depends(engine)]


async def now() -> datetime:
    """The present, asked once per request and handed down."""
    return datetime.now(DHAKA)


Now = Annotated[datetime, Depends(now)]


async def turn(engine: TheEngine) -> AsyncIterator[None]:
    """Until the endpoint has ended it is this request's turn."""
    async with engine.turns.take():
        yield


InTurn = Annotated[None, Depends(turn, scope="function")]


def transaction(engine: TheEngine, request: Request, at: Now, turn: InTurn) -> Iterator[Connection]:
    """The request's transaction. Who did what is kept in it."""
    with engine.database.transaction() as connection:
        key = _idempotency_key(request)
        if key is not None:
            _claim(connection, request, key, at)
        yield connection
        operation = request.scope["route"].name
        if key is not None:
            _keep(connection, request, key)
        if is_audited(operation, request.method):
            append_act(connection, _act(request, operation, at))


InTransaction = Annotated[Connection, Depends(transaction, scope="function")]
"""Ends with the endpoint, before anything is sent: 201 means that it is kept."""


def _idempotency_key(request: Request) -> str | None:
    """The key under which the answer is kept; None where none was sent, or nobody is known to whom it would belong."""
    key = request.headers.get(IDEMPOTENCY_KEY) if request.method != "GET" else None
    if key is None or not hasattr(request.state, "who") or not _SECRETS.isdisjoint(request.scope["route"].tags):
        return None
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise Unacceptable(
            "that cannot be a key", field=IDEMPOTENCY_KEY, remedy=f"send 1 to {_LONGEST_KEY} printable characters"
        )
    return key


def _claim(connection: Connection, request: Request, key: str, at: datetime) -> None:
    known = claim_key(connection, str(request.state.who.place), key, request.state.digest, at)
    if known is None:
        return
    if known.digest != request.state.digest:
        raise Unacceptable(
            "this key was sent with another request",
            field=IDEMPOTENCY_KEY,
            remedy="send a new key for a new request, and the same request for the same key",
        )
    raise Replay(known)


def _keep(connection: Connection, request: Request, key: str) -> None:
    answer: Response = request.state.answer
    body = body_to_keep(answer)
    if body is not None:
        media_type = answer.headers.get("content-type", "")
        keep_answer(connection, str(request.state.who.place), key, answer.status_code, media_type, body)


class Replay(Exception):
    """The request was done before: what was answered then is answered again."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__("done before")
        self.kept = kept


def replayed(_: Request, done: Exception) -> Response:
    """The answer of then."""
    assert isinstance(done, Replay)
    headers = {"Content-Type": done.kept.media_type, "Idempotent-Replayed": "true"}
    return Response(done.kept.body, done.kept.status, headers)


def _act(request: Request, operation: str, at: datetime) -> Act:
    who: Principal | None = getattr(request.state, "who", None)
    return Act(
        at=at,
        actor=who.actor if who else "anybody",
        merchant_id=(who and who.merchant_id) or "",
        office=(who and who.office) or "",
        operation=operation,
        # A trace is kept before the path is looked at: what no database keeps is left out of it.
        about=[str(value).replace("\0", "") for name, value in request.path_params.items() if name != "token"],
    )


def trace(engine: TheEngine, request: Request, who: "Anyone", at: Now) -> None:
    """Keeps who asks, for what has several transactions of its own."""
    with engine.database.transaction() as connection:
        append_act(connection, _act(request, request.scope["route"].name, at))


_bearer = HTTPBearer(
    scheme_name="Key",
    auto_error=False,
    description="An API key, or the token of a session; on a laptop `development`, which may do everything.",
)


async def principal(
    engine: TheEngine,
    request: Request,
    at: Now,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    for_merchant: Annotated[
        str | None,
        Header(alias="Post-Merchant", pattern=MERCHANT_ID, description="Act for this merchant and no other."),
    ] = None,
    for_office: Annotated[
        str | None, Header(alias="Post-Office", max_length=12, description="Act for this office and no other.")
    ] = None,
) -> Principal:
    """Who asks, if the policy lets them do this: 401 without a key, 403 where it is not for them.

    Those of the post may narrow themselves to a merchant or an office; whoever belongs to one stays there.
    """
    sent = given.credentials if given else _of_our_page(request)
    grant = await _granted(engine, sent, at)
    if for_merchant and for_office:
        raise Unacceptable(
            "a request acts for a merchant or for an office, not for both",
            field="Post-Office",
            remedy="leave out Post-Merchant or Post-Office",
        )
    wanted = Place(
        merchant_id=MerchantId(for_merchant) if for_merchant else None,
        office=Postcode(latin_digits(for_office)) if for_office else None,
    )
    who = _placed(grant, wanted)
    route = request.scope["route"]
    if not may(route.name, request.method, who.roles):
        raise HTTPException(403, f"not for {' or '.join(sorted(who.roles)) or 'you'}")
    if not within(grant.scopes, route.tags, request.method):
        raise HTTPException(403, f"this key is only for {', '.join(sorted(grant.scopes))}")
    named = {request.path_params[name] for name in ("rider", "holder", "point_id") if name in request.path_params}
    if who.holder and named - {who.holder}:
        raise NotFound(f"no {' '.join(named)}", field="holder", remedy="you see what is yours")
    request.state.who, request.state.key_id = who, halves(sent).key_id
    return who


def form_key(session: str) -> str:
    """What a form or a script of this session's pages carries: another site's cannot."""
    return hmac.new(hashlib.sha256(session.encode()).digest(), b"form", hashlib.sha256).hexdigest()[:32]


def _of_our_page(request: Request) -> str:
    """The session of a page whose script asks. The cookie alone is nothing: a browser sends it for any site."""
    session, key = request.cookies.get(SESSION_COOKIE, ""), request.headers.get(FORM_KEY, "")
    ours = session.startswith("ps_") and hmac.compare_digest(key.encode(), form_key(session).encode())
    return session if ours else ""


async def _granted(engine: Engine, sent: str, at: datetime) -> Grant:
    """What the key that was sent lets in; 401 if it is none."""
    if hmac.compare_digest(sent.encode(), engine.settings.api_key.get_secret_value().encode()):
        return ROOT
    grant = engine.keyring.remembered(sent, at=at)
    if grant is None and sent.startswith(("pl_", "ps_")):
        grant = await run_in_threadpool(engine.keyring.bearer, sent, at)
    if grant is None:
        raise HTTPException(401, "this needs a valid key")
    return grant


ROOT: Final = Grant(actor="post", roles=frozenset(Role) - {Role.MERCHANT}, place=Place())
"""What the key of the settings lets in: everything. It makes the first administrator."""


def _placed(grant: Grant, wanted: Place) -> Principal:
    place, roles = grant.place, grant.roles
    if wanted != Place() and wanted != place:
        if place != Place():
            name, remedy = ("Post-Merchant" if wanted.merchant_id else "Post-Office"), "leave the header out"
            raise NotFound(f"your key is not for {wanted}", field=name, remedy=remedy)
        place = wanted
        if Role.ADMINISTRATOR in roles:
            roles = frozenset({Role.MERCHANT}) if place.merchant_id else AT_AN_OFFICE
    return Principal(grant.actor, roles, place.merchant_id, place.office, grant.holder, grant.is_person)


Anyone = Annotated[Principal, Depends(principal)]
"""Whoever the policy lets do this."""
TRACED: Final = [Depends(trace, scope="function")]
"""For an operation without ``InTransaction``: who asked for it is kept before it begins."""
Staff = Anyone
ThePost = Anyone
Trader = Anyone


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


def known_merchant(connection: Connection, who: Principal, merchant_id: str) -> MerchantId:
    """The same of one that is registered; NotFound if there is none."""
    return load_merchant(connection, own(who, merchant_id)).merchant_id


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
