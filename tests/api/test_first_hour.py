"""Every command of the first hour is run, and every answer shown there is the one that is given."""

import json
import re
import shlex
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from post_logistics.cli import app
from post_logistics.settings import Settings
from tests.api.client import Api, running
from tests.api.test_guide import ROOT, Shell, shown

SCHEMA = "api_first_hour"
GUIDE = (ROOT / "docs" / "guides" / "first-hour.md").read_text(encoding="utf-8")


class Desk(Shell):
    """The same shell with our own command, whose answers it keeps."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.said: list[dict[str, object]] = []

    def run(self, block: str) -> None:
        if block.startswith("post-logistics"):
            answer = CliRunner().invoke(app, [*shlex.split(block)[1:], "--schema", SCHEMA])
            assert answer.exit_code == 0, answer.output
            self.said.append(json.loads(answer.stdout))
        else:
            super().run(block.replace("pl_…", str(self.said[0]["api_key"])) if "pl_…" in block else block)

    def _filled(self, text: str) -> str:
        later = self.api.at + timedelta(hours=4)
        return super()._filled(text.replace('$(date -Iseconds -d "+4 hours")', later.isoformat()))


def test_the_first_hour_is_true_from_its_first_command_to_its_last(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("POST_LOGISTICS_FACTS_DIR", str(settings.facts_dir))
    with running(settings.model_copy(update={"schema_name": SCHEMA})) as api:
        desk = Desk(api)
        last: object = None
        for kind, block in re.findall(r"^```(sh|json)\n(.*?)^```", GUIDE, re.M | re.S):
            if kind == "json":
                assert shown(json.loads(block), last), f"{block}answered: {last}"
                continue
            desk.run(block)
            told = desk.said if block.startswith("post-logistics") else desk.answers
            newest = told[-1] if told else None
            is_json = hasattr(newest, "headers") and "json" in newest.headers["content-type"]
            last = newest.json() if is_json else newest
    assert [answer.status_code for answer in desk.answers if answer.status_code >= 400] == [422]
    assert desk.files["label.pdf"].startswith(b"%PDF")
