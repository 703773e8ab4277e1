"""What browsers are told with every answer, and which sites' scripts may ask."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.headers import NOTHING
from api.policy import SHOWS_PEOPLE
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from tests.api.client import KEY, Api, running
from tests.api.openapi import OPERATIONS, Operation
from tests.security.world import World

SITE = "https://shop.example"
GETS = [one for one in OPERATIONS if one.method == "GET"]


def path_of(world: World, operation: Operation) -> str:
    return re.sub(r"{(\w+)}", lambda place: world.things.get(place[1], "nothing"), operation.path)


@pytest.mark.parametrize("operation", GETS, ids=lambda one: one.name)
def test_every_answer_says_what_it_is_and_where_it_may_be_kept(world: World, operation: Operation) -> None:
    said = world.api.get(path_of(world, operation), params={"office": "1216"}).headers
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in said["content-security-policy"] or "sandbox" in said["content-security-policy"]
    secret = operation.name in SHOWS_PEOPLE or not {"access", "sessions"}.isdisjoint(operation.facts["tags"])
    assert said["cache-control"] in ({"no-store"} if secret else {"no-store", "private, no-cache", "private, no-store"})
    assert "set-cookie" not in said and "server" not in said and "x-powered-by" not in said


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/nothing", KEY),
        ("GET", "/v1/me", {}),
        ("PATCH", "/v1/me", KEY),
        ("POST", "/v1/consignments", KEY | {"Content-Encoding": "gzip"}),
        ("GET", "/api/v1/get_balance", {}),
        ("GET", "/aladdin/api/v1/stores", {}),
        ("GET", "/v1.0.0-beta/areas", {}),
    ],
)
def test_errors_say_it_too(api: Api, method: str, path: str, headers: dict[str, str]) -> None:
    said = api.client.request(method, path, headers=headers, content=b"x").headers
    assert (said["content-security-policy"], said["cache-control"]) == (NOTHING, "no-store")


@pytest.mark.parametrize("path", ["/docs"])
def test_the_documentation_runs_its_own_scripts_and_no_others(api: Api, path: str) -> None:
    page = api.client.get(path)
    policy = page.headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'self'" in scripts and "unsafe" not in scripts
    assert scripts.count("sha256-") == len(re.findall("<script>", page.text)) >= 1
    assert not re.search(r"<[^>]+\son\w+=", page.text)


def test_transport_security_is_promised_only_where_everybody_comes_over_tls(settings: Settings, api: Api) -> None:
    assert "strict-transport-security" not in api.get("/v1/me").headers
    tls = settings.model_copy(update={"schema_name": "security_tls", "https_only": True})
    with running(tls) as strict:
        assert strict.get("/v1/me").headers["strict-transport-security"].startswith("max-age=31536000")


def preflight(api: Api, origin: str) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    return api.client.options("/v1/consignments", headers=asked)


def test_no_site_may_ask_unless_the_settings_name_it(api: Api) -> None:
    assert preflight(api, SITE).status_code == 405
    assert not [
        name for name in api.get("/v1/me", headers={"Origin": SITE}).headers if name.startswith("access-control")
    ]


@pytest.fixture(scope="module")
def open_api(settings: Settings) -> Iterator[Api]:
    named = settings.model_copy(
        update={"schema_name": "security_cors", "browser_origins": f"{SITE}, https://b.example"}
    )
    with running(named) as api:
        yield api


def test_a_site_of_the_settings_may_ask_and_no_other(open_api: Api) -> None:
    assert preflight(open_api, SITE).headers["access-control-allow-origin"] == SITE
    for stranger in ("https://evil.example", "https://shop.example.evil", "http://shop.example", "null"):
        assert "access-control-allow-origin" not in preflight(open_api, stranger).headers
        answer = open_api.get("/v1/me", headers={"Origin": stranger})
        assert "access-control-allow-origin" not in answer.headers
    answer = open_api.get("/v1/me", headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers  # no cookie ever
    refused = open_api.client.get("/v1/me", headers={"Origin": SITE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SITE)


@pytest.mark.parametrize("origins", ["*", "http://shop.example", "https://shop.example/", "https://*.example", "null"])
def test_production_refuses_what_is_no_single_site(origins: str) -> None:
    unfit = Settings(_env_file=None, environment="production", browser_origins=origins).unfit()  # type: ignore[call-arg]
    assert "browser_origins" in {name for name, _, _ in unfit}
    with pytest.raises(Unacceptable):
        Settings(_env_file=None, environment="production", browser_origins=origins).for_production()  # type: ignore[call-arg]
