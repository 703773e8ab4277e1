"""Public tracking: anyone with the number, nothing personal."""

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from api.context import InLanguage, InTransaction, Now, TheEngine
from post_logistics.operations.looking_up import track_item

router = APIRouter(prefix="/v1", tags=["tracking"])


class EntryOut(BaseModel):
    """One line of the timeline, in the language asked for."""

    at: datetime
    when: str
    text: str
    office_name: str
    emsevt: str | None


class TrackingOut(BaseModel):
    """Where the item is."""

    item_number: str
    state: str
    headline: str
    promise: str
    promised_on: date
    delivery_office: str
    finished: bool
    timeline: list[EntryOut]


@router.get("/tracking/{number}", summary="Where a parcel is")
def track(number: str, connection: InTransaction, engine: TheEngine, language: InLanguage, at: Now) -> TrackingOut:
    """The public timeline; needs no key. The number may be typed with spaces, in lower case or with Bangla digits."""
    view = track_item(connection, engine.facts.offices, number, language, at)
    return TrackingOut.model_validate(view.as_json())
