"""Whatever address somebody gives us, and wherever its name leads: the application reaches nothing of ours.

What is an address and what is public is tested in tests/channels/test_destinations.py; here is every place at which an
address comes in, and every place at which a connection goes out.
"""

import random
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, get_args
from uuid import UUID

import pytest

from post_logistics.channels.calling import Line
from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.hosted import HostedPayments
from post_logistics.channels.payments.port import Handle
from post_logistics.cod.payments import Said
from post_logistics.operations.telling.webhooks import Sending, send_webhooks
from post_logistics.storage.telling.webhooks import DialectName
from tests.api.client import MORNING, Api, taken
from tests.api.openapi import OPERATIONS, body_of
from tests.channels.servers import shop
from tests.channels.test_destinations import LED_TO, WRITTEN
from tests.security.world import World
from tests.test_architecture import SOURCES, imported, module_name

GIVEN = {("add_webhook", "url"), ("connect_shop", "domain"), ("connect_a_partner", "url")}
"""The fields of the API that name a place on the network, by operation."""
CALLERS = {
    "channels.calling",  # messages and payments: to addresses that were checked
    "channels.destinations",  # looks names up
    "routing.servers",  # the road server of the settings
    "api.tracing",  # the collector of the settings
    "api.server",  # tries the port that it is to listen on
    "storage",  # the database of the settings
}
_NETWORKED = {
    "socket", "http.client", "urllib.request", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc.client",
    "asyncio.streams", "httpx", "requests", "aiohttp", "urllib3", "httpcore", "websockets", "routingpy", "psycopg",
    "opentelemetry",
}  # fmt: skip
_LOOKS_LIKE_A_PLACE = re.compile(r"(^|_)(ur[li]s?|domain|host|hostname|callback|webhook|endpoint|link|redirect)($|_)")


