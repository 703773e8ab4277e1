"""`doctor`, `backup` and `restore` as an operator and a timer meet them: exit codes, JSON, and sentences that help."""

import json
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from tests.test_cli import run


def test_what_is_there_is_backed_up_brought_back_and_looked_at(server_url: str, tmp_path: Path) -> None:
    folder, copy = tmp_path / "backups", f"copy_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {copy}".encode())
    env = {"POST_LOGISTICS_DATABASE_URL": server_url, "POST_LOGISTICS_SCHEMA_NAME": "cli_operating"}
    watched = env | {"POST_LOGISTICS_BACKUP_DIR": str(folder)}

    nowhere = run("backup", **env)
    assert nowhere.returncode == 2 and "POST_LOGISTICS_BACKUP_DIR" in nowhere.stderr
    empty = run("backup", **watched)
    assert empty.returncode == 1 and "nothing to back up" in empty.stderr
    assert run("storage", "months", **env).returncode == 0  # whatever comes first makes the tables

    made = run("backup", "--json", **watched)
    assert made.returncode == 0, made.stderr
    backup = json.loads(made.stdout)
    file = Path(backup["file"])
    assert file.parent == folder and backup["rows"]["postings"] > 0 and backup["seconds"] > 0

    looked = run("doctor", "--json", **watched)
    findings = {one["what"]: one for one in json.loads(looked.stdout)}
    assert looked.returncode == 0, looked.stdout
    assert findings["backups"]["verdict"] == "good" and findings["database"]["verdict"] == "good"

    there = env | {"POST_LOGISTICS_DATABASE_URL": make_url(server_url).set(database=copy).render_as_string(False)}
    back = run("restore", str(file), "--json", **there)
    assert back.returncode == 0, back.stderr
    checks = json.loads(back.stdout)["checks"]
    assert len(checks) > 20 and not any(check["violated"] for check in checks)


def test_the_doctor_says_what_is_bad_and_how_to_mend_it(tmp_path: Path) -> None:
    looked = run(
        "doctor",
        POST_LOGISTICS_ENVIRONMENT="production",
        POST_LOGISTICS_DATABASE_URL="postgresql://post:s3cret@127.0.0.1:1/post",
        POST_LOGISTICS_FACTS_DIR=str(tmp_path),
    )
    assert looked.returncode == 1
    for said in ("setting api_key", "openssl rand -hex 32", "does not answer", "facts"):
        assert said in looked.stdout
    assert "s3cret" not in looked.stdout + looked.stderr and "Traceback" not in looked.stderr


def test_a_file_that_is_not_there_or_is_none_is_said_clearly(tmp_path: Path) -> None:
    done = run("restore", str(tmp_path / "none.dump"), "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 1 and "none.dump" in done.stderr
    assert not (tmp_path / "data").exists()
