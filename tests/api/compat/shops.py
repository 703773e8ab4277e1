"""Shops with the keys of every dialect, and a server on a port for clients that know nothing of each other."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from httpx2 import Response

from post_logistics.operations.access.keys import MerchantCredentials, make_merchant_keys
from post_logistics.units import MerchantId
from tests.api.client import Api

_DRAW = random.Random(20261122)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that comes from another courier: its requests are sent in the dialect that the path is of."""

    api: Api
    merchant_id: MerchantId
    keys: MerchantCredentials

    @property
    def steadfast(self) -> dict[str, str]:
        """The headers of Steadfast's clients."""
        return {"Api-Key": self.keys.steadfast["api_key"], "Secret-Key": self.keys.steadfast["secret_key"]}

    @property
    def redx(self) -> dict[str, str]:
        """The headers of RedX's clients."""
        return {"API-ACCESS-TOKEN": f"Bearer {self.keys.redx['token']}"}

    def request(self, method: str, path: str, **options: Any) -> Response:
        """The answer to a request of the shop."""
        headers = self.redx if path.lstrip("/").startswith("v1.0.0-beta") else self.steadfast
        return self.api.client.request(method, path, headers=headers | options.pop("headers", {}), **options)


def open_shop(api: Api) -> Shop:
    """A new shop and its keys."""
    merchant_id = MerchantId(api.shop())
    with api.engine.database.transaction() as connection:
        keys = make_merchant_keys(connection, merchant_id, api.at, _DRAW, by="test")
    return Shop(api, merchant_id, keys)


@contextmanager
def on_a_port(api: Api) -> Iterator[str]:
    """The URL at which the running application can be reached over the network; it goes on in its own loop."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    server = Server(api.client.app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    assert api.client.portal
    served = api.client.portal.start_task_soon(server.serve)
    _wait_for(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        api.client.portal.call(server.stop)
        served.result(10)


def _wait_for(port: int) -> None:
    until = monotonic() + 20
    while monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.02)
    raise AssertionError("the server does not answer")
