"""The API's own description, taken apart: what tests go through so that no route is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.app import create_app
from post_logistics.consignments.numbers import item_number
from post_logistics.settings import Settings

PLACES = {
    "bag": "BD1205BD1216CCC69999001",
    "item_number": item_number("DP", 0),
    "merchant_id": "nobody",
    "device_id": "nothing",
    "card_id": "00000000-0000-4000-8000-000000000000",
    "side": "picture",
    "office": "1216",
    "kind": "rider",
    "holder": "1216-R01",
    "number": item_number("DP", 0),
    "exception_id": "1",
    "service_on": "2026-11-22",
    "closed_on": "2026-11-22",
    "close_id": "no-close",
    "rider": "1216-R01",
    "request_id": "00000000-0000-4000-8000-000000000000",
    "correction_id": "00000000-0000-4000-8000-000000000000",
    "claim_id": "00000000-0000-4000-8000-000000000000",
    "proof_id": "00000000-0000-4000-8000-000000000000",
    "scan_id": "00000000-0000-4000-8000-000000000000",
    "point_id": "nowhere",
    "act_id": "00000000-0000-4000-8000-000000000000",
    "payment_id": "pay-nothing",
    "provider": "nobody",
    "receipt_id": "00000000-0000-4000-8000-000000000000",
    "change_id": "00000000-0000-4000-8000-000000000000",
    "token": "nobody",
    "shop_id": "00000000-0000-4000-8000-000000000000",
    "order_id": "nothing",
    "partner_id": "00000000-0000-4000-8000-000000000000",
    "finding_id": "00000000-0000-4000-8000-000000000000",
    "endpoint_id": "00000000-0000-4000-8000-000000000000",
    "message_id": "msg_nothing",
    "manifest_id": "00000000-0000-4000-8000-000000000000",
    "line_id": "00000000-0000-4000-8000-000000000000",
    "match_id": "00000000-0000-4000-8000-000000000000",
    "quarter": "2026-Q4",
    "settlement_id": "nobody-2026-11-22",
    "source": "nobody",
    "payout_id": "nobody-2026-11-22",
    "advance_id": "nothing",
    "bill_id": "bill-nothing",
    "alarm_id": "00000000-0000-4000-8000-000000000000",
    "hold_id": "00000000-0000-4000-8000-000000000000",
    "file_id": "nothing",
    "version": "1",
    "on_day": "2026-11-22",
    "month": "2020-12",
    "name": "profitability",
    "program": "beancount",
    "person_id": "nobody",
    "key_id": "nothing",
    "store_id": "1",
    "municipality": "gopalganj",
    "job_id": "00000000-0000-4000-8000-000000000000",
}
"""Something well-formed for every name in a path; none of it exists."""


SIGNED = {"woocommerce_order", "shopify_news", "partner_order"}
"""Operations that know their caller by a signature over the body: no key, and 401 without a signature."""
MAY_BE_SIGNED = SIGNED | {"shopify_rates"}
SIGN_IN = {"open_session"}
"""And those that answer without a signature, but not to a wrong one."""


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
    for name in schema.get("required", ()):
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
