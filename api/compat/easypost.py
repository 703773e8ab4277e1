"""EasyPost's trackers, as its clients send and read them: a read model of the shop's own parcels.

A tracker's id is the item number in another dress, so creating one keeps nothing, and another shop's is not found. The
key is the shop's native one.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from api.compat.wire import Answer, Sent, problems_in
from api.context import ForMerchant, InLanguage, InTransaction, Now, TheEngine
from post_logistics.channels.dialects.easypost import detail, item_of_tracker, tracker
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.faces.trackers import Tracked, tracked
from post_logistics.storage.orders.consignments import (
    load_consignment,
    load_consignments,
    load_consignments_after,
)
from post_logistics.tracking.lifecycle import State

PREFIX: Final = "/v2"
MAX_PAGE: Final = 100

router = APIRouter(prefix=PREFIX, tags=["easypost"])
_TrackerId = Annotated[str, Path(max_length=80)]
_PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE)]


def translate(problem: Mapping[str, Any]) -> Answer:
    """A problem as EasyPost says it."""
    errors = [{"field": field, "message": reason} for field, reason in problems_in(problem)]
    code = str(problem["type"]).rpartition(":")[2].upper().replace("-", "_")
    return problem["status"], {"error": {"code": code, "message": problem["detail"], "errors": errors}}


@router.post("/trackers", status_code=201)
def easypost_make_tracker(
    sent: Sent, merchant: ForMerchant, connection: InTransaction, engine: TheEngine, request: Request,
    language: InLanguage, at: Now,
) -> dict[str, Any]:  # fmt: skip
    """The tracker of a parcel. Asked again, it is the same one."""
    parcel = load_consignment(connection, parse_item_number(_code(sent)), merchant)
    (found,) = tracked(connection, engine.facts, [parcel], language, at)
    return _tracker(found, request)


def _code(sent: Any) -> str:
    asked = sent.get("tracker", sent) if isinstance(sent, Mapping) else {}
    code = asked.get("tracking_code") if isinstance(asked, Mapping) else None
    if not isinstance(code, str) or not code.strip() or len(code) > 60:
        raise Unacceptable("no tracking code is named", field="tracking_code", remedy="send tracker.tracking_code")
    return code


@router.get("/trackers/{tracker_id}")
def easypost_tracker(
    tracker_id: _TrackerId, merchant: ForMerchant, connection: InTransaction, engine: TheEngine, request: Request,
    language: InLanguage, at: Now,
) -> dict[str, Any]:  # fmt: skip
    """The tracker as it stands now."""
    parcel = load_consignment(connection, _item(tracker_id), merchant)
    (found,) = tracked(connection, engine.facts, [parcel], language, at)
    return _tracker(found, request)


@router.get("/trackers")
def easypost_trackers(
    merchant: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    request: Request,
    language: InLanguage,
    at: Now,
    page_size: _PageSize = 20,
    before_id: Annotated[str | None, Query(max_length=80)] = None,
    tracking_code: Annotated[str | None, Query(max_length=60)] = None,
) -> dict[str, Any]:
    """A page of the shop's trackers, the latest first. ``before_id``: those before that one."""
    if tracking_code:
        numbers = [parse_item_number(tracking_code)]
        known = load_consignments(connection, numbers).values()
        parcels: Sequence[Consignment] = [one for one in known if one.merchant_id == merchant]
    else:
        last = _item(before_id) if before_id else None
        parcels = load_consignments_after(connection, merchant, last, page_size + 1)
    found = tracked(connection, engine.facts, parcels[:page_size], language, at)
    return {"trackers": [_tracker(one, request) for one in found], "has_more": len(parcels) > page_size}


def _item(tracker_id: str) -> str:
    try:
        return parse_item_number(item_of_tracker(tracker_id))
    except Unacceptable:
        raise NotFound(f"no tracker {tracker_id}", field="id", remedy="take the id of a tracker") from None


def _tracker(found: Tracked, request: Request) -> dict[str, Any]:
    journey, steps = found.journey, found.steps
    return tracker(
        found.item_number,
        State(journey.state),
        [detail(one.event, one.at, one.text, one.office, one.office_name) for one in steps],
        created_at=found.booked_at,
        updated_at=steps[-1].at if steps else found.booked_at,
        expected_on=found.expected_on,
        public_url=str(request.base_url.replace(path=f"/v1/tracking/{found.item_number}")),
    )
