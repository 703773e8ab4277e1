"""Whatever changes something leaves a trace of who did it, in whatever way it works in the database."""

from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import create_app
from api.context import trace, transaction
from api.pages.rider_paying import traced_visit
from api.policy import is_audited
from api.slices import Slice
from post_logistics.settings import Settings
from post_logistics.storage.access.audit import load_acts
from tests.api.client import Api, taken

UNTRACED = {
    "quote": "only reckons",
    "page_join_look": "only reckons",
    "page_shop_look": "only reckons",
    "page_admin_fact_handed": "only shows what was sent",
    "visit": "recipients are nobody's staff; the codes count the tries",
    "page_code_typed": "recipients are nobody's staff; the codes count the tries",
    "page_paid_by_form": "only sends a browser on",
    "page_pay_now": "payers are nobody's staff; the payment keeps what was asked",
    "payment_callback": "a hint from outside; the payment keeps what came of it",
    "page_practice_anew": "throws made-up data away, that of the audit with it",
}
"""Operations that leave none, and why."""


def routes(settings: Settings) -> Iterator[APIRoute]:
    for included in create_app(settings).router.routes:
        router = getattr(included, "original_router", None)
        for route in router.routes if isinstance(router, Slice) else [included]:
            if isinstance(route, APIRoute):
                yield route


def calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)


def test_every_operation_that_changes_something_leaves_a_trace(settings: Settings) -> None:
    found, silent = 0, set()
    for route in routes(settings):
        for method in route.methods or ():
            if is_audited(route.name, method):
                found += 1
                if not {transaction, trace, traced_visit} & set(calls(route.dependant)):
                    silent.add(route.name)
    assert found > 150
    assert silent - UNTRACED.keys() == set()


def test_work_in_several_transactions_is_traced_before_it_begins(api: Api) -> None:
    taken(api.post("/v1/statement-matching", {"sources": []}))
    with api.engine.database.transaction() as connection:
        (act,) = load_acts(connection, before=None, limit=1)
    assert act.operation == "match_statements"
