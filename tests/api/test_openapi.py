"""What the API says of itself, and that its pages need nobody else's server."""

import re

import pytest

from tests.api.client import Api
from tests.api.openapi import (
    DOCUMENT,
    MAY_BE_SIGNED,
    OPERATIONS,
    SIGN_IN,
    Operation,
    body_of,
    example_of,
    needed_fields,
)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_says_what_it_does_and_how_it_fails(operation: Operation) -> None:
    facts = operation.facts
    assert facts["summary"] and facts["description"] and len(facts["tags"]) == 1
    failures = {status: answer for status, answer in facts["responses"].items() if status >= "400"}
    assert {"422", "500", "503"} <= failures.keys()
    assert ("401" in failures) == (not operation.is_public or operation.name in MAY_BE_SIGNED | SIGN_IN)
    assert ({"400", "413"} <= failures.keys()) == ("requestBody" in facts)
    for answer in failures.values():
        schema = answer["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}
        assert list(answer["content"]) == ["application/problem+json"]


def test_operations_have_names_of_their_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


def test_only_tracking_health_and_the_recipients_own_view_are_public() -> None:
    by_code_or_link = {"ask_code", "visit", "recipient", "contest_by_recipient", "check_advice"}
    by_code_or_link |= {"receipt_by_link", "receipt_pdf_by_link"}
    by_code_or_link |= {"track_by_application", "advice_key"}
    hints = {"payment_callback", "payment_returned"}  # of a provider, who is asked before anything is believed
    public = {operation.name for operation in OPERATIONS if operation.is_public}
    assert public == {"track", "healthz", "readyz"} | by_code_or_link | hints | MAY_BE_SIGNED | SIGN_IN
    assert all(one.facts["security"] == [{"Key": []}] for one in OPERATIONS if not one.is_public)
    assert DOCUMENT["components"]["securitySchemes"]["Key"]["scheme"] == "bearer"


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if body_of(one)], ids=lambda one: one.name)
def test_every_field_that_is_asked_for_has_an_example_and_the_examples_are_well_formed(
    api: Api, operation: Operation
) -> None:
    schema = body_of(operation)
    assert schema
    assert not [name for name, field in needed_fields(schema) if "examples" not in field]
    answer = api.request(operation.method, operation.url, json=example_of(schema), merchant=_merchant(operation))
    assert str(answer.status_code) in operation.facts["responses"]
    assert "invalid-request" not in answer.text
    assert "Input should" not in answer.text


def _merchant(operation: Operation) -> str:
    return "nobody" if operation.name == "book" else ""


def test_the_schema_of_a_problem_is_the_one_we_send(api: Api) -> None:
    problem = DOCUMENT["components"]["schemas"]["Problem"]
    sent = api.get("/v1/tracking/DP").json()
    assert set(problem["required"]) <= sent.keys() <= problem["properties"].keys()


def test_the_document_is_served(api: Api) -> None:
    assert api.client.get("/openapi.json").json() == DOCUMENT
    assert api.client.get("/").headers["location"] == "/track"


def test_the_documentation_comes_from_this_server_alone(api: Api) -> None:
    page = api.client.get("/docs").text
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page) + re.findall(r"url: '([^']+)'", page)
    assert len(addresses) == 4
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert all(api.client.get(address).status_code == 200 for address in addresses)
    assert "http" not in page.replace("http-equiv", "").replace("window.location", "")
    assert '"validatorUrl": null' in page


def test_the_page_to_read_loads_from_this_server_alone(api: Api) -> None:
    answer = api.client.get("/redoc")
    addresses = re.findall(r"""(?:src|href|spec-url)=["']([^"']+)""", answer.text)
    assert len(addresses) == 3
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert all(api.client.get(address).status_code == 200 for address in addresses)
    assert "http" not in answer.text
    allowed = answer.headers["content-security-policy"]
    assert allowed.startswith("default-src 'self';") and "http" not in allowed