@dataclass
class Trap:
    """Stands where connections are made, and lets none through but those to ``allowed`` ports of this machine."""

    allowed: set[int] = field(default_factory=set)
    called: list[tuple[str, int]] = field(default_factory=list)

    def connect(self, address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        """Instead of ``socket.create_connection``."""
        self.called.append(address[:2])
        if address[1] in self.allowed:
            made = socket.socket()
            made.connect(address)
            return made
        raise ConnectionRefusedError


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Trap:
    one = Trap()
    monkeypatch.setattr(socket, "create_connection", one.connect)
    return one


@pytest.fixture
def in_production(api: Api) -> Iterator[None]:
    """This machine may be named in development only."""
    app: Any = api.client.app
    engine = app.state.engine
    app.state.engine = replace(engine, settings=engine.settings.model_copy(update={"environment": "production"}))
    yield
    app.state.engine = engine


def properties(schema: Any) -> Iterator[str]:
    """The names of all fields of a body, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def test_every_field_that_names_a_place_is_known_here() -> None:
    found = {
        (operation.name, name)
        for operation in OPERATIONS
        for name in properties(body_of(operation) or {})
        if _LOOKS_LIKE_A_PLACE.search(name)
    }
    assert found == GIVEN


@pytest.mark.usefixtures("in_production")
@pytest.mark.parametrize("dialect", get_args(DialectName))
def test_no_webhook_is_made_for_an_address_with_another_meaning(world: World, dialect: str, trap: Trap) -> None:
    for url in WRITTEN:
        answer = world.api.post("/v1/webhooks", {"url": url.format(port=8000), "dialect": dialect}, merchant=world.shop)
        assert answer.status_code == 422, (url, answer.text)
    assert not trap.called


@pytest.mark.usefixtures("in_production")
def test_no_partner_is_called_at_an_address_with_another_meaning(world: World, trap: Trap) -> None:
    for url in filter(None, WRITTEN):  # an empty one is none
        asked = {"merchant_id": world.shop, "partner": "ekshop", "url": url.format(port=8000)}
        answer = world.api.post("/v1/partners", asked)
        assert answer.status_code == 422, (url, answer.text)
    assert not trap.called


def test_no_shop_has_an_address_with_another_meaning(world: World, trap: Trap) -> None:
    """A scheme and a path are what people paste: they are left away, and what remains is a name."""
    for url in WRITTEN:
        asked = {"kind": "woocommerce", "domain": url.format(port=8000)}
        answer = world.api.post("/v1/shops", asked, merchant=world.api.shop())
        if answer.status_code == 201:
            assert re.fullmatch(r"shop\.example", answer.json()["domain"]), url
        else:
            assert answer.status_code == 422, (url, answer.text)
    assert not trap.called


def endpoint(world: World, url: str) -> UUID:
    """An endpoint of a new shop, and a message that waits for it."""
    owner = world.api.shop()
    made = taken(world.api.post("/v1/webhooks", {"url": url}, merchant=owner), 201)
    taken(world.api.post(f"/v1/webhooks/{made['endpoint_id']}/ping", merchant=owner), 202)
    return UUID(made["endpoint_id"])


def send(world: World, endpoint_id: UUID, addresses: Sequence[str], *, development: bool = False) -> int:
    """How many messages were taken where the name of the host leads there."""
    dial = partial(Line, resolve=lambda host, port: addresses, deadline_s=5)
    sending = Sending(lambda: world.api.at, random.Random(1), development, dial)
    return send_webhooks(world.api.engine.database, endpoint_id, sending)


def test_the_job_that_sends_calls_nothing_inside_wherever_the_name_leads(world: World, trap: Trap) -> None:
    for number, address in enumerate(LED_TO):
        assert send(world, endpoint(world, f"https://shop{number}.example/"), [address]) == 0
    assert not trap.called


def test_a_url_kept_from_development_is_not_called_in_production(world: World, trap: Trap) -> None:
    assert send(world, endpoint(world, "http://127.0.0.1:9/"), ["127.0.0.1"]) == 0
    assert not trap.called


def test_a_shop_that_sends_us_on_is_not_followed(world: World, trap: Trap) -> None:
    with shop() as inside, shop() as outside:
        trap.allowed |= {int(one.url.split(":")[2].split("/")[0]) for one in (inside, outside)}
        for status in (301, 302, 303, 307, 308):
            outside.answer = lambda n, status=status: (status, {"Location": inside.url})  # type: ignore[misc]
            assert send(world, endpoint(world, f"{outside.url}?{status}"), ["127.0.0.1"], development=True) == 0
        assert (len(outside.bodies), inside.connections) == (5, 0)


def test_red_control_the_trap_sees_a_message_that_goes_out(world: World, trap: Trap) -> None:
    assert send(world, endpoint(world, "https://shop.example/"), ["8.8.8.8"]) == 0
    assert trap.called == [("8.8.8.8", 443)]


def test_a_provider_of_payments_leads_nowhere_inside(trap: Trap) -> None:
    for address in LED_TO:
        provider = HostedPayments("https://pay.example", "k", road=Road(resolve=lambda host, port, to=address: [to]))  # type: ignore[misc]
        assert provider.status(Handle("pay-1", MORNING, MORNING)).said is Said.NOTHING
    assert not trap.called


def test_a_provider_that_sends_us_on_is_not_followed(trap: Trap) -> None:
    with shop() as inside, shop() as outside:
        trap.allowed |= {int(one.url.split(":")[2].split("/")[0]) for one in (inside, outside)}
        outside.answer = lambda n: (302, {"Location": inside.url})
        provider = HostedPayments(outside.url, "k", road=Road(development=True))
        assert provider.status(Handle("pay-1", MORNING, MORNING)).said is Said.NOTHING
        assert (len(outside.bodies), inside.connections) == (1, 0)


def networked(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in _NETWORKED)


def test_connections_go_out_at_these_places_only() -> None:
    """Whoever adds one is stopped here, and asked where the address comes from."""
    found = {
        name
        for path in SOURCES
        if any(networked(target) for _, target in imported(path))
        for name in [module_name(path)]
    }
    assert {
        next((one for one in CALLERS if name == one or name.startswith(f"{one}.")), name) for name in found
    } == CALLERS


def test_red_control_an_import_is_seen() -> None:
    assert networked("urllib.request") and not networked("urllib.parse")
