"""The evening at a counter in a real browser: the riders' notes are counted, then the till; the papers are there."""

from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import axe, screenshots
from tests.browser.site import OFFICE, Site

RIDER = "1216-R02"


def test_the_riders_hand_in_and_the_till_is_counted(laptop: Page, page: Page, site: Site) -> None:
    """The sum is reckoned while the notes are written down; what is missing is asked for."""
    paid = site.item(site.shop(), "C-1")
    site.with_rider(paid, RIDER)
    cash = {"holder": f"rider:{RIDER}", "collected_poisha": 100_000}
    site.claims(site.scan(paid, "delivered_claimed", **cash))
    site.sign_in(laptop, Role.COUNTER)
    laptop.goto("/station/close")
    assert axe(laptop) == []
    rows = laptop.get_by_role("region", name="What is to be counted").get_by_role("row")
    cells = rows.locator("td:nth-child(-n+2)").all_inner_texts()
    held = dict(zip(cells[::2], cells[1::2], strict=True))
    names = [name for name, poisha in held.items() if name.startswith(OFFICE) and poisha != "Tk 0.00"]
    assert RIDER in names
    for name in [*names, "The till of the office"]:
        laptop.get_by_role("link", name=f"Count: {name}", exact=True).click()
        if name == RIDER:
            assert axe(laptop) == []
            laptop.get_by_label("Countersigned by").fill("Jashim")
            laptop.get_by_role("button", name="Close", exact=True).click()
            expect(laptop.get_by_role("alert")).to_be_visible()
            expect(laptop.locator("#reason-error")).to_contain_text("are missing")
        _count(laptop)
        laptop.get_by_role("button", name="Close", exact=True).click()
        expect(laptop.get_by_role("link", name="The sheet to sign")).to_be_visible()
        if name == RIDER:
            assert axe(laptop) == []
        laptop.get_by_role("link", name="Back to the day close").click()
    for name in names:
        expect(rows.filter(has_text=name)).to_contain_text("Tk 0.00")
    expect(laptop.get_by_role("region", name="Closed on this day")).to_contain_text("The till of the office")
    site.sign_in(page, Role.COUNTER)
    screenshots(site, page, "station-close", "/station/close")
    screenshots(site, page, "station-count", f"/station/close/count/{RIDER}")


def _count(page: Page) -> None:
    """Writes down what the books say, in few notes, and has it countersigned."""
    rest = int(page.locator("#count").get_attribute("data-books") or 0)
    page.locator("summary").click()
    for worth in (100_000, 10_000, 100, 1):
        page.locator(f"#n_{worth}").fill(str(rest // worth))
        rest %= worth
    expect(page.locator("#sum")).to_contain_text("✓")
    page.get_by_label("Countersigned by").fill("Jashim")
