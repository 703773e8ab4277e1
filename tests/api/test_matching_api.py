"""Matching over HTTP: lines in, matches and suspense out, and what a person says."""

from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.operations.money.bank import Bank, deposit


@pytest.fixture(scope="module")
def bank(api: Api) -> Bank:
    return Bank(api.engine.database)


def run(api: Api) -> Any:
    (found,) = taken(api.post("/v1/statement-matching", {"sources": ["bank"]}))
    return found


def test_statements_are_matched_confirmed_undone_and_reported(api: Api, bank: Bank) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    close = deposit(bank.database, 2_000_00, "SB-008811")
    bank.shows(1_000_00, "SB-004217")
    line = str(bank.shows(1_990_00, "SB-008811"))
    assert (found := run(api))["by_rule"] == {"reference": 1}, found
    (waiting,) = taken(api.get("/v1/suspense?reason=to_confirm&source=bank"))
    assert (waiting["line_id"], waiting["age_days"], waiting["text_bn"] != "") == (line, 0, True)
    assert waiting["proposal"]["entries"][0]["entry_id"] == close
    assert taken(api.post(f"/v1/suspense/{line}/owner", {"by": "rahima"}))["owner"] == "rahima"
    assert taken(api.post(f"/v1/suspense/{line}/notes", {"by": "rahima", "note": "counted"}))["note"] == "counted"
    match = taken(api.post(f"/v1/suspense/{line}/confirmation", {"by": "rahima"}))
    assert (match["rule"], match["difference_poisha"], match["confirmed_by"]) == ("tolerance", -10_00, "rahima")
    assert match == taken(api.get(f"/v1/matches/{match['match_id']}"))
    undone = taken(api.post(f"/v1/matches/{match['match_id']}/undoing", {"by": "karim", "why": "wrong"}))
    assert undone["undone_by"] == "karim"
    said = {
        "lines": [line],
        "entries": [{"kind": "deposit", "entry_id": close}],
        "why": "the slip",
        "by": "rahima",
    }
    again = taken(api.post("/v1/matches", said))
    assert taken(api.post("/v1/matches", said)) == again
    assert again["text_en"] == "rahima says that the line is this: the slip"
    report = taken(api.get("/v1/match-reports/months/2026-11"))
    count = {one["measure"]: (one["count"], one["amount_poisha"]) for one in report["figures"]}
    assert (count["lines_in"], count["lines_matched"], count["lines_unmatched"]) == ((2, 2_990_00),) * 2 + ((0, 0),)
    assert (report["due_on"], report["matched_in_time"]) == ("2026-12-15", True)
    table = api.get("/v1/match-reports/quarters/2026-Q4.csv")
    assert table.status_code == 200 and table.text.count("\n") == 1 + 3 * 20


def test_what_is_not_there_is_said_so(api: Api, bank: Bank) -> None:
    refused(api.post("/v1/statement-matching", {"sources": ["nowhere"]}), 404)
    nothing = "00000000-0000-4000-8000-000000000000"
    refused(api.get(f"/v1/matches/{nothing}"), 404)
    refused(api.post(f"/v1/matches/{nothing}/undoing", {"by": "x", "why": "y"}), 404)
    refused(api.post(f"/v1/suspense/{nothing}/owner", {"by": "x"}), 404)
    refused(api.post(f"/v1/suspense/{nothing}/confirmation", {"by": "x"}), 409)
    refused(api.get("/v1/match-reports/months/2026-13"), 422)
