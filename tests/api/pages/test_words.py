"""Every text that a page says in English it says in Bangla as well, in letters that the font of the pages has."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont
from jinja2 import Environment

from api.pages.shell import MENU, STATIC
from api.pages.site import _TITLES
from api.pages.words import FOLDER, catalogue

PAGES = Path(__file__).resolve().parents[3] / "api" / "pages"
_SAID_IN_CODE = re.compile(r"""(?:said=|\.say\(\s*|\btold=)\(?"((?:[^"\\]|\\.)+)\"""")


def texts_of_templates() -> Iterator[tuple[str, str]]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((PAGES / "templates").rglob("*.html")):
        for _, function, text in environment.extract_translations(path.read_text(encoding="utf-8")):
            said = text[0] if isinstance(text, tuple) else text  # a text with values comes with them
            if function in {"_", "gettext"} and isinstance(said, str):
                yield path.relative_to(PAGES).as_posix(), said


def texts_of_code() -> Iterator[tuple[str, str]]:
    for path in sorted(PAGES.rglob("*.py")):
        for text in _SAID_IN_CODE.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(PAGES).as_posix(), text
    yield from (("shell.py", name) for _, _, name in MENU)
    yield from (("site.py", title) for title in _TITLES.values())


def test_every_text_of_a_page_has_its_bangla() -> None:
    missing = sorted({(where, text) for where, text in [*texts_of_templates(), *texts_of_code()]} - _known())
    assert missing == []


def _known() -> set[tuple[str, str]]:
    known = catalogue()
    return {(where, text) for where, text in [*texts_of_templates(), *texts_of_code()] if known.get(text)}


def test_the_texts_are_found_at_all() -> None:
    assert ("templates/track.html", "Where is it?") in set(texts_of_templates())
    assert ("recipient.py", "Thank you. The office will answer.") in set(texts_of_code())


def test_a_translation_has_the_same_gaps_and_no_latin_digits() -> None:
    for english, bangla in catalogue().items():
        gaps = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, bangla)]
        assert gaps[0] == gaps[1], english
        assert not re.search(r"[০-৯]", english), english


def test_no_text_is_in_the_catalogue_twice() -> None:
    with (FOLDER / "bn.po").open(encoding="utf-8") as file:
        found = re.findall(r'^msgid "(.+)"$', file.read(), re.M)
    assert len(found) == len(set(found)), sorted(one for one in found if found.count(one) > 1)


def test_the_catalogue_is_one_that_others_can_read() -> None:
    with (FOLDER / "bn.po").open(encoding="utf-8") as file:
        assert read_po(file, locale="bn", abort_invalid=True).locale_identifier == "bn"


@pytest.fixture(scope="module")
def font() -> TTFont:
    return TTFont(STATIC / "bangla-1.woff")


def test_the_font_of_the_pages_has_every_letter_and_is_small(font: TTFont) -> None:
    letters = {c for text in catalogue().values() for c in text if "\u0980" <= c <= "\u09ff" or c in "।॥\u200c\u200d"}
    assert {c for c in letters if ord(c) not in font.getBestCmap()} == set()
    assert (STATIC / "bangla-1.woff").stat().st_size < 43_000
