"""Whoever guesses waits longer and longer; where they are is a network, not a single address."""

from datetime import datetime, timedelta

import pytest

from post_logistics.access.lockout import may_try_at, network_of
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 9, tzinfo=DHAKA)


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 0), (4, 0), (5, 2), (6, 4), (10, 64), (14, 900), (16, 900), (10_000, 900)]
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, wait_s: int) -> None:
    assert may_try_at(failures, AT) - AT == timedelta(seconds=wait_s)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_is_counted_with_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
