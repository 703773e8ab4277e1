"""Shops that come from Pathao: their tokens, their orders, and what they read in an answer."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from httpx2 import Response

from post_logistics.units import MerchantId
from tests.api.client import Api
from tests.api.compat.shops import open_shop

BASE = "/aladdin/api/v1"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class PathaoShop:
    """A shop that comes from Pathao, and what it was given."""

    api: Api
    merchant_id: MerchantId
    keys: dict[str, Any]

    def token(self, **changes: Any) -> Response:
        """The answer to a request for tokens."""
        asked = {name: self.keys[name] for name in ("client_id", "client_secret", "username", "password")}
        return self.api.client.post(f"{BASE}/issue-token", json={**asked, "grant_type": "password", **changes})

    def send(self, method: str, path: str, json: Any = None, **headers: str) -> Response:
        """The answer to a request with a token of its own, as the plugin sends it."""
        bearer = {"Authorization": f"Bearer {self.token().json()['access_token']}", "source": "woocommerce"}
        return self.api.client.request(method, f"{BASE}{path}", json=json, headers=bearer | headers)

    def order(self, **changes: Any) -> dict[str, Any]:
        """An order as PHP plugins send it: numbers as text, and "" where nothing is meant."""
        return {
            "store_id": str(self.keys["store_id"]),
            "merchant_order_id": f"WC-{next(_NUMBERS)}",
            "recipient_name": "Rahima Khatun",
            "recipient_phone": "01712345678",
            "recipient_secondary_phone": "",
            "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
            "recipient_city": "1",
            "recipient_zone": "",
            "recipient_area": "",
            "delivery_type": "48",
            "item_type": "2",
            "item_quantity": "1",
            "item_weight": "0.5",
            "item_description": "",
            "special_instruction": "",
            "amount_to_collect": "1250",
            **changes,
        }

    def booked(self, **changes: Any) -> str:
        """The consignment of an order that is taken."""
        return str(ok(self.send("POST", "/orders", self.order(**changes)))["consignment_id"])


def pathao_shop(api: Api) -> PathaoShop:
    """A new shop."""
    opened = open_shop(api)
    return PathaoShop(api, opened.merchant_id, dict(opened.keys.pathao))


def ok(answer: Response, status: int = 200) -> Any:
    """What is in the envelope of an answer."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["type"], body["code"]) == ("success", status) and body["message"]
    return body["data"]


def no(answer: Response, status: int) -> dict[str, Any]:
    """What is wrong, by field."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["type"], body["code"]) == ("error", status) and body["message"]
    assert all(isinstance(words, list) and all(words) for words in body["errors"].values())
    return dict(body["errors"])
