"""The commands about addresses as a script meets them: one, a file, the areas, and what people teach."""

import csv
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.test_cli import run

DATABASE = "POST_LOGISTICS_DATABASE_URL"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the resolver is kept, so that only the first command makes it."""
    return tmp_path_factory.mktemp("cache")


def asked(cache: Path, *words: str, **env: str) -> CompletedProcess[str]:
    return run(*words, POST_LOGISTICS_CACHE_DIR=str(cache), PYTHONIOENCODING="utf-8", **env)


def test_one_address_is_answered_in_words(cache: Path) -> None:
    done = asked(cache, "resolve", "House 5, Taltola")
    assert done.returncode == 0, done.stderr
    said = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "1207" in said["office"]
    assert "house 5" in said["parts"]
    assert "%" in said["confidence"]
    assert "1219 Khilgaon Taltola" in said["or"]
    assert "Where is it: " in said["ask"]


def test_one_address_is_answered_in_bangla(cache: Path) -> None:
    done = asked(cache, "resolve", "বাসা ৫, তালতলা", "--language", "bn")
    assert done.returncode == 0, done.stderr
    assert "1207 মোহাম্মদপুর হাউজিং" in done.stdout
    assert "এটি কোথায়: " in done.stdout


def test_one_address_is_answered_as_json_with_what_is_known_besides(cache: Path) -> None:
    done = asked(cache, "resolve", "House 5, Road 3, Rajapur", "--district", "Feni", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["postcode"], found["district"], found["rule"]) == ("3923", "Feni", "place")
    assert (found["parts"]["house"], found["parts"]["road"]) == ("5", "3")
    assert "flat" not in found["parts"]
    assert found["question"] is None


def test_an_address_that_tells_nothing_is_exit_code_2_with_the_question(cache: Path) -> None:
    done = asked(cache, "resolve", "near the tree", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Which area" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "there is no address"),
        (["--in", "FILE"], "--column and --out"),
        (["--in", "FILE", "--column", "address"], "--out"),
        (["--in", "FILE", "--column", "nope", "--out", "OUT"], "name one of: id, address"),
        (["--in", "FILE", "--column", "address", "--out", "OUT", "Mirpur"], "--column and --out"),
        (["--in", "MISSING", "--column", "address", "--out", "OUT"], "missing.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_missing_is_exit_code_2_and_said_in_one_sentence(
    cache: Path, tmp_path: Path, words: list[str], says: str
) -> None:
    (tmp_path / "in.csv").write_text("id,address\n1,Mirpur 10\n")
    paths = {"FILE": "in.csv", "MISSING": "missing.csv", "OUT": "out.csv"}
    done = asked(cache, "resolve", *(str(tmp_path / paths[word]) if word in paths else word for word in words))
    assert done.returncode == 2, done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Remedy:" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_text_with_a_file_to_write_to_is_refused(cache: Path, tmp_path: Path) -> None:
    done = asked(cache, "resolve", "Mirpur 10, Dhaka", "--out", str(tmp_path / "out.csv"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_file_is_written_again_with_the_answers(cache: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "branches.csv", tmp_path / "resolved.csv"
    source.write_text(
        '\ufeffid;ঠিকানা\n1;"House 5; Mirpur-10, Dhaka"\n2;তালতলা\n3;near the tree\n', encoding="utf-8", newline=""
    )
    words = ("--in", str(source), "--column", "ঠিকানা", "--out", str(target), "--language", "bn")
    done = asked(cache, "resolve", *words)
    assert done.returncode == 0, done.stderr
    assert "3 addresses resolved" in done.stdout
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["r_postcode"] for row in rows] == ["1216", "1207", ""]
    assert [row["ঠিকানা"] for row in rows] == ["House 5; Mirpur-10, Dhaka", "তালতলা", "near the tree"]
    assert rows[0]["r_office"] == "মিরপুর টিএসও"
    assert rows[1]["r_question"].startswith("এটি কোথায়: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["branches.csv", "resolved.csv"]


@pytest.fixture(scope="module", params=["", "--service"], ids=["every office", "in service"])
def features(cache: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[Any]:
    """What the command writes, once for all tests."""
    target = tmp_path_factory.mktemp("areas") / "areas.geojson"
    done = asked(cache, "areas", "--out", str(target), *filter(None, [request.param]))
    assert done.returncode == 0, done.stderr
    document = json.loads(target.read_text(encoding="utf-8"))
    found: list[Any] = document["features"]
    assert document["type"] == "FeatureCollection"
    assert f"{len(found)} areas" in done.stdout
    assert 5 <= len(found) <= 50 if request.param else len(found) > 1000
    return found


def rings(features: list[Any]) -> Iterator[tuple[bool, list[list[float]]]]:
    """Every ring, and whether it is an outer one."""
    for feature in features:
        for polygon in feature["geometry"]["coordinates"]:
            yield from ((number == 0, ring) for number, ring in enumerate(polygon))


def test_the_areas_are_features_with_the_names_of_their_offices(features: list[Any]) -> None:
    assert len({feature["id"] for feature in features}) == len(features)
    assert {(one["type"], one["geometry"]["type"]) for one in features} == {("Feature", "MultiPolygon")}
    assert all(one["geometry"]["coordinates"] for one in features)
    mirpur = next(one for one in features if one["id"] == "1216")
    assert mirpur["properties"] == {
        "postcode": "1216",
        "name_en": "Mirpur TSO",
        "name_bn": "মিরপুর টিএসও",
        "district": "Dhaka",
    }


def test_every_ring_of_an_area_is_closed_and_in_the_country_longitude_first(features: list[Any]) -> None:
    for _, ring in rings(features):
        assert len(ring) >= 4 and ring[0] == ring[-1]
        assert all(88 <= lon <= 93 and 20 <= lat <= 27 for lon, lat in ring)


def test_outer_rings_run_counter_clockwise_and_holes_clockwise(features: list[Any]) -> None:
    assert all((turn(ring) > 0) == outer for outer, ring in rings(features))


def turn(ring: list[list[float]]) -> float:
    """Above zero for a ring that runs counter-clockwise."""
    (lon, lat), *_ = ring
    moved = [(x - lon, y - lat) for x, y in ring]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(moved))


def test_a_correction_is_kept_listed_used_and_taken_back(cache: Path, server_url: str) -> None:
    env = {DATABASE: server_url, "POST_LOGISTICS_SCHEMA_NAME": "cli_addresses"}
    first = asked(cache, "correct", "House 5, Zebra Chattar", "1216", "--by", "office:1216", **env)
    assert first.returncode == 0, first.stderr
    assert "'zebra chattar' is 1216" in first.stdout
    assert "not in use" in first.stdout
    second = asked(cache, "correct", "zebra chattar", "১২১৬", "--by", "merchant:a-shop", **env)
    assert "in use: 1216 Mirpur TSO" in second.stdout and "not in use" not in second.stdout
    correction = next(line for line in second.stdout.splitlines() if "office:1216" in line).split()
    number = next(word for word in correction if word.count("-") == 4)
    others = asked(cache, "correct", "zebra chattar", "--withdraw", number, "--by", "merchant:a-shop", **env)
    assert others.returncode != 0
    assert "somebody else" in others.stderr and "Remedy:" in others.stderr
    taken_back = asked(cache, "correct", "zebra chattar", "--withdraw", number, "--by", "office:1216", **env)
    assert taken_back.returncode == 0, taken_back.stderr
    listed = asked(cache, "correct", "Zebra Chattar 12", **env)
    assert listed.returncode == 0, listed.stderr
    assert f"takes back {number}" in listed.stdout
    assert "merchant:a-shop" in listed.stdout
    assert "not in use" in listed.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["Zebra Chattar", "9999"], "9999"),
        (["House 5, Road 3", "1216"], "phrase"),
        (["Zebra Chattar", "--withdraw", "7"], "--withdraw"),
    ],
    ids=["office", "phrase", "id"],
)
def test_a_correction_that_is_none_is_said_clearly(cache: Path, server_url: str, words: list[str], says: str) -> None:
    done = asked(cache, "correct", *words, **{DATABASE: server_url, "POST_LOGISTICS_SCHEMA_NAME": "cli_addresses"})
    assert done.returncode in {1, 2}, done.stderr
    assert says in done.stderr
    assert "Remedy:" in done.stderr
    assert "Traceback" not in done.stderr
