"""What holds of every page: nothing from elsewhere, strict headers, no serious finding of axe, usable in both looks."""

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page

from api.pages.site import SLICES
from api.policy import POLICY
from post_logistics.access.roles import Role
from tests.browser.looking import LAPTOP, PHONE, WANTED, axe, drawn, screenshots, weigh
from tests.browser.site import Site

PAGES = sorted(
    (route.name, route.path)
    for slice_ in SLICES
    for route in slice_.router.routes
    if isinstance(route, APIRoute)
    and "GET" in route.methods
    and "{" not in route.path
    and route.name.startswith("page_")
)


def role_for(operation: str) -> Role | None:
    return next((role for role in Role if role in POLICY.get(operation, ())), None)


@pytest.mark.parametrize(("operation", "path"), PAGES, ids=lambda value: value if value.startswith("page_") else "")
def test_a_page_is_readable_by_everybody_and_asks_nobody_else(
    site: Site, page: Page, operation: str, path: str
) -> None:
    """The fixture ``page`` notes every request to another host, every refusal of the browser, and everything thrown."""
    role = role_for(operation)
    if role is not None:
        site.sign_in(page, role, language="bn")
    site.speak(page, "bn")
    answer = page.goto(path)
    assert answer is not None and answer.status == 200, answer and answer.status
    headers = answer.headers
    if not headers["content-type"].startswith("text/html"):
        return
    assert (
        "script-src 'self'" in headers["content-security-policy"] and "unsafe" not in headers["content-security-policy"]
    )
    assert headers["x-content-type-options"] == "nosniff" and "no-store" in headers["cache-control"]
    for size, look in ((PHONE, "light"), (LAPTOP, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
        drawn(page)
        assert axe(page) == [], (size, look)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    site.speak(page, "en")
    page.goto(path)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "in English"
    if WANTED:
        screenshots(site, page, path.strip("/").replace("/", "-") or "welcome", path)


def test_the_counter_of_a_digital_centre_is_light_to_fetch(site: Site, page: Page) -> None:
    site.sign_in(page, Role.AGENT, language="bn")
    weight = weigh(page, "/centre")
    assert weight.sent_b < 100_000, weight
    print(f"\n/centre: {weight.sent_b:,} bytes")
