"""A lesson in a real browser: the panel sees by itself what was done, on a page where scanners work, and reads well."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.context import now
from post_logistics.demo.practice import make_world
from post_logistics.operations.facts import load_facts
from post_logistics.settings import Settings
from post_logistics.storage.practice import SCHEMA
from tests.api.client import MORNING
from tests.browser.looking import LAPTOP, PHONE, axe
from tests.browser.site import answering

LESSON = "Accept a parcel and weigh it"


@dataclass(slots=True)
class School:
    """A served application of practice, and the hour at which it stands."""

    base_url: str
    at: datetime


@pytest.fixture(scope="module")
def school(chromium: str, settings: Settings) -> Iterator[School]:
    """Its world is made once."""
    ours, facts = settings.model_copy(update={"practice": True, "schema_name": SCHEMA}), load_facts(settings)
    app = create_app(ours, facts=facts, world=make_world)
    with answering(app) as base_url:
        school = School(base_url, MORNING)
        app.dependency_overrides[now] = lambda: school.at
        make_world(ours, facts, school.at)
        yield school


@pytest.fixture
def desk(browser: Browser, school: School) -> Iterator[Page]:
    """A page in English on a laptop; in the end nothing was thrown on it."""
    context = browser.new_context(base_url=school.base_url, viewport=LAPTOP, locale="en")  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page, thrown = context.new_page(), []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert thrown == []


def entered(page: Page) -> None:
    page.goto("/training")
    page.get_by_label("Your name").fill("Rahima Akter")
    page.get_by_label("Staff or agent number").fill("S-1216")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Rahima Akter")).to_be_visible()


def step(page: Page) -> Any:
    return page.get_by_role("complementary", name="Lesson").locator("summary")


def scan(page: Page, *lines: str) -> None:
    for line in lines:
        page.keyboard.insert_text(line)
        page.keyboard.press("Enter")


def test_a_lesson_goes_on_by_itself_as_things_are_done(school: School, desk: Page) -> None:
    entered(desk)
    assert axe(desk) == []
    desk.get_by_role("button", name=f"Begin: {LESSON}").click()
    expect(step(desk)).to_have_text(f"{LESSON} · step 1 of 4")
    assert desk.url.endswith("/station")
    desk.get_by_role("button", name="Work as hub manager").click()
    desk.wait_for_selector("#station[data-ready]")
    desk.get_by_role("button", name="Make it known").click()
    expect(step(desk)).to_have_text(f"{LESSON} · step 2 of 4")
    school.at += timedelta(minutes=1)
    desk.get_by_role("button", name="Work as counter clerk").click()
    desk.wait_for_selector("#station[data-ready]")
    assert axe(desk) == []
    first, second, *_ = desk.get_by_role("complementary").locator("code").all_inner_texts()
    scan(desk, "*4", first, "1.25")
    expect(step(desk)).to_have_text(f"{LESSON} · step 3 of 4")
    expect(desk.locator("#line")).to_be_focused()
    school.at += timedelta(minutes=1)
    scan(desk, second, "6")
    expect(step(desk)).to_have_text(f"{LESSON} · step 4 of 4")
    desk.get_by_label("0.5 kg, for that is what was booked").check()
    desk.get_by_role("button", name="Send the answer").click()
    expect(desk.get_by_text("Not so.")).to_be_visible()
    desk.get_by_label("2 kg, what the scales say").check()
    desk.get_by_role("button", name="Send the answer").click()
    expect(desk.get_by_text("Well done: this lesson is finished.")).to_be_visible()
    assert desk.url.endswith("/station")
    desk.get_by_role("link", name="To the lessons").click()
    expect(desk.locator(".card", has_text=LESSON)).to_contain_text("finished")


@pytest.mark.parametrize(
    ("lesson", "ready"),
    [("Your phone and your first round", "#rider[data-ready]"), ("Open your shift and take a parcel in", "#centre")],
)
def test_a_manager_makes_a_device_known_in_the_same_browser(
    school: School, desk: Page, lesson: str, ready: str
) -> None:
    """The panel says as whom a link is to be opened that is not for one's own role."""
    entered(desk)
    desk.get_by_role("button", name=f"Begin: {lesson}").click()
    desk.wait_for_selector(ready)
    expect(desk.locator("#letters")).not_to_be_empty()
    letters = desk.locator("#letters").inner_text()
    desk.get_by_role("link", name="The same as a link").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("This is not for your role")
    desk.get_by_role("button", name="Work as hub manager").click()
    expect(desk.locator(".letters")).to_have_text(letters)
    desk.get_by_role("button", name="Yes, make it known").click()
    expect(step(desk)).to_contain_text("step 2 of")


def test_it_is_readable_on_a_telephone_and_in_the_dark(school: School, desk: Page) -> None:
    entered(desk)
    desk.get_by_role("button", name="Begin: Where is my money?").click()
    desk.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in (
        "/shop/money?language=bn",
        "/training",
        "/training/codes",
        "/training/certificates",
        "/training/learners",
    ):
        for look in ("light", "dark"):
            desk.emulate_media(color_scheme=look)  # type: ignore[arg-type]
            desk.goto(path)
            expect(desk.locator(".practice-note")).to_contain_text("অনুশীলন")
            assert axe(desk) == [], (path, look)
            assert desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_without_scripts_it_works_from_page_to_page(browser: Browser, school: School) -> None:
    context = browser.new_context(base_url=school.base_url, java_script_enabled=False, locale="en")
    page = context.new_page()
    entered(page)
    page.get_by_role("button", name="Begin: Where is my money?").click()
    page.get_by_label("The rider, until the evening's hand-in").check()
    page.get_by_role("button", name="Send the answer").click()
    expect(step(page)).to_have_text("Where is my money? · step 2 of 4")
    context.close()
