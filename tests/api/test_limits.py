"""Whoever asks too often is told to wait, and everybody how much is left."""

from collections.abc import Iterator

import pytest

from api.context import SESSION_COOKIE
from api.limits import Windows
from post_logistics.access.roles import Role
from post_logistics.settings import Settings
from tests.api.client import Api, refused, running, taken
from tests.api.pages.test_station import session_of


@pytest.fixture(scope="module")
def narrow(settings: Settings) -> Iterator[Api]:
    few = {"schema_name": "limits", "requests_per_minute": 5, "requests_per_minute_of_a_network": 3}
    with running(settings.model_copy(update=few)) as api:
        yield api


TRACKED = "/v1/tracking/DP000000005BD"


def test_a_key_counts_by_itself_once_it_has_let_somebody_in(narrow: Api) -> None:
    key = taken(narrow.post("/v1/keys", {"name": "shop"}, merchant=narrow.shop()), 201)["key"]
    answers = [narrow.client.get("/v1/me", headers={"Authorization": f"Bearer {key}"}) for _ in range(7)]
    assert [int(one.headers["ratelimit-limit"]) for one in answers] == [3] + [5] * 6
    assert [int(one.headers["ratelimit-remaining"]) for one in answers[1:]] == [4, 3, 2, 1, 0, 0]
    assert {one.status_code for one in answers[:-1]} == {200}
    refused(answers[-1], 429, "too-many")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_whoever_has_no_key_that_lets_in_asks_as_their_network(narrow: Api) -> None:
    """One of its three requests was the first of the key above. Made-up keys do not make a guesser many."""
    answers = [
        narrow.client.get(TRACKED, headers=headers)
        for headers in ({}, {"Authorization": "Bearer pl_a_b"}, {"Api-Key": "x"}, {"Authorization": "Bearer pl_c_d"})
    ]
    assert [one.status_code for one in answers] == [404, 404, 429, 429]
    assert [int(one.headers["ratelimit-remaining"]) for one in answers] == [1, 0, 0, 0]


def test_the_posts_own_key_and_what_machines_watch_are_not_counted(narrow: Api) -> None:
    assert {narrow.get("/v1/me").status_code for _ in range(20)} == {200}
    assert {narrow.client.get("/healthz").status_code for _ in range(20)} == {200}


def test_a_minute_that_slides_counts_the_one_before_as_far_as_it_reaches() -> None:
    windows = Windows()
    assert [windows.take("a", 4, 59.0) for _ in range(5)] == [(True, 3), (True, 2), (True, 1), (True, 0), (False, 0)]
    assert windows.take("b", 4, 59.0) == (True, 3)  # everybody by themselves
    assert windows.take("a", 4, 60.0) == (False, 0)  # the turn of the minute gives nothing away
    assert windows.take("a", 4, 75.0) == (True, 0)  # a quarter of it has slid out
    assert windows.take("a", 4, 75.0) == (False, 0)
    assert windows.take("a", 4, 105.0) == (True, 1)


def test_who_has_been_quiet_for_two_minutes_is_forgotten() -> None:
    windows = Windows()
    windows.take("a", 4, 30.0)
    assert windows.take("a", 4, 150.0) == (True, 3)
    assert windows.take("a", 4, 10.0) == (True, 2)  # a clock that is set back forgives nothing


def test_clerks_of_one_office_do_not_share_what_their_network_may(settings: Settings) -> None:
    """Whoever has signed in to the pages counts by their session."""
    few = {"schema_name": "limits_of_pages", "requests_per_minute": 5, "requests_per_minute_of_a_network": 3}
    with running(settings.model_copy(update=few)) as api:
        for _ in range(3):
            cookie = {"Cookie": f"look=dark; {SESSION_COOKIE}={session_of(api, Role.COUNTER, '1216')}"}
            answers = [api.client.get("/account", headers=cookie) for _ in range(3)]
            assert [one.headers["ratelimit-remaining"] for one in answers[1:]] == ["4", "3"]
