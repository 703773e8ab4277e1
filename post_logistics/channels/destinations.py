"""Where a message to a merchant may go: to a named host on the public internet, and nowhere else.

A merchant chooses the URL, so whoever serves it may wish that we call ourselves: the database, the cloud's metadata, a
printer in the sorting centre. Two walls stand against that. The URL must have one meaning only (``destination``); and
when a message is sent, every address that the name leads to must be public, and the connection is made to the address
that was checked (``public_addresses``), so that a name which changes its mind in between changes nothing.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from post_logistics.errors import Unacceptable

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port -> the addresses that the name leads to, as text. OSError if it leads nowhere."""

MAX_URL_CHARS: Final = 1000
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^\s/?#@:\[\]\\%]+)(?::(?P<port>[0-9]{1,5}))?(?P<target>(?:/[\w.~!$&'()*+,;=:@%/-]*)?"
    r"(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?)",
    re.ASCII | re.IGNORECASE,
)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
"""Two labels or more, the last beginning with a letter: no address in any notation looks like that."""
_HERE: Final = frozenset({"localhost", "127.0.0.1"})

_NOT_PUBLIC_V4: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a provider; some clouds keep their metadata in it
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # public by its number, yet every machine of one cloud finds its host there
        "169.254.0.0/16",  # this link, and the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112, answered by whoever is nearest
        "192.52.193.0/24",  # automatic multicast tunnels
        "192.88.99.0/24",  # relays to IPv6
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6: Final = ip_network("2000::/3")
"""All that is assigned for the internet: what maps, translates or tunnels IPv4 from elsewhere is outside of it."""
_NOT_PUBLIC_V6: Final = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
"""The special-purpose registries of IANA, of November 2026."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart once, so that nothing reads it a second time and otherwise."""

    secure: bool
    host: str
    """In ASCII and lower case."""
    port: int
    target: str
    """Path and query, as in the first line of the request."""
    here: bool
    """This very machine, which only development may name."""


def destination(url: str, *, development: bool = False) -> Destination:
    """The destination that a URL names; Unacceptable, with the reason, if no message may go there.

    Port 443 of a host with a name, over https. In development also ``localhost``, on any port and over plain http.
    """
    found = _URL.fullmatch(url) if len(url) <= MAX_URL_CHARS else None
    if found is None:
        raise _refused("this is not a plain URL", "write it as https://shop.example/webhooks, without a user or #")
    host = _ascii(found["host"])
    secure = found["scheme"].lower() == "https"
    port = int(found["port"] or (443 if secure else 80))
    target = found["target"] if found["target"].startswith("/") else f"/{found['target']}"
    if development and host in _HERE and 0 < port < 2**16:
        return Destination(secure, host, port, target, here=True)
    if not _NAME.fullmatch(host) or len(host) > 253:
        raise _refused(f"{host} is not the name of a host on the internet", "name the host, e.g. shop.example")
    if not secure:
        raise _refused("messages are sent over https only", "write https:// and give the host a certificate")
    if port != 443:
        raise _refused(f"port {port} is not open to messages", "serve it on port 443 and leave the port out")
    return Destination(secure, host, port, target, here=False)


def public_addresses(to: Destination, resolve: Resolve) -> list[str]:
    """The addresses of a destination, every one of them checked; Unacceptable if one of them is not public.

    One bad address condemns the name: a name that leads here and there at once is no merchant's. OSError if the name
    leads nowhere.
    """
    found = resolve(to.host, to.port)
    if not found:
        raise OSError(f"{to.host} has no address")
    for address in found:
        if not (_is_loopback(address) if to.here else is_public(address)):
            raise _refused("the name of the host leads to an address that is not public", "point it to a public one")
    return list(found)


def is_public(address: str) -> bool:
    """Whether an address, in the notation of ``getaddrinfo``, is one of the public internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_V4)
    return parsed in _PUBLIC_V6 and not parsed.scope_id and not any(parsed in network for network in _NOT_PUBLIC_V6)


def system_addresses(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_loopback(address: str) -> bool:
    parsed: IPv4Address | IPv6Address = ip_address(address)
    return parsed.is_loopback


def _ascii(host: str) -> str:
    """The host as the name system knows it: ``দোকান.বাংলা`` has an ASCII form, and full-width digits are digits."""
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        raise _refused("the name of the host cannot be one", "name the host, e.g. shop.example") from None


def _refused(why: str, remedy: str) -> Unacceptable:
    return Unacceptable(why, field="url", remedy=remedy)
