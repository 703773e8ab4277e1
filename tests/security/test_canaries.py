"""A day's people, keys and passwords are looked for where they must never be: logs, errors, metrics, other answers."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.policy import SHOWS_PEOPLE
from post_logistics.logs import line_formatter
from tests.api.client import KEY, order
from tests.api.openapi import OPERATIONS, Operation
from tests.security.world import RECIPIENT, SIGNS_OF_PEOPLE, World

SECRETS = ("s3cret-of-nobody", "pl_canary", "ps_canary", "wrong-password-canary")


GETS = [one for one in OPERATIONS if one.method == "GET"]


class Listening(logging.Handler):
    """Remembers every line of every logger, as production and as development write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in {"httpx2", "httpcore2", "httpcore", "asyncio"}:
            return  # the client's own
        for production in (True, False):
            self.text.write(line_formatter(production).format(record) + "\n")


@pytest.fixture
def heard() -> Iterator[Listening]:
    handler, root = Listening(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def a_day(world: World) -> list[Any]:
    """Every kind of request with people, keys and passwords in every field; the errors among the answers."""
    api, answers = world.api, []

    def ask(method: str, path: str, **options: Any) -> None:
        answers.append(api.client.request(method, path, **options))

    merchant = KEY | {"Post-Merchant": world.shop}
    bad = order("C-1", **RECIPIENT)
    for change in (
        {},
        {"weight_g": "1"},
        {"weight_g": 10**9},
        {"recipient_phone": "Canaria Zzyzx"},
        {"extra": "Zzyzx"},
    ):
        ask("POST", "/v1/consignments", json=bad | change, headers=merchant)
        ask("POST", "/v1/consignments", json=bad | change, headers={"Authorization": "Bearer pl_canary"})
    ask("POST", "/v1/sessions", json={"person_id": "canaria", "password": "wrong-password-canary"})
    ask("GET", "/v1/me", headers={"Authorization": "Bearer ps_canary"})
    ask("GET", "/v1/me", headers={"Authorization": "Basic s3cret-of-nobody"})
    ask("GET", "/api/v1/get_balance", headers={"Api-Key": "s3cret-of-nobody", "Secret-Key": "pl_canary"})
    ask("GET", "/v1/tracking/Canaria%20Zzyzx?x=01798765432")
    ask("GET", "/v1/recipients/s3cret-of-nobody")
    ask(
        "POST",
        "/aladdin/api/v1/issue-token",
        json={"client_secret": "s3cret-of-nobody", "password": "wrong-password-canary"},
    )
    ask("POST", "/v1/consignments", content=b"Canaria Zzyzx 01798765432", headers=merchant)
    return answers + [api.get(path_of(world, one)) for one in GETS]


def path_of(world: World, operation: Operation) -> str:
    return re.sub(r"{(\w+)}", lambda place: world.things.get(place[1], "nothing"), operation.path)


def found(text: str, signs: tuple[str, ...]) -> list[str]:
    return [sign for sign in signs if sign in text]


def test_no_log_repeats_people_or_secrets(world: World, heard: Listening) -> None:
    a_day(world)
    said = heard.text.getvalue()
    assert said.count("request") > 20
    assert found(said, SIGNS_OF_PEOPLE + SECRETS) == []
    assert found(said, tuple(key.rpartition("_")[2] for key in world.keys.values())) == []


def test_red_control_a_line_with_a_name_is_heard(heard: Listening) -> None:
    logging.getLogger("api.test").info("booked for %s", "Canaria Zzyzx")
    assert found(heard.text.getvalue(), SIGNS_OF_PEOPLE) == ["Canaria", "Zzyzx"]


def test_metrics_know_nobody(world: World) -> None:
    a_day(world)
    said = world.api.get("/metrics").text
    assert "python_info" in said or "request" in said
    assert found(said, SIGNS_OF_PEOPLE + SECRETS + (world.shop, world.things["item_number"])) == []


def test_no_refusal_gives_a_secret_back(world: World) -> None:
    for answer in a_day(world):
        if answer.status_code >= 400:
            assert found(answer.text + json.dumps(dict(answer.headers)), SECRETS) == [], answer.text
        if answer.status_code in {401, 403, 404, 500, 503}:
            assert found(answer.text, ("1798765432", "Kanari Lane")) == [], answer.text


@pytest.mark.parametrize("operation", GETS, ids=lambda one: one.name)
def test_whoever_looks_at_people_leaves_a_trace_and_nothing_is_kept(world: World, operation: Operation) -> None:
    """Every operation whose answer shows a recipient is one of those that are audited."""
    path = path_of(world, operation)
    for scope in ({}, {"merchant": world.shop}, {"office": "1216"}):
        answer = world.api.get(path, params={"office": "1216"}, **scope)
        if answer.status_code == 200 and found(answer.text, SIGNS_OF_PEOPLE):
            assert operation.name in SHOWS_PEOPLE, operation.name
            assert answer.headers["cache-control"] == "no-store"


PUBLIC = [one for one in GETS if one.is_public and "token" not in one.path]


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda one: one.name)
def test_what_is_public_shows_nobody(world: World, operation: Operation) -> None:
    answer = world.api.client.get(path_of(world, operation))
    assert found(answer.text, SIGNS_OF_PEOPLE) == []
    assert found(answer.text, (world.shop, "Shop 1", "W-1")) == []
