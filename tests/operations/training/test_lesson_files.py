"""Lessons as files: what is wrong in one is named with its file, its step and its key."""

import shutil
from pathlib import Path

import pytest

from post_logistics.access.roles import Role
from post_logistics.errors import Unacceptable
from post_logistics.operations.training.lessons import WORDS, Sign, by_role, load_lessons
from post_logistics.settings import Settings
from post_logistics.storage.training.signs import SIGNS

GOOD = """
role = "counter"
title_en = "Accept"
title_bn = "জমা নেওয়া"
why_en = "Because"
why_bn = "কারণ"

[[steps]]
do_en = "Accept one"
do_bn = "একটি জমা নিন"
page = "/station"
tray = "to_accept"
[steps.done]
sign = "scan"
words = ["accepted"]

[[steps]]
do_en = "Why?"
do_bn = "কেন?"
[[steps.choices]]
en = "So"
bn = "এমনি"
why_en = "No"
why_bn = "না"
[[steps.choices]]
en = "For the customer"
bn = "গ্রাহকের জন্য"
why_en = "Yes"
why_bn = "হ্যাঁ"
right = true
"""


def write(folder: Path, content: str, name: str = "counter-9-new.toml") -> Path:
    (folder / "lessons").mkdir(exist_ok=True)
    (folder / "lessons" / name).write_text(content, encoding="utf-8")
    return folder


def test_a_file_is_a_lesson(tmp_path: Path) -> None:
    (lesson,) = load_lessons(write(tmp_path, GOOD)).values()
    assert (lesson.lesson_id, lesson.role, lesson.title.said("bn")) == ("counter-9-new", Role.COUNTER, "জমা নেওয়া")
    first, second = lesson.steps
    assert first.done == Sign(sign="scan", words=("accepted",)) and first.role is Role.COUNTER and first.hint is None
    assert [one.is_right for one in second.choices] == [False, True] and second.done is None


@pytest.mark.parametrize(
    ("was", "becomes", "field", "where"),
    [
        ('role = "counter"', 'role = "postman"', "role", "counter-9-new.toml"),
        ('title_bn = "জমা নেওয়া"', "", "title_bn", "counter-9-new.toml"),
        ('title_bn = "জমা নেওয়া"', 'title_bn = ""', "title_bn", "counter-9-new.toml"),
        ('do_bn = "একটি জমা নিন"', 'do_bn = ""', "do_bn", "step 1"),
        ('page = "/station"', 'page = "https://elsewhere.example"', "page", "step 1"),
        ('tray = "to_accept"', 'tray = "all"', "tray", "step 1"),
        ('tray = "to_accept"', 'file = "none.csv"', "file", "step 1"),
        ('tray = "to_accept"', 'hint_en = "Press 4"', "hint_bn", "step 1"),
        ('tray = "to_accept"', "hint_after_s = -1", "hint_after_s", "step 1"),
        ('sign = "scan"', 'sign = "magic"', "sign", "step 1"),
        ('words = ["accepted"]', 'words = ["accpeted"]', "words", "step 1"),
        ('words = ["accepted"]', 'words = "accepted"', "words", "step 1"),
        ('words = ["accepted"]', "count = 0", "count", "step 1"),
        ('words = ["accepted"]', "same = true", "same", "step 1"),
        ('words = ["accepted"]', "same = true\nother = true", "other", "step 1"),
        ('[steps.done]\nsign = "scan"\nwords = ["accepted"]', "", "done", "step 1"),
        ("right = true", "", "choices", "step 2"),
        ('why_en = "No"', 'why_en = "No"\nright = true', "choices", "step 2"),
        ('why_en = "No"', 'why_en = ""', "why_en", "step 2, choice 1"),
        ("[[steps]]", "[[step]]", "step", "counter-9-new.toml"),
        ('role = "counter"', "role = ", "counter-9-new.toml", "counter-9-new.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, becomes: str, field: str, where: str) -> None:
    assert was in GOOD
    with pytest.raises(Unacceptable) as refused:
        load_lessons(write(tmp_path, GOOD.replace(was, becomes)))
    assert refused.value.field == field and where in refused.value.message and refused.value.remedy


def test_lessons_without_steps_are_none(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="no steps"):
        load_lessons(write(tmp_path, GOOD.partition("[[steps]]")[0]))


def test_lessons_of_others_stand_beside_ours(tmp_path: Path) -> None:
    shutil.copytree(Settings().facts_dir / "lessons", tmp_path / "lessons")
    ours = load_lessons(tmp_path)
    lessons = load_lessons(write(tmp_path, GOOD))
    assert lessons.keys() - ours.keys() == {"counter-9-new"}
    ((role, those), *_) = by_role(lessons)
    assert role is Role.COUNTER and [one.lesson_id for one in those][-1] == "counter-9-new"


def test_every_sign_says_words_that_are_known() -> None:
    assert WORDS.keys() | {"act"} == SIGNS.keys()


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        (Sign(sign="scan", words=("accepted",)), Sign(sign="scan", words=("accepted", "bagged")), True),
        (Sign(sign="scan"), Sign(sign="scan", words=("bagged",)), True),
        (Sign(sign="scan", words=("accepted",)), Sign(sign="scan", words=("bagged",)), False),
        (Sign(sign="scan"), Sign(sign="receipt"), False),
    ],
)
def test_one_deed_is_not_two_steps(one: Sign, other: Sign, may_be: bool) -> None:
    assert one.may_be(other) is may_be
