"""What is deployed names commands, settings and operations that there are, and gives away nothing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from post_logistics.cli import app
from post_logistics.settings import OUR_SECRETS, Settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.iterdir())
UNITS = [path for path in FILES if path.suffix == ".service"]
GUIDE = ROOT / "docs" / "guides" / "operating.md"


@pytest.mark.parametrize("file", [*FILES, GUIDE], ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(file: Path) -> None:
    named = set(re.findall(r"POST_LOGISTICS_([A-Z_]+)", file.read_text(encoding="utf-8")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("file", [*FILES, GUIDE], ids=lambda path: path.name)
def test_every_command_that_is_named_is_one(file: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"(?:bin/|^|[`\s])post-logistics ([a-z]+)(?: ([a-z]+))?", file.read_text(encoding="utf-8"), re.M)
    for command, word in named:
        if command in {"post", "and"}:
            continue
        assert command in commands, command
        if word and hasattr(commands[command], "commands"):
            assert word in commands[command].commands, f"{command} {word}"


def test_the_example_of_settings_holds_no_secret_and_leaves_none_out() -> None:
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {f"POST_LOGISTICS_{name.upper()}" for name in OUR_SECRETS} <= set(given)
    assert all(value == "" for name, value in given.items() if name.endswith(("_KEY", "_PASSWORD")))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_service_runs_as_nobody_important_and_in_its_own_corner(unit: Path) -> None:
    said = unit.read_text()
    for line in ("User=post-logistics", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"):
        assert f"\n{line}\n" in said


def test_only_the_parent_is_told_to_stop() -> None:
    for name in ("post-logistics.service", "post-logistics-worker.service"):
        assert "\nKillMode=mixed\n" in (DEPLOY / name).read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_services() -> None:
    units = [str(path) for path in FILES if path.suffix in {".service", ".timer"}]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert not [line for line in complaints if "post-logistics" in line]


def test_the_container_runs_as_nobody_and_names_no_host() -> None:
    said = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER \d+$", said, re.M)
    assert set(re.findall(r"^FROM (\S+)", said, re.M)) == {"python:3.11-slim"}
    assert "--require-hashes" in said


def test_the_server_s_user_can_make_the_roles() -> None:
    assert (DEPLOY / "roles.sh").stat().st_mode & 0o100
    done = subprocess.run(["sh", "-n", str(DEPLOY / "roles.sh")], capture_output=True, check=False)
    assert done.returncode == 0
