"""How a page is looked at: what axe finds, what a first view weighs, how quickly it answers, and what it looks like."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.site import Site

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WANTED = "SCREENSHOTS" in os.environ
"""Whether every page is drawn in both languages and widths: `make screenshots`."""
PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
_PIN = "leaflet-marker-icon"
"""Pins stand where their places are, however near; what they say stands in a list, too (WCAG 2.5.8, essential)."""
_RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def axe(page: Page) -> list[str]:
    """What axe finds that is serious or critical, each with where it is; empty if all is well."""
    found = Axe().run(page, options=_RULES).response["violations"]
    for one in found:
        one["nodes"] = [node for node in one["nodes"] if one["id"] != "target-size" or _PIN not in node["html"]]
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in {"serious", "critical"} and one["nodes"]
    ]


@dataclass(frozen=True, slots=True)
class Weight:
    """What a first view costs. ``sent_b``: over the wire, all files. ``shift``: cumulative layout shift."""

    sent_b: int
    requests: int
    shift: float
    longest_task_ms: float


_WATCH_SHIFTS = """
window.shifted = 0; window.longest = 0;
const watch = (type, told) =>
  new PerformanceObserver(list => list.getEntries().forEach(told)).observe({ type, buffered: true });
watch("layout-shift", e => { if (!e.hadRecentInput) window.shifted += e.value; });
watch("longtask", e => { window.longest = Math.max(window.longest, e.duration); });
"""


def weigh(page: Page, path: str, *, slower: int = 4) -> Weight:
    """The first view of an address with nothing kept yet, on a processor so many times slower than this one."""
    page.add_init_script(_WATCH_SHIFTS)
    session = page.context.new_cdp_session(page)
    sent: list[float] = []
    session.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(path, wait_until="networkidle")
    drawn(page)
    shift, longest = page.evaluate("[window.shifted, window.longest]")
    session.detach()
    return Weight(int(sum(sent)), len(sent), float(shift), float(longest))


_WATCH_ANSWERS = """
window.answered = 0;
new PerformanceObserver(list => {
  list.getEntries().forEach(e => { window.answered = Math.max(window.answered, e.duration); });
}).observe({ type: "event", durationThreshold: 16 });
"""


def response_ms(page: Page, act: Callable[[], None], *, slower: int = 4) -> float:
    """How long the page takes to draw again after what ``act`` does, on a slower processor."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.evaluate(_WATCH_ANSWERS)
    act()
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)))")
    taken = float(page.evaluate("window.answered"))
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.detach()
    return taken


def drawn(page: Page) -> None:
    """Waits until every letter is drawn in its own font."""
    page.evaluate("document.fonts.ready.then(() => true)")


def screenshots(site: Site, page: Page, name: str, path: str) -> None:
    """The page as ``build/screenshots/NAME-LANGUAGE-WIDTH.png``, and no wider than the screen.

    With ``make screenshots`` in both languages, as wide as a phone and as a laptop; else once, as it stands.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    if not WANTED:
        if not page.url.endswith(path):
            page.goto(path)
        return _screenshot(page, f"{name}-{page.evaluate('document.documentElement.lang')}")
    for language, size in product(("bn", "en"), (PHONE, LAPTOP)):
        site.speak(page, language)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(path)
        _screenshot(page, f"{name}-{language}")
    return None


def _screenshot(page: Page, name: str) -> None:
    drawn(page)
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is too wide"
