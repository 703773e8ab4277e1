"""Requests that no client of any courier would send, to every endpoint of every dialect, with keys that are good.

No schema helps and none holds back: paths, queries and bodies are whatever comes, half of the bodies a sound one with a
few fields bent. Each is answered in the dialect, never with a mistake of ours, and of another shop nothing is told.
The variable POST_LOGISTICS_FUZZ asks for another number of requests in the long tier.
"""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from api.compat import DIALECTS
from tests.api.client import Api
from tests.api.compat.pathao_shops import PathaoShop
from tests.api.compat.shops import Shop, open_shop
from tests.api.compat.test_any_body import BACK, CANCEL, ODD, STORE
from tests.api.compat.test_policy import EVERY
from tests.api.compat.test_redx import PARCEL
from tests.api.compat.test_steadfast import ORDER
from tests.security.world import RECIPIENT, SIGNS_OF_PEOPLE

FEW = 20
MANY = int(os.environ.get("POST_LOGISTICS_FUZZ", "10000"))
SEED = int(os.environ.get("POST_LOGISTICS_FUZZ_SEED", "2026"))
PATHAO_STORE = {
    "name": "Branch",
    "contact_name": "Rahima",
    "contact_number": "01712345678",
    "address": "Shop 3, Mirpur-10, Dhaka 1216",
    "city_id": 1,
    "zone_id": 1,
    "area_id": 1,
}
PRICE = {
    "store_id": 1,
    "item_type": 2,
    "delivery_type": 48,
    "item_weight": 0.5,
    "recipient_city": 1,
    "recipient_zone": 1,
}
HEADERS = {
    "host": ["testserver", "post.example:8443"],
    "accept-language": ["bn", "en", "x" * 300],
    "source": ["woocommerce"],
}
JSON: Any = st.recursive(
    ODD, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one, max_size=4)
)


def well_said(prefix: str, status: int, body: Any) -> bool:
    """Whether that is how the dialect says that something cannot be done."""
    if not isinstance(body, dict):
        return False
    if prefix == "/v2":
        error = body.get("error")
        return (
            isinstance(error, dict) and bool(error["code"] and error["message"]) and isinstance(error["errors"], list)
        )
    errors = body.get("errors", {})
    by_field = isinstance(errors, dict) and all(isinstance(texts, list) and texts for texts in errors.values())
    named = {"/api/v1": "status", "/aladdin/api/v1": "code", "/v1.0.0-beta": "status_code"}[prefix]
    envelope = prefix != "/aladdin/api/v1" or body.get("type") == "error"
    return by_field and envelope and body.get(named) == status and bool(body.get("message"))


@dataclass
class Fuzzed:
    """Two shops: one asks, of the other nothing may be told."""

    api: Api
    shop: Shop
    statuses: Counter[int] = field(default_factory=Counter)
    named: dict[str, list[str]] = field(default_factory=dict)
    """Name of a place in a path -> what is there, of the asking shop and of the other."""
    sound: dict[str, Any] = field(default_factory=dict)
    """Name of an endpoint -> a body that it takes."""
    stranger: list[str] = field(default_factory=list)
    """What only the other shop knows."""

    def headers(self, prefix: str) -> dict[str, str]:
        """What lets the shop in."""
        tokens = {"/aladdin/api/v1": self.bearer, "/v2": f"Bearer {self.shop.keys.api_key}"}
        if prefix in tokens:
            return {"Authorization": tokens[prefix]}
        return self.shop.redx if prefix == "/v1.0.0-beta" else self.shop.steadfast

    @property
    def bearer(self) -> str:
        """A token of the shop's client."""
        if not hasattr(self, "_bearer"):
            pathao = PathaoShop(self.api, self.shop.merchant_id, dict(self.shop.keys.pathao))
            self._bearer = f"Bearer {pathao.token().json()['access_token']}"
        return self._bearer

    def ask(self, name: str, method: str, template: str, data: Any) -> None:
        """One request, and what is held against its answer."""
        draw, prefix = data.draw, next(one for one in DIALECTS if template.startswith(f"{one}/"))
        path = re.sub(r"{(\w+)[^}]*}", lambda place: self._place(place[1], draw), template)
        query = draw(
            st.dictionaries(st.sampled_from(QUERIES), st.text(max_size=20) | st.integers().map(str), max_size=2)
        )
        odd = draw(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 2), max_size=2))
        headers = {name: HEADERS[name][number % len(HEADERS[name])] for name, number in odd.items()}
        body, kind = self._body(name, draw) if method != "GET" or draw(st.booleans()) else (b"", "")
        headers |= self.headers(prefix) | ({"content-type": kind} if kind else {})
        url = f"{path}?{urlencode(query, errors='replace')}"
        answer = self.api.client.request(method, url, content=body, headers=headers)
        self.statuses[answer.status_code] += 1
        said = (method, url, headers.get("content-type"), body[:500])
        assert answer.status_code < 500, (said, answer.text)
        assert answer.headers["content-type"].startswith("application/json"), said
        told = answer.json()
        if answer.status_code >= 400:
            assert well_said(prefix, answer.status_code, told), (said, told)
        asked = f"{path} {body!r}"
        assert not [one for one in (*SIGNS_OF_PEOPLE, *self.stranger) if one in answer.text and one not in asked], said

    def _place(self, name: str, draw: Any) -> str:
        there = self.named.get(name, ["1", "2"])
        found = draw(st.sampled_from(there) | st.text(max_size=40) | st.sampled_from(["0", "-1", "9" * 30, "১", "\0"]))
        return quote(found, safe="", errors="replace") if found not in UPWARDS else "%20"

    def _body(self, name: str, draw: Any) -> tuple[bytes, str]:
        sound = self.sound.get(name)
        if sound is not None and draw(st.booleans()):
            bent = draw(st.dictionaries(st.sampled_from(sorted(sound)), ODD, max_size=2))
            value = {**sound, **bent}
        else:
            value = draw(JSON)
        way = draw(st.sampled_from(["json", "json", "json", "form", "bytes", "mistaken"]))
        if way == "form" and isinstance(value, dict):
            pairs = {str(name): one if isinstance(one, str) else json.dumps(one) for name, one in value.items()}
            return urlencode(pairs, errors="replace").encode(), "application/x-www-form-urlencoded"
        if way == "bytes":
            return draw(st.binary(max_size=60)), draw(st.sampled_from(KINDS))
        kind = "application/json" if way != "mistaken" else draw(st.sampled_from(KINDS))
        return json.dumps(value).encode(), kind


