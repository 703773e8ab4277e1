"""An example for every request and every answer, made from the schemas: what is shown cannot differ from what is so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api import problems

JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json")

NAMED: Final[Mapping[str, Any]] = {
    "item_number": "DP317078838BD",
    "number": "DP317078838BD",
    "order_ref": "WEB-1001",
    "recipient_name": "Rahima Khatun",
    "recipient_phone": "01712345678",
    "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "merchant_id": "nakshi-ghar",
    "merchant": "nakshi-ghar",
    "shop": "nakshi-ghar",
    "office": "1216",
    "pickup_office": "1205",
    "delivery_office": "1216",
    "delivery_postcode": "1216",
    "postcode": "1216",
    "rider": "1216-R01",
    "rider_id": "1216-R01",
    "holder": "office:1216",
    "bag": "BD1205BD1216CCC69999001",
    "receptacle": "BD1205BD1216CCC69999001",
    "device_id": "counter-1216",
    "person_id": "rahima",
    "actor": "rahima",
    "name": "Nakshi Ghar",
    "municipality": "gopalganj",
    "municipality_code": "gopalganj",
    "url": "/v1/…",
    "store_id": 1,
    "phone": "01712345678",
    "payout_id": "nakshi-ghar-2026-11-22",
    "bill_id": "bill-k7qf2m6xh3",
    "settlement_id": "nakshi-ghar-2026-11-22",
    "close_id": "office-close:1216:2026-11-22:1",
    "file_name": "orders.csv",
    "version": "2025-04-01",
    "service": "speed_post_parcel",
    "tariff_version": "2025-04-01",
    "en": "House 5, Road 3, Mirpur-10, Dhaka",
    "bn": "বাড়ি ৫, রোড ৩, মিরপুর ১০, ঢাকা",
    "field": "recipient_phone",
    "reason": "is missing",
    "remedy": "fill it in",
    "type": "urn:post-logistics:not-found",
    "reference": "WEB-1001",
    "lat_deg": 23.8069,
    "lon_deg": 90.3687,
    "weight_g": 1200,
    "confidence": 0.97,
    "month": "2026-11",
    "quarter": "2026-Q4",
    "kind": "rider",
    "token": "pl_…",
    "next": None,
    "limit": 50,
}
"""What stands in a member of that name, where its schema allows it."""
_ENDINGS: Final[Mapping[str, Any]] = {
    "_poisha": 150_000,
    "_g": 1200,
    "_s": 60,
    "_m": 500,
    "_bps": 100,
    "_at": "2026-11-22T09:15:00+06:00",
    "_on": "2026-11-22",
    "_en": "Mirpur",
    "_bn": "মিরপুর",
}
_FORMATS: Final[Mapping[str, Any]] = {
    "date": "2026-11-22",
    "date-time": "2026-11-22T09:15:00+06:00",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://shop.example.com/hooks/post",
    "binary": "(the file)",
    "time": "09:15:00",
}
_DEEPEST: Final = 8


class Examples:
    """Examples of the schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]

    def of(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        """What may stand where that schema holds, in a member of that name."""
        if "$ref" in schema:
            return self.of(self._schemas[schema["$ref"].rpartition("/")[2]] | _beside(schema), name, depth)
        given = [schema[one] for one in ("example", "const") if one in schema] or schema.get("examples")
        if given:
            return given[0]
        return self._made(schema, name, depth)

    def _made(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        choices = [one for kind in ("anyOf", "oneOf", "allOf") for one in schema.get(kind, ())]
        if choices:
            return self._one_of(choices, name, depth)
        if "properties" in schema or schema.get("type") == "object":
            return self._object(schema, depth)
        if schema.get("type") == "array":
            return self._array(schema, name, depth)
        return _simple(schema, name)

    def _one_of(self, choices: list[Mapping[str, Any]], name: str, depth: int) -> Any:
        if NAMED.get(name, "") is None and {"type": "null"} in choices:
            return None
        return self.of(next((one for one in choices if one.get("type") != "null"), choices[0]), name, depth)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        members = schema.get("properties", {})
        if depth > _DEEPEST:
            members = {name: members[name] for name in schema.get("required", ())}
        return {name: self.of(member, name, depth + 1) for name, member in members.items()}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.of(one, name, depth + 1) for one in schema["prefixItems"]]
        if depth > _DEEPEST or not schema.get("items"):
            return []
        return [self.of(schema["items"], name.removesuffix("s"), depth + 1)] * max(1, schema.get("minItems", 1))


def _beside(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("examples", "example") if name in schema}


def _simple(schema: Mapping[str, Any], name: str) -> Any:
    """The first that is allowed of: what the name says, its ending, the format, the default, and something plain."""
    if "enum" in schema:
        return schema["enum"][0]
    ending = next((value for end, value in _ENDINGS.items() if name.endswith(end)), None)
    wanted = [NAMED.get(name), ending, _FORMATS.get(schema.get("format", "")), schema.get("default")]
    return next((one for one in wanted if _allows(schema, one)), _plain(schema))


_PLAIN: Final = {"string": str, "integer": int, "number": float, "boolean": bool}


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    kind = schema.get("type")
    if value is None or kind not in _PLAIN:
        return kind not in _PLAIN and value is not None
    if not isinstance(value, _PLAIN[kind]) and not (kind == "number" and isinstance(value, int)):
        return False
    if schema.get("format") in _FORMATS and value != _FORMATS[schema["format"]]:
        return False
    if isinstance(value, str):
        long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**6)
        return long_enough and bool(re.search(schema.get("pattern", ""), value))
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _plain(schema: Mapping[str, Any]) -> Any:
    if schema.get("type") in {"integer", "number"}:
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    if schema.get("type") == "boolean":
        return False
    return "text" if schema.get("type") == "string" else None


def complete(document: dict[str, Any]) -> None:
    """Gives every parameter, request and answer of the document its example, where it has none."""
    examples = Examples(document)
    shown = {one.name: {"value": problems.example(status)} for status, one in problems.kinds().items()}
    document["components"]["examples"] = shown
    for facts in operations(document):
        for parameter in facts.get("parameters", ()):
            if parameter["in"] == "path" or parameter["required"]:
                parameter.setdefault("example", examples.of(parameter["schema"], parameter["name"]))
        for media in facts.get("requestBody", {}).get("content", {}).values():
            _show(media, examples)
        for status, answer in facts["responses"].items():
            for media_type, media in answer.get("content", {}).items():
                if media_type == problems.MEDIA_TYPE:
                    name = problems.kinds()[int(status)].name
                    media["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}
                elif JSON.fullmatch(media_type) and media.get("schema"):
                    _show(media, examples)


def _show(media: dict[str, Any], examples: Examples) -> None:
    if "examples" not in media:
        media.setdefault("example", examples.of(media["schema"]))


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation of a document."""
    return (facts for methods in document["paths"].values() for facts in methods.values())
