"""The API's own description, taken apart: what tests go through so that no route is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.app import create_app
from post_logistics.consignments.numbers import item_number
from post_logistics.settings import Settings

PLACES = {
    "item_number": item_number("DP", 0),
    "merchant_id": "nobody",
    "office": "1216",
    "service_on": "2026-11-22",
    "correction_id": "00000000-0000-4000-8000-000000000000",
    "settlement_id": "nobody-2026-11-22",
}
"""Something well-formed for every name in a path; none of it exists."""


def filled(path: str) -> str:
    """The path with something well-formed in its places."""
    return re.sub(r"{(\w+)}", lambda place: PLACES[place[1]], path)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    path: str
    facts: dict[str, Any]

    @property
    def url(self) -> str:
        """The path with its places filled."""
        return filled(self.path)

    @property
    def is_public(self) -> bool:
        """Whether it says that it needs no key."""
        return bool(self.facts.get("security", [{}]) == [])


DOCUMENT = create_app(Settings(_env_file=None)).openapi()  # type: ignore[call-arg]
OPERATIONS = [
    Operation(facts["operationId"], method.upper(), path, facts)
    for path, methods in DOCUMENT["paths"].items()
    for method, facts in methods.items()
]


def schema_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself where there is a reference to one."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema  # type: ignore[no-any-return]


def body_of(operation: Operation) -> dict[str, Any] | None:
    """The schema of the JSON that the operation takes; None if it takes none."""
    content = operation.facts.get("requestBody", {}).get("content", {})
    return schema_of(content["application/json"]["schema"]) if "application/json" in content else None


def needed_fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field that a request must have, those of the rows of a batch included."""
    for name in schema["required"]:
        rows = schema_of(schema["properties"][name].get("items", {}))
        if "properties" in rows:
            yield from needed_fields(rows)
        else:
            yield name, schema["properties"][name]


def example_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A request made of the examples of its fields."""
    example = {}
    for name, field in schema["properties"].items():
        rows = schema_of(field.get("items", {}))
        example[name] = [example_of(rows)] if "properties" in rows else field.get("examples", [field.get("default")])[0]
    return example
