"""What merchants' servers are told in other couriers' words: only words that their receivers take."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.dialects.port import ParcelNews
from post_logistics.channels.dialects.redx import REDX
from post_logistics.channels.dialects.steadfast import STEADFAST
from post_logistics.consignments.order_refs import made_ref
from post_logistics.consignments.short_numbers import short_number
from post_logistics.tracking.lifecycle import TOLD, Event, State
from post_logistics.units import DHAKA, ItemNumber

AT = datetime(2026, 11, 22, 14, 5, 30, 123456, tzinfo=DHAKA)
NEWS = ParcelNews(
    item_number=ItemNumber("DP473124829BD"),
    order_ref="WEB-1001",
    store_id=100_001,
    cod_poisha=106_000,
    cod_fee_poisha=1_060,
    charge_poisha=2_369,
    collected_poisha=106_000,
    event=Event.DELIVERED_CONFIRMED,
    event_id=UUID(int=1),
    occurred_at=AT,
    sequence=7,
    state=State.DELIVERED,
    office="1216",
    office_en="Mirpur",
    office_bn="মিরপুর",
    reason=None,
    attempts=1,
    text_en="Delivery confirmed by the post office.",
    text_bn="ডাকঘর বিলি নিশ্চিত করেছে।",
)
ANY_NEWS = [replace(NEWS, event=event, state=state) for event in sorted(TOLD) for state in State]


def steadfast_takes(body: Any) -> bool:
    """As a receiver judges it (the contract of their webhooks): other statuses and amounts as text are refused."""
    about = {"consignment_id": int, "invoice": str, "tracking_message": str, "updated_at": str}
    datetime.strptime(body["updated_at"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - theirs has no offset
    if body["notification_type"] == "delivery_status":
        about |= {"cod_amount": int | float, "delivery_charge": int | float, "status": str}  # type: ignore[dict-item]
        if body["status"] not in {"pending", "delivered", "partial_delivered", "cancelled", "unknown"}:
            return False
    elif body["notification_type"] != "tracking_update":
        return False
    said = bool(body["tracking_message"] and body["invoice"])
    return said and all(isinstance(body[name], kind) for name, kind in about.items())


def redx_takes(body: Any) -> bool:
    """The same of RedX's."""
    known = {"ready-for-delivery", "delivery-in-progress", "delivered", "agent-hold", "agent-returning", "returned"}
    kinds = {"regular", "reverse", "exchange-delivery", "exchange-return", "partial-delivery", "partial-return"}
    texts = ("tracking_number", "timestamp", "message_en", "message_bn", "invoice_number")
    datetime.fromisoformat(body["timestamp"])
    return (
        body["status"] in known | {"agent-area-change"}
        and body["delivery_type"] in kinds
        and all(isinstance(body[name], str) and body[name] for name in texts)
    )


def test_a_delivery_in_steadfasts_words() -> None:
    assert STEADFAST.about_parcel(NEWS) == {
        "notification_type": "delivery_status",
        "consignment_id": short_number(NEWS.item_number),
        "invoice": "WEB-1001",
        "cod_amount": 1060,
        "status": "delivered",
        "delivery_charge": 23.69,
        "tracking_message": "Delivery confirmed by the post office.",
        "updated_at": "2026-11-22 08:05:30",
    }


def test_a_delivery_in_redxs_words() -> None:
    assert REDX.about_parcel(NEWS) == {
        "tracking_number": "DP473124829BD",
        "timestamp": "2026-11-22T08:05:30.123456Z",
        "status": "delivered",
        "message_en": "Delivery confirmed by the post office.",
        "message_bn": "ডাকঘর বিলি নিশ্চিত করেছে।",
        "invoice_number": "WEB-1001",
        "delivery_type": "regular",
    }


@pytest.mark.parametrize(("dialect", "takes"), [(STEADFAST, steadfast_takes), (REDX, redx_takes)])
def test_whatever_happens_receivers_take_it(dialect: Any, takes: Any) -> None:
    bodies = [dialect.about_parcel(news) for news in ANY_NEWS]
    assert all(takes(json.loads(json.dumps(body))) for body in bodies if body is not None)
    assert sum(body is not None for body in bodies) > len(bodies) // 2


def test_a_reference_that_we_made_is_not_given_back_but_receivers_find_one() -> None:
    made = replace(NEWS, order_ref=made_ref({"cod": 1}, AT.date()))
    told, told_too = STEADFAST.about_parcel(made) or {}, REDX.about_parcel(made) or {}
    assert told["invoice"] == told_too["invoice_number"] == NEWS.item_number
    assert steadfast_takes(told) and redx_takes(told_too)


