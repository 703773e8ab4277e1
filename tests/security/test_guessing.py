"""Who guesses learns nothing: alike in words, in headers and in time; and made-up keys do not make a guesser many."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from httpx2 import Response

from post_logistics.access.roles import Role
from post_logistics.settings import Settings
from tests.api.client import Api, refused, running, taken
from tests.security.world import World, sign_in_as

ABSENT = "DP000000005BD"


def bare(answer: Response) -> tuple[int, str, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.text, headers


def alike(one: Callable[[], Any], other: Callable[[], Any], times: int = 3) -> bool:
    """Whether the two take as long, within a half; the machine has other work to do."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for act, took in zip((one, other), spent, strict=True):
            started = perf_counter()
            act()
            took.append(perf_counter() - started)
    return 0.5 < median(spent[0]) / median(spent[1]) < 2


def sign_in(api: Api, login: str, password: str = "wrong") -> Response:
    answer: Response = api.client.post("/v1/sessions", json={"person_id": login, "password": password})
    return answer


def test_a_name_that_is_there_and_one_that_is_not_are_refused_alike(world: World) -> None:
    there, nobody = sign_in(world.api, "counter-world"), sign_in(world.api, "no-such-person")
    assert bare(there)[:2] == bare(nobody)[:2]
    refused(there, 401)


def test_a_password_is_looked_at_for_as_long_whether_the_name_is_there_or_not(world: World) -> None:
    names = iter(range(100))
    for n in range(3):
        sign_in_as(world, f"timed-{n}", Role.COUNTER)
    there = iter(f"timed-{n}" for n in range(3))
    assert alike(lambda: sign_in(world.api, next(there)), lambda: sign_in(world.api, f"untimed-{next(names)}"))


def test_red_control_a_name_that_is_not_looked_at_takes_another_time(world: World) -> None:
    names = iter(range(100))
    malformed = {"person_id": "x", "password": ""}
    assert not alike(
        lambda: sign_in(world.api, f"red-{next(names)}"), lambda: world.api.client.post("/v1/sessions", json=malformed)
    )


def test_numbers_that_were_issued_cannot_be_told_by_their_neighbours(world: World) -> None:
    """Serial numbers are permuted: of what was booked one after another the numbers lie far apart."""
    items = [world.api.item(world.stranger, f"N-{n}") for n in range(20)]
    serials = [int(item[2:10]) for item in items]
    gaps = [abs(later - earlier) for earlier, later in pairwise(serials)]
    assert min(gaps) > 100 and len(set(gaps)) == len(gaps)


def test_a_code_is_asked_for_alike_for_every_parcel_and_every_phone(world: World) -> None:
    item = world.things["item_number"]
    asked = [
        world.api.client.post("/v1/recipients/codes", json={"item_number": number, "phone": phone})
        for number, phone in ((item, "01798765432"), (item, "01700000000"), (ABSENT, "01798765432"))
    ]
    assert len({bare(answer)[:2] for answer in asked}) == 1


def test_an_order_reference_of_another_shop_is_nobodys(world: World) -> None:
    mine = world.api.book(world.stranger, "W-1")
    assert mine.status_code == 201 and mine.json()["item_number"] != world.things["item_number"]
    query = {"order_ref": "W-2"}
    assert taken(world.api.get("/v1/consignments", params=query, merchant=world.stranger))["consignments"] == []


@pytest.fixture(scope="module")
def narrow(settings: Settings) -> Iterator[Api]:
    few = {"schema_name": "security_narrow", "requests_per_minute": 40, "requests_per_minute_of_a_network": 10}
    with running(settings.model_copy(update=few)) as api:
        yield api


def test_a_new_made_up_key_for_every_request_is_the_same_guesser(narrow: Api) -> None:
    """Or tracking could be harvested as fast as keys can be made up."""
    statuses = [
        narrow.client.get(f"/v1/tracking/{ABSENT}", headers={"Authorization": f"Bearer pl_{n}_x"}).status_code
        for n in range(15)
    ]
    assert statuses == [404] * 10 + [429] * 5


def test_a_key_that_lets_in_counts_by_itself_from_then_on(narrow: Api) -> None:
    shop = narrow.shop()
    key = taken(narrow.post("/v1/keys", {"name": "k"}, merchant=shop), 201)["key"]
    headers, origin = {"Authorization": f"Bearer {key}"}, {"X-Forwarded-For": "203.0.113.9"}
    first = narrow.client.get("/v1/me", headers=headers | origin)
    assert first.status_code in {200, 429}
    if first.status_code == 200:
        limits = {narrow.client.get("/v1/me", headers=headers).headers["ratelimit-limit"] for _ in range(5)}
        assert limits == {"40"}


def test_nobody_says_which_network_they_are_in(narrow: Api) -> None:
    answers = [
        narrow.client.get(f"/v1/tracking/{ABSENT}", headers={"X-Forwarded-For": f"198.51.{n}.1"}) for n in range(12)
    ]
    assert answers[-1].status_code == 429


def test_an_administrator_cannot_become_somebody_else_by_renewing_their_session(world: World) -> None:
    """Whoever renewed the session of finance would be a second pair of eyes in one head."""
    session = world.keys[Role.FINANCE].rpartition("_")[0]
    theirs = refused(world.api.post(f"/v1/keys/{session}/rotation", {}), 404)
    absent = refused(world.api.post("/v1/keys/ps_nothing/rotation", {}), 404)
    assert theirs["detail"].replace(session, "ps_nothing") == absent["detail"]
    assert world.by(Role.FINANCE, "GET", "/v1/me").status_code == 200
