"""A page, and what all of them share: language, look, who is signed in, and how a form is answered."""

import gzip
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, Final, Protocol
from urllib.parse import quote, urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.acting import Principal
from api.context import SESSION_COOKIE, Engine, Now, TheEngine, form_key
from api.pages.learning import lesson_of
from api.pages.words import translated
from api.policy import may
from post_logistics.access.roles import WORDS, Grant
from post_logistics.units import DHAKA, Language, bangla_digits, kilograms, local_day, local_time, taka

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
SESSION: Final = SESSION_COOKIE
LANGUAGE: Final = "language"
LOOK: Final = "look"
_YEAR_S: Final = 365 * 86_400


class SignInFirst(Exception):
    """A page for which somebody has to be known."""

    def __init__(self, wanted: str) -> None:
        super().__init__("sign in first")
        self.wanted = wanted


class NewPasswordFirst(Exception):
    """A page for somebody whose password is known to somebody else: they choose one of their own before anything."""


class Named(Protocol):
    """Whatever has a name in both languages."""

    @property
    def name_bn(self) -> str:
        """In Bangla."""

    @property
    def name_en(self) -> str:
        """In English."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page: in which language and look, and by whom."""

    request: Request
    engine: Engine
    at: datetime
    language: Language
    look: str
    session: str
    grant: Grant | None

    @property
    def who(self) -> Principal:
        """Who is signed in; SignInFirst if nobody is."""
        if self.grant is None:
            raise SignInFirst(str(self.request.url.path))
        grant = self.grant
        place = grant.place
        return Principal(
            grant.actor, grant.roles, place.merchant_id, place.office, grant.holder, is_person=grant.is_person
        )

    @property
    def must_change(self) -> bool:
        """Whether they may do nothing before they have a password of their own."""
        return self.grant is not None and bool(self.grant.scopes)

    @property
    def form_key(self) -> str:
        """What a form of this session carries: another site's form cannot."""
        return form_key(self.session)

    def say(self, text: str, **values: object) -> str:
        """The text in the visitor's language, with its digits."""
        said = translated(text, self.language)
        told = {name: self.digits(value) for name, value in values.items()}
        return said.format(**told) if values else said

    def named(self, thing: Named) -> str:
        """What an office, a collection point or a service is called in the visitor's language."""
        return thing.name_bn if self.language == "bn" else thing.name_en

    def digits(self, value: object) -> str:
        """The value with the digits of the visitor's language."""
        return bangla_digits(str(value)) if self.language == "bn" else str(value)


async def visit(request: Request, engine: TheEngine, at: Now) -> Visit:
    """The visit that a request is."""
    session = request.cookies.get(SESSION, "")
    session = session if session.startswith("ps_") else ""  # a program's key is no session, whoever put it there
    grant = engine.keyring.remembered(session, at=at) if session else None
    if grant is None and session.startswith("ps_"):
        grant = await run_in_threadpool(engine.keyring.bearer, session, at)
    found = replace(stranger(request, engine, at), session=session, grant=grant)
    request.state.who = found.who if grant else None
    return found


def stranger(request: Request, engine: Engine, at: datetime) -> Visit:
    """The same without asking who it is: for a page that has to come even while nobody can be looked up."""
    language = language_of(request)
    look = request.query_params.get(LOOK) or request.cookies.get(LOOK, "")
    return Visit(request, engine, at, language, look if look in {"dark", "light"} else "", "", None)


def language_of(request: Request) -> Language:
    """The language that a page is wanted in: asked for, chosen before, or the browser's own."""
    wanted = request.query_params.get(LANGUAGE) or request.cookies.get(LANGUAGE) or _accepted(request)
    return "en" if wanted == "en" else "bn"


def _accepted(request: Request) -> str:
    return "en" if request.headers.get("accept-language", "bn").lower().startswith("en") else "bn"


AnyVisit = Annotated[Visit, Depends(visit)]
"""Whoever comes."""


async def allowed_visit(found: AnyVisit, request: Request) -> Visit:
    """The visit of somebody whom the policy lets in here; others sign in first, or are told that it is not theirs."""
    who, operation = found.who, request.scope["route"].name
    if found.must_change and not operation.startswith("page_account"):
        raise NewPasswordFirst
    if not may(operation, request.method, who.roles):
        raise HTTPException(403, "this page is not for your role")
    return found


OurVisit = Annotated[Visit, Depends(allowed_visit)]


