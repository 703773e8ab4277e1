"""The requests of a shop as collections for people who try things out: for Postman, and for Bruno."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.policy import POLICY
from post_logistics.access.roles import Role

_NAME: Final = "Post e-Commerce"
_POSTMAN: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VARIABLES: Final = {"baseUrl": "http://127.0.0.1:8000", "key": "development", "merchant": "nakshi-ghar"}
"""``merchant`` is for the post's own keys alone; with a shop's key the header may be left out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request with its example."""

    group: str
    title: str
    about: str
    method: str
    path: str
    places: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    has_file: bool
    needs_key: bool


def samples(document: Mapping[str, Any]) -> Iterator[Sample]:
    """Everything that a shop may do and everything that is public, in the order of the documentation."""
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            is_public = facts.get("security") == []
            if not is_public and Role.MERCHANT not in POLICY.get(facts["operationId"], ()):
                continue
            content = facts.get("requestBody", {}).get("content", {})
            given = facts.get("parameters", ())
            yield Sample(
                group=facts["tags"][0],
                title=re.sub(r'[\\/:*?"<>|]', "-", facts["summary"]),
                about=facts["description"],
                method=method.upper(),
                path=path,
                places={one["name"]: str(one["example"]) for one in given if one["in"] == "path"},
                query={one["name"]: str(one.get("example", "")) for one in given if one["in"] == "query"},
                body=next((one["example"] for one in content.values()), None),
                has_file="multipart/form-data" in content,
                needs_key=not is_public,
            )


def _by_group(document: Mapping[str, Any]) -> Mapping[str, list[Sample]]:
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples(document):
        groups[sample.group].append(sample)
    return groups


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


# Postman


def postman(document: Mapping[str, Any]) -> str:
    """A collection of version 2.1, as JSON."""
    collection = {
        "info": {"name": _NAME, "description": "Set `key` to your API key.", "schema": _POSTMAN},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{key}}", "type": "string"}]},
        "variable": [{"key": name, "value": value} for name, value in _VARIABLES.items()],
        "item": [
            {"name": group, "item": [_for_postman(sample) for sample in found]}
            for group, found in _by_group(document).items()
        ],
    }
    return _json(collection) + "\n"


def _for_postman(sample: Sample) -> dict[str, Any]:
    path = re.sub(r"{(\w+)}", r":\1", sample.path)
    url = {
        "raw": f"{{{{baseUrl}}}}{path}",
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "variable": [{"key": name, "value": value} for name, value in sample.places.items()],
        "query": [{"key": name, "value": value, "disabled": True} for name, value in sample.query.items()],
    }
    request: dict[str, Any] = {"method": sample.method, "description": sample.about, "url": url}
    request["header"] = [{"key": "Post-Merchant", "value": "{{merchant}}"}] if sample.needs_key else []
    if not sample.needs_key:
        request["auth"] = {"type": "noauth"}
    if sample.has_file:
        parts = [{"key": "file", "type": "file", "src": []}]
        parts += [{"key": n, "type": "text", "value": _text(v)} for n, v in sample.body.items() if n != "file"]
        request["body"] = {"mode": "formdata", "formdata": parts}
    elif sample.body is not None:
        raw = {"mode": "raw", "raw": _json(sample.body), "options": {"raw": {"language": "json"}}}
        request["body"] = raw
    return {"name": sample.title, "request": request, "response": []}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# Bruno


def bruno(document: Mapping[str, Any]) -> Mapping[str, str]:
    """The files of a collection by their names, ``/`` between folder and file."""
    files = {
        "bruno.json": _json({"version": "1", "name": _NAME, "type": "collection"}) + "\n",
        "collection.bru": "auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: {{key}}\n}\n",
        "environments/local.bru": _block("vars", _VARIABLES),
    }
    for group, found in _by_group(document).items():
        for place, sample in enumerate(found, 1):
            files[f"{group}/{sample.title}.bru"] = _for_bruno(sample, place)
    return files


def _block(name: str, members: Mapping[str, Any]) -> str:
    lines = [f"  {member}: {value}" for member, value in members.items()]
    return "\n".join([f"{name} {{", *lines, "}", ""])


def _for_bruno(sample: Sample, place: int) -> str:
    kind = "multipartForm" if sample.has_file else "none" if sample.body is None else "json"
    path = re.sub(r"{(\w+)}", r":\1", sample.path)
    auth = "inherit" if sample.needs_key else "none"
    blocks = [
        _block("meta", {"name": sample.title, "type": "http", "seq": place}),
        _block(sample.method.lower(), {"url": f"{{{{baseUrl}}}}{path}", "body": kind, "auth": auth}),
    ]
    if sample.places:
        blocks.append(_block("params:path", sample.places))
    if sample.query:
        blocks.append(_block("params:query", {f"~{name}": value for name, value in sample.query.items()}))
    if sample.needs_key:
        blocks.append(_block("headers", {"Post-Merchant": "{{merchant}}"}))
    if sample.has_file:
        texts = {name: _text(value) for name, value in sample.body.items() if name != "file"}
        blocks.append(_block("body:multipart-form", {"file": "@file()", **texts}))
    elif sample.body is not None:
        blocks.append(f"body:json {{\n{_indented(_json(sample.body))}\n}}\n")
    blocks.append(f"docs {{\n{_indented(sample.about)}\n}}\n")
    return "\n".join(blocks)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())
