"""Tracking by reader, the feeds and the confirmations, as a script meets them."""

import json
from pathlib import Path

import pytest

from tests.test_cli import run

HEADER = "merchant,store_address,order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka"
ROW = 'Shop,"New Market, Dhaka",1,কৃষ্ণা,01712345678,"Road 3, Mirpur 10",1,500'


@pytest.fixture(scope="module")
def env(server_url: str) -> dict[str, str]:
    return {"POST_LOGISTICS_DATABASE_URL": server_url, "POST_LOGISTICS_SCHEMA_NAME": "cli_feeds"}


@pytest.fixture(scope="module")
def number(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A parcel that was booked by a file."""
    orders: Path = tmp_path_factory.mktemp("orders") / "orders.csv"
    orders.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    return str(json.loads(run("import", str(orders), "--json", **env).stdout)["rows"][0]["item_number"])


def test_each_reader_is_told_what_is_theirs(env: dict[str, str], number: str) -> None:
    merchant = json.loads(run("track", number, "--as", "merchant", "--json", **env).stdout)
    staff = run("track", number, "--as", "staff", **env)
    assert (merchant["order_ref"], merchant["timeline"][0]["event"]) == ("1", "booked")
    assert f"booking:{number}/0" in staff.stdout and staff.returncode == 0
    assert "কৃষ্ণা" not in f"{merchant}{staff.stdout}"


def test_a_feed_is_a_document_and_says_how_to_go_on(env: dict[str, str], number: str) -> None:
    done = run("feed", "epcis", **env)
    assert json.loads(done.stdout)["type"] == "EPCISDocument"
    place = done.stderr.strip().removeprefix("next: ")
    assert json.loads(run("feed", "cloudevents", "--after", place, **env).stdout) == []
    wrong = run("feed", "emsevt", "--after", "yesterday", **env)
    assert wrong.returncode == 2 and "Remedy:" in wrong.stderr


def test_confirmations_come_with_their_key(env: dict[str, str]) -> None:
    told = json.loads(run("confirmations", "--all", "--json", **env).stdout)
    assert (told["made"], told["confirmations"], told["key"]["crv"]) == (0, [], "P-256")


def test_confirmations_are_written_to_a_file_with_their_keys_beside_it(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "confirmations.ndjson"
    done = run("confirmations-file", str(file), **env)
    assert (done.stdout, file.read_bytes(), done.returncode) == ("0 new\n", b"", 0)
    assert json.loads((tmp_path / "confirmations.keys.json").read_text())["keys"][0]["crv"] == "P-256"
    file.write_text("something else\n")
    wrong = run("confirmations-file", str(file), **env)
    assert (
        wrong.returncode == 2 and "no file of confirmations" in wrong.stderr and file.read_text() == "something else\n"
    )
