"""The catalogue of the pages: what is said in English in a template is said in Bangla here."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from post_logistics.units import Language

FOLDER: Final = Path(__file__).with_name("words")


@lru_cache
def catalogue() -> Mapping[str, str]:
    """English -> Bangla."""
    with (FOLDER / "bn.po").open(encoding="utf-8") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="bn") if one.id and one.string}


def translated(text: str, language: Language) -> str:
    """The text in that language; in English where nobody has written it in Bangla."""
    return catalogue().get(text, text) if language == "bn" else text
