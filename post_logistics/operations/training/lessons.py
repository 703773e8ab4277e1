"""Lessons as they stand in ``data/lessons``: a file each, whose steps say what to do and by what that is seen."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeVar

from post_logistics.access.roles import Role
from post_logistics.cod.postings import Code
from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Unacceptable
from post_logistics.storage.training.signs import SIGNS, TRAYS
from post_logistics.tracking.claims import ClaimKind
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import ProofKind
from post_logistics.units import Language

Kind = TypeVar("Kind")
Fact = TypeVar("Fact", bound="_Head | _Choice")
FOLDER: Final = "lessons"
TAUGHT: Final = (Role.COUNTER, Role.RIDER, Role.AGENT, Role.MERCHANT, Role.MANAGER, Role.FINANCE)
"""Roles that there may be lessons for, in the order in which they are shown."""
WORDS: Final[Mapping[str, frozenset[str]]] = {
    "scan": frozenset(Event),
    "proof": frozenset(ProofKind),
    "weighing": frozenset({"dearer", "cheaper", "as_booked"}),
    "receipt": frozenset({"cash", "digital", "short"}),
    "close": frozenset(f"{whose}-{how}" for whose in ("rider", "office") for how in ("exact", "short", "over")),
    "deposit": frozenset({"deposit"}),
    "transfer": frozenset(Code),
    "booking": frozenset({"cod", "prepaid"}),
    "pickup": frozenset({"asked"}),
    "claim": frozenset(ClaimKind),
    "exception": frozenset({"taken", "closed"}),
    "device": frozenset({"computer", "phone", "centre"}),
    "centre": frozenset(
        {"booking", "drop_off", "hand_over", "payment", "shift_opened", "shift_closed", "shift_differs"}
    ),
}
"""Sign -> what it can say exactly. An ``act`` says the name of an operation, of which there are hundreds."""


@dataclass(frozen=True, slots=True)
class Said:
    """The same in both languages."""

    en: str
    bn: str

    def said(self, language: Language) -> str:
        """It in that language."""
        return self.bn if language == "bn" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """By what a step is seen to be done. ``words``: one of these; none: any.

    ``same``: with the same parcel, bag or close as the step before; ``other``: with another. ``ever``: also before the
    lesson began.
    """

    sign: str
    words: tuple[str, ...] = ()
    count: int = 1
    same: bool = False
    other: bool = False
    ever: bool = False

    def may_be(self, other: "Sign") -> bool:
        """Whether one and the same deed could be both: then it has to be done again."""
        return self.sign == other.sign and (
            not self.words or not other.words or not set(self.words).isdisjoint(other.words)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to a question, and why it is right or wrong."""

    text: Said
    why: Said
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do as whom and on which page; done when ``done`` is seen, or the right one of ``choices`` is chosen.

    ``tray``: which parcels are shown to practise with; ``file``: what is given to try it with, from ``lessons/files``.
    """

    do: Said
    page: str
    role: Role
    hint: Said | None
    hint_after_s: int
    tray: str
    file: str
    done: Sign | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What somebody of a role learns in a quarter of an hour."""

    lesson_id: str
    role: Role
    title: Said
    why: Said
    steps: tuple[Step, ...]


Lessons = Mapping[str, Lesson]
"""Name -> lesson, those of a role together, in the order of their names."""


def load_lessons(facts_dir: Path) -> Lessons:
    """Every lesson there is; Unacceptable names the file, the step and the key that is wrong."""
    found = [_lesson(path) for path in sorted((facts_dir / FOLDER).glob("*.toml"))]
    return {one.lesson_id: one for one in sorted(found, key=lambda one: (TAUGHT.index(one.role), one.lesson_id))}


def lessons_of(lessons: Lessons, role: Role) -> list[Lesson]:
    """All of one role, in their order."""
    return [one for one in lessons.values() if one.role is role]


