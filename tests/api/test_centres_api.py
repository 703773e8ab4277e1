"""Digital centres over HTTP: an agent's own centre and no other, a queue of acts, and what comes of it."""

from datetime import timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.access.roles import Place, Role
from post_logistics.network.collection_points import CentreService
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.units import Postcode
from tests.api.client import Api, refused, taken
from tests.closes import count as counted_cash

CENTRE = "dc-1230-01"
HERE = Place(office=Postcode("1230"))
DRAW = Random(9)
SEQUENCE = count(1)


class Agent:
    """The entrepreneur of a centre, signed in, with a device of their own."""

    def __init__(self, api: Api, login: str, centre: str = CENTRE, place: Place = HERE) -> None:
        self.api, self.login, self.device = api, login, f"device-of-{login}"
        with api.engine.database.transaction() as connection:
            take_on(connection, DRAW, login, login, "post", api.at)
            give_role(connection, api.engine.facts, login, Role.AGENT, place, "post", api.at, centre)
            made = make_key(connection, DRAW, api.at, name="app", by=login, person_id=login, place=place)
        self.headers = {"Authorization": f"Bearer {made.halves.text}"}

    def request(self, method: str, path: str, **options: Any) -> Any:
        return self.api.client.request(method, path, headers=self.headers, **options)

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def act(self, act: str, **facts: Any) -> dict[str, Any]:
        return {
            "act": act,
            "occurred_at": self.api.at.isoformat(),
            "device_id": self.device,
            "sequence": next(SEQUENCE),
        } | facts

    def post(self, **changes: Any) -> dict[str, Any]:
        return self.act(
            "post",
            **{
                "recipient_name": "Rahima Khatun",
                "recipient_phone": "০১৭১২৩৪৫৬৭৮",
                "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
                "sender_name": "Abdul Karim",
                "sender_phone": "01812345678",
                "weight_g": 1500,
                "cash_poisha": 1_725,
            }
            | changes,
        )

    def drawer(self, act: str, amount_poisha: int, **changes: Any) -> dict[str, Any]:
        pieces = {str(worth): many for worth, many in counted_cash(amount_poisha).pieces.items()}
        return self.act(act, counted_poisha=amount_poisha, pieces=pieces, **changes)

    def tell(self, *acts: dict[str, Any], centre: str = CENTRE) -> Any:
        return taken(self.request("POST", f"/v1/centres/{centre}/acts", json={"acts": acts}))


@pytest.fixture
def agent(api: Api) -> Agent:
    api.engine.keyring.forget()
    return Agent(api, f"agent-{next(SEQUENCE)}")


def floated(api: Api, amount_poisha: int) -> None:
    paid = {"reference": str(uuid4()), "amount_poisha": amount_poisha}
    taken(api.post(f"/v1/collection-points/{CENTRE}/float", paid, office="1230"))


def test_a_day_at_a_centre(api: Api, agent: Agent) -> None:
    floated(api, 2_000_00)
    before = taken(agent.get("/v1/centres/mine"))["money"]
    item = api.item(api.shop(), cod_poisha=50_000)
    assert taken(agent.get(f"/v1/centres/{CENTRE}/due/{item}"))["due_poisha"] == 50_000
    told = agent.tell(
        opened := agent.drawer("open_shift", 100_00),
        posted := agent.post(),
        agent.act("pay", number=item, cash_poisha=50_000),
        {"act": "nothing"},
    )
    *done, unread = told["verdicts"]
    assert [one["outcome"] for one in done] == ["accepted"] * 3, done
    assert unread["outcome"] == "rejected" and unread["act_id"] is None
    assert told["money"]["cash_poisha"] - before["cash_poisha"] == 51_725
    assert taken(agent.get(f"/v1/centres/{CENTRE}/due/{item}"))["due_poisha"] == 0
    shift = taken(agent.get("/v1/centres/mine"))["shift"]
    assert (shift["expected_poisha"], shift["services"]) == (61_725, {"booking": 1, "payment": 1})
    again = agent.tell(opened, posted)["verdicts"]
    assert [one["outcome"] for one in again] == ["accepted", "duplicate"]
    assert again[1]["item_number"] == done[1]["item_number"]
    receipt = taken(agent.get(f"/v1/centres/{CENTRE}/receipts/{done[1]['act_id']}"))
    assert receipt["receipt"] == done[1]["receipt"] and "Tk 17.25" in receipt["text_en"]
    assert agent.get(f"/v1/centres/{CENTRE}/receipts/{done[1]['act_id']}/pdf").content.startswith(b"%PDF")
    on = api.at.date().isoformat()
    statement = taken(agent.get(f"/v1/centres/{CENTRE}/statement?since={on}&until={on}"))
    assert {one["service"] for one in statement["totals"]} >= {"booking", "payment"}
    api.at += timedelta(hours=1)
    (closed,) = agent.tell(agent.drawer("close_shift", 617_25))["verdicts"]
    assert closed["outcome"] == "accepted", closed
    shifts = taken(agent.get(f"/v1/centres/{CENTRE}/shifts?since={on}&until={on}"))
    assert shifts[-1]["closed_by"] == agent.login
    api.at += timedelta(hours=1)


