"""From which network a request comes, whatever it says of itself."""

import ipaddress

from fastapi import Request

from post_logistics.access.lockout import network_of
from post_logistics.settings import Settings


def network_of_request(request: Request, settings: Settings) -> str:
    """The network of whoever asks. A proxy is believed what it forwards for only if the settings name its network."""
    address = request.client.host if request.client else ""
    forwarded = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",") if one.strip()]
    while forwarded and _is_trusted(address, settings.trusted_proxies):
        address = forwarded.pop()
    return network_of(address)


def _is_trusted(address: str, networks: str) -> bool:
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(one in ipaddress.ip_network(network.strip()) for network in networks.split(",") if network.strip())
