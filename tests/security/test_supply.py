"""What we are built of: every package pinned to a version and to the hash of its file, and nothing besides."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
_PIN = re.compile(
    r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)(?: ; [^\\]+)?((?:\s*\\\n\s+--hash=sha256:[0-9a-f]{64})+)"
)


def entries(text: str) -> list[str]:
    """The entries of a lock file, each with its hashes."""
    joined = re.sub(r"\\\n", "\\\\\n ", text)
    return [one for one in re.split(r"\n(?=\S)", joined.strip()) if one and not one.startswith("#")]


def pins(text: str) -> dict[str, set[str]]:
    """Package -> versions, one for each kind of machine, of what is pinned whole; ValueError names what is not."""
    found: dict[str, set[str]] = {}
    for entry in entries(text):
        pin = _PIN.match(entry)
        if pin is None or re.search(r"https?://|--(index|extra-index|find-links|trusted)|@ ", entry):
            raise ValueError(entry.partition("\n")[0])
        found.setdefault(_name(pin[1]), set()).add(pin[2])
    return found


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_a_hash_and_no_host_is_named(lock: str) -> None:
    assert len(pins((ROOT / lock).read_text())) > 20


@pytest.mark.parametrize(
    "entry",
    ["fastapi", "fastapi>=1", "fastapi==1.0", "a @ https://example.org/a.whl --hash=sha256:" + "0" * 64,
     "--extra-index-url https://example.org", "a==1 \\\n    --hash=md5:00"],
)  # fmt: skip
def test_red_control_what_is_not_pinned_is_named(entry: str) -> None:
    with pytest.raises(ValueError):
        pins(entry)


def test_what_the_tests_use_is_the_same_that_runs() -> None:
    run, dev = (pins((ROOT / lock).read_text()) for lock in LOCKS)
    assert {name: dev[name] for name in run if name in dev} == {name: run[name] for name in run if name in dev}


def test_whatever_the_project_asks_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + [
        one for group in project["project"].get("optional-dependencies", {}).values() for one in group
    ]
    dev = asked + [one for group in project["dependency-groups"].values() for one in group]
    known = {name for lock in LOCKS for name in pins((ROOT / lock).read_text())}
    for text in dev:
        assert _name(re.split(r"[\[<>=!~; ]", text)[0]) in known, text


def test_what_is_installed_is_what_is_pinned() -> None:
    """A package that is here and in no lock file came from somewhere else."""
    known = pins((ROOT / LOCKS[0]).read_text()) | pins((ROOT / LOCKS[1]).read_text())
    tools = {"pip", "setuptools", "wheel", "uv", "post-logistics"}
    here = {_name(one.metadata["Name"]): one.version for one in distributions()}
    ours = {_name(path.name) for path in (ROOT / "integrations").iterdir() if path.is_dir()} | {"post-logistics-client"}
    unknown = {
        name
        for name in here
        if name not in known and name not in tools and not name.startswith("karrio-") and name not in ours
    }
    assert unknown == set()
    assert {name: version for name, version in here.items() if name in known and version not in known[name]} == {}
