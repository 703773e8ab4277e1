"""Learning: who learns, the lesson they are in, and how far what happened in the made-up world has brought them.

Two databases: ``records`` of the learners, which last, and the ``world`` that is made anew whenever somebody likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from post_logistics.access.roles import Role
from post_logistics.consignments.entries import required_entry, required_words
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.training.lessons import Choice, Lesson, Lessons, Step
from post_logistics.storage.access.people import Membership, load_memberships
from post_logistics.storage.database import Connection
from post_logistics.storage.training import learners as store
from post_logistics.storage.training.learners import DoneStep, Learner, Run
from post_logistics.storage.training.signs import Seen, Stand, find_sign, load_tray
from post_logistics.units import latin_digits

_LONGEST_NAME: Final = 80
_LONGEST_NUMBER: Final = 24
_LINGERS: Final = timedelta(minutes=10)
"""So long a finished lesson is still shown as the last thing done."""
_IN_A_TRAY: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a learner is. ``step``: what is to be done now, the ``number``-th; None when all is done.

    ``tray``: parcels to practise with. ``hint``: whether it is time for the hint. ``explained``: why the choice that
    was made last was right or wrong.
    """

    run: Run
    lesson: Lesson
    number: int
    step: Step | None
    tray: Sequence[str]
    hint: bool
    explained: Choice | None


def enter(connection: Connection, name: str, number: str, learner_id: UUID, at: datetime) -> Learner:
    """The learner of that number: known from before, or from now on under ``learner_id``, which is drawn.

    Unacceptable names what is missing; Conflict where somebody of another name has the number.
    """
    wanted = Learner(
        learner_id=learner_id,
        name=_typed(required_words, name, _LONGEST_NAME, "name"),
        number=latin_digits(_typed(required_entry, number, _LONGEST_NUMBER, "number")).replace(" ", "").upper(),
        begun_at=at,
        last_seen_at=at,
    )
    if store.append_learner(connection, wanted):
        return wanted
    known = store.find_by_number(connection, wanted.number)
    if known is None or known.name.casefold() != wanted.name.casefold():
        raise Conflict(
            "somebody of another name learns under this number",
            field="number",
            remedy="write the name as you did the first time, or correct the number",
        )
    store.saw_learner(connection, known.learner_id, at)
    return replace(known, last_seen_at=at)


def _typed(read: object, text: str, longest: int, field: str) -> str:
    try:
        line: str = read(text, longest)  # type: ignore[operator]
    except Unacceptable as error:
        raise Unacceptable(error.message, field=field, remedy=error.remedy) from None
    return line


def lesson_named(lessons: Lessons, lesson_id: str) -> Lesson:
    """The lesson; NotFound if there is none of that name."""
    if lesson_id not in lessons:
        raise NotFound("no such lesson", field="lesson", remedy="choose one from the list")
    return lessons[lesson_id]


def begin(connection: Connection, lesson: Lesson, learner_id: UUID, run_id: UUID, at: datetime) -> Run:
    """The learner is in that lesson from its beginning; one that they were in is left. Again, it begins anew."""
    store.load_learner(connection, learner_id, lock=True)
    leave(connection, learner_id, at)
    run = Run(run_id=run_id, learner_id=learner_id, lesson=lesson.lesson_id, begun_at=at)
    store.append_run(connection, run)
    store.saw_learner(connection, learner_id, at)
    return run


def leave(connection: Connection, learner_id: UUID, at: datetime) -> None:
    """The learner is in no lesson."""
    run = store.find_open_run(connection, learner_id, lock=True)
    if run is not None:
        store.change_run(connection, run.run_id, left_at=at)


def stand_of(world: Connection, role: Role) -> tuple[Stand, datetime | None]:
    """Where the made-up person of a role stands, and since when there is this world; nowhere if there is none."""
    held: Membership | None = next(iter(load_memberships(world, role.value)), None)
    if held is None:
        return Stand(holder="nobody"), None
    if held.holder:
        return Stand(office=held.office or "", holder=f"{role.value}:{held.holder}"), held.given_at
    return Stand(office=held.office or "", merchant=held.merchant_id or ""), held.given_at


