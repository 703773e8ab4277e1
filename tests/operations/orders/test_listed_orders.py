"""A shop's list of orders: as weighed, as settled, as paid, and without the people who were forgotten."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.errors import NotFound
from post_logistics.storage.counter.weighings import Weighing, append_weighings
from post_logistics.storage.orders.listed_orders import (
    count_by_state,
    count_orders,
    load_listed_order,
    load_listed_orders,
)
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber, Postcode
from tests.operations.conftest import SHOP, Story


def test_the_latest_order_comes_first_and_pages_meet(story: Story) -> None:
    items = story.book(100_000, 0, 50_000)
    pages = [load_listed_orders(story.connection, SHOP, 1, n) for n in range(4)]
    assert [one.item_number for page in pages for one in page] == sorted(items, reverse=True)
    assert count_orders(story.connection, SHOP) == 3
    assert load_listed_orders(story.connection, "other-shop", 10, 0) == []


def test_an_order_costs_what_it_was_weighed_at(story: Story) -> None:
    (item,) = story.book(100_000)
    assert load_listed_order(story.connection, SHOP, item).carriage_poisha == 1_500 + 375
    later = story.at + timedelta(hours=1)
    weighed = [
        Weighing(
            weighing_id=uuid4(),
            item_number=ItemNumber(item),
            weight_g=2_000 + n,
            booked_weight_g=1_500,
            tariff_version="2025-04-01",
            postage_poisha=2_000 + n,
            vat_poisha=450,
            difference_poisha=575,
            office=Postcode("1205"),
            device_id="counter-1205",
            weighed_at=later + timedelta(minutes=n),
        )
        for n in (1, 2)
    ]
    append_weighings(story.connection, weighed)
    order = load_listed_order(story.connection, SHOP, item)
    assert (order.carriage_poisha, order.cod_fee_poisha) == (2_002 + 450, 1_000)


@pytest.mark.parametrize(
    ("state", "is_paid"), [("", False), ("ordered", False), ("returned", False), ("paid_in_cash", True)]
)
def test_an_order_is_settled_first_and_paid_when_the_money_is_out(story: Story, state: str, is_paid: bool) -> None:
    (item,) = story.book(100_000)
    fresh = load_listed_order(story.connection, SHOP, item)
    assert (fresh.settlement_id, fresh.is_paid) == (None, False)
    settle(story, item)
    if state:
        pay_out(story, state)
    order = load_listed_order(story.connection, SHOP, item)
    assert (order.settlement_id, order.is_paid) == ("S-1", is_paid)


def settle(story: Story, item: str) -> None:
    story.connection.execute(
        text(
            "insert into settlements (settlement_id, merchant, settled_on, payout_account, brought_forward_poisha, "
            "principal_poisha, fees_taken_poisha, vat_taken_poisha, payout_poisha, carried_forward_poisha, "
            "fees_due_poisha, vat_due_poisha, waiting, verification_reference, settled_at, compensation_poisha, "
            "advance_taken_poisha) values ('S-1', :shop, '2026-11-23', 'account-1', 0, 100000, 2500, 375, 97125, 0, "
            "0, 0, '[]', 'ref', :at, 0, 0)"
        ),
        {"shop": SHOP, "at": story.at},
    )
    story.connection.execute(
        text("insert into settlement_lines values (:item, 'S-1', 'REF', 'delivered', 100000, 1500, 1000, 375)"),
        {"item": item},
    )


def pay_out(story: Story, state: str) -> None:
    story.connection.execute(
        text(
            "insert into payouts (payout_id, merchant, kind, amount_poisha, account, state, needs_approval, "
            "ordered_by, ordered_at) values ('S-1', :shop, 'settlement', 97125, 'account-1', :state, false, 'x', :at)"
        ),
        {"shop": SHOP, "state": state, "at": story.at},
    )


def test_who_was_forgotten_is_not_listed_and_not_counted(story: Story) -> None:
    (item,) = story.book(100_000)
    phone = "+8801712345678"
    assert count_by_state(story.connection, SHOP, phone) == {State.BOOKED: 1}
    story.connection.execute(text("update recipients set erased_at = :at"), {"at": story.at})
    order = load_listed_order(story.connection, SHOP, item)
    assert (order.recipient_name, order.recipient_phone, order.recipient_address) == ("", "", "")
    assert count_by_state(story.connection, SHOP, phone) == {}


def test_another_shops_order_is_as_good_as_none(story: Story) -> None:
    (item,) = story.book(100_000)
    for shop, number in (("other-shop", item), (SHOP, "DP000000005BD")):
        with pytest.raises(NotFound, match=f"no item {number}"):
            load_listed_order(story.connection, shop, number)
    assert count_by_state(story.connection, "other-shop", "+8801712345678") == {}
