"""Partners whose orders the post carries: connected by the post, heard by their secret, held against their lists."""

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from fastapi import Depends, HTTPException, Path, Query, Request
from pydantic import Field

from api.acting import Person
from api.context import TRACED, InTransaction, Now, TheEngine, ThePost, Trader
from api.fields import MERCHANT_ID, Day, In, Limit, Line, Note, Out
from api.problems import answers
from api.shops import Body, OrderId, ShopId
from api.slices import Slice
from post_logistics.channels.destinations import MAX_URL_CHARS
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders import partners
from post_logistics.operations.orders.partner_lists import Desk, compare, http_lists, pull, settle_finding
from post_logistics.operations.orders.partners import Connected, Pushed, Wanted, connect_partner, hear
from post_logistics.storage.orders.partner_findings import FindingKind, load_findings
from post_logistics.storage.orders.partners import load_line
from post_logistics.storage.orders.shops import Shop, load_unreadable
from post_logistics.storage.telling.partner_calls import CallStatus, load_calls
from post_logistics.units import DHAKA

router = Slice(prefix="/v1/partners", tags=["partners"], responses=answers(401, 403))
public = Slice(prefix="/v1/shops", tags=["partners"], responses=answers(400, 401, 413))

_SECRET_BYTES: Final = 24
_MONTH: Final = timedelta(days=30)
PartnerId = Annotated[UUID, Path(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])]
FindingId = Annotated[UUID, Path(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])]


class PartnerIn(In):
    """A merchant's connection to a partner. Sent again, it is changed; what is left empty stays as it was."""

    merchant_id: Annotated[str, Field(pattern=MERCHANT_ID, examples=["nakshi-ghar"])]
    partner: Annotated[Line, Field(description="A name in data/partners.toml.", examples=["ekshop"])]
    secret: Annotated[Line, Field(description="Proves the partner's messages; empty: one is made.", examples=[""])] = ""
    url: Annotated[
        str,
        Field(max_length=MAX_URL_CHARS, description="Where the partner is called; empty: it is not.", examples=[""]),
    ] = ""
    token: Annotated[Line, Field(description="What it is shown then.", examples=[""])] = ""
    store_address: Annotated[
        str, Field(max_length=300, description="Where parcels are fetched; empty: the merchant's store.", examples=[""])
    ] = ""


class PartnerOut(Out):
    """A partner, and how it stands."""

    partner_id: UUID
    merchant_id: str
    partner: Annotated[str, Field(examples=["ekshop"])]
    title_en: Annotated[str, Field(examples=["ekShop"])]
    title_bn: Annotated[str, Field(examples=["একশপ"])]
    url: Annotated[str, Field(examples=["https://partner.example.com"])]
    store_address: str
    made_at: datetime
    closed_at: Annotated[datetime | None, Field(description="Since then none of its orders is booked.")]
    push_path: Annotated[str, Field(description="Where it sends its orders, on this server.")]
    orders: Annotated[dict[str, int], Field(description="How many, by state; those that wait are the shop's orders.")]
    heard_at: Annotated[datetime | None, Field(description="When it last sent something.")]
    unreadable: Annotated[int, Field(description="Messages that nobody could read; they are kept.")]
    asked_at: Annotated[datetime | None, Field(description="When its list was last asked for.")]
    asked_why: Annotated[str, Field(description="Why the list did not come; empty if it did.")]
    calls: Annotated[dict[str, int], Field(description="What it is told, by what became of it.")]
    findings: Annotated[int, Field(description="Differences between the lists that wait for a person.")]

    @classmethod
    def made(cls, facts: Facts, one: Connected, **more: Any) -> Self:
        """The answer about a partner."""
        known = facts.partners.get(one.shop.domain)
        return cls(
            partner_id=one.shop.shop_id,
            merchant_id=one.shop.merchant_id,
            partner=one.shop.domain,
            title_en=known.title_en if known else one.shop.domain,
            title_bn=known.title_bn if known else one.shop.domain,
            url=one.line.url,
            store_address=one.shop.store_address,
            made_at=one.shop.made_at,
            closed_at=one.shop.closed_at,
            push_path=_path_of(one.shop),
            orders=dict(one.tally.orders),
            heard_at=one.tally.heard_at,
            unreadable=one.tally.unreadable,
            asked_at=one.line.asked_at,
            asked_why=one.line.asked_why,
            calls=dict(one.waiting.calls),
            findings=one.waiting.findings,
            **more,
        )


def _path_of(shop: Shop) -> str:
    return f"/v1/shops/{shop.shop_id}/{shop.kind.value}"


class PartnerSecretOut(Out):
    """A partner that is connected. No other answer shows the secret."""

    partner_id: UUID
    partner: Annotated[str, Field(examples=["ekshop"])]
    push_path: str
    secret: Annotated[str, Field(description="Give it to the partner.", examples=["WnV3x0c4bQ1j5k0m9eYt2sLq8aRd7uPf"])]