async def form_of(request: Request) -> Mapping[str, str]:
    """The texts of a form; files are left to those who take them. 403 if another site sent it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "a form of another site is not taken")
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


AnyForm = Annotated[Mapping[str, str], Depends(form_of)]
"""What a form says, whoever filled it in."""


async def checked_form(found: OurVisit, said: AnyForm) -> Mapping[str, str]:
    """The same of a form of this session; 403 for any other."""
    if not hmac.compare_digest(said.get("form_key", ""), found.form_key):
        raise HTTPException(403, "this form is not of this session: open the page again")
    return said


Form = Annotated[Mapping[str, str], Depends(checked_form)]


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["json.dumps_kwargs"] = {
        "ensure_ascii": False,
        "separators": (",", ":"),
    }  # Bangla in half the bytes
    return environment


@lru_cache
def static_version(name: str) -> str:
    """A few letters that change when the file does, so that it may be kept for ever."""
    return hashlib.blake2b((STATIC / name).read_bytes(), digest_size=5).hexdigest()


def static(name: str) -> str:
    """The address of a file of ours."""
    return f"/static/{name}?v={static_version(name)}"


MENU: Final = (
    ("page_shop", "/shop", "Shop"),
    ("page_station", "/station", "Counter"),
    ("page_kiosk", "/kiosk", "View cards"),
    ("page_manifests", "/station/manifests", "Sealed lists"),
    ("page_rider", "/rider", "My round"),
    ("page_centre", "/centre", "Digital centre"),
    ("page_hub", "/hub", "Hub"),
    ("page_finance", "/finance", "Money"),
    ("page_admin", "/admin", "Administration"),
    ("page_join_requests", "/join/requests", "New shops"),
    ("page_account", "/account", "My account"),
)
"""Operation of the policy, address and name of the pages in the head, for those who may open them."""


def page(found: Visit, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template as a page of this visit."""
    language = found.language
    shared: dict[str, Any] = {
        "_": partial(_said, found),
        "language": language,
        "look": found.look,
        "who": found.who if found.grant else None,
        "menu": MENU,
        "role_words": {role: words[language == "bn"] for role, words in WORDS.items()},
        "may": partial(_may_open, found),
        "form_key": found.form_key,
        "path": found.request.url.path,
        "here": _here(found.request),
        "practice": found.engine.practice is not None,
        "lesson": lesson_of(found.engine, found.request, found.at),
        "static": static,
        "taka": partial(taka, language=language),
        "kilograms": partial(kilograms, language=language),
        "day": partial(local_day, language=language),
        "time": lambda at: local_time(at.astimezone(DHAKA), language),
        "digits": found.digits,
        "now": found.at,
        "said": found.request.query_params.get("said", "")[:200],
    }
    html = _environment().get_template(template).render(shared | values)
    headers = headers_of_pages(found.engine.settings.map_tiles_url)
    answer = HTMLResponse(html, status, headers)
    if found.grant is None and accepts_packed(found.request.headers):
        answer = HTMLResponse(packed(html.encode()), status, headers | PACKED)
    for name, value in ((LANGUAGE, language), (LOOK, found.look)):
        if found.request.query_params.get(name):
            answer.set_cookie(name, value, max_age=_YEAR_S, samesite="lax", secure=is_secure(found.request))
    return answer


@lru_cache
def headers_of_pages(tiles_url: str) -> dict[str, str]:
    """Nothing from elsewhere, but for the pictures under maps, from the one host that the settings name."""
    tiles = re.sub(r"^(\w+://[^/]+).*", r" \1", re.sub(r"\{\w+\}", "*", tiles_url))
    policy = (
        f"default-src 'self'; img-src 'self' data: blob:{tiles}; style-src 'self'; script-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": policy,
    }


PACKED: Final = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


def accepts_packed(headers: Mapping[str, str]) -> bool:
    """Whether whoever asks can unpack. Pages of a session stay as they are: their length must not tell its key."""
    return "gzip" in headers.get("accept-encoding", "")


_COMMENTS: Final = re.compile(rb"^\s*(?://.*|/\*(?s:.*?)\*/)\s*?\n", re.MULTILINE)
_AROUND: Final = re.compile(rb"\s*([{};])\s*")


def packed_code(path: Path) -> bytes:
    """A script or style sheet without the comments that stand on lines of their own, in a quarter of the bytes; of a
    style sheet not the space around braces either."""
    plain = _COMMENTS.sub(b"", path.read_bytes())
    return packed(_AROUND.sub(rb"\1", plain) if path.suffix == ".css" else plain)


def packed(body: bytes) -> bytes:
    """The body in a quarter of the bytes."""
    return gzip.compress(body, 6, mtime=0)


def _said(found: Visit, text: str, **values: object) -> str:
    return found.say(text, **values)


def _may_open(found: Visit, operation: str) -> bool:
    if found.grant is None or (found.must_change and operation != "page_account"):
        return False
    return may(operation, "GET", found.grant.roles)


def _here(request: Request) -> str:
    """Where this page is seen again, with a query begun: after a form, the page that it was on."""
    if request.method in {"GET", "HEAD"}:
        asked = [pair for pair in request.query_params.multi_items() if pair[0] not in {LANGUAGE, LOOK, "said"}]
        return f"{request.url.path}?{urlencode(asked)}{'&' if asked else ''}"
    parts = request.url.path.split("/")
    pattern = plain_pattern(getattr(request.scope.get("route"), "path", "/")).split("/")
    seen: frozenset[str] = request.app.state.page_patterns
    length = next((n for n in range(len(pattern), 1, -1) if "/".join(pattern[:n]) in seen), 0)
    return f"{'/'.join(parts[:length]) or '/'}?"


def plain_pattern(path: str) -> str:
    """The path of a route, whatever its parameters are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def is_secure(request: Request) -> bool:
    """Whether the browser speaks to us, or to the proxy in front, over TLS."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def go(to: str, found: Visit, **say: str) -> RedirectResponse:
    """After a form: the page to look at next, with what was done said on it."""
    told = f"{'&' if '?' in to else '?'}said={quote(found.say(say['said']))}" if say else ""
    return RedirectResponse(to + told, 303)
