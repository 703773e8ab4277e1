"""A real Chromium and a served application; without a Chromium these tests say so and are skipped."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from post_logistics.settings import Settings
from tests.browser.looking import LAPTOP, PHONE
from tests.browser.site import HALF_PAST_FOUR, Site, served

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; the test is skipped where there is none."""
    if not CHROMIUM:
        pytest.skip("there is no chromium here: the pages are not looked at (apt-get install chromium)")
    return CHROMIUM


@pytest.fixture(scope="session")
def site(chromium: str, settings: Settings) -> Iterator[Site]:
    """The application with its world, made once: a test changes parcels of its own, and puts ``site.at`` back."""
    with served(settings.model_copy(update={"schema_name": "browser"})) as site:
        yield site


@pytest.fixture(autouse=True)
def the_clock_goes_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test does to the time is undone for the next."""
    yield
    if "site" in request.fixturenames:
        request.getfixturevalue("site").at = HALF_PAST_FOUR


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser; of a module, for its loop must not outlive the tests that know of it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass(slots=True)
class Seen:
    """What a page did that it must not do."""

    base_url: str
    strangers: list[str] = field(default_factory=list)
    """Addresses of other hosts that it asked."""
    errors: list[str] = field(default_factory=list)
    """What it threw, and what the browser refused it."""

    def asked(self, request: Request) -> None:
        """Notes a request to another host."""
        if not request.url.startswith((self.base_url, "data:", "blob:")):
            self.strangers.append(request.url)

    def watch(self, page: Page) -> None:
        """Looks on while the page works."""
        page.on("request", lambda request: self.asked(request))  # noqa: PLW0108 - a method takes no mark
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Makes pages, each with cookies of its own; in the end none has asked another host or thrown anything."""
    contexts: list[BrowserContext] = []
    seen = Seen(site.base_url)

    def made(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site.base_url, **({"viewport": PHONE} | options)))
        contexts[-1].set_default_timeout(20_000)
        page = contexts[-1].new_page()
        seen.watch(page)
        return page

    yield made
    for context in contexts:
        context.close()
    assert seen.strangers == []
    assert seen.errors == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page on a phone, 360 px wide."""
    return new_page()


@pytest.fixture
def laptop(new_page: Callable[..., Page]) -> Page:
    """A page on a laptop, 1280 px wide."""
    return new_page(viewport=LAPTOP)
