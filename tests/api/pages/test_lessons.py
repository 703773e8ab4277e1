"""Lessons in practice: each can be gone through to its end; what happens is what counts; names stay with trainers."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import text

from api.pages.lessons import _back
from post_logistics.access.roles import Role
from post_logistics.operations.training.lessons import lessons_of, load_lessons
from post_logistics.settings import Settings
from tests.api.client import Api
from tests.api.pages.conftest import TRAINER
from tests.api.pages.learners import Learner, go_through

pytestmark = pytest.mark.xdist_group("practice")
LESSONS = load_lessons(Settings().facts_dir)
ENGLISH = {"Cookie": "language=en"}


@pytest.fixture(autouse=True)
def the_clock_goes_back_in_practice(world: Api) -> None:
    """Every test is later than the one before: what it sees was done in it."""
    world.client.cookies.clear()
    world.at += timedelta(hours=1) if world.at.hour < 20 else timedelta(minutes=1)


@pytest.fixture
def learner(world: Api) -> Learner:
    return Learner(world)


@pytest.mark.parametrize("lesson_id", sorted(LESSONS))
def test_a_lesson_can_be_gone_through(learner: Learner, lesson_id: str) -> None:
    go_through(learner, LESSONS[lesson_id])
    assert "Well done: this lesson is finished." in learner.panel()
    assert f'{LESSONS[lesson_id].title.en} <span class="badge good">finished</span>' in learner.read("/training")


def test_there_are_three_lessons_and_more_for_each_who_needs_them() -> None:
    for role in (Role.COUNTER, Role.RIDER, Role.AGENT, Role.MERCHANT):
        assert len(lessons_of(LESSONS, role)) >= 3, role


def test_a_button_alone_is_not_enough(learner: Learner) -> None:
    learner.begin("merchant-1-book")
    assert learner.at() == 1
    learner.answer(1, 0)
    learner.answer(2, 1)
    learner.send("/training/work")
    assert learner.at() == 1
    learner.book(cod_taka="")
    assert learner.at() == 1, "a prepaid parcel is not what was asked for"
    learner.book()
    assert learner.at() == 2


def test_what_was_done_before_the_lesson_does_not_count(learner: Learner) -> None:
    learner.begin("merchant-1-book")
    learner.book()
    learner.api.at += timedelta(minutes=1)
    learner.begin("merchant-1-book")
    assert learner.at() == 1


def test_a_wrong_answer_is_explained_and_counted(learner: Learner) -> None:
    learner.begin("merchant-3-money")
    step = LESSONS["merchant-3-money"].steps[0]
    wrong = next(n for n, choice in enumerate(step.choices) if not choice.is_right)
    answer = learner.answer(1, wrong)
    assert answer.status_code == 303 and answer.headers["location"] == "/training"
    assert "Not so." in learner.panel() and step.choices[wrong].why.en in learner.panel() and learner.at() == 1
    learner.answer(1, next(n for n, choice in enumerate(step.choices) if choice.is_right))
    assert "Right." in learner.panel() and learner.at() == 2
    learner.answer(1, wrong)
    assert learner.at() == 2, "an answer to a step that is done changes nothing"
    for spoilt in ("", "x", "99", "-1"):
        refused = learner.send("/training/answer", {"number": "2", "choice": spoilt})
        assert refused.status_code == 422, spoilt


def test_the_hint_comes_after_a_while(learner: Learner) -> None:
    learner.begin("merchant-1-book")
    hint = LESSONS["merchant-1-book"].steps[0].hint
    assert hint and hint.en not in learner.panel()
    learner.api.at += timedelta(seconds=61)
    assert hint.en in learner.panel()


def test_the_lesson_stands_on_every_page_in_both_languages(learner: Learner) -> None:
    learner.begin("merchant-1-book")
    lesson = LESSONS["merchant-1-book"]
    for path in ("/shop", "/shop/orders", "/track", "/training", "/practice"):
        assert lesson.steps[0].do.en in learner.read(path), path
    learner.cookies["language"] = "bn"
    page = learner.read("/shop/book")
    assert lesson.steps[0].do.bn in page and "ধাপ ১, মোট ৩" in page
    learner.send("/training/leave")
    assert 'class="lesson"' not in learner.read("/shop")


def test_a_certificate_is_made_once_all_is_done_and_proves_itself(world: Api) -> None:
    one = Learner(world, "রহিমা আক্তার", "s-77")
    those = lessons_of(LESSONS, Role.MERCHANT)
    refused = one.send("/training/certificates", {"role": "merchant"})
    assert refused.status_code == 409 and those[0].title.en in unescape(refused.text)
    for lesson in those:
        if lesson.lesson_id == "merchant-2-file":  # its orders are booked already, and nothing is booked twice
            _done(one, lesson.lesson_id)
        else:
            go_through(one, lesson)
    made = one.send("/training/certificates", {"role": "merchant"})
    assert made.status_code == 303
    path = made.headers["location"]
    assert one.send("/training/certificates", {"role": "merchant"}).headers["location"] == path
    code = path.rsplit("/", 1)[1]
    seen = unescape(world.client.get(path, headers=ENGLISH).text)
    assert "The post has made this certificate" in seen and "র. আ." in seen and "ends with 77" in seen
    assert "রহিমা" not in seen and "S-77" not in seen, "a name stands on the paper alone"
    typed = f"{code[:4]}-{code[4:8]} {code[8:12].lower()}-{code[12:]}"
    found = world.client.get("/training/certificates", params={"code": typed}, headers=ENGLISH)
    assert found.headers["location"] == path
    document = pypdfium2.PdfDocument(one.get(f"{path}.pdf").content)
    paper = document[0].get_textpage().get_text_bounded()
    assert len(document) == 1 and "-".join(re.findall("....", code)) in paper and "S-77" in paper
    assert "PRACTICE" not in paper, "what was learned is true"
    assert Learner(world, "Somebody Else").get(f"{path}.pdf").status_code == 404
    assert world.client.get("/training/certificates/0000000000000000").status_code == 404


def _done(one: Learner, lesson_id: str) -> None:
    practice = one.api.engine.practice
    assert practice
    with practice.records.transaction() as connection:
        connection.execute(
            text(
                "insert into lesson_runs (run_id, learner_id, lesson, begun_at, finished_at) "
                "values (gen_random_uuid(), :learner, :lesson, :at, :at)"
            ),
            {"learner": one.cookies["learner"], "lesson": lesson_id, "at": one.api.at},
        )


def test_prints_of_practice_say_what_they_are(learner: Learner) -> None:
    learner.begin("merchant-1-book")
    learner.book()
    (item, *_) = re.findall(r"/shop/orders/(\w{13})", learner.read("/shop/orders"))
    label = pypdfium2.PdfDocument(learner.get(f"/shop/orders/{item}/label.pdf").content)
    said = label[0].get_textpage().get_text_bounded()
    assert "PRACTICE" in said and "অনুশীলন" in said


def test_names_of_learners_are_for_trainers(world: Api) -> None:
    Learner(world, "Kamal Uddin", "K-1")
    asked = world.client.get("/training/learners", headers=ENGLISH)
    assert "Kamal" not in asked.text
    for key in ("", "wrong"):
        answer = world.client.post("/training/learners", data={"key": key}, headers=ENGLISH)
        assert answer.status_code == 403 and "Kamal" not in answer.text
    shown = world.client.post("/training/learners", data={"key": TRAINER}, headers=ENGLISH).text
    assert "Kamal Uddin" in shown and "K-1" in shown and "Where help is needed" in shown


def test_who_comes_back_goes_on_and_nobody_takes_anothers_number(world: Api) -> None:
    first = Learner(world, "Nasima Begum", "N-5")
    again = Learner(world, "  nasima   BEGUM ", "n-৫")
    assert again.cookies["learner"] == first.cookies["learner"]
    other = world.client.post("/training/learner", data={"name": "Somebody Else", "number": "N-5"}, headers=ENGLISH)
    assert other.status_code == 422 and "another name" in other.text and 'value="Somebody Else"' in other.text
    for name, number in (("", "X-1"), ("12", "X-1"), ("Ali", "")):
        answer = world.client.post("/training/learner", data={"name": name, "number": number}, headers=ENGLISH)
        assert answer.status_code == 422, (name, number)


def test_a_stranger_gets_nowhere(world: Api, learner: Learner) -> None:
    assert learner.send("/training/lessons/no-such-lesson").status_code == 404
    assert learner.get("/training/files/..%2Fcod.toml").status_code == 404
    assert learner.get("/training/files/counter-1-accept.toml").status_code == 404
    assert world.client.post("/training/lessons/counter-1-accept").status_code == 404
    learner.cookies["learner"] = "00000000-0000-0000-0000-000000000000"
    assert learner.send("/training/lessons/counter-1-accept").status_code == 404
    assert learner.panel().strip() == ""
    learner.cookies["learner"] = "not even an id"
    assert learner.panel().strip() == ""


def test_one_goes_back_to_a_page_of_ours_and_nowhere_else() -> None:
    assert _back("/shop/orders?state=a&after=3") == "/shop/orders?state=a&after=3"
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:alert(1)"):
        assert _back(elsewhere) == "/training"


def test_where_work_is_real_there_are_no_lessons(api: Api) -> None:
    for path in ("/training", "/training/panel", "/training/codes", "/training/certificates", "/training/learners"):
        assert api.client.get(path).status_code == 404, path
    assert api.client.post("/training/codes", data={"item": "DP473124829BD"}).status_code == 404


def test_every_page_that_a_lesson_leads_to_is_there(world: Api) -> None:
    pages = {step.page.partition("#")[0] for lesson in LESSONS.values() for step in lesson.steps if step.page}
    assert pages - world.client.app.state.page_patterns == set()  # type: ignore[attr-defined]


def test_the_lessons_are_described() -> None:
    readme = (Settings().facts_dir / "README.md").read_text(encoding="utf-8")
    assert "lessons/" in readme and Path(Settings().facts_dir / "lessons").is_dir()