def test_beyond_the_float_is_refused_unless_it_was_done_offline(api: Api, agent: Agent) -> None:
    api.at += timedelta(hours=3)
    agent.tell(agent.drawer("open_shift", 0))
    floated(api, 2_000_00)
    room = taken(agent.get("/v1/centres/mine"))["money"]["room_poisha"]
    item = api.item(api.shop(), cod_poisha=room + 1)
    act = agent.act("pay", number=item, cash_poisha=room + 1)
    (refused_one,) = agent.tell(act)["verdicts"]
    assert refused_one["outcome"] == "rejected" and refused_one["field"] == "cash_poisha"
    told = agent.tell(act | {"offline": True})
    assert told["verdicts"][0]["outcome"] == "accepted_with_exception"
    assert told["money"]["room_poisha"] == 0
    api.at += timedelta(hours=1)
    agent.tell(agent.drawer("close_shift", room + 1))


def test_an_agents_centre_is_the_only_one_there_is(api: Api, agent: Agent) -> None:
    theirs = "dc-1216-01"
    listed = taken(agent.get("/v1/centres"))["centres"]
    assert [one["point_id"] for one in listed] == [CENTRE]
    assert listed[0]["services"] == sorted(CentreService)
    for path in ("", "/shifts?since=2026-11-22&until=2026-11-22", "/statement?since=2026-11-22&until=2026-11-22"):
        strange = refused(agent.get(f"/v1/centres/{theirs}{path}"), 404)["detail"]
        absent = refused(agent.get(f"/v1/centres/no-centre{path}"), 404)["detail"]
        assert strange.replace(theirs, "no-centre") == absent
    for path in ("cash", "statement?since=2026-11-22&until=2026-11-22"):
        refused(agent.get(f"/v1/collection-points/{theirs}/{path}"), 404)
    refused(agent.request("POST", f"/v1/centres/{theirs}/acts", json={"acts": [agent.post()]}), 404)
    stranger = Agent(api, f"agent-{next(SEQUENCE)}", theirs, Place(office=Postcode("1216")))
    (mine,) = agent.tell(agent.post(offline=True))["verdicts"]
    refused(stranger.get(f"/v1/centres/{CENTRE}/receipts/{mine['act_id']}"), 404)
    refused(stranger.get(f"/v1/centres/{theirs}/receipts/{mine['act_id']}"), 404)


def test_an_agent_of_the_same_office_sees_nothing_of_the_one_beside_it(api: Api, agent: Agent) -> None:
    window = "window-1230"
    refused(agent.get(f"/v1/collection-points/{window}/cash"), 404)
    refused(agent.get(f"/v1/centres/{window}"), 404)


def test_the_post_sees_all_centres_page_by_page(api: Api) -> None:
    first = taken(api.get("/v1/centres?limit=3"))
    rest = taken(api.get(f"/v1/centres?limit=3&after={first['next']}"))
    ids = [one["point_id"] for page in (first, rest) for one in page["centres"]]
    assert ids == sorted(ids) and len(ids) == 4 and rest["next"] is None
    assert taken(api.get(f"/v1/centres/{ids[0]}"))["centre"]["point_id"] == ids[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipient_phone": "5"}, "recipient_phone"),
        ({"sender_name": ""}, "sender_name"),
        ({"cash_poisha": 5}, "cash_poisha"),
    ],
)
def test_a_row_that_is_wrong_names_its_field_and_holds_up_no_other(
    api: Api, agent: Agent, change: dict[str, Any], field: str
) -> None:
    floated(api, 2_000_00)
    opened = agent.drawer("open_shift", 0)
    wrong, right = agent.tell(opened, agent.post(**change), agent.post(offline=True))["verdicts"][1:]
    assert (wrong["outcome"], wrong["field"]) == ("rejected", field)
    assert right["item_number"]
    api.at += timedelta(minutes=1)
    agent.tell(agent.drawer("close_shift", 17_25))
