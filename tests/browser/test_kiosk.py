"""The kiosk in a real browser: the card appears while it is made, the camera works, the keyboard is enough."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import PHONE, axe
from tests.browser.site import Site

ADDRESS = "বাড়ি ৫, রোড ৩, মিরপুর ১০, ঢাকা ১২১৬"


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """Larger than can be printed, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    path = tmp_path / "holiday.jpg"
    Image.effect_noise((3600, 2700), 30).convert("RGB").save(path, exif=exif)
    return path


def shown(page: Page) -> None:
    """Both sides of the card are drawn."""
    for side in ("picture", "address"):
        image = page.locator(f'img[src*="/{side}.png"]')
        expect(image).to_be_visible()
        page.wait_for_function("image => image.complete && image.naturalWidth > 100", arg=image.element_handle())


def test_the_card_appears_while_it_is_made_and_is_paid_and_posted_by_keyboard(
    site: Site, laptop: Page, photograph: Path
) -> None:
    page = laptop
    site.sign_in(page, "counter")
    page.goto("/kiosk")
    page.get_by_label("Words on the card").fill("প্রিয় মা,\nশুভেচ্ছা")
    page.get_by_label("To whom").fill("রহিমা খাতুন")
    page.get_by_label("Address").first.fill(ADDRESS)
    expect(page.get_by_text("There is no picture yet.")).to_be_visible()
    bodies: list[int] = []
    page.on("request", lambda asked: bodies.append(len(asked.post_data_buffer or b"")))
    page.get_by_label("Picture").set_input_files(photograph)
    expect(page.locator("#paid")).to_be_visible()
    shown(page)
    assert max(bodies) < photograph.stat().st_size, "the picture is made small before it travels"
    assert re.search(r"/kiosk/[0-9a-f-]{36}$", page.url)
    assert axe(page) == []

    page.locator("#paid").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Paid and booked. Print the card now.")).to_be_visible()
    shown(page)
    assert axe(page) == []
    number = page.locator(".large").inner_text()
    pdf = page.request.get(page.locator("#print").get_attribute("href") or "")
    assert pdf.body().startswith(b"%PDF") and b"SECRET" not in pdf.body()
    expect(page.get_by_label("Scan the printed card")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The card is on its way.")).to_be_visible()
    assert page.url.split("?")[0].endswith("/kiosk")


def test_on_a_phone_problems_stand_beside_their_fields_and_what_was_typed_stays(site: Site, page: Page) -> None:
    site.sign_in(page, "counter", language="bn")
    page.goto("/kiosk")
    page.locator("#recipient_name").fill("রহিমা খাতুন")
    page.locator("#recipient_address").fill("House 5, College Road")
    page.locator("#message").fill("I ☃ you")
    expect(page.locator("#message-error")).to_contain_text("ছাপা যায় না")
    page.locator("#message").fill("শুভেচ্ছা")
    expect(page.locator("#message-error")).to_have_count(0)
    expect(page.locator("#asked .note")).to_be_visible()
    assert page.locator("#recipient_name").input_value() == "রহিমা খাতুন"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []


@pytest.fixture
def with_camera(chromium: str, browser: Browser, site: Site) -> Iterator[Page]:
    """A page of a browser whose camera sees a test picture."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    arguments += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    other = browser.browser_type.launch(executable_path=chromium, args=arguments)
    context = other.new_context(base_url=site.base_url, permissions=["camera"])
    context.set_default_timeout(20_000)
    yield context.new_page()
    other.close()


def test_the_camera_takes_the_picture(site: Site, with_camera: Page) -> None:
    page = with_camera
    site.sign_in(page, "counter")
    page.goto("/kiosk")
    page.get_by_label("To whom").fill("Rahima Khatun")
    page.get_by_label("Address").first.fill(ADDRESS)
    page.get_by_role("button", name="Use the camera").press("Enter")
    expect(page.get_by_role("button", name="Take the picture")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#paid")).to_be_visible()
    shown(page)
    body = page.request.get(page.locator('img[src*="/picture.png"]').get_attribute("src") or "").body()
    colours = Image.open(io.BytesIO(body)).convert("RGB").getcolors(10**6)
    assert colours and len(colours) > 3, "not an empty picture"
