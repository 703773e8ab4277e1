"""One-time codes: six digits by which a recipient shows, at the door or on the net, that the parcel is theirs.

Why six digits at the door, too: whoever wants to say "delivered" without having been there can try codes for every
parcel of a tour. With four digits, 15 tries a day for each of 40 parcels would succeed on one day in seventeen; with
six, on one in 1,667.

What bounds guessing, for each item and purpose:

- a code lives for some time (``GOOD_FOR``), is used once, and dies when another is issued;
- after ``TRIES`` wrong ones it is dead, and a new one must be issued;
- a new one is issued at most as often and as soon as ``WAITS`` says;
- a day of 24 hours, which begins with its first issue, has room for ``WRONG_A_DAY`` wrong tries over all its codes.

So a guesser's chance is at most 15 in a million in such a day, and 30 in any 24 hours, for they touch two at most.
Whoever has used up the tries has shut out the recipient for that day, too; a signature or a photo still proves a
delivery, and the private link still opens the view.

A rider without a network can tell most wrong codes from the right one by its mark (``marks_of``): one digit of a hash.
More could be tried out at home, six digits are soon done; the mark of each code is shared by a hundred thousand others.
A rider who guesses therefore guesses ten times as well, at 15 in 100,000 for each parcel and day; over a tour of 40
that is one day in 167, on which some 600 wrong codes are on record.

A wrong try is counted in the caller's transaction: answer it, and commit. Raising would take the count back.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

from post_logistics.errors import Conflict, NotFound
from post_logistics.storage.database import Connection
from post_logistics.storage.door.codes import KeptCode, load_codes, lock_codes, open_codes, save_codes
from post_logistics.units import DHAKA, latin_digits

Purpose = Literal["delivery", "view"]

DIGITS: Final = 6
GOOD_FOR: Final[dict[Purpose, timedelta]] = {"delivery": timedelta(hours=24), "view": timedelta(minutes=10)}
TRIES: Final = 5
"""Wrong ones after which a code is dead."""
WRONG_A_DAY: Final = 15
WAITS: Final = tuple(timedelta(minutes=n) for n in (0, 1, 5, 30, 120))
"""How long after the one before each further code of a day may be issued; there are no more than these."""

LONGEST_OFFLINE: Final = timedelta(days=3)
"""So long after it was given at a door without a network a code is still believed."""

_DAY: Final = timedelta(days=1)
_MARKS: Final = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """By which a device alone tells nine of ten wrong codes of an item: ``hmac(key, code)``, its first 32 bits modulo
    10, is ``mark``."""

    key: bytes
    mark: int


@dataclass(frozen=True, slots=True)
class Try:
    """A code that somebody gave for an item. ``given_at``: when, by a device that was offline and may be wrong."""

    item_number: str
    code: str
    given_at: datetime | None = None


def issue_code(
    connection: Connection,
    item_number: str,
    purpose: Purpose,
    at: datetime,
    chance: Random,
    *,
    key: bytes,
    good_for: timedelta | None = None,
) -> str:
    """A new code of six digits for the recipient's eyes only; the one before it is dead.

    Only a hash under ``key`` is kept. ``chance``: ``random.SystemRandom()`` but in tests. NotFound if there is no such
    item; Conflict says from when on (``retry_at``) there may be another.
    """
    issued = issue_codes(connection, [item_number], purpose, at, chance, key=key, good_for=good_for)
    if item_number in issued:
        return issued[item_number]
    kept = lock_codes(connection, [item_number], purpose).get(item_number)
    if kept is None:
        raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
    retry_at = _issuable_at(_today(kept, at))
    raise Conflict(
        "a code was sent a short time ago, or several were today",
        field="item_number",
        remedy=f"use the last one, or ask again after {retry_at.astimezone(DHAKA):%H:%M}",
        retry_at=retry_at,
    )


def issue_codes(
    connection: Connection,
    item_numbers: Sequence[str],
    purpose: Purpose,
    at: datetime,
    chance: Random,
    *,
    key: bytes,
    good_for: timedelta | None = None,
) -> dict[str, str]:
    """New codes by item, as ``issue_code`` makes them; left out are items unknown, and those that have to wait."""
    codes: dict[str, str] = {}
    changed: list[KeptCode] = []
    for item_number, kept in open_codes(connection, item_numbers, purpose, at).items():
        today = _today(kept, at)
        if at < _issuable_at(today):
            continue
        codes[item_number] = f"{chance.randrange(10**DIGITS):0{DIGITS}}"
        changed.append(
            replace(
                today,
                code_hash=code_hash(key, item_number, purpose, codes[item_number]),
                made_at=at,
                expires_at=at + (good_for or GOOD_FOR[purpose]),
                tries=0,
                used_at=None,
                issues=today.issues + 1,
            )
        )
    save_codes(connection, changed)
    return codes


def check_code(
    connection: Connection, item_number: str, purpose: Purpose, code: str, at: datetime, *, key: bytes
) -> bool:
    """Whether that is the item's code; if so, it is used. A wrong try counts, so the transaction must be committed."""
    return check_codes(connection, [Try(item_number, code)], purpose, at, key=key)[0]


