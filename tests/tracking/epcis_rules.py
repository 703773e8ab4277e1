"""The rules of GS1's JSON schema for EPCIS 2.0 that concern us, in a schema of our own.

Ours is stricter where GS1 leaves a choice that we do not take: fewer kinds of event, no property but those we use, and
identifiers that look like ours.
"""

from typing import Any

BUSINESS_STEPS = [
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
]
DISPOSITIONS = [
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
]

_TIME = {"type": "string", "format": "date-time", "pattern": r"T\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$"}
_URI = {"type": "string", "pattern": r"^urn:[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9:._-]+$"}
_PLACE = {"type": "object", "properties": {"id": _URI}, "required": ["id"], "additionalProperties": False}
_DECLARATION = {
    "type": "object",
    "properties": {
        "declarationTime": _TIME,
        "reason": {"enum": ["did_not_occur", "incorrect_data"]},
        "correctiveEventIDs": {"type": "array", "items": _URI},
    },
    "required": ["declarationTime"],
    "additionalProperties": False,
}
_ANY_EVENT: dict[str, Any] = {
    "eventID": _URI,
    "eventTime": _TIME,
    "recordTime": _TIME,
    "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"},
    "action": {"enum": ["OBSERVE", "ADD", "DELETE"]},
    "bizStep": {"enum": BUSINESS_STEPS},
    "disposition": {"enum": DISPOSITIONS},
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "errorDeclaration": _DECLARATION,
    "post:event": {"type": "string"},
    "post:reason": {"type": "string"},
}
_NEEDED = ["type", "eventID", "eventTime", "eventTimeZoneOffset", "action"]
_THINGS = {"type": "array", "items": _URI, "minItems": 1, "uniqueItems": True}
_OBJECT_EVENT = {
    "properties": {**_ANY_EVENT, "type": {"const": "ObjectEvent"}, "epcList": _THINGS},
    "required": [*_NEEDED, "epcList"],
    "additionalProperties": False,
}
_AGGREGATION_EVENT = {
    "properties": {**_ANY_EVENT, "type": {"const": "AggregationEvent"}, "parentID": _URI, "childEPCs": _THINGS},
    "required": [*_NEEDED, "parentID"],
    "additionalProperties": False,
    "if": {"properties": {"action": {"const": "DELETE"}}},
    "else": {"required": ["childEPCs"]},
}
DOCUMENT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "type": {"const": "EPCISDocument"},
        "@context": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": [{"const": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"}, {"type": "object"}],
        },
        "schemaVersion": {"const": "2.0"},
        "creationDate": _TIME,
        "epcisBody": {
            "type": "object",
            "properties": {
                "eventList": {"type": "array", "items": {"oneOf": [_OBJECT_EVENT, _AGGREGATION_EVENT]}},
            },
            "required": ["eventList"],
            "additionalProperties": False,
        },
    },
    "required": ["type", "@context", "schemaVersion", "creationDate", "epcisBody"],
    "additionalProperties": False,
}
