"""Requests that no client would send, made from our own description: each is answered as the description says.

Only requests that were let in count. Half of the names in paths are of things that are there, and half of the bodies
are examples with some fields drawn, for of what is not there little is asked. The long tier sends 10,000; the variable
POST_LOGISTICS_FUZZ asks for another number.
"""

import os
import random
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as openapi

from tests.api.client import KEY
from tests.api.openapi import OPERATIONS, body_of, example_of
from tests.security.world import ELSEWHERE, OFFICE, World

FEW = 800
MANY = int(os.environ.get("POST_LOGISTICS_FUZZ", "10000"))
SEED = int(os.environ.get("POST_LOGISTICS_FUZZ_SEED", "2026"))
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]
NOT_ASKED = {"close_session"}
"""Ends what the requests are let in by."""
EXAMPLES = {one.name: example_of(schema) for one in OPERATIONS if (schema := body_of(one)) and "properties" in schema}


@schemathesis.serializer("application/x-ndjson")
def _lines(_: Any, value: Any) -> bytes:
    """Whatever was drawn, as a body of lines."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class Fuzzed:
    """So many requests to the running application, spread evenly over its operations."""

    def __init__(self, world: World, requests: int) -> None:
        self.world = world
        self.statuses: Counter[int] = Counter()
        self.failures: dict[str, str] = {}
        app: Any = world.api.client.app
        schema = schemathesis.openapi.from_dict(deepcopy(app.openapi()))
        found = [one.ok() for one in schema.get_all_operations()]
        asked = [one for one in found if _name(one) not in NOT_ASKED]
        self._draw = random.Random(SEED)
        self.each = max(1, round(requests / len(asked)))
        self.operations = self._draw.sample(asked, min(len(asked), requests))

    def run(self) -> "Fuzzed":
        """After all of them."""
        for operation in self.operations:
            self._ask(operation)
        return self

    def _ask(self, operation: Any) -> None:
        @seed(SEED)
        @settings(
            max_examples=self.each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def one(case: Case) -> None:
            self._send(case)

        one()

    def _send(self, case: Case) -> None:
        draw = self._draw
        for name in case.path_parameters or {}:
            if name in self.world.things and draw.random() < 0.5:
                case.path_parameters[name] = self.world.things[name]
        example = EXAMPLES.get(_name(case.operation))
        if example is not None and isinstance(case.body, dict) and draw.random() < 0.5:
            case.body = example | {name: value for name, value in case.body.items() if draw.random() < 0.3}
        scope = draw.choice(
            [{}, {"Post-Merchant": self.world.shop}, {"Post-Office": OFFICE}, {"Post-Office": ELSEWHERE}]
        )
        kept = {name: value for name, value in (case.headers or {}).items() if not name.lower().startswith("post-")}
        answer = self._answer(case.as_transport_kwargs(base_url="http://testserver", headers=kept | KEY | scope))
        if answer is None:
            return
        answer.request.read()
        self.statuses[answer.status_code] += answer.status_code not in {401, 403}
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as error:
            self.failures.setdefault(f"{case.operation.label} {answer.status_code}", str(error)[:2000])

    def _answer(self, sent: dict[str, Any]) -> Any:
        """The answer; None where the client cannot even write the request down."""
        sent.pop("cookies", None)
        if "files" in sent:
            sent["files"] = [(name, _file(part)) for name, part in sent["files"]]
        elif "data" in sent:
            sent["content"] = sent.pop("data")
        try:
            return self.world.api.client.request(**sent)
        except UnicodeError:
            return None


def _name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def _file(part: Any) -> Any:
    name, content, *rest = part if isinstance(part, tuple) else ("a.csv", part)
    return (name, content if isinstance(content, str | bytes) else str(content), *rest)


def test_a_few_requests_of_every_kind_are_answered_as_described(world: World) -> None:
    done = Fuzzed(world, FEW).run()
    assert not done.failures
    assert done.statuses.total() >= FEW * 0.5


@pytest.mark.soak
def test_ten_thousand_requests_are_answered_as_described(world: World) -> None:
    done = Fuzzed(world, round(MANY * 1.5)).run()
    print(f"{done.statuses.total():,} requests that were let in, by status: {dict(sorted(done.statuses.items()))}")
    assert not done.failures
    assert done.statuses.total() >= MANY


def test_red_control_an_answer_that_is_not_described_is_found(world: World) -> None:
    fuzzed = Fuzzed(world, FEW)
    (offices,) = [one for one in fuzzed.operations if _name(one) == "offices"] or [None]
    assert offices is not None
    offices.definition.raw["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "string"}
    fuzzed._ask(offices)
    assert fuzzed.failures
