"""A slice looks only at what may be its own, and never overlooks it."""

from starlette.routing import Match

from api.app import _SLICES
from api.slices import Slice

ROUTERS = [router for one in _SLICES for router in vars(one).values() if isinstance(router, Slice)]


def test_every_route_is_found_by_how_its_path_begins() -> None:
    for router in ROUTERS:
        for route in router.routes:
            path = route.path.replace("{", "").replace("}", "")  # type: ignore[attr-defined]
            assert router.may_have(path), path


def test_what_begins_otherwise_is_not_looked_for() -> None:
    router = Slice(prefix="/v1")
    router.add_api_route("/items/{item}/label", lambda: None)
    assert router.may_have("/v1/items/DP1/label") and router.may_have("/v1/items")
    assert not router.may_have("/v1/offices") and not router.may_have("/")
    assert router.matches({"type": "http", "path": "/v1/offices"}) == (Match.NONE, {})


def test_a_parameter_in_the_beginning_of_a_path_may_be_anything() -> None:
    router = Slice(prefix="/v1")
    router.add_api_route("/ledger.{program}", lambda: None)
    assert router.may_have("/v1/ledger.beancount")
