"""Whoever has signed in acts in their own name: no request can put somebody else's into the books."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from api.acting import Acts, Person, Principal, acting, held_to_their_names
from api.fields import In
from api.policy import POLICY
from post_logistics.access.roles import Role
from post_logistics.errors import Unacceptable
from tests.api.client import refused
from tests.api.openapi import OPERATIONS, Operation, body_of, example_of, schema_of
from tests.security.world import World

OTHERS = {
    "countersigned_by": "the second of two names: whoever is signed in is the first",
    "handed_by": "the agent, at whose hands the clerk who is signed in counts",
    "sealed_by": "whoever answers for a list at its issuer, as the paper says",
    "paid_in_by": "whoever stood at the bank's counter, as its slip says",
}
"""Fields that name people, and why not whoever is signed in."""
NO_PERSON = {("dispatch", "by")}
"""By which vehicle."""


def named(operation: Operation) -> list[str]:
    """The fields of a request that name whoever acts."""
    content = operation.facts.get("requestBody", {}).get("content", {})
    schemas = [schema_of(one["schema"]) for one in content.values()]
    fields = [name for schema in schemas for name in schema.get("properties", ()) if re.fullmatch(r"(\w+_)?by", name)]
    return [name for name in fields if name not in OTHERS and (operation.name, name) not in NO_PERSON]


CELLS = [
    pytest.param(operation, name, id=f"{operation.name}-{name}")
    for operation in OPERATIONS
    for name in named(operation)
]


def somebody(world: World, operation: Operation) -> Role:
    return next(role for role in (Role.FINANCE, Role.COUNTER, Role.MANAGER, Role.RIDER, Role.AGENT, Role.MERCHANT)
                if role in POLICY[operation.name])  # fmt: skip


@pytest.mark.parametrize(("operation", "name"), CELLS)
def test_a_person_cannot_sign_for_another(world: World, operation: Operation, name: str) -> None:
    if operation.name == "statement_file":
        sent: dict[str, Any] = {
            "files": {"file": ("a.csv", b"a,b", "text/csv")},
            "data": {"source": "x", name: "other"},
        }
    else:
        schema = body_of(operation)
        assert schema
        sent = {"json": example_of(schema) | {name: "somebody-else"}}
    who = somebody(world, operation)
    problem = refused(world.by(who, operation.method, operation.url, **sent), 422, "unacceptable")
    assert (problem["field"], problem["detail"]) == (name, "somebody else's name")
    own = sent | {"json": sent["json"] | {name: f" {who.upper()}-world"}} if "json" in sent else {}
    assert not own or "somebody else's name" not in world.by(who, operation.method, operation.url, **own).text


def test_a_program_says_for_whom_it_acts(world: World) -> None:
    asked = {"why": "x", "by": "rahima"}
    assert "somebody else's name" not in world.api.post("/v1/payouts/nothing/cancellation", asked).text


def test_red_control_an_unmarked_name_would_be_believed() -> None:
    class Unmarked(In):
        by: str

    class Marked(In):
        by: Person

    rider = Principal("babul", frozenset({Role.RIDER}), None, None, is_person=True)

    def endpoint(who: Principal, asked: BaseModel) -> str:
        return str(asked.by)  # type: ignore[attr-defined]

    def plain(who: Principal, asked: Unmarked) -> str:
        return endpoint(who, asked)

    def marked(who: Principal, asked: Marked) -> str:
        return endpoint(who, asked)

    assert held_to_their_names(plain)(who=rider, asked=Unmarked(by="boss")) == "boss"
    with pytest.raises(Unacceptable):
        held_to_their_names(marked)(who=rider, asked=Marked(by="boss"))
    assert held_to_their_names(marked)(who=rider, asked=Marked(by="Babul ")) == "babul"


def test_an_endpoint_that_takes_names_has_to_know_who_asks() -> None:
    class Marked(In):
        by: Person

    def blind(asked: Marked) -> str:
        return asked.by

    with pytest.raises(TypeError, match="does not ask who asks"):
        held_to_their_names(blind)


def test_a_name_is_compared_as_people_write_it() -> None:
    person = Principal("rahima", frozenset(), None, None, is_person=True)
    program = Principal("pl_1", frozenset(), None, None)
    assert acting(person, " RAHIMA ") == "rahima"
    assert acting(program, "anybody") == "anybody"
    assert Acts in {type(one) for one in Person.__metadata__}  # type: ignore[attr-defined]
