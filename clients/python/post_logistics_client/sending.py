"""Requests sent until they are answered: the same request under the same key, so that nothing is done twice."""

import http.client
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

_AGAIN: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request and gives back the answer, whatever its status; OSError if there is none."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer: ...


class Problem(Exception):
    """The post refuses: what is wrong (``detail``), where (``field``) and what to do about it (``remedy``).

    Act on ``status`` and ``kind``, a stable name such as ``not-found``; the words may change.
    """

    def __init__(self, status: int, facts: Mapping[str, Any], request_id: str) -> None:
        self.status = status
        self.facts = facts
        self.request_id = request_id
        self.kind = str(facts.get("type", "")).rpartition(":")[2]
        self.detail = str(facts.get("detail", ""))
        self.remedy = str(facts.get("remedy", ""))
        self.field: str | None = facts.get("field")
        self.problems: list[dict[str, str]] = facts.get("problems") or []
        super().__init__(f"{status} {self.kind}: {self.detail}; {self.remedy} (request {request_id})")


class NoAnswer(Exception):
    """Nobody answered, however often it was tried. Whether it was done, the same call will tell."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is tried, and how long is waited in between when the post does not say."""

    tries: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def wait_s(self, tried: int, answer: Answer | None) -> float:
        """Seconds until the next try: what ``Retry-After`` says, else twice as long each time, scattered."""
        asked = _retry_after_s(answer.headers.get("retry-after", "")) if answer else None
        if asked is not None:
            return min(asked, self.longest_wait_s)
        return min(self.first_wait_s * 2.0**tried, self.longest_wait_s) * (0.5 + self.chance() / 2)


def _retry_after_s(text: str) -> float | None:
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


@dataclass(slots=True)
class Sender:
    """Sends requests with a key, again where that helps."""

    base_url: str
    key: str
    merchant: str
    language: str
    retries: Retries
    transport: Transport
    _fixed: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        named = {"Post-Merchant": self.merchant} if self.merchant else {}
        self._fixed = {"Authorization": f"Bearer {self.key}", "Accept-Language": self.language, **named}

    def json(self, method: str, path: str, sent: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON; None where it has no body."""
        body = None if sent is None else json.dumps(sent, ensure_ascii=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        answer = self.send(method, path, body, headers, query)
        return json.loads(answer.body) if answer.body else None

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer to a request that was taken; Problem if it was refused, NoAnswer if nobody answered."""
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self.base_url}{path}" + (f"?{urlencode(wanted)}" if wanted else "")
        once = {} if method == "GET" else {"Idempotency-Key": str(uuid4())}
        said = {**self._fixed, **once, **(headers or {})}
        answer, error = None, None
        for tried in range(self.retries.tries):
            if tried:
                self.retries.sleep(self.retries.wait_s(tried - 1, answer))
            try:
                answer, error = self.transport(method, url, said, body), None
            except OSError as broken:
                answer, error = None, broken
            if answer is not None and answer.status not in _AGAIN:
                break
        if answer is None:
            raise NoAnswer(f"{method} {path}: {error}") from error
        if answer.status >= 400:
            raise _problem(answer)
        return answer


def _problem(answer: Answer) -> Problem:
    try:
        facts = json.loads(answer.body)
    except ValueError:
        facts = {}
    return Problem(answer.status, facts if isinstance(facts, dict) else {}, answer.headers.get("x-request-id", ""))


class Connection:
    """One connection that is kept open between requests. Not for several threads at once: give each its client."""

    def __init__(self, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        self._open: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """The answer; OSError if there is none."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = self._open.pop(place, None) or self._new(*place)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise error if isinstance(error, OSError) else ConnectionError(str(error)) from error
        if not response.will_close:
            self._open[place] = connection
        return answer

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        return kind(netloc, timeout=self._timeout_s)

    def close(self) -> None:
        """Lets the connection go."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
