"""Every example of the documentation is well-formed, can be sent, and is answered as the documentation says."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from httpx2 import Response
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api.examples import JSON, NAMED, Examples
from api.policy import POLICY
from post_logistics.access.roles import Role
from post_logistics.settings import Settings
from tests.api.client import Api, order, running, taken
from tests.api.openapi import DOCUMENT, OPERATIONS, Operation

_REGISTRY: Final = Registry().with_resource(  # type: ignore[var-annotated]
    "urn:document", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
SHOP = "nakshi-ghar"
PROBLEM = "application/problem+json"


def faults(schema: Any, value: Any) -> list[str]:
    """What the schema has against the value."""
    whole = json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "urn:document#/'))
    checker = Draft202012Validator(whole, registry=_REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{list(one.absolute_path)}: {one.message[:200]}" for one in checker.iter_errors(value)]


def shown(operation: Operation) -> Iterator[tuple[str, Any, Any]]:
    """Where, schema and example of everything that the operation shows."""
    for parameter in operation.facts.get("parameters", ()):
        if "example" in parameter:
            yield parameter["name"], parameter["schema"], parameter["example"]
    for media_type, media in operation.facts.get("requestBody", {}).get("content", {}).items():
        yield f"request {media_type}", media["schema"], media["example"]
    for status, answer in operation.facts["responses"].items():
        for media_type, media in answer.get("content", {}).items():
            if media_type == PROBLEM:
                for one in media["examples"].values():
                    name = one["$ref"].removeprefix("#/components/examples/")
                    yield status, media["schema"], DOCUMENT["components"]["examples"][name]["value"]
            elif JSON.fullmatch(media_type) and media.get("schema"):
                yield f"{status} {media_type}", media["schema"], media["example"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_request_and_every_answer_has_an_example_that_its_schema_allows(operation: Operation) -> None:
    for where, schema, value in shown(operation):
        assert not faults(schema, value), where


def test_red_control_a_wrong_example_would_be_noticed() -> None:
    schema = {"$ref": "#/components/schemas/ConsignmentIn"}
    right = Examples(DOCUMENT).of(schema)
    assert not faults(schema, right)
    assert faults(schema, {**right, "weight_g": "1200"}) and faults(schema, {**right, "colour": "red"})
    assert faults({"type": "string", "format": "date"}, "22.11.2026")


@pytest.fixture(scope="module")
def world(settings: Settings) -> Iterator[Api]:
    """A fresh world with the merchant and the parcel that the examples speak of."""
    with running(settings.model_copy(update={"schema_name": "api_examples"})) as api:
        asked = {"name": "Nakshi Ghar", "store_address": "Shop 12, New Market, Dhaka 1205", "payout_account": "B 1"}
        assert taken(api.post("/v1/merchants", asked), 201)["merchant_id"] == SHOP
        assert taken(api.post("/v1/consignments", order("WEB-1"), merchant=SHOP), 201)["item_number"] == NUMBER
        yield api


NUMBER = NAMED["item_number"]
_LAST: Final = {"close_session", "end_key", "retire_device", "disconnect_shop", "remove_webhook"}


def in_their_turn() -> list[Operation]:
    """What changes nothing first, what ends something last."""
    return sorted(OPERATIONS, key=lambda one: (one.name in _LAST or one.method == "DELETE", one.method != "GET"))


def example_sent(api: Api, operation: Operation) -> Response:
    """The answer to the operation's own example."""
    path, query = operation.path, {}
    for parameter in operation.facts.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        elif parameter["in"] == "query" and parameter["required"]:
            query[parameter["name"]] = parameter["example"]
    options: dict[str, Any] = {"params": query}
    for media_type, media in operation.facts.get("requestBody", {}).get("content", {}).items():
        if media_type == "application/json":
            options["json"] = media["example"]
        elif media_type == "multipart/form-data":
            texts = {name: str(value) for name, value in media["example"].items() if name != "file"}
            options |= {"files": {"file": ("orders.csv", b"order_ref\n1\n")}, "data": texts}
        else:
            options["content"] = media["example"]
            options["headers"] = {"Content-Type": media_type}
    is_shops = Role.MERCHANT in POLICY.get(operation.name, frozenset())
    return api.request(operation.method, path, merchant=SHOP if is_shops else "", **options)


def test_every_example_can_be_sent_and_is_answered_as_it_says(world: Api) -> None:
    wrong, done = [], 0
    for operation in in_their_turn():
        answer = example_sent(world, operation)
        said = operation.facts["responses"].get(str(answer.status_code))
        if said is None or answer.status_code >= 500 or "invalid-request" in answer.text:
            wrong.append(f"{operation.name}: {answer.status_code} {answer.text[:300]}")
            continue
        done += answer.status_code < 300
        media_type = answer.headers.get("content-type", "").split(";")[0]
        media = said.get("content", {}).get(media_type)
        if media and JSON.fullmatch(media_type) and media.get("schema"):
            wrong += [
                f"{operation.name}: {answer.status_code} {fault}" for fault in faults(media["schema"], answer.json())
            ]
        elif answer.content and not media:
            known = {name.split(";")[0] for name in said.get("content", {})}
            if media_type not in known:
                wrong.append(f"{operation.name}: {answer.status_code} {media_type} is not among {known}")
    assert not wrong, "\n".join(wrong)
    assert done > len(OPERATIONS) // 3
