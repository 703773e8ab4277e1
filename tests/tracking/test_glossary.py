import re
from pathlib import Path

import pytest

GLOSSARY = Path(__file__).parents[2] / "docs" / "concepts" / "glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| Word ")
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_word_has_its_bangla_and_its_meaning(row: list[str]) -> None:
    english, bangla, meaning = row
    assert english
    assert re.fullmatch(r"[\u0980-\u09ff ,()]+", bangla)
    assert meaning.endswith(".")


def test_no_word_is_explained_twice() -> None:
    words = [word for row in ROWS for word in row[0].split(", ")]
    assert len(words) == len(set(words))
