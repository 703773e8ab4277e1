"""Where consignments stand, and those that are to come back."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.compat.access import SteadfastMerchant
from api.compat.steadfast.words import STATUS, return_status
from api.compat.wire import Sent, Tolerant, Whole, instant
from api.context import InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.consignments.short_numbers import item_of_code, item_of_short, short_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.counter.asking_back import ask_back, asked_back
from post_logistics.operations.counter.at_hand import standing_of
from post_logistics.storage.counter.return_requests import ReturnProgress, load_return_requests
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignment, load_references
from post_logistics.units import ItemNumber, MerchantId

router = APIRouter(tags=["steadfast"])

Number = Annotated[int, Path(ge=0, lt=2**63)]
Invoice = Annotated[str, Path(max_length=64, pattern=r"^[^\x00]+$")]
Code = Annotated[str, Path(max_length=40)]


class StatusOut(Out):
    """Where a consignment stands."""

    status: int = 200
    delivery_status: str


class ReturnIn(Tolerant):
    """Which consignment is to come back: one of the three names it."""

    consignment_id: Whole | None = None
    invoice: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] = ""
    tracking_code: str = ""
    reason: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""

    def item(self, connection: Connection, merchant_id: MerchantId) -> ItemNumber:
        """The consignment that is named; NotFound if it is nobody's, or another shop's."""
        ways: tuple[tuple[object, Callable[[], ItemNumber]], ...] = (
            (self.consignment_id, lambda: item_of_short(self.consignment_id or 0)),
            (self.tracking_code, lambda: item_of_code(self.tracking_code)),
            (self.invoice, lambda: _of_invoice(connection, merchant_id, self.invoice)),
        )
        for named, find in ways:
            if named:
                return find()
        raise Unacceptable(
            "one of consignment_id, invoice and tracking_code is needed", field="consignment_id", remedy="send one"
        )


class ReturnOut(Out):
    """A request to send a consignment back. It has the consignment's number: a consignment comes back once."""

    id: int
    user_id: int
    consignment_id: int
    reason: str | None
    status: str
    created_at: str
    updated_at: str


class StationOut(Out):
    """A thana."""

    id: int
    name: str
    district_id: int
    division_id: int


@router.get("/status_by_cid/{consignment_id}", name="steadfast_status_by_number")
def status_by_number(consignment_id: Number, merchant_id: SteadfastMerchant, connection: InTransaction) -> StatusOut:
    """Where the consignment of that number stands."""
    return _status(connection, merchant_id, item_of_short(consignment_id))


@router.get("/status_by_invoice/{invoice}", name="steadfast_status_by_invoice")
def status_by_invoice(invoice: Invoice, merchant_id: SteadfastMerchant, connection: InTransaction) -> StatusOut:
    """Where the consignment of that invoice stands."""
    return _status(connection, merchant_id, _of_invoice(connection, merchant_id, invoice))


@router.get("/status_by_trackingcode/{tracking_code}", name="steadfast_status_by_code")
def status_by_code(tracking_code: Code, merchant_id: SteadfastMerchant, connection: InTransaction) -> StatusOut:
    """Where the consignment of that tracking code stands."""
    return _status(connection, merchant_id, item_of_code(tracking_code))


def _status(connection: Connection, merchant_id: MerchantId, item: ItemNumber) -> StatusOut:
    load_consignment(connection, item, merchant_id)
    return StatusOut(delivery_status=STATUS[standing_of(connection, item).state])


def _of_invoice(connection: Connection, merchant_id: MerchantId, invoice: str) -> ItemNumber:
    for item_number, _ in load_references(connection, [(merchant_id, invoice)]).values():
        return ItemNumber(item_number)
    raise NotFound(f"no consignment of invoice {invoice}", field="invoice", remedy="look at your orders")


@router.post("/create_return_request", name="steadfast_return")
def create_return_request(sent: Sent, merchant_id: SteadfastMerchant, connection: InTransaction, at: Now) -> ReturnOut:
    """Asks for a consignment back: one that the post does not have yet is cancelled, any other turns round. Asked
    again, it is the same request."""
    asked = ReturnIn.understood(sent)
    item = asked.item(connection, merchant_id)
    return _return(ask_back(connection, item, merchant_id, asked.reason, at), merchant_id)


@router.get("/get_return_request/{return_id}", name="steadfast_return_request")
def return_request(return_id: Number, merchant_id: SteadfastMerchant, connection: InTransaction) -> ReturnOut:
    """One request."""
    return _return(asked_back(connection, item_of_short(return_id), merchant_id), merchant_id)


@router.get("/get_return_requests", name="steadfast_return_requests")
def return_requests(merchant_id: SteadfastMerchant, connection: InTransaction) -> list[ReturnOut]:
    """The requests, the latest first."""
    return [_return(one, merchant_id) for one in load_return_requests(connection, merchant_id)]


def _return(asked: ReturnProgress, merchant_id: MerchantId) -> ReturnOut:
    number = short_number(asked.item_number)
    return ReturnOut(
        id=number,
        user_id=int.from_bytes(blake2b(merchant_id.encode(), digest_size=4).digest()) >> 1,
        consignment_id=number,
        reason=asked.reason or None,
        status=return_status(asked.state),
        created_at=instant(asked.asked_at),
        updated_at=instant(max(asked.asked_at, asked.since)),
    )


@router.get("/police_stations", name="steadfast_stations")
def police_stations(merchant_id: SteadfastMerchant, engine: TheEngine) -> list[StationOut]:
    """The thanas, under numbers that never change."""
    return [
        StationOut(
            id=thana.number,
            name=thana.name_en,
            district_id=thana.district.number,
            division_id=thana.district.division.number,
        )
        for thana in engine.facts.hierarchy().thanas.values()
    ]
