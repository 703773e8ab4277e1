"""What the documents say is there, is there."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from post_logistics.cli import app
from post_logistics.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])
COMMANDS: Any = get_command(app)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS.commands:
        assert f"post-logistics {name}" in readme, name


def typed(text: str) -> list[list[str]]:
    """The words of every command that a page shows, in its lines to type and between its lines."""
    whole = text.replace("\\\n", " ")
    lines = re.findall(
        r"^(?:.*\| )?(?:\S*/)?post-logistics (.*)$", "\n".join(re.findall(r"```sh\n(.*?)```", whole, re.DOTALL)), re.M
    )
    spans = re.findall(r"`(?:[\w./]*/)?post-logistics ([^`]+)`", whole)
    return [re.split(r" [|>&#;]|[;)]", one)[0].split() for one in lines + spans]


def unknown(words: list[str]) -> str:
    """The first command or option of a line that there is not; empty where all is there."""
    command = COMMANDS
    names = iter(words)
    for name in names:
        if not hasattr(command, "commands"):
            break
        if name not in command.commands:
            return "" if name.startswith(("-", "…", "[")) else name
        command = command.commands[name]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    return next((one for one in words if one.startswith("--") and one != "--" and one.split("=")[0] not in known), "")


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_is_there(page: Path) -> None:
    wrong = {" ".join(words): unknown(words) for words in typed(page.read_text(encoding="utf-8"))}
    assert not {line: word for line, word in wrong.items() if word}


def test_every_command_that_the_readme_names_beside_another_is_there() -> None:
    """In a row about ``post-logistics cod check``, ``cod balance`` is one as well."""
    groups = {name for name, one in COMMANDS.commands.items() if hasattr(one, "commands")}
    spans = re.findall(r"`([a-z]+ [^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    named = [words for one in spans if (words := one.split())[0] in groups]
    assert len(named) > 20
    assert not {" ".join(words): word for words in named if (word := unknown(words))}


def test_red_control_a_command_and_an_option_that_are_not_there_are_seen() -> None:
    assert typed("```sh\npost-logistics key burn X  # it\n```") == [["key", "burn", "X"]]
    assert unknown(["key", "burn", "X"]) == "burn"
    assert unknown(["key", "make", "X", "--forever"]) == "--forever"
    assert not unknown(["key", "make", "X", "--days", "30"])


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"POST_LOGISTICS_{name.upper()}" in readme, name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    for name in named:
        assert re.search(rf"[|,] {re.escape(name.split('[')[0])}\b", reasons), name


def test_the_lock_files_name_versions_and_hashes_and_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in packages)
        assert text.count("--hash=sha256:") >= len(packages)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")
