import doctest
import os
import re
from pathlib import Path

import pytest

from post_logistics.cod.diagram import chart_table, mermaid, postings_table

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "concepts" / "money.md"
SECTIONS = {
    "chart": chart_table(),
    "diagram": f"```mermaid\n{mermaid()}\n```",
    "postings": postings_table(),
}
"""What stands between the markers on the page; UPDATE_DOCS=1 writes it there."""


def section(name: str, text: str) -> str:
    return f"<!-- {name} -->\n{text}\n<!-- /{name} -->"


@pytest.mark.parametrize("name", SECTIONS)
def test_the_page_shows_the_tables_of_the_code(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        pattern = rf"<!-- {name} -->\n(.*\n)?<!-- /{name} -->"
        page = re.sub(pattern, lambda _: section(name, SECTIONS[name]), page, flags=re.S)
        PAGE.write_text(page, encoding="utf-8")
    assert section(name, SECTIONS[name]) in page, "run this test with UPDATE_DOCS=1 and look at what changed"


def test_the_path_of_one_taka_is_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.M)
    story = doctest.DocTestParser().get_doctest(text, {}, "money.md", str(PAGE), 0)
    assert len(story.examples) > 20
    assert doctest.DocTestRunner().run(story).failed == 0


def test_red_control_a_wrong_figure_in_the_story_is_seen() -> None:
    story = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(story, out=lambda _: None).failed == 1