def look(records: Connection, world: Connection, lessons: Lessons, learner_id: UUID, at: datetime) -> Progress | None:
    """How far the learner is in the lesson that they are in, or have just finished; None if there is none.

    What was done since the last look is kept. A sign counts from the one before it on, so steps are done in their
    order; a world that was made anew counts from its beginning.
    """
    run = store.find_open_run(records, learner_id, lock=True) or store.find_last_run(records, learner_id)
    if run is None or run.left_at or run.lesson not in lessons:
        return None
    lesson = lessons[run.lesson]
    if run.finished_at:
        return _finished(run, lesson, at)
    done = store.load_steps(records, run.run_id)
    news = _seen_since(world, run, lesson, done)
    store.append_steps(records, news)
    if news:
        store.change_run(records, run.run_id, tried=None)
        run = replace(run, tried=None)
    return _progress(records, world, run, lesson, [*done, *news], at)


def _finished(run: Run, lesson: Lesson, at: datetime) -> Progress | None:
    assert run.finished_at
    if at - run.finished_at > _LINGERS:
        return None
    last = lesson.steps[-1]
    right = next((one for one in last.choices if one.is_right), None)
    number = len(lesson.steps)
    return Progress(run=run, lesson=lesson, number=number, step=None, tray=(), hint=False, explained=right)


def _seen_since(world: Connection, run: Run, lesson: Lesson, done: Sequence[DoneStep]) -> list[DoneStep]:
    """The steps that follow on those done, as far as their signs were given."""
    news: list[DoneStep] = []
    for number in range(len(done) + 1, len(lesson.steps) + 1):
        step = lesson.steps[number - 1]
        seen = _sign_of(world, run, step, lesson, [*done, *news]) if step.done else None
        if seen is None:
            break
        news.append(DoneStep(run_id=run.run_id, step=number, done_at=max(seen.at, run.begun_at), about=seen.about))
    return news


def _sign_of(world: Connection, run: Run, step: Step, lesson: Lesson, done: Sequence[DoneStep]) -> Seen | None:
    assert step.done
    stand, made_at = stand_of(world, step.role)
    if made_at is None:
        return None
    signed = [one for one in done if lesson.steps[one.step - 1].done]
    before = lesson.steps[signed[-1].step - 1].done if signed else None
    since = max([run.begun_at, made_at, *(one.done_at for one in signed)])
    return find_sign(
        world,
        step.done.sign,
        step.done.words,
        Stand(holder=stand.holder) if stand.holder else stand,
        None if step.done.ever else since,
        about=signed[-1].about if signed and (step.done.same or step.done.other) else "",
        apart=step.done.other,
        count=step.done.count,
        later=before is not None and step.done.may_be(before),
    )


def _progress(
    records: Connection, world: Connection, run: Run, lesson: Lesson, done: Sequence[DoneStep], at: datetime
) -> Progress:
    if len(done) >= len(lesson.steps):
        store.change_run(records, run.run_id, finished_at=at)
        store.saw_learner(records, run.learner_id, at)
        finished = _finished(replace(run, finished_at=at), lesson, at)
        assert finished
        return finished
    step = lesson.steps[len(done)]
    since = max([run.begun_at, *(one.done_at for one in done)])
    tray = load_tray(world, step.tray, stand_of(world, step.role)[0], _IN_A_TRAY) if step.tray else []
    before = lesson.steps[len(done) - 1].choices if done else ()
    explained = (
        step.choices[run.tried] if run.tried is not None else next((one for one in before if one.is_right), None)
    )
    hint = step.hint is not None and at - since >= timedelta(seconds=step.hint_after_s)
    return Progress(run=run, lesson=lesson, number=len(done) + 1, step=step, tray=tray, hint=hint, explained=explained)


def answer(records: Connection, lessons: Lessons, learner_id: UUID, number: int, chosen: int, at: datetime) -> None:
    """The question of that step is answered: the step is done if it was right. An answer that comes late is nothing.

    Unacceptable if there is no such choice.
    """
    run = store.find_open_run(records, learner_id, lock=True)
    if run is None or run.lesson not in lessons:
        return
    done, steps = store.load_steps(records, run.run_id), lessons[run.lesson].steps
    if number != len(done) + 1 or number > len(steps) or not steps[number - 1].choices:
        return
    choices = steps[number - 1].choices
    if not 0 <= chosen < len(choices):
        raise Unacceptable("there is no such answer", field="choice", remedy="choose one of those shown")
    if choices[chosen].is_right:
        store.append_steps(records, [DoneStep(run_id=run.run_id, step=number, done_at=at, about="")])
        store.change_run(records, run.run_id, tried=None)
    else:
        store.change_run(records, run.run_id, tried=chosen, mistakes=run.mistakes + 1)
