"""Learning: two at once are one, a sign counts once and in its order, and names are forgotten in time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from post_logistics.access.roles import Role
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.training import certificates, learning
from post_logistics.operations.training.lessons import Choice, Lesson, Said, Sign, Step
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.training import learners as store
from post_logistics.storage.training.learners import Certificate, Learner
from post_logistics.storage.training.signs import SIGNS, TRAYS, Stand, find_sign, load_tray

_WORD = Said("word", "শব্দ")
_CHOICES = (Choice(_WORD, _WORD, False), Choice(_WORD, _WORD, True))


def step(sign: Sign | None = None) -> Step:
    return Step(
        do=_WORD,
        page="/station",
        role=Role.COUNTER,
        hint=None,
        hint_after_s=60,
        tray="",
        file="",
        done=sign,
        choices=() if sign else _CHOICES,
    )


def lesson(*steps: Step, name: str = "counter-1") -> Lesson:
    return Lesson(lesson_id=name, role=Role.COUNTER, title=_WORD, why=_WORD, steps=steps)


def acted(connection: Connection, operation: str, at: datetime, about: str = "x") -> None:
    """Something done at the office."""
    connection.execute(
        text(
            "insert into audit (at, actor, merchant_id, office, operation, about) "
            "values (:at, 'counter', '', '1216', :operation, array[:about])"
        ),
        {"at": at, "operation": operation, "about": about},
    )


@pytest.fixture
def world(connection: Connection, morning: datetime) -> Connection:
    """A world with nothing in it but a counter clerk."""
    connection.execute(
        text(
            "insert into people (person_id, name, password_hash, must_change, totp_secret, totp_step, totp_proven, "
            "made_by, made_at) values ('counter', 'Counter', '', false, '', 0, false, 'practice', :at)"
        ),
        {"at": morning},
    )
    connection.execute(
        text(
            "insert into memberships (person_id, role, office, holder, given_by, given_at) "
            "values ('counter', 'counter', '1216', '', 'practice', :at)"
        ),
        {"at": morning},
    )
    return connection


@pytest.fixture
def somebody(world: Connection, morning: datetime) -> Learner:
    return learning.enter(world, "Rahima Akter", "S-1", uuid4(), morning)


def begun(connection: Connection, one: Lesson, learner: Learner, at: datetime) -> Callable[[datetime], int | None]:
    """Where the learner is at that time: the number of the step, None when all is done."""
    learning.begin(connection, one, learner.learner_id, uuid4(), at)

    def looked(then: datetime) -> int | None:
        found = learning.look(connection, connection, {one.lesson_id: one}, learner.learner_id, then)
        assert found
        return found.number if found.step else None

    return looked


def test_signs_count_once_and_in_their_order(world: Connection, somebody: Learner, morning: datetime) -> None:
    a, b = Sign(sign="act", words=("a",)), Sign(sign="act", words=("b",))
    looked = begun(world, lesson(step(a), step(b), step(b)), somebody, morning)
    minute = timedelta(minutes=1)
    acted(world, "b", morning + minute)
    assert looked(morning + minute) == 1
    acted(world, "a", morning + 2 * minute)
    assert looked(morning + 3 * minute) == 2, "what was done too early does not count"
    acted(world, "b", morning + 4 * minute)
    assert looked(morning + 5 * minute) == 3, "one deed is one step"
    acted(world, "b", morning + 6 * minute)
    assert looked(morning + 7 * minute) is None


def test_several_steps_done_between_two_looks_are_all_seen(
    world: Connection, somebody: Learner, morning: datetime
) -> None:
    signs = [Sign(sign="act", words=(word,)) for word in "abc"]
    looked = begun(world, lesson(*map(step, signs)), somebody, morning)
    for word in "abc":
        acted(world, word, morning + timedelta(seconds=5))
    assert looked(morning + timedelta(minutes=1)) is None


def test_the_same_thing_and_so_often(world: Connection, somebody: Learner, morning: datetime) -> None:
    first = Sign(sign="act", words=("a",), count=2)
    then = Sign(sign="act", words=("b",), same=True)
    looked = begun(world, lesson(step(first), step(then)), somebody, morning)
    acted(world, "a", morning + timedelta(seconds=1), "one")
    assert looked(morning + timedelta(seconds=2)) == 1
    acted(world, "a", morning + timedelta(seconds=3), "two")
    acted(world, "b", morning + timedelta(seconds=4), "one")
    assert looked(morning + timedelta(seconds=5)) == 2
    acted(world, "b", morning + timedelta(seconds=6), "two")
    assert looked(morning + timedelta(seconds=7)) is None


def test_another_thing_than_before(world: Connection, somebody: Learner, morning: datetime) -> None:
    first, then = Sign(sign="act", words=("a",)), Sign(sign="act", words=("b",), other=True)
    looked = begun(world, lesson(step(first), step(then)), somebody, morning)
    acted(world, "a", morning + timedelta(seconds=1), "one")
    acted(world, "b", morning + timedelta(seconds=1), "one")
    assert looked(morning + timedelta(seconds=2)) == 2
    acted(world, "b", morning + timedelta(seconds=3), "two")
    assert looked(morning + timedelta(seconds=4)) is None


def test_another_office_is_another_office(world: Connection, somebody: Learner, morning: datetime) -> None:
    looked = begun(world, lesson(step(Sign(sign="act", words=("a",)))), somebody, morning)
    acted(world, "a", morning + timedelta(seconds=1))
    world.execute(text("update memberships set office = '1205' where person_id = 'counter'"))
    assert looked(morning + timedelta(seconds=2)) == 1


def test_what_lies_in_a_world_made_since_counts_from_its_beginning(
    world: Connection, somebody: Learner, morning: datetime
) -> None:
    looked = begun(world, lesson(step(Sign(sign="act", words=("a",)))), somebody, morning)
    acted(world, "a", morning + timedelta(hours=1))
    world.execute(text("update memberships set given_at = :at"), {"at": morning + timedelta(hours=2)})
    assert looked(morning + timedelta(hours=3)) == 1
    world.execute(text("delete from memberships"))
    assert looked(morning + timedelta(hours=3)) == 1, "while it is being made there is nobody"


def test_a_question_does_not_hold_up_what_was_done_meanwhile(
    world: Connection, somebody: Learner, morning: datetime
) -> None:
    one = lesson(step(), step(Sign(sign="act", words=("a",))))
    looked = begun(world, one, somebody, morning)
    acted(world, "a", morning + timedelta(seconds=5))
    with pytest.raises(Unacceptable):
        learning.answer(world, {one.lesson_id: one}, somebody.learner_id, 1, 2, morning)
    learning.answer(world, {one.lesson_id: one}, somebody.learner_id, 1, 1, morning + timedelta(minutes=1))
    assert looked(morning + timedelta(minutes=1)) is None


def test_a_finished_lesson_is_shown_for_a_while(world: Connection, somebody: Learner, morning: datetime) -> None:
    one = lesson(step())
    looked = begun(world, one, somebody, morning)
    lessons = {one.lesson_id: one}
    learning.answer(world, lessons, somebody.learner_id, 1, 1, morning)
    assert looked(morning) is None
    assert learning.look(world, world, lessons, somebody.learner_id, morning + timedelta(minutes=11)) is None
    assert learning.look(world, world, {}, somebody.learner_id, morning) is None, "a lesson that is no more"


@pytest.mark.parametrize("sign", sorted(SIGNS))
def test_every_sign_can_be_asked_for(world: Connection, morning: datetime, sign: str) -> None:
    for stand in (Stand(), Stand(office="1216"), Stand(holder="rider:x"), Stand(merchant="m")):
        assert find_sign(world, sign, ("nothing",), stand, morning, about="x", apart=True, count=3) is None
        assert find_sign(world, sign, (), stand, None, later=True) is None or sign == "act"


@pytest.mark.parametrize("tray", sorted(TRAYS))
def test_every_tray_can_be_looked_into(world: Connection, tray: str) -> None:
    assert load_tray(world, tray, Stand(office="1216", holder="rider:x", merchant="m"), 3) == []


def test_names_are_forgotten_and_certificates_stay_true(
    world: Connection, somebody: Learner, morning: datetime, settings: Settings
) -> None:
    one = lesson(step())
    lessons = {one.lesson_id: one}
    begun(world, one, somebody, morning)
    learning.answer(world, lessons, somebody.learner_id, 1, 1, morning)
    learning.look(world, world, lessons, somebody.learner_id, morning)
    made = certificates.certify(
        world, lessons, somebody.learner_id, Role.COUNTER, certificates.draw_code(Random(1)), morning
    )
    assert certificates.prove(world, made.code).initials == "R. A."
    assert certificates.forget_learners(world, settings.facts_dir, morning + timedelta(days=729)) == 0
    assert certificates.forget_learners(world, settings.facts_dir, morning + timedelta(days=731)) == 1
    proven = certificates.prove(world, made.code)
    assert (proven.initials, proven.number_end) == ("", "") and proven.certificate == made
    assert certificates.standings(world, lessons) == []
    assert [finished for _, _, finished, _ in certificates.hardest(world, lessons)] == [1]
    again = learning.enter(world, "Somebody Else", "S-1", uuid4(), morning + timedelta(days=731))
    assert again.learner_id != somebody.learner_id


def test_a_code_is_read_as_people_write_it() -> None:
    code = certificates.draw_code(Random(2))
    written = certificates.code_text(code).lower().replace("0", "o").replace("1", "l")
    assert certificates.code_typed(f"  {written} ") == code and len(code) == 16


def test_what_nobody_learned_is_not_certified(world: Connection, somebody: Learner, morning: datetime) -> None:
    with pytest.raises(Conflict, match="no lessons of this role"):
        certificates.certify(world, {}, somebody.learner_id, Role.AGENT, "0" * 16, morning)
    with pytest.raises(NotFound):
        certificates.certify(world, {}, uuid4(), Role.AGENT, "0" * 16, morning)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each gave back, all of them begun together."""
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def test_two_at_once_are_one(database: Database, morning: datetime) -> None:
    """Two browsers begin with one number, look at one lesson, and ask for one certificate."""
    one = lesson(step(), step(Sign(sign="device", ever=True)))
    lessons = {one.lesson_id: one}

    def entered() -> UUID:
        with database.transaction() as connection:
            return learning.enter(connection, "Rahima Akter", "S-1", uuid4(), morning).learner_id

    def begin() -> None:
        with database.transaction() as connection:
            learning.begin(connection, one, learner_id, uuid4(), morning)

    def answered() -> None:
        with database.transaction() as connection:
            learning.answer(connection, lessons, learner_id, 1, 1, morning)

    def looked() -> None:
        with database.transaction() as connection:
            learning.look(connection, connection, lessons, learner_id, morning)

    def certified(seed: int) -> Certificate:
        code = certificates.draw_code(Random(seed))
        with database.transaction() as connection:
            return certificates.certify(connection, {}, learner_id, Role.COUNTER, code, morning)

    (learner_id,) = set(at_once(*[entered] * 4))  # type: ignore[assignment]
    at_once(*[begin] * 4)
    at_once(*[answered] * 3, *[looked] * 3)
    with database.transaction() as connection:
        counted = "select count(*) from lesson_runs where left_at is null"
        assert connection.execute(text(counted)).scalar_one() == 1
        assert [
            one.step for one in store.load_steps(connection, store.find_open_run(connection, learner_id).run_id)
        ] == [1]  # type: ignore[union-attr]
        store.append_certificate(
            connection,
            Certificate(code="A" * 16, learner_id=learner_id, role=Role.COUNTER, lessons=[], made_at=morning),
        )
    assert {made.code for made in at_once(*[lambda n=n: certified(n) for n in range(3)])} == {"A" * 16}  # type: ignore[attr-defined,misc]
