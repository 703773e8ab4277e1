"""Statements over HTTP: a first look, a layout that is kept, files that come in once, and lines to read."""

from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.cod.statements.banks import BANK, HEADER, LINES, STATEMENT, table

PAST = STATEMENT.replace("22/11/2026", "20/11/2026").replace("23/11/2026", "21/11/2026")


def send(api: Api, path: str, content: str | bytes, **form: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return api.post(f"/v1/statement-files{path}", files={"file": ("november.csv", raw, "text/csv")}, data=form)


def keep(api: Api, source: str, **changed: Any) -> Any:
    return api.request("PUT", f"/v1/statement-sources/{source}", json={"layout": BANK.table() | changed, "by": "Karim"})


@pytest.fixture
def source(api: Api, request: pytest.FixtureRequest) -> str:
    """A source of the test's own."""
    name = f"bank-{abs(hash(request.node.name)) % 10**9}"
    assert taken(keep(api, name))["version"] == 1
    return name


def test_from_a_first_look_to_kept_lines(api: Api) -> None:
    look = taken(send(api, "/first-look", PAST, source="first"))
    assert (look["questions"], look["misfit"], look["preview"]["summary"]["rows"]) == ([], None, 3)
    assert {finding["field"] for finding in look["findings"]} >= {"booked_on", "credit", "debit", "balance"}
    refused(send(api, "", PAST, source="first", by="Rahim"), 404)
    asked = {"layout": look["layout"], "by": "Karim"}
    made = taken(api.request("PUT", "/v1/statement-sources/first", json=asked))
    assert made == taken(api.request("PUT", "/v1/statement-sources/first", json=asked))
    assert made in taken(api.get("/v1/statement-sources"))
    preview = taken(send(api, "/preview", PAST, source="first"))
    assert (preview["known_rows"], preview["first"][0]["amount_poisha"]) == (0, 12_345_650)
    done = taken(send(api, "", PAST, source="first", by="Rahim"))
    again = taken(send(api, "", PAST, source="first", by="Rahim"))
    assert (done["file"]["new_rows"], again["again"], again["file"]) == (3, True, done["file"])
    assert taken(api.get("/v1/statement-files?source=first")) == {"files": [done["file"]], "gaps": []}


def test_lines_are_read_page_by_page(api: Api, source: str) -> None:
    taken(send(api, "", PAST, source=source, by="Rahim"))
    path, seen = f"/v1/statement-lines?source={source}&first_on=2026-11-20&last_on=2026-11-21&limit=2", []
    page = taken(api.get(path))
    seen += page["lines"]
    page = taken(api.get(f"{path}&after={page['next']}"))
    seen += page["lines"]
    assert page["next"] is None
    assert sorted(line["amount_poisha"] for line in seen) == [-115_000, 50_000, 12_345_650]
    assert taken(api.get(path.replace("2026-11-21", "2026-11-19")))["lines"] == []


def test_a_file_that_does_not_fit_is_refused_with_row_column_and_remedy(api: Api, source: str) -> None:
    problem = refused(send(api, "", table(HEADER, LINES[0].replace("22/11", "22-11")), source=source, by="x"), 422)
    assert (problem["row"], problem["field"]) == (2, "Date")
    assert problem["problems"][0]["column"] == "Date"
    assert taken(api.get(f"/v1/statement-files?source={source}"))["files"] == []


def test_a_first_look_asks_and_a_layout_with_an_open_question_is_not_kept(api: Api) -> None:
    look = taken(send(api, "/first-look", PAST.replace("20/11", "03/04").replace("21/11", "04/04")))
    assert look["preview"] is None
    assert look["questions"][0]["about"] == "dates"
    assert refused(keep(api, "asking", **look["layout"]), 422)["field"] == "dates"


def test_a_misfit_is_told_with_the_first_look(api: Api) -> None:
    look = taken(send(api, "/first-look", PAST + "\n21/11/2026,SB-9,x,,1.00,3.00"))
    assert (look["preview"], look["misfit"]["field"], look["misfit"]["row"]) == (None, "Balance", 7)


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0", b"PK\x03\x04broken", b"<html>", b"\xff\xfe\x00"])
def test_what_is_no_statement_is_refused(api: Api, source: str, content: bytes) -> None:
    for path in ("", "/preview", "/first-look"):
        refused(send(api, path, content, source=source, by="Rahim"), 422)


def test_statements_are_for_the_post_alone(api: Api) -> None:
    for scope in ({"merchant": "nobody"}, {"office": "1216"}):
        refused(api.get("/v1/statement-sources", **scope), 403)
