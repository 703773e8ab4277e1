"""Certificates: for all lessons of a role; printed, and found again by whoever reads the code on the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from post_logistics import printing
from post_logistics.access.roles import WORDS, Role
from post_logistics.consignments.symbols import qr_svg
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.keeping.retention import load_retention_rules
from post_logistics.operations.training.lessons import Lesson, Lessons, by_role, lessons_of
from post_logistics.storage.database import Connection
from post_logistics.storage.training import learners as store
from post_logistics.storage.training.learners import Certificate, Learner, Tally
from post_logistics.units import DHAKA, bangla_digits, latin_digits, local_day

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 16
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class Standing:
    """A learner among the others: what they finished, in what they are, what they were certified."""

    learner: Learner
    finished: int
    begun: int
    mistakes: int
    certificates: Sequence[Certificate]


@dataclass(frozen=True, slots=True)
class Proven:
    """What a certificate says to whoever reads its code: enough to compare with the paper, and no name.

    ``initials`` and ``number_end`` are empty once the name is no longer kept.
    """

    certificate: Certificate
    initials: str
    number_end: str


def draw_code(chance: Random) -> str:
    """Sixteen characters, 80 bits: nobody guesses one."""
    return "".join(chance.choice(_ALPHABET) for _ in range(_LENGTH))


def code_text(code: str) -> str:
    """The code in fours, as it is printed."""
    return "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))


def code_typed(text: str) -> str:
    """The code that somebody has typed or scanned, with the letters mended that people mistake."""
    return latin_digits(text).strip().upper().translate(_MISREAD)


def left_to_do(lessons: Lessons, role: Role, tallies: Sequence[Tally]) -> list[Lesson]:
    """The lessons of the role that the learner has not finished."""
    finished = {one.lesson for one in tallies if one.finished_at}
    return [one for one in lessons_of(lessons, role) if one.lesson_id not in finished]


def certify(
    connection: Connection, lessons: Lessons, learner_id: UUID, role: Role, code: str, at: datetime
) -> Certificate:
    """The learner's certificate of that role: the one there is, or a new one under ``code``, which is drawn.

    Conflict names what is still to be done.
    """
    store.load_learner(connection, learner_id, lock=True)
    known = [one for one in store.load_certificates(connection, learner_id) if one.role is role]
    if known:
        return known[0]
    those = lessons_of(lessons, role)
    left = left_to_do(lessons, role, store.load_tallies(connection, learner_id))
    if left or not those:
        what = ", ".join(one.title.en for one in left) or "there are no lessons of this role"
        raise Conflict(f"not all lessons are finished: {what}", field="role", remedy="finish them, then ask again")
    made = Certificate(
        code=code, learner_id=learner_id, role=role, lessons=[one.lesson_id for one in those], made_at=at
    )
    store.append_certificate(connection, made)
    return made


def prove(connection: Connection, code: str) -> Proven:
    """What the certificate of that code says; NotFound if the post has made none."""
    found = store.find_certificate(connection, code)
    if found is None:
        raise NotFound(
            "no certificate has this code", field="code", remedy="compare it with the paper, letter by letter"
        )
    learner = store.load_learner(connection, found.learner_id)
    return Proven(found, initials(learner.name), learner.number[-2:])


def initials(name: str) -> str:
    """``R. A.`` of Rahima Akter; the first letter of each word, in its own script."""
    return " ".join(f"{word[0].upper()}." for word in name.split()[:4])


def own_certificate(connection: Connection, code: str, learner_id: UUID) -> tuple[Certificate, Learner]:
    """The learner's own; NotFound for anybody else's, as if there were none."""
    found = store.find_certificate(connection, code)
    if found is None or found.learner_id != learner_id:
        raise NotFound("no certificate has this code", field="code", remedy="open it from the page of your lessons")
    return found, store.load_learner(connection, learner_id)


def certificate_pdf(certificate: Certificate, learner: Learner, lessons: Lessons, address: str) -> bytes:
    """The certificate, A4 across, in both languages. ``address``: where its code is looked up; it stands as QR code."""
    known = [lessons[one] for one in certificate.lessons if one in lessons]
    day, role = certificate.made_at.astimezone(DHAKA).date(), WORDS[certificate.role]
    return printing.pdf(
        "certificate",
        {
            "name": learner.name,
            "number": learner.number,
            "role_en": role[0],
            "role_bn": role[1],
            "day_en": local_day(day),
            "day_bn": local_day(day, "bn"),
            "lessons": [{"en": one.title.en, "bn": one.title.bn} for one in known],
            "count_en": str(len(certificate.lessons)),
            "count_bn": bangla_digits(str(len(certificate.lessons))),
            "code": code_text(certificate.code),
            "address": address,
            "qr_svg": qr_svg(address),
        },
    )


def standings(connection: Connection, lessons: Lessons) -> list[Standing]:
    """How everybody comes along whose name is kept, the last seen first."""
    tallies: dict[UUID, list[Tally]] = {}
    for tally in store.load_tallies(connection):
        if tally.lesson in lessons:
            tallies.setdefault(tally.learner_id, []).append(tally)
    certificates: dict[UUID, list[Certificate]] = {}
    for certificate in store.load_certificates(connection):
        certificates.setdefault(certificate.learner_id, []).append(certificate)
    return [
        Standing(
            learner,
            finished=sum(one.finished_at is not None for one in tallies.get(learner.learner_id, ())),
            begun=len(tallies.get(learner.learner_id, ())),
            mistakes=sum(one.mistakes for one in tallies.get(learner.learner_id, ())),
            certificates=certificates.get(learner.learner_id, ()),
        )
        for learner in store.load_learners(connection)
    ]


def hardest(connection: Connection, lessons: Lessons) -> list[tuple[Lesson, int, int, int]]:
    """Each lesson with how many began it, how many of them finished, and how many wrong answers were given in it."""
    tallies = store.load_tallies(connection)
    found = []
    for _, those in by_role(lessons):
        for lesson in those:
            ours = [one for one in tallies if one.lesson == lesson.lesson_id]
            finished = sum(one.finished_at is not None for one in ours)
            found.append((lesson, len(ours), finished, sum(one.mistakes for one in ours)))
    return found


def forget_learners(connection: Connection, facts_dir: Path, at: datetime) -> int:
    """Names and numbers are gone of all who were not seen for ``learners_days`` of ``retention.toml``."""
    days = load_retention_rules(facts_dir).learners_days
    return store.forget_learners(connection, at - timedelta(days=days))
