"""Every command of the guides about proof and claims is run, and every answer shown there is the one that is given."""

import json
import re

import pytest

from post_logistics.settings import Settings
from post_logistics.tracking.claims import NEXT_STEPS
from tests.api.client import Api, order, running, taken
from tests.api.test_guide import ROOT, Shell, shown

GUIDES = ("proof-of-delivery", "claims")


def text_of(guide: str) -> str:
    return (ROOT / "docs" / "guides" / f"{guide}.md").read_text(encoding="utf-8")


def with_the_rider(api: Api) -> str:
    """The first parcel of the guides' merchant, on its way to the door."""
    asked = {"name": "Nakshi Ghar", "store_address": "Shop 12, New Market, Dhaka 1205", "payout_account": "BRAC 1501"}
    shop = taken(api.post("/v1/merchants", asked), 201)["merchant_id"]
    item = str(taken(api.post("/v1/consignments", order("WEB-1001"), merchant=shop), 201)["item_number"])
    api.with_rider(item, "1216-R01")
    return item


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_is_true_from_its_first_command_to_its_last(settings: Settings, guide: str) -> None:
    schema = f"guide_{guide.replace('-', '_')}"
    with running(settings.model_copy(update={"schema_name": schema})) as api:
        item, shell = with_the_rider(api), Shell(api)
        assert f"ITEM={item}\n" in text_of(guide)
        for kind, block in re.findall(r"^```(sh|json)\n(.*?)^```", text_of(guide), re.M | re.S):
            if kind == "sh":
                shell.run(block)
            else:
                answer = shell.answers[-1]
                assert shown(json.loads(block), answer.json()), f"{block}answered: {answer.text}"
        assert all(answer.status_code < 300 for answer in shell.answers)


def test_the_diagram_shows_every_step_that_may_follow_and_no_other() -> None:
    drawn = re.findall(r"^ +(\w+) --> (\w+)$", text_of("claims"), re.M)
    assert sorted(drawn) == sorted((step.value, after.value) for step, row in NEXT_STEPS.items() for after in row)