KINDS = [
    "",
    "application/json; charset=UTF-8",
    "text/plain",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "image/png",
]
UPWARDS = {"", ".", ".."}
"""With these in its path a client asks for another one."""
QUERIES = [
    "page", "per_page", "post_code", "district_name", "name", "zone_id", "archive", "page_size", "before_id",
    "tracking_code", "delivery_area_id", "pickup_area_id", "cash_collection_amount", "weight",
]  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed(api: Api) -> Fuzzed:
    """A shop with a parcel, and another one with a parcel that nobody else may hear of."""
    own, other = open_shop(api), open_shop(api)
    mine = api.item(own.merchant_id, "MINE-1")
    theirs = api.item(other.merchant_id, "THEIRS-1", **RECIPIENT)
    for item in (mine, theirs):
        api.with_rider(item, "1216-R01")
    return Fuzzed(
        api,
        own,
        named={
            "item_number": [mine, theirs],
            "consignment_id": [mine, theirs, "1510000000"],
            "tracker_id": [f"trk_{mine}", f"trk_{theirs}"],
            "invoice": ["MINE-1", "THEIRS-1"],
            "phone": ["01712345678", "01798765432"],
            "store_id": [str(one.keys.redx["pickup_store_id"]) for one in (own, other)],
        },
        sound={
            "steadfast_order": ORDER,
            "steadfast_orders": {"data": [ORDER]},
            "steadfast_return": BACK | {"invoice": "THEIRS-1"},
            "redx_order": PARCEL,
            "redx_add_store": STORE,
            "redx_cancel": CANCEL | {"entity_id": theirs},
            "pathao_order": PathaoShop(api, own.merchant_id, dict(own.keys.pathao)).order(),
            "pathao_orders": {"orders": [PathaoShop(api, own.merchant_id, dict(own.keys.pathao)).order()]},
            "pathao_add_store": PATHAO_STORE,
            "pathao_price": PRICE | {"store_id": own.keys.pathao["store_id"]},
            "pathao_success": {"phone": "01798765432"},
            "pathao_token": {"grant_type": "password", **own.keys.pathao},
            "pathao_login": {name: own.keys.pathao[name] for name in ("client_id", "client_secret")},
            "easypost_make_tracker": {"tracker": {"tracking_code": theirs}, "tracking_code": mine},
        },
        stranger=[theirs, *map(str, (other.keys.redx["token"], other.keys.api_key))],
    )


def every(each: int, fuzzed: Fuzzed, name: str, method: str, template: str) -> None:
    """So many requests to one endpoint."""

    @seed(SEED)
    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def one(data: Any) -> None:
        fuzzed.ask(name, method, template, data)

    one()


@pytest.mark.parametrize(("name", "method", "path"), EVERY)
def test_whatever_is_sent_is_answered_in_the_dialect(fuzzed: Fuzzed, name: str, method: str, path: str) -> None:
    every(FEW, fuzzed, name, method, path)


def test_enough_of_it_came_through_to_mean_something(fuzzed: Fuzzed) -> None:
    """Many are taken, for otherwise little was asked."""
    fuzzed.statuses.clear()
    for one in EVERY:
        every(4, fuzzed, *one)
    taken = sum(count for status, count in fuzzed.statuses.items() if status < 300)
    assert fuzzed.statuses[401] < 0.05 * fuzzed.statuses.total()
    assert taken > 0.15 * fuzzed.statuses.total()


@pytest.mark.soak
def test_ten_thousand_are_answered_in_the_dialect(fuzzed: Fuzzed) -> None:
    fuzzed.statuses.clear()
    for one in EVERY:
        every(round(MANY / len(EVERY)), fuzzed, *one)
    print(f"{fuzzed.statuses.total():,} requests in other couriers' dialects, by status: {dict(fuzzed.statuses)}")


def test_red_control_what_is_not_said_in_the_dialect_and_what_a_stranger_is_told_is_seen(fuzzed: Fuzzed) -> None:
    ours = {"type": "urn:post-logistics:not-found", "title": "x", "status": 404, "detail": "x", "remedy": "x"}
    assert not [prefix for prefix in DIALECTS if well_said(prefix, 404, ours)]
    item = next(one for one in EVERY if one[0] == "redx_parcel")
    blind = Fuzzed(fuzzed.api, fuzzed.shop, named={"item_number": fuzzed.named["item_number"][:1]}, stranger=["Dhaka"])
    with pytest.raises(AssertionError):
        every(FEW, blind, *item)
