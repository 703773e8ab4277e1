"""The requests themselves, to the post's API under ``/v1``."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from karrio import lib
from karrio.api import proxy
from karrio.mappers.bangladesh_post.settings import Settings

Answer = dict[str, Any]


class Proxy(proxy.Proxy):
    """Asks the post, one request after the other."""

    settings: Settings

    def get_rates(self, request: lib.Serializable) -> lib.Deserializable:
        """The price; and the day, where both postcodes are known."""
        asked = request.serialize()
        answers = [self._ask("POST", "/v1/quotes", asked["quote"])]
        if asked["promise"]:
            answers.append(self._ask("GET", f"/v1/promises?{urlencode(asked['promise'])}"))
        return lib.Deserializable(answers)

    def create_shipment(self, request: lib.Serializable) -> lib.Deserializable:
        """The parcels, booked one by one, each with its label."""
        orders, label_type = request.serialize()
        return lib.Deserializable([self._booked(order, label_type) for order in orders])

    def cancel_shipment(self, request: lib.Serializable) -> lib.Deserializable:
        """The parcels, cancelled."""
        numbers = request.serialize()
        return lib.Deserializable([self._ask("POST", f"/v1/items/{quote(one)}/cancellation") for one in numbers])

    def get_tracking(self, request: lib.Serializable) -> lib.Deserializable:
        """The journeys, by number."""
        numbers = request.serialize()
        return lib.Deserializable(
            [(one, self._ask("GET", f"/v1/consignments/{quote(one)}/journey")) for one in numbers]
        )

    def _booked(self, order: Answer, label_type: str) -> Answer:
        made = self._ask("POST", "/v1/consignments", order)
        if "item_number" not in made:
            return made
        label = self._send("GET", f"/v1/consignments/{made['item_number']}/label.{label_type.lower()}", _as_base64)
        return made | {"label_type": label_type, "label": label}

    def _ask(self, method: str, path: str, content: Answer | None = None) -> Answer:
        answer: Answer = json.loads(self._send(method, path, bytes.decode, content))
        return answer

    def _send(self, method: str, path: str, decoder: Callable[[bytes], str], content: Answer | None = None) -> str:
        headers = {"Authorization": f"Bearer {self.settings.api_key}", "Accept-Language": "en"}
        body: dict[str, Any] = {}
        if content is not None:
            headers["Content-Type"] = "application/json"
            body["data"] = json.dumps(content)
        answer: str = lib.request(
            url=f"{self.settings.server_url}{path}",
            method=method,
            headers=headers,
            trace=self.trace_as("json"),
            decoder=decoder,
            on_error=lambda error: error.read().decode(),
            **body,
        )
        return answer


def _as_base64(page: bytes) -> str:
    return base64.b64encode(page).decode()