def test_red_control_receivers_refuse_other_words() -> None:
    ours = dict(STEADFAST.about_parcel(NEWS) or {})
    assert not steadfast_takes(ours | {"status": "in_review"})
    assert not steadfast_takes(ours | {"cod_amount": "1060.00"})
    assert not steadfast_takes(ours | {"invoice": ""})
    assert not redx_takes(dict(REDX.about_parcel(NEWS) or {}) | {"status": "cancelled"})


@pytest.mark.parametrize(
    ("event", "state", "steadfast", "redx"),
    [
        (Event.ACCEPTED, State.ACCEPTED, "pending", "ready-for-delivery"),
        (Event.ON_HOLD, State.ON_HOLD, None, "agent-hold"),
        (Event.RETURNING, State.RETURNING, None, "agent-returning"),
        (Event.OUT_FOR_DELIVERY, State.OUT_FOR_DELIVERY, None, "delivery-in-progress"),
        (Event.ATTEMPT_FAILED, State.ATTEMPT_FAILED, None, "agent-hold"),
        (Event.DELIVERED_CLAIMED, State.DELIVERED_CLAIMED, None, "delivery-in-progress"),
        (Event.AREA_CHANGED, State.AT_HUB, None, "agent-area-change"),
        (Event.RETURN_REQUESTED, State.RETURN_REQUESTED, None, "agent-returning"),
        (Event.RETURNED, State.RETURNED, "cancelled", "returned"),
        (Event.LOST, State.LOST, "unknown", "agent-hold"),
        (Event.CORRECTED, State.OUT_FOR_DELIVERY, "pending", "delivery-in-progress"),
        (Event.ACCEPTED, State.DELIVERED, "delivered", "delivered"),
        (Event.ACCEPTED, State.OUT_FOR_DELIVERY, "pending", "delivery-in-progress"),
        (Event.AREA_CHANGED, State.ACCEPTED, None, "agent-area-change"),
    ],
)
def test_a_state_has_its_word(event: Event, state: State, steadfast: str | None, redx: str) -> None:
    news = replace(NEWS, event=event, state=state)
    assert (STEADFAST.about_parcel(news) or {}).get("status") == steadfast
    assert (REDX.about_parcel(news) or {})["status"] == redx


@pytest.mark.parametrize("event", [Event.PICKUP_REQUESTED, Event.PICKUP_ASSIGNED, Event.PICKUP_FAILED])
def test_a_pickup_is_an_update_to_steadfasts_receivers_and_nothing_to_redxs(event: Event) -> None:
    news = replace(NEWS, event=event, state=State.PICKUP_REQUESTED)
    assert REDX.about_parcel(news) is None
    assert (STEADFAST.about_parcel(news) or {})["notification_type"] == "tracking_update"


def test_redx_knows_no_word_for_a_booking_that_was_cancelled() -> None:
    news = replace(NEWS, event=Event.CANCELLED, state=State.CANCELLED)
    assert REDX.about_parcel(news) is None
    assert (STEADFAST.about_parcel(news) or {})["status"] == "cancelled"


@pytest.mark.parametrize(
    ("event", "state", "kind"),
    [
        (Event.PARTIALLY_DELIVERED, State.PARTIALLY_CLAIMED, "partial-delivery"),
        (Event.DELIVERED_CONFIRMED, State.PARTIALLY_DELIVERED, "partial-delivery"),
        (Event.EXCHANGED, State.DELIVERED_CLAIMED, "exchange-delivery"),
    ],
)
def test_redx_says_how_a_parcel_was_handed_over(event: Event, state: State, kind: str) -> None:
    assert (REDX.about_parcel(replace(NEWS, event=event, state=state)) or {})["delivery_type"] == kind


def test_the_merchants_token_is_sent_as_it_is_and_the_newest_alone() -> None:
    secrets = ["the-new-token-123", "the-old-token-123"]
    for name, header, value in (
        ("steadfast", "Authorization", "Bearer the-new-token-123"),
        ("redx", "API-ACCESS-TOKEN", "Bearer the-new-token-123"),
    ):
        made = DIALECTS[name].headers("msg_1", "{}", secrets, AT)
        assert (made[header], made["webhook-id"]) == (value, "msg_1")
        assert made["Content-Type"].startswith("application/json")
        assert "old" not in str(made)
