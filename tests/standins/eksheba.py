"""ekSheba's desk for government services: it hands sealed lists of applications to the post, and hears what became of
each. ekSheba publishes no format; this is the one that the post proposes to it.

It is the other side: it reckons the seal and checks signatures by itself, and keeps the latest status of an
application whatever the order in which the news comes.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

MANIFESTS: Final = "manifests"
"""What `misbehave` names for lists on their way to the post."""
STATUS: Final = "/post/status"
_SEALED: Final = (
    "application_number",
    "service_code",
    "recipient_name",
    "recipient_phone",
    "recipient_address",
    "recipient_postcode",
    "holding_number",
    "ward",
    "road",
)


@dataclass(slots=True)
class Application:
    """An application as ekSheba keeps it: what is on its list, and what the post said of it."""

    fields: dict[str, Any]
    tracking_no: str = ""
    status: str = ""
    sequence: int = -1
    advices: list[dict[str, Any]] = field(default_factory=list)
    """Every advice that was not known yet, as the post signed it."""
    delivered: bool = False


class EkSheba(Standin):
    """The desk. ``post_url`` and ``key``: where the post takes lists, and by which key; ``token`` signs its news."""

    name = "eksheba"

    def __init__(self, *, token: str = "eksheba-token-0123") -> None:
        super().__init__()
        self.token = token
        self.post_url, self.key = "", ""
        self.applications: dict[str, Application] = {}
        self.refused = 0
        """News that was not the post's own."""
        self._known: set[str] = set()
        self._post_key: Any = None

    # What offices do

    def apply(self, number: str, **fields: Any) -> Application:
        """An application for a land-record copy that is ready to be sent to Mirpur."""
        known = {
            "application_number": number,
            "service_code": "G10",
            "recipient_name": "রহিমা বেগম",
            "recipient_phone": "01712345678",
            "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka",
        }
        self.applications[number] = Application(known | fields)
        return self.applications[number]

    def hand_in(self, *lists: tuple[str, list[str]]) -> list[int]:
        """Sends sealed lists, each its number and its applications; the statuses that came back."""
        return tell(self, MANIFESTS, [self._message(number, applications) for number, applications in lists])

    def _message(self, number: str, applications: list[str]) -> Told:
        documents = [dict(self.applications[one].fields) for one in applications]
        body = {
            "number": number,
            "service_on": "2026-11-22",
            "sealed_by": "A. Karim",
            "seal_number": f"S-{number}",
            "digest": _digest(documents),
            "documents": documents,
        }
        if self.fault_for(MANIFESTS, {Fault.WRONG_AMOUNT}):
            documents[0]["fee_poisha"] = documents[0].get("fee_poisha", 0) + 10_000
        key = "pl_not-the-key" if self.fault_for(MANIFESTS, {Fault.WRONG_SIGNATURE}) else self.key
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        return Told(f"{self.post_url}/v1/manifests", json.dumps(body).encode(), headers)

    # What the post tells

    def answer(self, asked: Asked) -> Answer:
        """Takes news of an application, once, if it is signed."""
        if asked.path != STATUS:
            return Answer({"error": "no such path"}, 404)
        signed = f"{asked.headers.get('x-post-time', '')}.".encode() + asked.body
        right = hmac.digest(self.token.encode(), signed, "sha256").hex()
        if not hmac.compare_digest(right, asked.headers.get("x-post-signature", "")):
            self.refused += 1
            return Answer({"error": "not signed"}, 401)
        news = asked.json()
        application = self.applications.get(news["application_no"])
        if application is None:
            return Answer({"error": "no such application"}, 404)
        if asked.headers["webhook-id"] not in self._known:
            self._known.add(asked.headers["webhook-id"])
            self._hear(application, news)
        return Answer({"result": "ok"})

    def _hear(self, application: Application, news: dict[str, Any]) -> None:
        application.tracking_no = news["tracking_no"]
        if news["type"] == "status":
            if news["sequence"] > application.sequence:
                application.status, application.sequence = news["status"], news["sequence"]
            return
        said = self._checked(news["advice"])
        assert said["application_number"] == news["application_no"]
        application.advices.append(said)
        application.delivered = news["type"] == "advice"

    def _checked(self, signed: str) -> dict[str, Any]:
        """What an advice says, if the post signed it."""
        if self._post_key is None:
            line = HTTPConnection(urlsplit(self.post_url).netloc, timeout=10)
            line.request("GET", "/v1/documents/advices/key")
            self._post_key = jwt.PyJWK(json.loads(line.getresponse().read())).key
            line.close()
        said = jwt.api_jws.PyJWS().decode(signed, self._post_key, algorithms=["ES256"])
        return dict(json.loads(said))


def _digest(documents: list[dict[str, Any]]) -> str:
    """The seal: SHA-256 over a JSON array of texts for each line, each with a line end; a fee is written in taka."""
    reckoned = hashlib.sha256()
    for one in documents:
        fee_poisha = one.get("fee_poisha", 0)
        fee = f"{fee_poisha // 100}.{fee_poisha % 100:02}" if fee_poisha else ""
        texts = [*(str(one.get(name, "")) for name in _SEALED), fee]
        reckoned.update(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return reckoned.hexdigest()


def make() -> EkSheba:
    """The desk as it is started by hand."""
    return EkSheba()
