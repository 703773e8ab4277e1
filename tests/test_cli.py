"""The command line as a script meets it: exit codes, messages that help, JSON that parses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as it runs for a user, in a directory of nobody's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POST_LOGISTICS_")}
    return subprocess.run(
        [sys.executable, "-m", "post_logistics", *words],
        cwd="/",
        env=clean | {"PYTHONPATH": str(ROOT)} | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_quote_names_its_tariff_and_adds_up() -> None:
    done = run("quote", "--weight-kg", "১.৫", "--cod-taka", "1,500", "--json")
    quote: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0
    assert quote["version"]
    assert quote["total_poisha"] == sum(line["amount_poisha"] for line in quote["lines"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["quote", "--weight-kg", "heavy"], "--weight-kg"),
        (["quote", "--weight-kg", "1", "--date", "yesterday"], "--date"),
        (["quote", "--weight-kg", "1", "--service", "rocket"], "service"),
        (["demo", "--date", "2026-02-30"], "--date"),
        (["import", "/nowhere/orders.csv"], "orders.csv"),
        (["import", "/"], "file"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_bad_input_is_exit_code_2_and_says_where(words: list[str], says: str, tmp_path: Path) -> None:
    done = run(*words, POST_LOGISTICS_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:///x.db", 2),
        ("no url at all", 2),
        ("postgresql://postgres@127.0.0.1:1/none", 3),
        ("postgresql:///none?host=/nowhere", 3),
    ],
)
def test_a_wrong_database_is_said_clearly(url: str, code: int) -> None:
    done = run("track", "DP473124829BD", POST_LOGISTICS_DATABASE_URL=url)
    assert done.returncode == code, done.stderr
    assert "Remedy:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_is_never_printed() -> None:
    done = run("track", "DP473124829BD", POST_LOGISTICS_DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("content", ["a file", None])
def test_a_data_directory_that_is_none_is_said_clearly(tmp_path: Path, content: str | None) -> None:
    data = tmp_path / "data"
    if content is None:
        (data / "postgresql").mkdir(parents=True)
        (data / "postgresql" / "holiday.jpg").write_text("not a database")
    else:
        data.write_text(content)
    done = run("track", "DP473124829BD", "--data-dir", str(data))
    assert done.returncode == 3, done.stderr
    assert "Remedy:" in done.stderr


def test_production_does_not_start_with_development_secrets() -> None:
    done = run("track", "DP473124829BD", POST_LOGISTICS_ENVIRONMENT="production")
    assert done.returncode == 2
    assert "POST_LOGISTICS_API_KEY" in done.stderr


def test_an_imported_file_is_booked_once_and_tracked(server_url: str, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    header = "merchant,store_address,order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka"
    orders.write_text(
        f'{header}\nShop,"New Market, Dhaka",1,কৃষ্ণা,01712345678,"Road 3, Mirpur 10",1,500\n', encoding="utf-8"
    )
    env = {"POST_LOGISTICS_DATABASE_URL": server_url, "POST_LOGISTICS_SCHEMA_NAME": "cli_test"}
    dry = json.loads(run("import", str(orders), "--dry-run", "--json", **env).stdout)
    first = json.loads(run("import", str(orders), "--json", **env).stdout)
    second = json.loads(run("import", str(orders), "--json", **env).stdout)
    assert (dry["booked"], first["booked"], second["booked"], second["duplicate"]) == (1, 1, 0, 1)
    number = first["rows"][0]["item_number"]
    assert second["rows"][0]["item_number"] == number
    seen = json.loads(run("track", number.lower(), "--json", "--language", "bn", **env).stdout)
    assert seen["item_number"] == number
    assert seen["state"] == "booked"
    assert "কৃষ্ণা" not in json.dumps(seen, ensure_ascii=False)
    assert run("track", "DP999999990BD", **env).returncode in {1, 2}
