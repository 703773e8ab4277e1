"""Whatever is sent to a dialect, the answer is one of the dialect's: never a mistake of ours."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.client import Api
from tests.api.compat.shops import Shop, open_shop
from tests.api.compat.test_redx import PARCEL
from tests.api.compat.test_steadfast import ORDER

ODD: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=400),
    st.sampled_from(["", "0", "-1", "1e400", "১০০", "\x00", "'; --", "<b>", "=1+1", "\u202e", "9" * 300]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def bent(sound: dict[str, Any]) -> Any:
    """That request with some of its fields odd, or gone."""
    some = st.dictionaries(st.sampled_from(sorted(sound)), ODD, max_size=3)
    return some.map(lambda odd: {**sound, **odd})


STORE = {"name": "S", "phone": "01812345678", "address": "House 4, Road 8, Dhanmondi, Dhaka 1209", "area_id": 1}
CANCEL = {
    "entity_type": "parcel-tracking-id",
    "entity_id": "DP000000005BD",
    "update_details": {"property_name": "status", "new_value": "cancelled"},
}
BACK = {"consignment_id": 1510000000, "invoice": "no", "tracking_code": "5A0000FF", "reason": "x"}
MANY = st.lists(st.one_of(bent(ORDER), ODD), max_size=3).map(lambda rows: {"data": rows})
REQUESTS = [
    ("POST", "/api/v1/create_order", bent(ORDER)),
    ("POST", "/api/v1/create_order/bulk-order", MANY),
    ("POST", "/api/v1/create_return_request", bent(BACK)),
    ("POST", "/v1.0.0-beta/parcel", bent(PARCEL)),
    ("POST", "/v1.0.0-beta/pickup/store", bent(STORE)),
    ("PATCH", "/v1.0.0-beta/parcels", bent(CANCEL)),
]


@pytest.fixture(scope="module")
def one_shop(api: Api) -> Shop:
    return open_shop(api)


@pytest.mark.parametrize(("method", "path", "bodies"), REQUESTS, ids=[path for _, path, _ in REQUESTS])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_odd_body_is_taken_or_refused(one_shop: Shop, method: str, path: str, bodies: Any, data: Any) -> None:
    body = data.draw(bodies)
    answer = one_shop.request(method, path, json=body)
    assert answer.status_code in {200, 400, 404}, (body, answer.text)
    assert answer.headers["content-type"].startswith("application/json")
    answer.json()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(max_size=60).filter(lambda key: key not in {".", ".."}))
@pytest.mark.parametrize(
    "path",
    ["/api/v1/status_by_invoice", "/api/v1/status_by_trackingcode", "/api/v1/payments", "/v1.0.0-beta/parcel/info"],
)
def test_an_odd_key_is_not_found_or_refused(one_shop: Shop, path: str, key: str) -> None:
    answer = one_shop.request("GET", f"{path}/{quote(key, safe='', errors='replace')}")
    assert answer.status_code in {200, 400, 404, 405}, (key, answer.text)
