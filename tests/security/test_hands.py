"""Riders and agents speak for their own hands and for nobody else's; a colleague's parcel is as good as absent."""

from typing import Any

import pytest

from post_logistics.access.roles import Role
from tests.api.client import Api, refused, taken
from tests.api.test_proofs_api import proof
from tests.security.world import COLLEAGUE, OFFICE, POINT, RIDER, World


def verdict(answer: Any) -> dict[str, Any]:
    (found,) = taken(answer)["verdicts"]
    return dict(found)


@pytest.fixture
def given_out(api: Api, world: World) -> tuple[str, str]:
    """A parcel with the rider who is signed in, and one with a colleague."""
    own, other = (api.item(world.shop, f"hands-{api.scan('', '')['sequence']}") for _ in range(2))
    api.with_rider(own, RIDER)
    api.with_rider(other, COLLEAGUE)
    return own, other


def delivered(world: World, item: str, hands: str, by: str = Role.RIDER) -> dict[str, Any]:
    row = world.api.scan(item, "delivered_claimed", holder=hands, collected_poisha=100_000)
    return verdict(world.by(by, "POST", "/v1/deliveries", json={"claims": [row]}))


def test_a_rider_delivers_in_his_own_name_and_in_no_colleagues(world: World, given_out: tuple[str, str]) -> None:
    own, other = given_out
    for hands in (f"rider:{COLLEAGUE}", f"office:{OFFICE}", f"agent:{RIDER}"):
        refusal = delivered(world, other, hands)
        assert refusal["outcome"] == "rejected" and "those are not your hands" in refusal["why"]
    assert delivered(world, own, f"rider:{RIDER}")["outcome"] == "accepted"


def test_red_control_the_office_may_say_so_for_any_of_its_riders(world: World, given_out: tuple[str, str]) -> None:
    assert delivered(world, given_out[1], f"rider:{COLLEAGUE}", OFFICE)["outcome"] == "accepted"


def test_what_a_rider_takes_from_a_colleague_is_looked_into(world: World, given_out: tuple[str, str]) -> None:
    """He may say that he has delivered it. Nobody had given it to him, so nobody believes it unseen."""
    assert delivered(world, given_out[1], f"rider:{RIDER}")["outcome"] != "accepted"


@pytest.mark.parametrize(
    ("who", "own", "others"),
    [(Role.RIDER, f"rider:{RIDER}", f"rider:{COLLEAGUE}"), (Role.AGENT, f"agent:{POINT}", f"office:{OFFICE}")],
)
def test_scans_put_nothing_into_other_hands(world: World, who: Role, own: str, others: str) -> None:
    item = world.api.item(world.shop, f"scan-{who}")
    for path in ("/v1/scans", "/v1/scans/ndjson"):
        for hands, outcome in ((others, "rejected"), (own, "accepted")):
            row = world.api.scan(item, "at_delivery_office", holder=hands)
            if path.endswith("scans"):
                answer = world.by(who, "POST", path, json={"scans": [row]})
            else:
                lines = {"content": __import__("json").dumps(row), "headers": {"content-type": "application/x-ndjson"}}
                answer = world.by(who, "POST", path, **lines)
            assert verdict(answer)["outcome"].startswith(outcome), (path, hands)


def test_an_agent_serves_at_his_own_point_only(world: World) -> None:
    for path in ("checks", "arrivals", "collections"):
        theirs = refused(world.by(Role.AGENT, "POST", f"/v1/collection-points/window-{OFFICE}/{path}", json={}), 404)
        absent = refused(world.by(Role.AGENT, "POST", f"/v1/collection-points/nowhere/{path}", json={}), 404)
        assert theirs["detail"].replace(f"window-{OFFICE}", "nowhere") == absent["detail"]
    refused(world.by(Role.AGENT, "GET", f"/v1/collection-points/window-{OFFICE}/cash"), 404)
    assert world.by(Role.AGENT, "GET", f"/v1/collection-points/{POINT}/cash").status_code == 200


DECISIONS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/items/{}/redirection", {"recipient_address": "House 9, East Raja Bazar, Tejgaon, Dhaka 1215"}),
    ("POST", "/v1/items/{}/cancellation", None),
    ("POST", "/v1/items/{}/return", {"reason": "recalled"}),
    ("GET", "/v1/items/{}/label.pdf", None),
    ("POST", "/v1/items/{}/payments", {"reference": "d", "by": "rider-world"}),
]


@pytest.mark.parametrize(("method", "path", "body"), DECISIONS)
def test_a_rider_decides_of_what_he_has_and_of_nothing_else(
    world: World, given_out: tuple[str, str], method: str, path: str, body: Any
) -> None:
    own, other = given_out
    absent = "DP000000005BD"
    theirs = refused(world.by(Role.RIDER, method, path.format(other), json=body), 404)
    nothing = refused(world.by(Role.RIDER, method, path.format(absent), json=body), 404)
    assert theirs["detail"].replace(other, absent) == nothing["detail"]
    assert world.by(Role.RIDER, method, path.format(own), json=body).status_code != 404


def proved(world: World, item: str, by: str, kind: str = "call", **what: Any) -> dict[str, Any]:
    """The verdict on a proof of a scan that the same person's device says it has made."""
    row = proof(world.api.scan(item, "attempt_failed", device_id=f"phone-{by}"), kind, **what or {"duration_s": 0})
    return verdict(world.by(by, "POST", "/v1/proofs", json={"proofs": [row]}))


@pytest.mark.parametrize(("kind", "what"), [("call", {"duration_s": 0}), ("otp", {"code": "123456"})])
def test_a_rider_proves_what_he_has_and_of_a_colleagues_parcel_learns_nothing(
    world: World, given_out: tuple[str, str], kind: str, what: dict[str, Any]
) -> None:
    own, other = given_out
    theirs, absent = (proved(world, item, Role.RIDER, kind, **what) for item in (other, "DP000000005BD"))
    assert theirs["outcome"] == "rejected" and theirs["proof_id"] is None
    assert theirs["why"].replace(other, "DP000000005BD") == absent["why"]
    assert proved(world, own, Role.RIDER, kind, **what)["why"] != absent["why"]
    assert proved(world, other, OFFICE)["outcome"] == "kept"


def test_a_rider_proves_what_he_had_though_it_is_back_at_the_office(world: World, given_out: tuple[str, str]) -> None:
    own, _ = given_out
    (back,) = world.api.scans(world.api.scan(own, "at_delivery_office"))
    assert back["outcome"] == "accepted"
    assert proved(world, own, Role.RIDER)["outcome"] == "kept"


def test_an_agent_proves_what_lay_with_him(world: World) -> None:
    item, elsewhere = (world.api.item(world.shop, f"agent-{number}") for number in (1, 2))
    for one, holder in ((item, f"agent:{POINT}"), (elsewhere, f"office:{OFFICE}")):
        world.api.at_the_office(one)
        (put,) = world.api.scans(world.api.scan(one, "at_pickup_point", holder=holder))
        assert put["outcome"] == "accepted"
    assert proved(world, item, Role.AGENT)["outcome"] == "kept"
    assert proved(world, elsewhere, Role.AGENT)["outcome"] == "rejected"


def test_a_rider_reads_no_address_but_on_his_sheet(world: World, given_out: tuple[str, str]) -> None:
    for what in ("", "/label.pdf", "/label.zpl"):
        refused(world.by(Role.RIDER, "GET", f"/v1/consignments/{given_out[0]}{what}"), 403)