def check_codes(
    connection: Connection, tries: Sequence[Try], purpose: Purpose, at: datetime, *, key: bytes
) -> list[bool]:
    """Whether each is the code of its item, in their order; those that are have been used."""
    kept = lock_codes(connection, sorted({one.item_number for one in tries}), purpose)
    tried: dict[str, KeptCode] = {}
    answers = []
    for one in tries:
        before = tried.get(one.item_number) or kept.get(one.item_number)
        given_hash = code_hash(key, one.item_number, purpose, one.code)
        right = before is not None and hmac.compare_digest(given_hash, before.code_hash)
        if before is None or not _is_code(one.code) or not _may_be_tried(before, at, one.given_at):
            right = False
        else:
            tried[one.item_number] = _after_try(_today(before, at), at, right=right)
        answers.append(right)
    save_codes(connection, list(tried.values()))
    return answers


def marks_of(connection: Connection, item_numbers: Sequence[str], at: datetime, *, key: bytes) -> dict[str, Mark]:
    """Item -> the mark of the code by which it is handed over, for those items that have one that is alive."""
    return {
        item: Mark(_key_of(key, item, "delivery"), int(kept.code_hash[:8], 16) % _MARKS)
        for item, kept in load_codes(connection, item_numbers, "delivery").items()
        if _may_be_tried(kept, at, None)
    }


def code_hash(key: bytes, item_number: str, purpose: Purpose, code: str) -> str:
    """What is kept of a code: without the key nobody can find the digits by trying them all."""
    return hmac.digest(_key_of(key, item_number, purpose), _plain(code).encode("utf-8", "replace"), "sha256").hex()


def _key_of(key: bytes, item_number: str, purpose: Purpose) -> bytes:
    """A key for the codes of one item and purpose, which tells nothing of the others'."""
    return hmac.digest(key, f"one-time code/{item_number}/{purpose}".encode("utf-8", "replace"), "sha256")


def _plain(code: str) -> str:
    """The code as it was sent, however it was typed: Bangla digits, spaces and hyphens."""
    return latin_digits(code).replace(" ", "").replace("-", "")


def _is_code(code: str) -> bool:
    plain = _plain(code)
    return len(plain) == DIGITS and plain.isascii() and plain.isdigit()


def _today(kept: KeptCode, at: datetime) -> KeptCode:
    """The row with the counts of the day that it is."""
    if at - kept.day_began_at < _DAY:
        return kept
    return replace(kept, day_began_at=at, issues=0, wrong=0)


def _issuable_at(today: KeptCode) -> datetime:
    """From when on a further code may be issued."""
    if today.issues >= len(WAITS) or today.wrong >= WRONG_A_DAY:
        return today.day_began_at + _DAY
    return today.made_at + WAITS[today.issues]


def _may_be_tried(kept: KeptCode, at: datetime, given_at: datetime | None) -> bool:
    """Whether a try with the code can be right, and so has to be counted if it is wrong."""
    offline = given_at is not None and kept.made_at <= given_at <= at <= given_at + LONGEST_OFFLINE
    alive = kept.used_at is None and kept.tries < TRIES and (given_at if offline and given_at else at) < kept.expires_at
    return bool(kept.code_hash) and alive and _today(kept, at).wrong < WRONG_A_DAY


def _after_try(today: KeptCode, at: datetime, *, right: bool) -> KeptCode:
    if right:
        return replace(today, used_at=at)
    return replace(today, tries=today.tries + 1, wrong=today.wrong + 1)
