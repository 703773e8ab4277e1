"""One's own account in a browser: signing in, a second factor, a new password, and being signed out everywhere."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import axe, screenshots
from tests.browser.site import PASSWORD, Site, person_of

NEW = "notun-kotha-boli"


def signed_in_by_hand(page: Page, role: Role, password: str, code: str = "") -> None:
    page.goto("/sign-in")
    page.get_by_label("Name to sign in with").fill(person_of(role))
    page.get_by_label("Password").fill(password)
    page.get_by_label("Code of your authenticator").fill(code)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def test_a_clerk_sets_up_a_second_factor_and_signs_in_with_it(site: Site, laptop: Page) -> None:
    page = laptop
    site.speak(page, "en")
    page.goto("/account")
    expect(page).to_have_url(f"{site.base_url}/sign-in?next=/account")
    assert axe(page) == []
    signed_in_by_hand(page, Role.AUDITOR, PASSWORD)
    page.goto("/account")
    assert axe(page) == []
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("img", name="Code for your authenticator")).to_be_visible()
    assert axe(page) == []
    totp = pyotp.TOTP(page.locator("code").inner_text())
    page.get_by_label("Code of your authenticator").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("that code is not right")).to_be_visible()
    page.get_by_label("Code of your authenticator").fill(totp.at(site.at))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("status")).to_contain_text("Your second factor is on")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out everywhere.")
    signed_in_by_hand(page, Role.AUDITOR, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("that name, password or code is not right")


def test_a_password_is_changed_and_what_was_wrong_is_said_beside_the_field(site: Site, page: Page) -> None:
    site.sign_in(page, Role.AGENT)
    page.goto("/account")
    for old, new, again, said in (
        ("wrong", NEW, NEW, "that is not your password"),
        (PASSWORD, NEW, "something else", "the two are not the same"),
        (PASSWORD, "short", "short", "that password is too short or too long"),
    ):
        for label, typed in (("Password until now", old), ("New password", new), ("Once more", again)):
            page.get_by_label(label).fill(typed)
        page.get_by_role("button", name="Change it").click()
        expect(page.locator(".wrong .error")).to_have_text(said)
    assert axe(page) == []
    for label, typed in (
        ("Password until now", PASSWORD),
        ("New password", NEW),
        ("Once more", NEW),
    ):
        page.get_by_label(label).fill(typed)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_everybody_has_an_account(site: Site, page: Page, role: Role) -> None:
    site.sign_in(page, role)
    answer = page.goto("/account")
    assert answer is not None and answer.status == 200


def test_the_account_is_looked_at(site: Site, page: Page) -> None:
    screenshots(site, page, "sign-in", "/sign-in")
    site.sign_in(page, Role.COUNTER)
    screenshots(site, page, "account", "/account")
