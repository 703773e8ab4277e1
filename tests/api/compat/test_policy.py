"""Every operation of every dialect: nobody without a key, only shops, errors that the dialect can read."""

from typing import Any

import pytest
from fastapi import FastAPI

from api.compat import DIALECTS, PARTS
from api.policy import POLICY
from post_logistics.access.roles import Role
from tests.api.client import Api
from tests.api.openapi import OPERATIONS

_OPEN = {"pathao_token", "pathao_login"}
"""They are given the keys in their bodies."""


def operations() -> list[tuple[str, str, str]]:
    """Name, method and path of every operation, its places filled."""
    found = []
    for part in PARTS:
        app = FastAPI(generate_unique_id_function=lambda route: f"{route.name} {route.path_format}")
        app.include_router(part.router)
        for path, methods in app.openapi()["paths"].items():
            found += [(facts["operationId"].split()[0], method.upper(), path) for method, facts in methods.items()]
    return found


EVERY = operations()


def test_there_are_operations_in_every_dialect() -> None:
    assert len(EVERY) > 40
    assert all(any(path.startswith(f"{prefix}/") for _, _, path in EVERY) for prefix in DIALECTS)


@pytest.mark.parametrize(("name", "method", "path"), EVERY)
def test_without_a_key_nothing_is_answered_and_in_json(api: Api, name: str, method: str, path: str) -> None:
    answer = api.client.request(method, path.replace("{", "1").replace("}", ""))
    assert answer.status_code in ({401, 422} if name in _OPEN else {401})
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in EVERY} - _OPEN))
def test_only_shops_may(name: str) -> None:
    assert POLICY[name] <= frozenset({Role.MERCHANT, Role.ADMINISTRATOR})


def test_the_dialects_are_not_in_the_document_of_our_own_api() -> None:
    assert not [one.path for one in OPERATIONS if one.path.startswith(tuple(DIALECTS))]


@pytest.mark.parametrize("prefix", DIALECTS)
def test_a_mistake_of_ours_is_said_in_the_dialect(prefix: str) -> None:
    problem: dict[str, Any] = {"type": "urn:post-logistics:unexpected", "status": 500, "detail": "something went wrong"}
    status, body = DIALECTS[prefix](problem | {"title": "", "remedy": "tell the post"})
    assert status == 500
    assert "something went wrong" in str(body)


@pytest.mark.parametrize("prefix", DIALECTS)
@pytest.mark.parametrize("rest", ["", "/", "/nothing", "//nothing//"])
def test_a_path_that_there_is_not_is_said_in_the_dialect(api: Api, prefix: str, rest: str) -> None:
    answer = api.client.get(f"{prefix}{rest}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert "remedy" not in answer.json()
