"""How long somebody who guesses has to wait: by person and network, so that nobody can be locked out by another."""

import ipaddress
from datetime import datetime, timedelta
from typing import Final

_FREE: Final = 4
"""Mistakes that cost nothing."""
_LONGEST: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
NETWORK_MISTAKES: Final = 100
"""Mistakes of one network in a day, over all names, from which on it waits for any name."""


def may_try_at(failures: int, last_at: datetime) -> datetime:
    """When the next try counts after so many mistakes: 2, 4, 8 ... seconds, at most a quarter of an hour."""
    if failures <= _FREE:
        return last_at
    return last_at + min(timedelta(seconds=2 ** min(failures - _FREE, 12)), _LONGEST)


def network_of(address: str) -> str:
    """The network of an address: 24 bits of an IPv4, 48 of an IPv6 address, or the text itself where it is none."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(one, ipaddress.IPv6Address) and one.ipv4_mapped:
        one = one.ipv4_mapped
    return str(ipaddress.ip_network((one, 24 if one.version == 4 else 48), strict=False))
