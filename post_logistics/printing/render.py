"""Pages from a template and plain data. The data arrives as JSON: no text of a user is ever read as markup."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from post_logistics.printing.fonts import font_file

_TEMPLATES = Path(__file__).parent
_EPOCH = 0
"""Every document bears the same creation time, so that the same data gives the same bytes."""
_MADE_UP: Final = ContextVar("made_up", default=False)


@contextmanager
def made_up() -> Iterator[None]:
    """Within, whatever is printed says across the page, in both languages, that it is made up."""
    token = _MADE_UP.set(True)
    try:
        yield
    finally:
        _MADE_UP.reset(token)


@cache
def _fonts() -> typst.Fonts:
    """Our font and nothing else: what is installed on a machine never shows on paper."""
    folder = font_file().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def _compile(template: str, data: Mapping[str, Any], **options: Any) -> Any:
    source = _TEMPLATES / f"{template}.typ"
    inputs = {"data": json.dumps(data, ensure_ascii=False), "made-up": "yes" if _MADE_UP.get() else ""}
    return typst.compile(str(source), root=str(_TEMPLATES), font_paths=_fonts(), sys_inputs=inputs, **options)


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The document as PDF. ``template`` is ``labels``, ``runsheets`` or ``advice``; each says what data it wants."""
    made: bytes = _compile(template, data, format="pdf", timestamp=_EPOCH, pdf_tags=False)
    return made


def pages(template: str, data: Mapping[str, Any], ppi: float) -> list[bytes]:
    """The document as PNG, one for each page, at ``ppi`` pixels an inch."""
    made = _compile(template, data, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made)
