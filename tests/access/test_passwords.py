"""Passwords are kept as argon2id hashes; a code of a second factor works once, and a step around its time."""

from datetime import datetime, timedelta
from random import Random

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.access.keys import KeyKind, draw_key, fits, halves, hash_of
from post_logistics.access.passwords import (
    draw_password,
    draw_second_factor,
    hash_password,
    is_password,
    lock_up,
    second_factor_uri,
    step_of_code,
    unlock,
)
from post_logistics.access.people import login_of
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 9, tzinfo=DHAKA)
SECRET = draw_second_factor(Random(1))


def test_a_password_is_kept_as_argon2id_and_recognised() -> None:
    kept = hash_password("কথা বলি নদীর পারে", "rahima")
    assert kept.startswith("$argon2id$")
    assert is_password("কথা বলি নদীর পারে", kept)
    assert not is_password("কথা বলি নদীর পাড়ে", kept)


def test_nobody_and_nonsense_have_no_password() -> None:
    assert not is_password("nobody has this password", "")
    assert not is_password("whatever it is", "no hash")


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaa", "my-rahima-2026", "x" * 201])
def test_a_password_that_is_easily_guessed_is_refused(weak: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        hash_password(weak, "rahima")
    assert refused.value.field == "password"


def test_a_drawn_password_is_good_enough_and_never_the_same() -> None:
    draw = Random(2)
    drawn = {draw_password(draw) for _ in range(100)}
    assert len(drawn) == 100 and all(hash_password(one, "rahima") for one in list(drawn)[:2])


def test_a_code_works_once_and_a_step_around_its_time() -> None:
    code = pyotp.TOTP(SECRET).at(AT)
    step = step_of_code(SECRET, code, 0, AT)
    assert step == int(AT.timestamp()) // 30
    assert step_of_code(SECRET, code, 0, AT + timedelta(seconds=30)) == step
    assert step_of_code(SECRET, code, 0, AT - timedelta(seconds=30)) == step
    assert step_of_code(SECRET, code, 0, AT + timedelta(seconds=61)) is None
    assert step_of_code(SECRET, code, step or 0, AT) is None
    assert step_of_code(SECRET, "00000", 0, AT) is None


def test_a_second_factor_is_kept_locked_up() -> None:
    locked = lock_up(SECRET, b"key")
    assert SECRET.encode() not in locked and unlock(locked, b"key") == SECRET
    assert SECRET in second_factor_uri(SECRET, "rahima")


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_is_found_by_one_half_and_proven_by_the_other(kind: KeyKind) -> None:
    drawn = draw_key(kind, Random(3))
    again = halves(drawn.text)
    assert (again.key_id, again.secret) == (drawn.key_id, drawn.secret)
    assert fits(drawn.secret, hash_of(drawn.secret)) and not fits(drawn.secret[:-1], hash_of(drawn.secret))


@given(st.text())
def test_whatever_is_sent_as_a_key_has_two_halves(sent: str) -> None:
    parts = halves(sent)
    assert sent in {parts.text, parts.secret}


@pytest.mark.parametrize(
    ("name", "login"),
    [("Rahima Khatun", "rahima.khatun"), ("Jörg  O'Neil", "jorg.o.neil"), ("রহিমা", "staff"), ("7", "staff")],
)
def test_a_login_is_made_of_a_name(name: str, login: str) -> None:
    assert login_of(name) == login
