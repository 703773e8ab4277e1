"""A client of the API whose requests go through everything but the network, and whose clock stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.context import Engine, now
from post_logistics.settings import Settings
from post_logistics.units import DHAKA

KEY = {"Authorization": "Bearer development"}
MORNING = datetime(2026, 11, 22, 6, 30, tzinfo=DHAKA)
"""Before the riders leave for the merchants: what is booked now can go out today."""


class Api:
    """Requests to a running application, and the steps that many tests begin with."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.at = MORNING
        self._numbers = count(1)

    @property
    def engine(self) -> Engine:
        """What the application holds."""
        found: Engine = self.client.app.state.engine  # type: ignore[attr-defined]
        return found

    def request(self, method: str, path: str, *, merchant: str = "", office: str = "", **options: Any) -> Response:
        """The answer to a request of the post, of a merchant or of an office."""
        scope = {"Post-Merchant": merchant, "Post-Office": office}
        headers = KEY | {name: value for name, value in scope.items() if value} | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Response:
        """The answer to a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Response:
        """The answer to a POST."""
        return self.request("POST", path, json=json, **options)

    def shop(self) -> str:
        """A new merchant's id."""
        asked = {
            "name": f"Shop {next(self._numbers)}",
            "store_address": "New Market, Dhaka 1205",
            "payout_account": "BRAC 1501 2003 4455",
        }
        return str(taken(self.post("/v1/merchants", asked), 201)["merchant_id"])

    def book(self, merchant: str, order_ref: str = "R-1", **changes: Any) -> Response:
        """The answer to a booking for Mirpur, Tk 1,000 to collect."""
        return self.post("/v1/consignments", order(order_ref, **changes), merchant=merchant)

    def item(self, merchant: str, order_ref: str = "R-1", **changes: Any) -> str:
        """The item number of a booking that is taken."""
        return str(taken(self.book(merchant, order_ref, **changes), 201)["item_number"])

    def scan(self, item: str, event: str, **changes: Any) -> dict[str, Any]:
        """A scan at the office of Mirpur, each with a number of its own."""
        return {
            "item_number": item,
            "event": event,
            "occurred_at": self.at.isoformat(),
            "device_id": "counter-1216",
            "sequence": next(self._numbers),
            "office": "1216",
            "holder": "office:1216",
            **changes,
        }

    def scans(self, *scans: Any, **options: Any) -> list[dict[str, Any]]:
        """The verdicts on a batch of scans."""
        return list(taken(self.post("/v1/scans", {"scans": scans}, **options))["verdicts"])

    def claims(self, *claims: Any, **options: Any) -> list[dict[str, Any]]:
        """The verdicts on a batch of claims."""
        return list(taken(self.post("/v1/deliveries", {"claims": claims}, **options))["verdicts"])

    def at_the_office(self, item: str) -> None:
        """Brings an item to its office of delivery."""
        verdicts = self.scans(self.scan(item, "accepted"), self.scan(item, "at_delivery_office"))
        assert {verdict["outcome"] for verdict in verdicts} == {"accepted"}

    def with_rider(self, item: str, rider: str) -> None:
        """Brings an item into a rider's bag."""
        self.at_the_office(item)
        (verdict,) = self.scans(self.scan(item, "out_for_delivery", holder=f"rider:{rider}"))
        assert verdict["outcome"] == "accepted"


def order(order_ref: str, **changes: Any) -> dict[str, Any]:
    """A booking as a client sends it."""
    return {
        "order_ref": order_ref,
        "recipient_name": "কৃষ্ণা ক্ষত্রী",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
        "weight_g": 1500,
        "cod_poisha": 100_000,
        **changes,
    }


def taken(answer: Response, status: int = 200) -> Any:
    """What a request was answered that was taken."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    return answer.json()


def refused(answer: Response, status: int, kind: str = "") -> Any:
    """The problem with which a request was refused, well-formed."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert all(problem[member] for member in ("type", "title", "detail", "remedy"))
    assert problem["type"].startswith("urn:post-logistics:") and problem["type"].endswith(kind)
    return problem


@contextmanager
def running(settings: Settings) -> Iterator[Api]:
    """The application of these settings, its clock stopped."""
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        api = Api(client)

        async def stopped() -> datetime:  # in the loop: a plain function would be given a thread each time
            return api.at

        app.dependency_overrides[now] = stopped
        yield api
