"""How often somebody may ask in a minute: whoever was let in by the key, anybody else by the network they are in."""

import hashlib
import hmac
import math
import re
import time
from collections import Counter, OrderedDict
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.context import SESSION_COOKIE
from api.networks import network_of_request
from post_logistics.settings import Settings

_KEYS: Final = ("authorization", "api-key", "api-access-token")
"""Headers in which the dialects send a key."""
_SESSION: Final = re.compile(rf"(?:^|; ?){SESSION_COOKIE}=([^;]+)")
_MOST_KEYS: Final = 20_000
"""So many keys are remembered to have let somebody in."""
_FREE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_WINDOW_S: Final = 60


class Windows:
    """Counts what everybody took in the minute that slides along with them: of the minute before this one, as large a
    part counts as the sliding minute still covers. What is older is forgotten whole."""

    def __init__(self) -> None:
        self._minute = 0
        self._before: Counter[str] = Counter()
        self._now: Counter[str] = Counter()

    def take(self, who: str, limit: int, at_s: float) -> tuple[bool, int]:
        """Whether one more is within the limit, and how many are left after it. What is refused is not counted."""
        minute, passed_s = divmod(at_s, _WINDOW_S)
        if minute > self._minute:
            self._before = self._now if minute == self._minute + 1 else Counter()
            self._now, self._minute = Counter(), int(minute)
        earlier = self._before[who] * (1 - passed_s / _WINDOW_S)
        if earlier + self._now[who] + 1 > limit:
            return False, 0
        self._now[who] += 1
        return True, int(limit - earlier - self._now[who])


class Limited:
    """Answers 429 to whoever asks too often, and tells everybody how much is left.

    Each worker counts for itself: with several, as many times as much gets through. The key of the settings is the
    post's own and is not counted. A key counts once it has let somebody in: who makes up a new one for every request
    asks as their network.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._root = f"Bearer {settings.api_key.get_secret_value()}"
        self._good: OrderedDict[str, None] = OrderedDict()
        self._windows = Windows()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _FREE:
            return await self._app(scope, receive, send)
        sent = _key(Headers(scope=scope))
        if hmac.compare_digest(sent.encode(), self._root.encode()):
            return await self._app(scope, receive, send)
        key = _digest(sent)
        known = key in self._good
        per_minute = self._settings.requests_per_minute if known else self._settings.requests_per_minute_of_a_network
        if not per_minute:
            return await self._app(scope, receive, send)
        who = key if known else network_of_request(Request(scope), self._settings)
        at_s = time.time()
        taken, left = self._windows.take(who, per_minute, at_s)
        reset_s = max(1, math.ceil(_WINDOW_S - at_s % _WINDOW_S))
        told = {
            "RateLimit-Limit": str(per_minute),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(reset_s),
        }
        if not taken:
            answer = problems.problem(
                429, f"more than {per_minute} requests in a minute", headers=told | {"Retry-After": str(reset_s)}
            )
            return await answer(scope, receive, send)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
                if sent:
                    self._learn(key, scope, message["status"])
            await send(message)

        return await self._app(scope, receive, telling)

    def _learn(self, key: str, scope: Scope, status: int) -> None:
        """Remembers a key that has let somebody in, and forgets one that does no more."""
        if scope.get("state", {}).get("who") is not None:
            self._good[key] = None
            self._good.move_to_end(key)
            while len(self._good) > _MOST_KEYS:
                self._good.popitem(last=False)
        elif status == 401:
            self._good.pop(key, None)


def _key(headers: Headers) -> str:
    """The key that was sent, or the session of a page: whoever has signed in does not share with their office."""
    for name in _KEYS:
        if name in headers:
            return headers[name]
    cookie = _SESSION.search(headers.get("cookie", ""))
    return cookie[1] if cookie else ""


def _digest(sent: str) -> str:
    return hashlib.blake2b(sent.encode(), digest_size=16).hexdigest()
