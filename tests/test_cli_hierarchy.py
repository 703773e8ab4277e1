"""`post-logistics number-places`: new places get numbers, old ones keep theirs."""

from pathlib import Path
from shutil import copytree

import pytest

from tests.test_cli import ROOT, run


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(copytree(ROOT / "data", tmp_path_factory.mktemp("facts") / "data"))


def test_a_new_place_gets_the_next_number_and_no_other_moves(facts: Path) -> None:
    file, places = facts / "hierarchy.csv", facts / "places.csv"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.rstrip("\n"), encoding="utf-8")  # as a spreadsheet might leave it
    row = "zebra-chattar,Zebra Chattar,জেব্রা চত্বর,,area,,Mirpur,Dhaka,1216,,23.8069,90.3687,300,public-knowledge\n"
    places.write_text(places.read_text(encoding="utf-8") + row, encoding="utf-8")
    environment = {"POST_LOGISTICS_FACTS_DIR": str(facts), "POST_LOGISTICS_CACHE_DIR": str(facts / "cache")}
    tried = run("number-places", "--dry-run", **environment)
    assert tried.returncode == 0 and "1 places need a number" in tried.stdout, tried.stderr
    done = run("number-places", **environment)
    assert done.returncode == 0 and "1 places were given a number" in done.stdout, done.stderr
    assert file.read_text(encoding="utf-8") == f"{before}area,111613,zebra-chattar\n"
    again = run("number-places", **environment)
    assert "0 places were given a number" in again.stdout
    assert file.read_text(encoding="utf-8") == f"{before}area,111613,zebra-chattar\n"
