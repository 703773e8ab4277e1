"""The protocol of messages to merchants: what is signed, when it is tried again, when an endpoint is left alone."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from post_logistics.channels.calling import Answer
from post_logistics.channels.webhooks import (
    FAILURES_TO_PAUSE,
    GIVEN_UP_AFTER,
    TRIES_IN_ORDER,
    headers,
    next_try_at,
    pause_until,
    payload,
    secret_of,
    wants_no_more,
    was_taken,
)
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 14, 5, 30, tzinfo=DHAKA)
OLD, NEW = secret_of(b"o" * 32), secret_of(b"n" * 32)


def test_a_signature_is_what_the_specification_says() -> None:
    made = headers("msg_1", '{"text_bn":"বিলি"}', [NEW], AT)
    seconds = str(int(AT.timestamp()))
    signed = f'msg_1.{seconds}.{{"text_bn":"বিলি"}}'.encode()
    expected = b64encode(hmac.digest(b64decode(NEW.removeprefix("whsec_")), signed, hashlib.sha256)).decode()
    assert (made["webhook-id"], made["webhook-timestamp"]) == ("msg_1", seconds)
    assert made["webhook-signature"] == f"v1,{expected}"


def test_the_librarys_receiver_accepts_either_secret_while_it_changes() -> None:
    now = datetime.now(DHAKA)  # the receiver compares with its own clock
    made = headers("msg_1", "{}", [NEW, OLD], now)
    assert len(made["webhook-signature"].split(" ")) == 2
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(b"{}", made) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(b"x" * 32)).verify(b"{}", made)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(b"[]", made)


@pytest.mark.parametrize("clock", [AT, AT.astimezone(UTC)])
def test_the_clock_of_dhaka_signs_the_same_instant(clock: datetime) -> None:
    assert headers("m", "{}", [NEW], clock) == headers("m", "{}", [NEW], AT)


def test_a_secret_has_its_form_and_its_length() -> None:
    secret = secret_of(bytes(range(32)))
    assert secret.startswith("whsec_")
    assert b64decode(secret.removeprefix("whsec_")) == bytes(range(32))
    with pytest.raises(ValueError, match="32"):
        secret_of(b"short")


def test_a_payload_has_type_time_and_data() -> None:
    made = payload("parcel.accepted", AT, {"item_number": "DP473124829BD"})
    assert made == {
        "type": "parcel.accepted",
        "timestamp": "2026-11-22T08:05:30Z",
        "data": {"item_number": "DP473124829BD"},
    }
    assert json.dumps(made)


@pytest.mark.parametrize(
    ("status", "taken", "gone"),
    [
        (200, True, False),
        (204, True, False),
        (299, True, False),
        (199, False, False),
        (300, False, False),
        (302, False, False),
        (400, False, False),
        (410, False, True),
        (500, False, False),
        (None, False, False),
    ],
)
def test_what_counts_as_taken(status: int | None, taken: bool, gone: bool) -> None:
    answer = Answer(status, "")
    assert (was_taken(answer), wants_no_more(answer)) == (taken, gone)


@given(st.integers())
def test_a_message_is_tried_for_three_days_and_then_given_up(seed: int) -> None:
    chance, at, times = Random(seed), AT, [AT]
    give_up_at = AT + GIVEN_UP_AFTER
    while (again := next_try_at(len(times), at, give_up_at, chance)) is not None:
        assert again > at
        at = again
        times.append(at)
    assert 10 <= len(times) <= 12
    assert timedelta(hours=50) < times[-1] - AT <= GIVEN_UP_AFTER
    assert times[1] - AT <= timedelta(seconds=5)
    assert times[TRIES_IN_ORDER - 1] - AT <= timedelta(minutes=36)


def test_no_two_endpoints_come_back_at_the_same_time() -> None:
    chance = Random(1)
    assert len({next_try_at(3, AT, AT + GIVEN_UP_AFTER, chance) for _ in range(100)}) > 90


def test_an_endpoint_is_left_alone_after_some_failures_and_ever_longer() -> None:
    failed = Answer(500, "HTTP 500")
    pauses = [pause_until(n, failed, AT, Random(1)) for n in range(1, 40)]
    assert pauses[: FAILURES_TO_PAUSE - 1] == [None] * (FAILURES_TO_PAUSE - 1)
    lengths = [pause - AT for pause in pauses if pause]
    assert timedelta(seconds=8) <= lengths[0] <= timedelta(seconds=10)
    assert all(a < b for a, b in pairwise(lengths[:7]))
    assert max(lengths) <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, " 60 ", timedelta(seconds=60)),
        (503, "Sun, 22 Nov 2026 08:06:30 GMT", timedelta(minutes=1)),
        (503, "Sun, 22 Nov 2026 08:00:00 GMT", None),
        (429, "99999999999999999999", timedelta(hours=12)),
        (429, "-5", None),
        (429, "১২০", None),
        (429, "soon", None),
        (429, "", None),
        (500, "120", None),
    ],
)
def test_an_endpoint_may_ask_to_be_left_alone(status: int, asked: str, pause: timedelta | None) -> None:
    assert pause_until(1, Answer(status, "", asked), AT, Random(1)) == (AT + pause if pause else None)