def by_role(lessons: Lessons) -> list[tuple[Role, list[Lesson]]]:
    """Role after role, each with its lessons."""
    return [(role, list(those)) for role, those in groupby(lessons.values(), lambda one: one.role)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    role: str
    title_en: str
    title_bn: str
    why_en: str
    why_bn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    do_en: str
    do_bn: str
    page: str = ""
    role: str = ""
    tray: str = ""
    file: str = ""
    hint_en: str = ""
    hint_bn: str = ""
    hint_after_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    en: str
    bn: str
    why_en: str
    why_bn: str
    right: bool = False


def _lesson(path: Path) -> Lesson:
    table, where = read_facts(path), f"{FOLDER}/{path.name}"
    steps = table.pop("steps", None)
    head = _whole(fact_of(_Head, table, where), where)
    role = _one_of(head.role, {one.value: one for one in TAUGHT}, "role", where)
    if not isinstance(steps, list) or not steps:
        raise _wrong(where, "steps", "there are no steps", "write a block [[steps]] for each")
    read = tuple(_step(step, role, f"{where}, step {n}") for n, step in enumerate(steps, 1))
    for n, step in enumerate(read, 1):
        if step.file and not (path.parent / "files" / step.file).is_file():
            raise _wrong(f"{where}, step {n}", "file", f"there is no file {step.file}", f"lay it in {FOLDER}/files")
    if read[0].done is not None and (read[0].done.same or read[0].done.other):
        raise _wrong(f"{where}, step 1", "same", "no step comes before the first", "leave same and other out")
    title, why = Said(head.title_en, head.title_bn), Said(head.why_en, head.why_bn)
    return Lesson(lesson_id=path.stem, role=role, title=title, why=why, steps=read)


def _step(table: dict[str, Any], role: Role, where: str) -> Step:
    done, choices = table.pop("done", None), table.pop("choices", None)
    step = fact_of(_Step, table, where)
    if (done is None) == (choices is None):
        raise _wrong(
            where, "done", "a step is done by a sign or by an answer", "write [steps.done], or [[steps.choices]]"
        )
    for name in ("do", "hint"):
        if bool(getattr(step, f"{name}_en")) != bool(getattr(step, f"{name}_bn")):
            raise _wrong(where, f"{name}_bn", "it is said in one language only", f"write {name}_en and {name}_bn")
    if step.page and not step.page.startswith("/"):
        raise _wrong(where, "page", f"{step.page!r} is no page of ours", 'write a path such as "/station"')
    return Step(
        do=Said(step.do_en, step.do_bn),
        page=step.page,
        role=_one_of(step.role, {one.value: one for one in Role}, "role", where) if step.role else role,
        hint=Said(step.hint_en, step.hint_bn) if step.hint_en else None,
        hint_after_s=step.hint_after_s,
        tray=_one_of(step.tray, {one: one for one in TRAYS}, "tray", where) if step.tray else "",
        file=step.file,
        done=_sign(done, where) if done is not None else None,
        choices=_choices(choices, where) if choices is not None else (),
    )


def _sign(table: dict[str, Any], where: str) -> Sign:
    words = table.pop("words", [])
    sign = fact_of(Sign, table, where)
    _one_of(sign.sign, {one: one for one in SIGNS}, "sign", where)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise _wrong(where, "words", "words is no list of texts", 'write words = ["accepted"]')
    for word in words if sign.sign in WORDS else ():
        _one_of(word, {one: one for one in WORDS[sign.sign]}, "words", where)
    if sign.same and sign.other:
        raise _wrong(where, "other", "it cannot be the same and another", "leave one of the two out")
    if sign.count < 1:
        raise _wrong(where, "count", "nothing is seen less than once", "write a whole number above zero")
    return replace(sign, words=tuple(words))


def _choices(tables: Any, where: str) -> tuple[Choice, ...]:
    given = tables if isinstance(tables, list) else []
    read = [
        _whole(fact_of(_Choice, one, f"{where}, choice {n}"), f"{where}, choice {n}") for n, one in enumerate(given, 1)
    ]
    if len(read) < 2 or sum(one.right for one in read) != 1:
        raise _wrong(
            where, "choices", "a question has two answers or more, and one is right", "write right = true once"
        )
    return tuple(Choice(Said(one.en, one.bn), Said(one.why_en, one.why_bn), one.right) for one in read)


def _whole(fact: Fact, where: str) -> Fact:
    """The same, if no text of it is empty."""
    for one in fields(fact):
        if getattr(fact, one.name) == "":
            raise _wrong(where, one.name, f"{one.name} is empty", "write it, in English and in Bangla")
    return fact


def _one_of(name: str, known: Mapping[str, Kind], key: str, where: str) -> Kind:
    if name not in known:
        raise _wrong(where, key, f"{name!r} is not known here", f"use one of: {', '.join(sorted(known))}")
    return known[name]


def _wrong(where: str, field: str, said: str, remedy: str) -> Unacceptable:
    return Unacceptable(f"{where}: {said}", field=field, remedy=remedy)
