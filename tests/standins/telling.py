"""How a stand-in tells others what happened: over HTTP, twice or out of order when it misbehaves."""

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.standins.serving import Fault, Standin


@dataclass(frozen=True, slots=True)
class Told:
    """A message on its way out."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def tell(standin: Standin, what: str, messages: Sequence[Told]) -> list[int]:
    """Sends the messages; the statuses that came back. ``what`` is what `misbehave` names with ``on``."""
    going = list(messages)
    if standin.fault_for(what, {Fault.OUT_OF_ORDER}):
        going.reverse()
    if standin.fault_for(what, {Fault.TWICE}):
        going = [one for one in going for _ in range(2)]
    return [_post(one) for one in going]


def _post(told: Told) -> int:
    to = urlsplit(told.url)
    kind = http.client.HTTPSConnection if to.scheme == "https" else http.client.HTTPConnection
    line = kind(to.netloc, timeout=10)
    try:
        line.request("POST", to.path + (f"?{to.query}" if to.query else ""), told.body, dict(told.headers))
        answer = line.getresponse()
        answer.read()
        return answer.status
    finally:
        line.close()
