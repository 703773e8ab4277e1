"""What is made from the code is as the code is: pages of reference, collections, words; and what goes, says so."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from api.collections import bruno, postman, samples
from api.deprecation import going
from api.problem_words import TEXTS, bangla, in_language
from api.reference import domain_kinds, problems_page, roles_page
from api.slices import Slice
from post_logistics.errors import Unacceptable
from tests.api.client import Api, refused
from tests.api.openapi import DOCUMENT, OPERATIONS, schema_of
from tests.api.test_guide import ROOT

AGAIN = (
    "make it anew: post-logistics openapi --reference docs/reference "
    "--postman clients/post-logistics.postman_collection.json --bruno clients/bruno"
)


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


# Pages


def test_the_page_of_problems_is_the_one_that_the_code_makes() -> None:
    assert read("docs", "reference", "problems.md") == problems_page(), AGAIN


def test_every_kind_of_problem_that_the_engine_raises_has_its_remedy() -> None:
    page = problems_page()
    assert all(f"| {status} | `{name}` |" in page for name, status in domain_kinds())
    assert ("undecided", 422) in domain_kinds() and ("offices-failed", 409) in domain_kinds()


def test_the_page_of_roles_is_the_one_that_the_code_makes() -> None:
    assert read("docs", "reference", "roles.md") == roles_page(DOCUMENT), AGAIN


# Collections


def test_the_postman_collection_is_the_one_that_the_code_makes_and_well_formed() -> None:
    text = read("clients", "post-logistics.postman_collection.json")
    assert text == postman(DOCUMENT), AGAIN
    collection = json.loads(text)
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    requests = [one["request"] for folder in collection["item"] for one in folder["item"]]
    for request in requests:
        named = set(re.findall(r":(\w+)", request["url"]["raw"].removeprefix("{{baseUrl}}")))
        assert named == {one["key"] for one in request["url"]["variable"]}
        if request.get("body", {}).get("mode") == "raw":
            json.loads(request["body"]["raw"])
    assert len(requests) == len(list(samples(DOCUMENT))) > 80


def test_the_bruno_collection_is_the_one_that_the_code_makes() -> None:
    folder = ROOT / "clients" / "bruno"
    found = {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in folder.rglob("*.*")}
    assert found == bruno(DOCUMENT), AGAIN
    for name, text in found.items():
        if name.endswith(".bru"):
            assert text.count("{\n") == len(re.findall(r"^ *}[,\]]?$|^ +}, ?{$", text, re.M)) or "body:json" in text


def test_no_two_requests_share_a_name() -> None:
    names = [(one.group, one.title.lower()) for one in samples(DOCUMENT)]
    assert len(set(names)) == len(names)


# Lists

BOUNDED = {
    "offices": "the offices of the country",
    "collection_points": "those of the country",
    "corrections": "what was said about one phrase",
    "enrolled_devices": "an office's devices",
    "silent_devices": "those of one office",
    "dispatches": "what is on its way to and from one office",
    "holds_over": "what is held at one office",
    "pickups_at": "one office, one day",
    "pickups": "those whose window is not over",
    "evidence": "one parcel",
    "contests": "one parcel",
    "weighings": "one parcel",
    "receipts": "one parcel",
    "refunds": "one parcel",
    "unproved_deliveries": "one office's open ones",
    "office_contests": "one office's open ones",
    "uncollected_parcels": "one office's shelf",
    "open_prices": "those that wait for an answer",
    "list_overdue_claims": "those that are late",
    "closes_of_day": "one office, one day",
    "cash_to_count": "one office, one day",
    "cash_overdue": "those that are late",
    "cash_overdue_at": "those of one office",
    "shortages": "those that are open",
    "shortages_of_office": "those of one office",
    "shortages_of_rider": "those of one rider",
    "agreed": "a shop's terms",
    "payout_holds": "those in force",
    "payout_accounts": "a shop's accounts",
    "advances": "a shop's advances",
    "statement_sources": "the post's banks and wallets",
    "keys": "a shop's or office's keys",
    "people": "pages by `after`",
    "stores": "a shop's stores",
    "shifts": "one office, one day",
    "held_payments": "`limit`",
    "suspense": "`limit`",
    "shop_privacy": "`limit`",
    "partner_unreadable": "`limit`",
    "partner_findings": "`limit`",
    "partner_told": "one order",
    "centre_shifts": "one centre, the days that are named",
    "issuers": "the offices and towns that hand in documents",
    "expected_manifests": "those of one office that nobody has handed in",
}
"""Lists without pages, and why they cannot grow without end."""


def test_every_list_has_pages_or_a_reason_to_have_none() -> None:
    endless = []
    for operation in OPERATIONS:
        said = operation.facts["responses"].get("200", {}).get("content", {}).get("application/json")
        schema: Any = said and said.get("schema")
        if operation.method != "GET" or not schema:
            continue
        whole = schema_of(schema)
        has_pages = "next" in whole.get("properties", {})
        given = {one["name"] for one in operation.facts.get("parameters", ()) if one["in"] == "query"}
        assert not has_pages or ("limit" in given and given & {"after", "before"}), operation.name
        if whole.get("type") == "array" and not has_pages and operation.name not in BOUNDED:
            endless.append(operation.name)
    assert not endless


# Words


def test_every_english_text_is_said_somewhere_in_the_code() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in _sources())
    whole = re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", code))
    strangers = {"Field required", "Extra inputs are not permitted", "Not Found", "Method Not Allowed"}
    strangers |= {f"row {{row}} is {what} order with reference {{reference}}" for what in ("the same", "another")}
    for text in TEXTS:
        pieces = [piece for piece in re.split(r"{\w+}", text) if piece.strip(" ;:'")]
        is_strange = text in strangers or text.startswith(("Input should", "String should"))
        assert is_strange or all(piece in whole for piece in pieces), text


def _sources() -> list[Path]:
    found = [*ROOT.glob("api/**/*.py"), *ROOT.glob("post_logistics/**/*.py")]
    return [file for file in found if file.name != "problem_words.py"]


def test_every_translation_carries_over_what_it_was_told() -> None:
    for english, words in TEXTS.items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", words)), english
        assert re.search("[\u0980-\u09ff]", words)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no item DP000000005BD", "DP000000005BD নম্বরের কোনো পার্সেল নেই"),
        ("is missing", "দেওয়া হয়নি"),
        (
            "weight_g: Field required; colour: Extra inputs are not permitted",
            "weight_g: দেওয়া হয়নি; colour: এই নামের কোনো ঘর নেই",
        ),
        ("nobody has written this in Bangla", "nobody has written this in Bangla"),
        ("the address is not clear: a; b", "ঠিকানাটি পরিষ্কার নয়: a; b"),
        ("{0.__class__} is not an amount", "{0.__class__} কোনো টাকার অঙ্ক নয়"),
        ("", ""),
    ],
)
def test_texts_in_bangla(said: str, told: str) -> None:
    assert bangla(said) == told


def test_facts_are_never_translated() -> None:
    problem = {"type": "urn:x", "field": "is missing", "reason": "is missing", "problems": [{"remedy": "fill it in"}]}
    told = in_language(problem, "bn")
    assert told == {**problem, "reason": "দেওয়া হয়নি", "problems": [{"remedy": "পূরণ করুন"}]}
    assert in_language(problem, "en") == problem


def test_problems_are_told_in_bangla_to_whoever_asks_for_it_first(api: Api) -> None:
    path = "/v1/consignments/DP000000005BD"
    english = refused(api.get(path, headers={"Accept-Language": "en, bn"}), 404)
    answer = api.get(path, headers={"Accept-Language": "bn"})
    told = refused(answer, 404)
    assert answer.headers["content-language"] == "bn"
    assert (told["type"], told["field"], told["status"]) == (english["type"], english["field"], 404)
    assert told["title"] == "এমন কিছু নেই, অথবা তা আপনার দেখার নয়"
    assert "DP000000005BD" in told["detail"] and told["detail"] != english["detail"]
    nobody = api.client.get("/v1/me", headers={"Accept-Language": "bn"})
    assert refused(nobody, 401)["title"] == "সঠিক কী দেওয়া হয়নি"
    assert api.get("/v1/offices", headers={"Accept-Language": "bn"}).status_code == 200


# What goes


def test_an_operation_that_will_go_says_when_and_what_to_use_instead() -> None:
    since, sunset = datetime(2026, 11, 22, tzinfo=UTC), datetime(2027, 11, 23, tzinfo=UTC)
    router = Slice()

    @router.get("/old", **going(since, sunset, "/v1/new"))
    def old() -> dict[str, int]:
        return {"a": 1}

    @router.get("/old.txt", **going(since, sunset, "/v1/new"))
    def old_text() -> Response:
        return Response("a")

    @router.get("/new")
    def new() -> dict[str, int]:
        return {"a": 1}

    app = FastAPI()
    app.include_router(router)
    client = TestClient(app)
    for path in ("/old", "/old.txt"):
        headers = client.get(path).headers
        assert headers["deprecation"] == f"@{int(since.timestamp())}"
        assert headers["sunset"] == "Tue, 23 Nov 2027 00:00:00 GMT"
        assert headers["link"] == '</v1/new>; rel="successor-version"'
        assert app.openapi()["paths"][path]["get"]["deprecated"] is True
    assert "deprecation" not in client.get("/new").headers
    assert f"Deprecation: @{int(since.timestamp())}" in read("docs", "reference", "versions.md")


def test_nothing_goes_within_a_year() -> None:
    with pytest.raises(Unacceptable):
        going(datetime(2026, 11, 22, tzinfo=UTC), datetime(2027, 11, 21, tzinfo=UTC), "/v1/new")
