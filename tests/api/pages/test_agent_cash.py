"""Agents at the counter of their parent office, by pages: cash counted, float paid in and given back, each once."""

import re
from uuid import uuid4

import pytest
from httpx2 import Response

from api.context import form_key
from post_logistics.access.roles import Role
from tests.api.client import Api, taken
from tests.api.pages.test_day_close import counted
from tests.api.pages.test_station import opened, session_of
from tests.api.test_centres_api import Agent

AGENT, PARENT = "dc-1230-01", "1230"
PATH = f"/station/agents/{AGENT}"


@pytest.fixture
def clerk(api: Api) -> str:
    return session_of(api, Role.COUNTER, PARENT)


def sent(api: Api, session: str, what: str, *, path: str = PATH, **said: str) -> Response:
    data = {"form_key": form_key(session), "id": str(uuid4())} | said
    return api.client.post(f"{path}/{what}", headers={"Cookie": f"session={session}"}, data=data)


def stands(api: Api) -> dict[str, int]:
    return dict(taken(api.get(f"/v1/collection-points/{AGENT}/cash", office=PARENT)))


def float_of(api: Api, clerk: str, taka: str) -> None:
    assert sent(api, clerk, "float", amount_taka=taka).status_code == 303


@pytest.fixture
def owing(api: Api, clerk: str) -> dict[str, int]:
    """What the agent stands at once it has taken cash for postage."""
    float_of(api, clerk, "1000")
    agent = Agent(api, f"agent-{uuid4().hex[:8]}")
    _, posted = agent.tell(agent.drawer("open_shift", 0), agent.post())["verdicts"]  # the shift may be open already
    assert posted["outcome"] != "rejected", posted
    return stands(api)


def kept(api: Api) -> int:
    return min(stands(api)["commission_poisha"], stands(api)["cash_poisha"])


def test_float_is_paid_in_once_and_given_back_as_far_as_it_covers_nothing(api: Api, clerk: str) -> None:
    one = str(uuid4())
    for _ in range(2):
        assert sent(api, clerk, "float", amount_taka="৫,০০০", id=one).status_code == 303
    assert stands(api)["float_poisha"] == 5_000_00
    assert sent(api, clerk, "float", amount_taka="2000", back="yes").status_code == 303
    assert stands(api)["float_poisha"] == 3_000_00
    page = sent(api, clerk, "float", amount_taka="9000", back="yes")
    assert page.status_code == 422 and "9000" in page.text and 'id="amount_taka-error"' in page.text
    assert stands(api)["float_poisha"] == 3_000_00


@pytest.mark.parametrize("amount", ["", "many", "-5", "0"])
def test_what_is_no_amount_moves_nothing(api: Api, clerk: str, amount: str) -> None:
    before = stands(api)
    assert sent(api, clerk, "float", amount_taka=amount).status_code == 422
    assert stands(api) == before


def test_the_cash_is_counted_into_the_till_and_the_commission_kept(api: Api, clerk: str, owing: dict[str, int]) -> None:
    board = opened(api, clerk, "/station/close?language=en").text
    assert PATH in board
    owed = owing["cash_poisha"] - kept(api)
    assert f'data-books="{owed}"' in opened(api, clerk, f"{PATH}?language=en").text
    said = counted(owed) | {"countersigned_by": "Rahima", "id": str(uuid4())}
    for _ in range(2):  # a button pressed twice
        assert sent(api, clerk, "hand-ins", **said).status_code == 303
    after = stands(api)
    assert (after["cash_poisha"], after["float_poisha"]) == (0, owing["float_poisha"])
    assert taken(api.get("/v1/ledger/proof"))["proven"]


def test_what_is_missing_asks_for_a_reason_keeps_what_was_typed_and_comes_from_the_float(
    api: Api, clerk: str, owing: dict[str, int]
) -> None:
    owed = owing["cash_poisha"] - kept(api)
    short = counted(owed - 100) | {"countersigned_by": "Rahima", "id": str(uuid4())}
    page = sent(api, clerk, "hand-ins", **short)
    assert page.status_code == 422 and 'id="reason-error"' in page.text
    assert short["id"] in page.text and 'value="Rahima"' in page.text
    assert stands(api) == owing
    assert sent(api, clerk, "hand-ins", **short, reason="miscounted").status_code == 303
    after = stands(api)
    assert (after["cash_poisha"], after["float_poisha"]) == (0, owing["float_poisha"] - 100)


def test_more_than_is_owed_and_a_form_that_is_not_whole_change_nothing(
    api: Api, clerk: str, owing: dict[str, int]
) -> None:
    owed = owing["cash_poisha"] - kept(api)
    for said in (
        counted(owed + 500),
        counted(owed) | {"id": "1"},
        {"n_100000": "many"},
        counted(owed - 100) | {"n_one": "5"},
    ):
        answer = sent(api, clerk, "hand-ins", **{"countersigned_by": "Rahima"} | said)
        assert answer.status_code == 422 and re.search(r'class="problem', answer.text)
    assert stands(api) == owing


def test_another_offices_agent_and_a_shop_are_not_there(api: Api, clerk: str) -> None:
    stranger = session_of(api, Role.COUNTER, "1216")
    headers = {"Cookie": f"session={stranger}"}
    assert api.client.get(PATH, headers=headers).status_code == 404
    assert sent(api, stranger, "float", amount_taka="5").status_code == 404
    assert PATH not in opened(api, stranger, "/station/close").text