class PartnersOut(Out):
    """Partners, the oldest first."""

    partners: list[PartnerOut]


class UnreadableOut(Out):
    """A message, or a record in one, that nobody could read. It is kept for a month."""

    delivery_id: str
    received_at: datetime
    outcome: Annotated[str, Field(description="What is wrong, and in which field.")]
    size_bytes: int


class WeightOut(Out):
    """A parcel: what its partner said that it weighs, and what the scales said."""

    order_id: str
    item_number: str
    said_g: Annotated[int | None, Field(description="Null: nothing readable was said.")]
    booked_g: int
    weighed_g: Annotated[int | None, Field(description="Null: not weighed yet.")]
    difference_poisha: Annotated[int, Field(description="What it costs more than booked; below zero, less.")]
    accepted: bool


class VarianceOut(Out):
    """What a partner said that its parcels weigh, and what the scales said, of those that were weighed."""

    parcels: int
    accepted: int
    weighed: int
    said_g: int
    weighed_g: int
    heavier: int
    lighter: int
    difference_poisha: int
    not_weighed: Annotated[list[str], Field(description="Taken without weighing: their weight is only said.")]
    lines: list[WeightOut]


class CallOut(Out):
    """One thing that a partner was or is to be told of an order."""

    what: Literal["state", "message"]
    text: str
    made_at: datetime
    status: CallStatus
    tries: int
    next_try_at: datetime
    last_tried_at: datetime | None
    last_answer: str


class FindingOut(Out):
    """A difference between the partner's list of a day and ours."""

    finding_id: UUID
    on_day: Day
    order_id: str
    kind: Annotated[FindingKind, Field(examples=["amount"])]
    theirs: str
    ours: str
    found_at: datetime
    closed_at: datetime | None
    closed_by: Annotated[str, Field(description="`list` if it went away by itself.")]
    note: str


class DayIn(In):
    """A day, in Dhaka."""

    day: Day


class PulledOut(Out):
    """What the list of a day brought."""

    listed: int
    new: Annotated[list[str], Field(description="Orders that had not been heard of.")]
    unreadable: int
    why: Annotated[str, Field(description="Why the list broke off; empty: it is whole.", examples=[""])]


class ComparedOut(Out):
    """How the list of a day differs from ours. ``why``: it did not come whole, and nothing was judged."""

    day: Day
    listed: int
    unreadable: int
    findings: list[FindingOut]
    why: Annotated[str, Field(examples=[""])]


class SettledIn(In):
    """What was done about a difference."""

    note: Annotated[Note, Field(min_length=1, examples=["Told the partner, who corrected the amount"])]
    by: Person


class HeardOut(Out):
    """It is kept: orders by their codes, and how much nobody could read."""

    orders: Annotated[list[str], Field(examples=[["EK-1001"]])]
    unreadable: Annotated[int, Field(examples=[0])]


# For the post, and for the merchant who is the partner


