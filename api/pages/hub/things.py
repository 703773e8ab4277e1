"""The parcels and bags behind each figure of the board, and the story of one."""

from typing import Annotated

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.forms import PAGE
from api.pages.hub.board import GROUPS
from api.pages.hub.frame import Here, hub_page
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics.operations.custody.office_days import Group, listed
from post_logistics.operations.custody.watching import who_answers
from post_logistics.operations.faces.views import staff_view

router = Slice(include_in_schema=False)
_ITEM_LENGTH = 13


@router.get("/hub/things")
def page_hub_things(
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    group: Group = Group.HERE,
    holder: Annotated[str, Query(max_length=80)] = "",
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The things of one group, the longest held first; of one holder, if one is named."""
    facts = found.engine.facts
    rows = listed(connection, facts, facts.points, office, group, found.at, holder=holder, limit=PAGE + 1, skip=skip)
    return hub_page(
        found,
        "hub/things.html",
        rows=rows[:PAGE],
        group=group,
        groups=GROUPS,
        holder=holder,
        skip=skip,
        more=skip + PAGE if len(rows) > PAGE else 0,
        page_size=PAGE,
    )


@router.get("/hub/things/{number}")
def page_hub_thing(
    number: Annotated[str, Path(max_length=60)], found: OurVisit, office: Here, connection: InTransaction
) -> Response:
    """The story of an item or a bag: who answers for it, what is due, every scan, what was wrong with it."""
    answer = who_answers(connection, number)
    is_bag = len(answer.number) != _ITEM_LENGTH
    view = None if is_bag else staff_view(connection, found.engine.facts.offices, answer.number, found.language)
    return hub_page(found, "hub/thing.html", answer=answer, view=view, is_bag=is_bag)
