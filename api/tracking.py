"""Public tracking: anyone with the number, nothing personal."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.context import InLanguage, InTransaction, Item, Now, TheEngine
from api.fields import Out
from api.problems import answers
from post_logistics.operations.looking_up import track_item
from post_logistics.tracking.lifecycle import State

router = APIRouter(prefix="/v1", tags=["tracking"])


class EntryOut(Out):
    """One line of the timeline, in the language asked for."""

    at: datetime
    when: Annotated[str, Field(description="`at` as people in Bangladesh read it.")]
    text: str
    office_name: str
    emsevt: Annotated[str | None, Field(description="The UPU code of the event, where there is one.")]


class TrackingOut(Out):
    """Where the item is."""

    item_number: str
    state: State
    headline: str
    promise: str
    promised_on: date
    delivery_office: str
    finished: bool
    timeline: list[EntryOut]


@router.get(
    "/tracking/{item_number}",
    summary="Where a parcel is",
    responses=answers(404),
    openapi_extra={"security": []},
)
def track(item: Item, connection: InTransaction, engine: TheEngine, language: InLanguage, at: Now) -> TrackingOut:
    """The public timeline, in English or Bangla. Needs no key, and tells nothing about people or money."""
    return TrackingOut.of(track_item(connection, engine.facts.offices, item, language, at))
