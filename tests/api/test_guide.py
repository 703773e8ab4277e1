"""Every command of docs/guides/api.md is run, and every answer shown there is the one that is given."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from post_logistics.settings import Settings
from tests.api.client import Api, running

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = (ROOT / "docs" / "guides" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|json)\n(.*?)^```", GUIDE, re.M | re.S)


class Shell:
    """As much of a shell and of curl as the guide needs."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.variables: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.answers: list[Response] = []

    def run(self, block: str) -> None:
        """Runs the commands of a block, one after the other."""
        for line, document in _commands(block):
            words = [self._filled(word) for word in shlex.split(self._filled(line))]
            name, _, value = words[0].partition("=")
            if words[0] == "curl":
                self._curl(words[1:], self._filled(document))
            else:
                self.variables[name] = value

    def _filled(self, text: str) -> str:
        if "$(date -Iseconds)" in text:
            self.api.at += timedelta(hours=1)  # the story goes on
        text = text.replace("$(date -Iseconds)", self.api.at.isoformat())
        text = text.replace("$(TZ=Asia/Dhaka date +%F)", self.api.at.date().isoformat())
        return re.sub(r"\$([A-Z]+)", lambda name: self.variables[name[1]], text)

    def _curl(self, words: list[str], document: str) -> None:
        options = [(words[n], words[n + 1]) for n in range(len(words) - 1)]
        headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
        sent: dict[str, Any] = {"headers": headers}
        for name, value in options:
            if name == "--json":
                sent["content"] = (document if value == "@-" else value).encode()
                headers["content-type"] = "application/json"
            elif name == "-F":
                field, _, content = value.partition("=")
                path = ROOT / content.removeprefix("@")
                kind = "files" if content.startswith("@") else "data"
                sent.setdefault(kind, {})[field] = (path.name, path.read_bytes()) if kind == "files" else content
        url = next(word for word in words if word.startswith("http")).removeprefix("http://127.0.0.1:8000")
        method = "POST" if sent.keys() & {"content", "files"} else "GET"
        self.answers.append(self.api.client.request(method, url, **sent))
        self.files |= {value: self.answers[-1].content for name, value in options if name == "-o"}


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block with the here-document that follows it."""
    yield from re.findall(r"^(.+?)(?: <<EOF\n(.*?)\nEOF)?$", block, re.M | re.S)


def shown(told: Any, answered: Any) -> bool:
    """Whether what the guide shows is part of the answer."""
    if isinstance(told, dict):
        return all(name in answered and shown(value, answered[name]) for name, value in told.items())
    if isinstance(told, list):
        return len(told) == len(answered) and all(map(shown, told, answered))
    return bool(told == answered)


@pytest.fixture(scope="module")
def shell(settings: Settings) -> Iterator[Shell]:
    with running(settings.model_copy(update={"schema_name": "api_guide"})) as api:
        yield Shell(api)


def test_the_guide_is_true_from_its_first_command_to_its_last(shell: Shell) -> None:
    for kind, block in BLOCKS:
        if kind == "sh":
            shell.run(block)
        else:
            answer = shell.answers[-1]
            assert shown(json.loads(block), answer.json()), f"{block}answered: {answer.text}"
    assert [answer.status_code for answer in shell.answers if answer.status_code >= 400] == [404]
    assert shell.files.keys() == {"label.pdf", "run-sheets.pdf", "advice.pdf", "ledger.beancount"}
    assert all(content.startswith(b"%PDF") for name, content in shell.files.items() if name.endswith(".pdf"))


def test_red_control_a_wrong_answer_in_the_guide_would_be_noticed() -> None:
    answered = {"a": [{"b": 1, "c": 2}], "d": "x"}
    assert shown({"a": [{"b": 1}]}, answered)
    for told in ({"a": [{"b": 2}]}, {"a": []}, {"e": 1}, {"d": "y"}):
        assert not shown(told, answered)
