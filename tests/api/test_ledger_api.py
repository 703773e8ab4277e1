"""The books over HTTP: opened, proven, balanced, sealed, closed, put right, exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beancount import loader

from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from tests.api.client import Api, refused, running, taken
from tests.cod.hledger_reader import read

PEOPLE = {"by": "Rahima Khatun", "countersigned_by": "Jashim Uddin"}
TABLE = "account,balance\noffice_till:1215,300.50\nopening_balances,-300.50\n"
BEFORE, DAY = "2026-11-21", "2026-11-22"


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[Api]:
    """An application on books of its own."""
    own = settings.model_copy(update={"schema_name": "books_api"})
    with open_scratch(own), running(own) as api:
        taken(api.post("/v1/ledger/opening", PEOPLE | {"table": TABLE}))
        yield api


def test_the_books_are_opened_once(api: Api) -> None:
    again = taken(api.post("/v1/ledger/opening", PEOPLE | {"table": TABLE}))
    assert (again["accounts"], again["opened_by"]) == (2, "Rahima Khatun")
    other = TABLE.replace("300.50", "300.51")
    refused(api.post("/v1/ledger/opening", PEOPLE | {"table": other}), 409, "conflict")
    wrong = refused(api.post("/v1/ledger/opening", PEOPLE | {"table": TABLE.replace("-300.50", "-300")}), 422)
    assert wrong["field"] == "balance" and "Tk 0.50" in wrong["detail"]
    alone = {"by": "Rahima Khatun", "countersigned_by": "rahima khatun", "table": TABLE}
    assert refused(api.post("/v1/ledger/opening", alone), 422)["field"] == "countersigned_by"


def test_the_trial_balance_of_any_day(api: Api) -> None:
    today = taken(api.get(f"/v1/ledger/balances/{DAY}"))
    assert today["balanced"] and today["debit_poisha"] == today["credit_poisha"] == 300_50
    (till,) = taken(api.get(f"/v1/ledger/balances/{DAY}?account=office_till"))["accounts"]
    assert till == {"account": "office_till:1215", "debit_poisha": 300_50, "credit_poisha": 0}
    assert taken(api.get(f"/v1/ledger/balances/{BEFORE}"))["accounts"] == []
    refused(api.get("/v1/ledger/balances/yesterday"), 422)


def test_the_proof_names_every_check(api: Api) -> None:
    proof = taken(api.get("/v1/ledger/proof"))
    assert proof["proven"] and len(proof["checks"]) > 15
    assert not any(check["violated"] or check["examples"] for check in proof["checks"])


def test_both_journals_are_accepted(api: Api, tmp_path: Path) -> None:
    answer = api.get("/v1/ledger.beancount")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    file = tmp_path / "ledger.beancount"
    file.write_text(answer.text, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(file))
    assert entries and not errors
    assert read(api.get("/v1/ledger.hledger").text)["assets:office_till:1215"] > 300
    assert api.get("/v1/ledger.gnucash").status_code == 422


def test_a_transfer_is_taken_back_once_and_a_stranger_is_not_found(api: Api) -> None:
    asked = {"transfer_id": "00000000-0000-4000-8000-000000000000", "why": "typed twice", "by": "Rahima Khatun"}
    assert refused(api.post("/v1/ledger/reversals", asked), 404)["field"] == "transfer_id"
    refused(api.post("/v1/ledger/reversals", asked | {"why": ""}), 422)
    refused(api.post("/v1/ledger/reversals", asked | {"transfer_id": "x"}), 422)


def test_only_days_that_are_over_are_sealed_and_only_sealed_months_are_closed(api: Api) -> None:
    assert refused(api.post("/v1/ledger/seals", {"through": DAY}), 422)["field"] == "through"
    assert taken(api.post("/v1/ledger/seals", {"through": BEFORE})) == []
    refused(api.post("/v1/ledger/months/2026-11", PEOPLE), 409)
    refused(api.post("/v1/ledger/months/2026-13", PEOPLE), 422)


def test_red_control_a_month_is_closed_when_all_is_well(api: Api) -> None:
    api.at = api.at.replace(month=12)
    (first, *_) = taken(api.post("/v1/ledger/seals", {"through": "2026-11-30"}))
    assert (first["on_day"], first["transfers"], first["previous_hash"]) == (DAY, 1, "0" * 64)
    closed = taken(api.post("/v1/ledger/months/2026-11", PEOPLE))
    assert (closed["period"], closed["last_day"]) == ("2026-11", "2026-11-30")
    assert taken(api.post("/v1/ledger/months/2026-11", PEOPLE)) == closed
