"""One-time codes: right once, dead in time, and hopeless to guess."""

import hmac
from datetime import datetime, timedelta
from random import Random
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.door import codes
from post_logistics.operations.door.codes import (
    GOOD_FOR,
    TRIES,
    WAITS,
    WRONG_A_DAY,
    Try,
    check_code,
    check_codes,
    issue_code,
    issue_codes,
    marks_of,
)
from post_logistics.storage.database import Database
from post_logistics.units import bangla_digits

KEY = b"key"
DAY = timedelta(days=1)


class Door:
    """Codes of one item, with the key at hand."""

    def __init__(self, story: Any) -> None:
        self.connection, self.at = story.connection, story.at
        (self.item,) = story.book(0)
        self.chance = Random(5)

    def issue(self, after: timedelta = timedelta(0), **options: Any) -> str:
        return issue_code(self.connection, self.item, "delivery", self.at + after, self.chance, key=KEY, **options)

    def check(self, code: str, after: timedelta = timedelta(0), key: bytes = KEY) -> bool:
        return check_code(self.connection, self.item, "delivery", code, self.at + after, key=key)


@pytest.fixture
def door(story: Any) -> Door:
    return Door(story)


def wrong(code: str, n: int = 1) -> str:
    return f"{(int(code) + n) % 10**6:06}"


def test_a_code_is_right_once(door: Door) -> None:
    code = door.issue()
    assert len(code) == 6 and code.isdigit()
    assert door.check(code)
    assert not door.check(code)


@pytest.mark.parametrize("written", [bangla_digits, lambda c: f" {c[:3]} {c[3:]} ", lambda c: f"{c[:3]}-{c[3:]}"])
def test_a_code_is_understood_as_people_type_it(door: Door, written: Any) -> None:
    assert door.check(written(door.issue()))


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "১২৩", "²²²²²²", "\ud800", "½½½½½½"])
def test_what_is_no_code_is_wrong_and_costs_no_try(door: Door, given: str) -> None:
    code = door.issue()
    for _ in range(TRIES):
        assert not door.check(given)
    assert door.check(code)


def test_a_code_ends_when_its_time_is_up_to_the_second(door: Door) -> None:
    code, end = door.issue(), GOOD_FOR["delivery"]
    assert not door.check(code, end)
    assert door.check(code, end - timedelta(seconds=1))


def test_a_code_given_offline_in_time_is_right_when_it_is_heard_of_later(door: Door) -> None:
    code, late = door.issue(), door.at + 2 * DAY
    assert check_codes(
        door.connection, [Try(door.item, code, door.at + timedelta(hours=3))], "delivery", late, key=KEY
    ) == [True]


@pytest.mark.parametrize(("heard", "right"), [(timedelta(days=3), True), (timedelta(days=3, seconds=1), False)])
def test_a_code_given_offline_is_believed_for_so_long_and_no_longer(door: Door, heard: timedelta, right: bool) -> None:
    tried = Try(door.item, door.issue(), door.at + timedelta(hours=1))
    at = door.at + timedelta(hours=1) + heard
    assert check_codes(door.connection, [tried], "delivery", at, key=KEY) == [right]


def test_a_clock_that_is_years_behind_makes_no_old_code_young(door: Door) -> None:
    tried = Try(door.item, door.issue(), door.at - 4000 * DAY)
    assert check_codes(door.connection, [tried], "delivery", door.at + 2 * DAY, key=KEY) == [False]


def test_a_device_whose_clock_is_ahead_does_not_make_a_code_too_old(door: Door) -> None:
    code = door.issue()
    assert check_codes(door.connection, [Try(door.item, code, door.at + 400 * DAY)], "delivery", door.at, key=KEY) == [
        True
    ]


def test_a_new_code_kills_the_old_one(door: Door) -> None:
    old = door.issue()
    new = door.issue(WAITS[1])
    assert old != new
    assert not door.check(old, WAITS[1])
    assert door.check(new, WAITS[1])


def test_after_so_many_wrong_tries_even_the_right_code_is_dead(door: Door) -> None:
    code = door.issue()
    for n in range(1, TRIES):
        assert not door.check(wrong(code, n))
    assert not door.check(wrong(code, TRIES))
    assert not door.check(code)


def test_red_control_one_wrong_try_less_and_the_code_is_alive(door: Door) -> None:
    code = door.issue()
    for n in range(1, TRIES):
        assert not door.check(wrong(code, n))
    assert door.check(code)


def test_the_wait_for_a_further_code_rises_and_then_the_day_is_over(door: Door) -> None:
    after = timedelta(0)
    door.issue()
    for wait in WAITS[1:]:
        with pytest.raises(Conflict) as refused:
            door.issue(after + wait - timedelta(seconds=1))
        assert refused.value.facts["retry_at"] == door.at + after + wait
        after += wait
        door.issue(after)
    with pytest.raises(Conflict) as refused:
        door.issue(DAY - timedelta(seconds=1))
    assert refused.value.facts["retry_at"] == door.at + DAY
    assert list(WAITS) == sorted(WAITS)
    door.issue(DAY)