@router.post("", status_code=201, summary="Connect a partner", responses=answers(400, 404, 409, 413))
def connect_a_partner(
    asked: PartnerIn, _: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> PartnerSecretOut:
    """Makes the connection, changes it, or opens it again. The partner then sends its orders to `push_path`."""
    wanted, new_secret = Wanted(**asked.model_dump()), partial(secrets.token_urlsafe, _SECRET_BYTES)
    here = engine.settings.environment == "development"
    made = connect_partner(connection, engine.facts, wanted, new_secret, at, development=here)
    return PartnerSecretOut(partner_id=made.shop_id, partner=made.domain, push_path=_path_of(made), secret=made.secret)


@router.get("", summary="The partners")
def list_partners(who: Trader, connection: InTransaction, engine: TheEngine) -> PartnersOut:
    """Of a merchant, or all, and how each stands."""
    found = partners.load_partners_of(connection, who.merchant_id)
    return PartnersOut(partners=[PartnerOut.made(engine.facts, one) for one in found])


@router.delete("/{partner_id}", status_code=204, summary="Disconnect a partner", responses=answers(404))
def disconnect_a_partner(partner_id: PartnerId, _: ThePost, connection: InTransaction, at: Now) -> None:
    """None of its orders is booked any more, and it is told nothing. Connect it again, and it is as before."""
    partners.disconnect_partner(connection, partner_id, at)


@router.get("/{partner_id}/unreadable", summary="What a partner sent and nobody could read", responses=answers(404))
def partner_unreadable(
    partner_id: PartnerId, who: Trader, connection: InTransaction, limit: Limit = 100
) -> list[UnreadableOut]:
    """The latest first, each with what is wrong. What it says of people is not shown."""
    load_line(connection, partner_id, who.merchant_id)
    return [
        UnreadableOut(
            delivery_id=one.delivery_id,
            received_at=one.received_at,
            outcome=one.outcome,
            size_bytes=len(one.body or b""),
        )
        for one in load_unreadable(connection, partner_id, limit)
    ]


@router.get(
    "/{partner_id}/weights", summary="What was said that parcels weigh, and what they weigh", responses=answers(404)
)
def partner_weights(
    partner_id: PartnerId,
    who: Trader,
    connection: InTransaction,
    at: Now,
    since: Annotated[Day | None, Query(description="Booked on that day or later; a month ago, if none.")] = None,
    until: Annotated[Day | None, Query(description="And on that day or earlier; today, if none.")] = None,
) -> VarianceOut:
    """A partner's weight is never believed: the scales at the counter set the price, and this is the difference."""
    today = at.astimezone(DHAKA).date()
    found = partners.variance(connection, partner_id, since or today - _MONTH, until or today, who.merchant_id)
    return VarianceOut.of(found)


@router.get(
    "/{partner_id}/orders/{order_id}/calls", summary="What a partner was told of an order", responses=answers(404)
)
def partner_told(partner_id: PartnerId, order_id: OrderId, who: Trader, connection: InTransaction) -> list[CallOut]:
    """In order: the state that it was moved to, and every message."""
    load_line(connection, partner_id, who.merchant_id)
    return [CallOut.of(one) for one in load_calls(connection, partner_id, order_id)]


@router.post(
    "/{partner_id}/pulls",
    dependencies=TRACED,
    summary="Ask a partner for the orders of a day",
    responses=answers(400, 404, 409, 413),
)
def pull_partner(partner_id: PartnerId, asked: DayIn, _: ThePost, engine: TheEngine, at: Now) -> PulledOut:
    """What had not been heard of is kept and booked by a job. Yesterday and today are asked for by themselves."""
    found = pull(engine.database, _desk(engine, at), partner_id, asked.day)
    return PulledOut(listed=len(found.listed), new=sorted(found.new), unreadable=found.unreadable, why=found.why)


@router.post(
    "/{partner_id}/comparisons",
    dependencies=TRACED,
    summary="Hold a partner's list of a day against ours",
    responses=answers(400, 404, 409, 413),
)
def compare_partner(partner_id: PartnerId, asked: DayIn, _: ThePost, engine: TheEngine, at: Now) -> ComparedOut:
    """What is missing here is taken in; every other difference waits for a person until it is gone. Yesterday is
    compared every night."""
    return ComparedOut.of(compare(engine.database, _desk(engine, at), partner_id, asked.day))


def _desk(engine: TheEngine, at: Now) -> Desk:
    lists = http_lists(development=engine.settings.environment == "development")
    return Desk(engine.facts, engine.numbers, lists, lambda: at)


@router.get("/{partner_id}/findings", summary="Where the lists differ", responses=answers(404))
def partner_findings(
    partner_id: PartnerId,
    who: Trader,
    connection: InTransaction,
    standing: Annotated[Literal["open", "all"], Query(description="Whether they wait for a person.")] = "open",
    limit: Limit = 100,
) -> list[FindingOut]:
    """The latest first."""
    load_line(connection, partner_id, who.merchant_id)
    found = load_findings(connection, partner_id, open_only=standing == "open", limit=limit)
    return [FindingOut.of(one) for one in found]


@router.post(
    "/{partner_id}/findings/{finding_id}/settlement",
    summary="A difference is settled",
    responses=answers(400, 404, 413),
)
def settle_partner_finding(
    partner_id: PartnerId, finding_id: FindingId, asked: SettledIn, who: ThePost, connection: InTransaction, at: Now
) -> FindingOut:
    """It waits no more, for as long as both sides say the same as now. Told again, it changes nothing."""
    return FindingOut.of(settle_finding(connection, partner_id, finding_id, asked.by, asked.note, at))


# For the partners themselves


async def pushed(shop_id: ShopId, request: Request, body: Body) -> Pushed:
    """A message of a partner, with the headers that may prove it."""
    return Pushed(shop_id=shop_id, body=body, headers=dict(request.headers))


_ORDER: Final[dict[str, Any]] = {
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "string", "examples": ["order_code=EK-1001&order_state=2&customer_name=Rahima"]}
            }
        },
    },
}


@public.post("/{shop_id}/partner", status_code=200, summary="Where a partner sends orders", openapi_extra=_ORDER)
def partner_order(
    message: Annotated[Pushed, Depends(pushed)], connection: InTransaction, engine: TheEngine, at: Now
) -> HeardOut:
    """Keeps the orders and answers at once; a job books them. An order sent twice is one. Form, JSON or CSV, as was
    agreed with the partner; what nobody can read is kept and shown."""
    return _genuine(hear(connection, engine.facts, message, at))


def _genuine(heard: partners.Heard | None) -> HeardOut:
    """What was heard; 401 if the message is not the partner's."""
    if heard is None:
        raise HTTPException(401, "the message is not proven by the secret of this partner")
    return HeardOut(orders=list(heard.orders), unreadable=heard.unreadable)
