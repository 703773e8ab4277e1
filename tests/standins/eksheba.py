"""ekSheba's desk for government services: it hands sealed lists of applications to the post, and hears what became of
each. ekSheba publishes no format; this is the one that the post proposes to it.

It is the other side: it reckons the seal and checks signatures by itself, and keeps the latest status of an
application whatever the order in which the news comes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from tests.standins.issuers import Issuer, seal
from tests.standins.serving import Fault
from tests.standins.telling import Told, tell

MANIFESTS: Final = "manifests"
"""What `misbehave` names for lists on their way to the post."""
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


class EkSheba(Issuer):
    """The desk."""

    name = "eksheba"
    number_field = "application_no"

    def __init__(self, *, token: str = "eksheba-token-0123") -> None:
        super().__init__(token)
        self.applications: dict[str, Application] = {}
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

    def issued(self) -> Mapping[str, Application]:
        """The applications."""
        return self.applications

    def hear(self, paper: Application, news: dict[str, Any]) -> None:
        """The latest status, whatever the order; every advice, once its signature was checked."""
        paper.tracking_no = news["tracking_no"]
        if news["type"] == "status":
            if news["sequence"] > paper.sequence:
                paper.status, paper.sequence = news["status"], news["sequence"]
            return
        said = self._checked(news["advice"])
        assert said["application_number"] == news["application_no"]
        paper.advices.append(said)
        paper.delivered = news["type"] == "advice"

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
    """The seal; a fee is written in taka."""
    fees = [one.get("fee_poisha", 0) for one in documents]
    in_taka = [f"{fee // 100}.{fee % 100:02}" if fee else "" for fee in fees]
    return seal(
        [*(str(one.get(name, "")) for name in _SEALED), fee] for one, fee in zip(documents, in_taka, strict=True)
    )