def test_a_guesser_who_asks_for_every_code_there_is_gets_no_more_tries_a_day(door: Door) -> None:
    """The bound of the docstring: however codes and tries follow, 15 guesses in a day of 24 hours and not one more."""
    judged, at = 0, timedelta(0)
    while at < DAY:
        try:
            code = door.issue(at)
        except Conflict as refused:
            at = max(at + timedelta(minutes=1), refused.facts["retry_at"] - door.at)
            continue
        before = _wrong_tries(door)
        for n in range(1, 2 * TRIES):
            assert not door.check(wrong(code, n), at)
        judged += _wrong_tries(door) - before
        at += timedelta(minutes=1)
    assert judged == WRONG_A_DAY
    assert f"at most {WRONG_A_DAY} in a million" in str(codes.__doc__)


def _wrong_tries(door: Door) -> int:
    return int(door.connection.execute(text("select wrong from one_time_codes")).scalar_one())


def test_tries_of_one_day_do_not_count_on_the_next_but_those_of_a_code_do(door: Door) -> None:
    code = door.issue(good_for=7 * DAY)
    for n in range(1, TRIES):
        assert not door.check(wrong(code, n))
    assert not door.check(wrong(code), 2 * DAY)
    assert not door.check(code, 2 * DAY)


def test_another_item_purpose_or_key_has_another_code(story: Any) -> None:
    one, other = story.book(0, 0)
    code = issue_code(story.connection, one, "delivery", story.at, Random(1), key=KEY)
    issue_code(story.connection, other, "delivery", story.at, Random(2), key=KEY)
    assert not check_code(story.connection, other, "delivery", code, story.at, key=KEY)
    assert not check_code(story.connection, one, "view", code, story.at, key=KEY)
    assert not check_code(story.connection, one, "delivery", code, story.at, key=b"another")
    assert check_code(story.connection, one, "delivery", code, story.at, key=KEY)


def test_nothing_kept_tells_the_code_without_the_key(door: Door) -> None:
    code = door.issue()
    (kept,) = door.connection.execute(text("select code_hash from one_time_codes")).scalars()
    assert code not in kept
    guesses = (codes.code_hash(b"another key", door.item, "delivery", f"{n:06}") for n in range(0, 10**6, 997))
    assert kept not in guesses
    assert kept == codes.code_hash(KEY, door.item, "delivery", code)


def test_a_mark_tells_nine_of_ten_wrong_codes_and_leaves_a_hundred_thousand(door: Door) -> None:
    code = door.issue()
    (mark,) = marks_of(door.connection, [door.item], door.at, key=KEY).values()

    def fits(guess: str) -> bool:
        return int.from_bytes(hmac.digest(mark.key, guess.encode(), "sha256")[:4]) % 10 == mark.mark

    assert fits(code)
    fitting = sum(fits(f"{guess:06}") for guess in range(0, 10**6, 50))
    assert 1_850 < fitting < 2_150, "of 20,000"


def test_a_code_that_is_used_replaced_or_too_old_has_no_mark_of_its_own(door: Door) -> None:
    assert marks_of(door.connection, [door.item], door.at, key=KEY) == {}
    door.issue()
    before = marks_of(door.connection, [door.item], door.at, key=KEY)
    code = door.issue(WAITS[1])
    after = marks_of(door.connection, [door.item], door.at + WAITS[1], key=KEY)
    assert before[door.item].key == after[door.item].key and door.item in before
    assert marks_of(door.connection, [door.item], door.at + WAITS[1] + GOOD_FOR["delivery"], key=KEY) == {}
    assert door.check(code, WAITS[1])
    assert marks_of(door.connection, [door.item], door.at + WAITS[1], key=KEY) == {}


def test_an_unknown_item_has_no_code(door: Door) -> None:
    with pytest.raises(NotFound):
        issue_code(door.connection, "DP999999990BD", "view", door.at, Random(1), key=KEY)
    assert not check_code(door.connection, "DP999999990BD", "view", "123456", door.at, key=KEY)


def test_many_are_issued_and_checked_at_once_and_those_that_must_wait_are_left_out(story: Any) -> None:
    items = story.book(0, 0, 0)
    issue_code(story.connection, items[0], "delivery", story.at, Random(1), key=KEY)
    issued = issue_codes(story.connection, [*items, "DP999999990BD"], "delivery", story.at, Random(2), key=KEY)
    assert issued.keys() == set(items[1:])
    tries = [Try(items[1], issued[items[1]]), Try(items[2], wrong(issued[items[2]])), Try(items[1], issued[items[1]])]
    assert check_codes(story.connection, tries, "delivery", story.at, key=KEY) == [True, False, False]


def test_of_two_who_give_the_right_code_at_once_one_is_right(database: Database, tell: Any, morning: datetime) -> None:
    with database.transaction() as connection:
        (item,) = tell(connection, morning).book(0)
        code = issue_code(connection, item, "delivery", morning, Random(1), key=KEY)
    answers: list[bool] = []

    def give() -> None:
        with database.transaction() as connection:
            answers.append(check_code(connection, item, "delivery", code, morning, key=KEY))

    threads = [Thread(target=give) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]


def test_first_codes_issued_at_once_leave_one_code_and_no_error(
    database: Database, tell: Any, morning: datetime
) -> None:
    with database.transaction() as connection:
        (item,) = tell(connection, morning).book(0)
    answers: list[str] = []

    def ask(seed: int) -> None:
        with database.transaction() as connection:
            found = issue_codes(connection, [item], "view", morning, Random(seed), key=KEY)
            answers.extend(found.values())

    threads = [Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (code,) = answers
    with database.transaction() as connection:
        assert check_code(connection, item, "view", code, morning, key=KEY)
