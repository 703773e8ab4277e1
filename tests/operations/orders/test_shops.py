"""Orders of shops: kept, booked once, asked about, cancelled; twice, out of order, with somebody else's id."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.channels.shops import shopify
from post_logistics.channels.shops.news import News, Wish, signature
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.shop_orders import answer, heard_of, leave, take_in, take_in_all
from post_logistics.operations.orders.shops import (
    Message,
    Wanted,
    catch_up,
    connect,
    disconnect,
    keep,
    privacy_requests,
    tidy,
)
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.storage.orders.shops import (
    OrderState,
    Shop,
    ShopKind,
    ShopOrder,
    find_shop,
    load_order,
    load_orders_after,
    load_shops,
    load_tallies,
    load_waiting_orders,
)
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, MerchantId, Postcode
from tests.channels.shops.messages import sent, shopify_order, woo_order

SECRET = "a secret of the shop"
OWNER = Merchant(MerchantId("owner"), "Owner", "New Market, Dhaka", "", datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class World:
    """A shop of a merchant, and its messages."""

    connection: Connection
    facts: Facts
    numbers: Numbers
    at: datetime
    shop: Shop
    deliveries: "count[int]"

    def keep(self, message: Any, topic: str = "order.updated", **about: str) -> bool:
        """Whether a message of the shop was kept."""
        body = message if isinstance(message, bytes) else sent(message)
        about = {"delivery": f"d-{next(self.deliveries)}", "signature": signature(body, self.shop.secret)} | about
        return keep(
            self.connection,
            self.shop.kind,
            Message(shop_id=self.shop.shop_id, body=body, topic=topic, **about),
            self.at,
        )

    def take_in(self) -> int:
        """Looks at what was kept."""
        return take_in(self.connection, self.facts, self.numbers, self.shop.shop_id, self.at)

    def hear(self, *messages: Any, topic: str = "order.updated") -> ShopOrder:
        """The order after the messages, looked at together."""
        for message in messages:
            assert self.keep(message, topic)
            self.at += timedelta(seconds=1)
        self.take_in()
        (order,) = load_orders_after(self.connection, self.shop.shop_id, None, None, 100)
        return order

    def answer(self, **answers: str) -> ShopOrder:
        """The one order, answered."""
        (order,) = load_orders_after(self.connection, self.shop.shop_id, None, None, 100)
        return answer(
            self.connection, self.facts, self.numbers, "owner", self.shop.shop_id, order.order_id, answers, self.at
        )

    def leave(self) -> ShopOrder:
        """The one order, left."""
        (order,) = load_orders_after(self.connection, self.shop.shop_id, None, None, 100)
        return leave(self.connection, "owner", self.shop.shop_id, order.order_id, self.at)

    def state(self, item: str | None) -> State:
        """Where a parcel stands."""
        (standing,) = load_standings(self.connection, [item or ""])
        assert isinstance(standing.state, State)
        return standing.state

    def scan(self, item: str | None, event: Event, holder: str = "office:1205") -> None:
        """A scan of a parcel."""
        number = next(self.deliveries)
        record_scans(
            self.connection,
            [
                Scan(
                    scan_id=scan_id_of("device", number),
                    item_number=ItemNumber(item or ""),
                    event=event,
                    occurred_at=self.at,
                    recorded_at=self.at,
                    device_id="device",
                    sequence=number,
                    office=Postcode("1205"),
                    holder=holder,
                    reason=None,
                )
            ],
        )

    def booked(self) -> int:
        """How many parcels there are."""
        return int(self.connection.execute(text("select count(*) from consignments")).scalar_one())


def world(connection: Connection, database: Database, facts: Facts, at: datetime, wanted: Wanted) -> World:
    append_merchants(connection, [OWNER])
    shop = connect(connection, facts, "owner", wanted, lambda: SECRET, at)
    return World(connection, facts, Numbers(database, facts.number_key), at, shop, count(1))


@pytest.fixture
def woo(connection: Connection, shared_database: Database, facts: Facts, morning: datetime) -> World:
    wanted = Wanted(kind=ShopKind.WOOCOMMERCE, domain="https://Saree.example/shop/")
    return world(connection, shared_database, facts, morning, wanted)


@pytest.fixture
def shopify_shop(connection: Connection, shared_database: Database, facts: Facts, morning: datetime) -> World:
    wanted = Wanted(kind=ShopKind.SHOPIFY, domain="saree.myshopify.com", secret=SECRET)
    return world(connection, shared_database, facts, morning, wanted)


# Connections


def test_a_shop_is_connected_once(woo: World) -> None:
    assert (woo.shop.domain, woo.shop.prefix, woo.shop.secret) == ("saree.example", "saree", SECRET)
    wanted = Wanted(kind=ShopKind.WOOCOMMERCE, domain="saree.example")
    again = connect(woo.connection, woo.facts, "owner", wanted, lambda: "another secret, made anew", woo.at)
    assert again == woo.shop == find_shop(woo.connection, woo.shop.shop_id)
    assert load_shops(woo.connection, "owner") == [woo.shop]
    assert load_shops(woo.connection, "nobody") == []


def test_a_secret_and_states_can_be_changed_and_are_kept_otherwise(woo: World) -> None:
    wanted = Wanted(
        kind=ShopKind.WOOCOMMERCE, domain="saree.example", secret="x" * 16, send_when=["wc-Confirmed", "processing"]
    )
    changed = connect(woo.connection, woo.facts, "owner", wanted, lambda: SECRET, woo.at)
    assert (changed.secret, changed.send_when) == ("x" * 16, ["confirmed", "processing"])
    assert changed.shop_id == woo.shop.shop_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"domain": ""}, "domain"),
        ({"domain": "localhost"}, "domain"),
        ({"domain": "a b.example"}, "domain"),
        ({"domain": "127.0.0.1"}, "domain"),
        ({"domain": "saree.example:8443"}, "domain"),
        ({"domain": "owner@saree.example"}, "domain"),
        ({"domain": "a." * 60 + "example"}, "domain"),
        ({"domain": "saree.example", "kind": ShopKind.SHOPIFY, "secret": SECRET}, "domain"),
        ({"domain": "saree.myshopify.com", "kind": ShopKind.SHOPIFY}, "secret"),
        ({"secret": "short"}, "secret"),
        ({"prefix": "a b"}, "prefix"),
        ({"prefix": "x" * 21}, "prefix"),
        ({"send_when": []}, "send_when"),
        ({"send_when": ["paid!"]}, "send_when"),
        ({"store_address": "nowhere at all"}, "store_address"),
    ],
)
def test_what_cannot_be_a_shop_is_refused_with_its_field(woo: World, changes: dict[str, Any], field: str) -> None:
    wanted = replace(Wanted(kind=ShopKind.WOOCOMMERCE, domain="new.example"), **changes)
    with pytest.raises(Unacceptable) as refused:
        connect(woo.connection, woo.facts, "owner", wanted, lambda: SECRET, woo.at)
    assert refused.value.field == field and refused.value.remedy


def test_two_shops_of_a_merchant_have_references_of_their_own(woo: World) -> None:
    other = Wanted(kind=ShopKind.WOOCOMMERCE, domain="saree.example.org")
    with pytest.raises(Conflict):
        connect(woo.connection, woo.facts, "owner", other, lambda: SECRET, woo.at)
    made = connect(woo.connection, woo.facts, "owner", replace(other, prefix="org"), lambda: SECRET, woo.at)
    assert woo.hear(woo_order()).state is OrderState.BOOKED
    second = replace_shop(woo, made)
    assert second.hear(woo_order(1001, total="9.00")).state is OrderState.BOOKED
    assert woo.booked() == 2


def replace_shop(one: World, shop: Shop) -> World:
    return World(one.connection, one.facts, one.numbers, one.at, shop, one.deliveries)


def test_an_unknown_merchant_connects_nothing(woo: World) -> None:
    with pytest.raises(NotFound):
        connect(
            woo.connection,
            woo.facts,
            "nobody",
            Wanted(kind=ShopKind.WOOCOMMERCE, domain="a.example"),
            lambda: SECRET,
            woo.at,
        )


def test_a_closed_connection_books_nothing_and_can_be_opened_again(woo: World) -> None:
    closed = disconnect(woo.connection, "owner", woo.shop.shop_id, woo.at)
    assert disconnect(woo.connection, "owner", woo.shop.shop_id, woo.at + timedelta(1)) == closed
    assert woo.keep(woo_order()) and woo.take_in() == 1
    assert load_orders_after(woo.connection, woo.shop.shop_id, None, None, 9) == []
    wanted = Wanted(kind=ShopKind.WOOCOMMERCE, domain="saree.example")
    assert connect(woo.connection, woo.facts, "owner", wanted, lambda: SECRET, woo.at).closed_at is None
    assert woo.hear(woo_order()).state is OrderState.BOOKED


def test_a_stranger_can_neither_see_nor_close_nor_answer(woo: World) -> None:
    order = woo.hear(woo_order(billing={}, shipping={}))
    append_merchants(woo.connection, [replace(OWNER, merchant_id=MerchantId("stranger"), name="Stranger")])
    shop_id, at = woo.shop.shop_id, woo.at
    for act in (
        lambda who, shop: disconnect(woo.connection, who, shop, at),
        lambda who, shop: leave(woo.connection, who, shop, order.order_id, at),
        lambda who, shop: answer(woo.connection, woo.facts, woo.numbers, who, shop, order.order_id, {}, at),
        lambda who, shop: privacy_requests(woo.connection, who, shop, 9),
    ):
        with pytest.raises(NotFound) as theirs:
            act("stranger", shop_id)
        with pytest.raises(NotFound) as absent:
            act("stranger", UUID(int=0))
        assert theirs.value.message.replace(str(shop_id), str(UUID(int=0))) == absent.value.message
    assert load_waiting_orders(woo.connection, "stranger") == []
    assert load_waiting_orders(woo.connection, "owner") == [order]


# Messages


def test_only_what_the_shop_has_signed_is_kept(woo: World) -> None:
    body = sent(woo_order())
    good = signature(body, SECRET)
    assert not woo.keep(body, signature="")
    assert not woo.keep(body, signature=signature(body, "nobody"))
    assert not woo.keep(body + b" ", signature=good)
    assert not woo.keep(body, domain="other.example")
    wrong = Message(shop_id=UUID(int=0), body=body, signature=signature(body, "nobody"))
    assert not keep(woo.connection, ShopKind.WOOCOMMERCE, wrong, woo.at)
    assert not keep(woo.connection, ShopKind.SHOPIFY, replace(wrong, shop_id=woo.shop.shop_id, signature=good), woo.at)
    assert woo.take_in() == 0
    assert woo.keep(body, signature=good)
    assert woo.take_in() == 1


@pytest.mark.parametrize("delivery", ["same", "", "ü", "x" * 500])
def test_a_message_sent_twice_is_one(woo: World, delivery: str) -> None:
    assert woo.keep(woo_order(), delivery=delivery) and woo.keep(woo_order(), delivery=delivery)
    assert woo.take_in() == 1
    assert woo.keep(woo_order(), delivery=delivery)
    assert woo.take_in() == 0
    assert woo.booked() == 1


def test_a_job_waits_as_long_as_a_message_does(woo: World) -> None:
    jobs = text("select count(*) from procrastinate_jobs where task_name = 'take_in_orders' and args ->> 'key' = :shop")
    asked = {"shop": str(woo.shop.shop_id)}
    assert woo.keep(woo_order()) and woo.keep(woo_order(1002))
    assert woo.connection.execute(jobs, asked).scalar() == 1
    woo.connection.execute(text("delete from procrastinate_jobs"))
    catch_up(woo.connection, woo.at)
    assert woo.connection.execute(jobs, asked).scalar() == 1
    woo.take_in()
    woo.connection.execute(text("delete from procrastinate_jobs"))
    catch_up(woo.connection, woo.at)
    assert woo.connection.execute(jobs, asked).scalar() == 0


def test_what_nobody_can_read_is_kept_as_it_came_and_holds_up_no_other(woo: World) -> None:
    assert woo.keep(b"\xff{") and woo.keep({"status": "processing"}) and woo.keep(woo_order())
    assert woo.take_in() == 3
    assert woo.booked() == 1
    rows = woo.connection.execute(text("select body, outcome from shop_deliveries order by delivery_id")).all()
    assert [row.body is not None for row in rows] == [True, True, False]
    assert load_tallies(woo.connection, [woo.shop.shop_id])[woo.shop.shop_id].unreadable == 2


def test_a_customer_or_a_coupon_is_no_order(woo: World) -> None:
    booked = woo.hear(woo_order())
    for topic in ("customer.deleted", "coupon.updated", "product.created", ""):
        assert woo.keep({"id": int(booked.order_id)}, topic)
    assert woo.take_in() == 4
    assert load_order(woo.connection, woo.shop.shop_id, booked.order_id) == booked


# Booking


def test_an_order_is_booked_and_the_shop_tells_no_more_of_people(woo: World) -> None:
    order = woo.hear(woo_order(), topic="order.created")
    made = load_consignment(woo.connection, order.item_number or "")
    assert (made.merchant_id, made.order_ref, made.cod_poisha) == ("owner", "saree-1001", 125_050)
    assert (made.recipient_name, made.recipient_phone) == ("কৃষ্ণা ক্ষত্রী", "+8801712345678")
    assert (made.delivery_office, made.pickup_office) == ("1216", "1205")
    assert order.state is OrderState.BOOKED and not (order.fields or order.answers or order.problems)
    kept = woo.connection.execute(
        text("select shop_orders::text || shop_deliveries::text from shop_orders, shop_deliveries")
    )
    assert "1712345678" not in str(kept.all())


def test_bangla_digits_are_understood(woo: World) -> None:
    order = woo.hear(
        woo_order(billing={}, shipping=woo_order()["shipping"] | {"phone": "০১৭১২৩৪৫৬৭৮", "postcode": "১২১৬"})
    )
    assert load_consignment(woo.connection, order.item_number or "").recipient_phone == "+8801712345678"


def test_the_same_news_in_any_order_and_number_is_the_same(woo: World) -> None:
    created, updated = woo_order(status="pending"), woo_order(date_modified_gmt="2026-11-22T03:00:20")
    done = woo_order(status="completed", date_modified_gmt="2026-11-22T03:05:00")
    for number, history in enumerate(permutations([created, updated, updated, created]), 2000):
        for message in history:
            assert woo.keep(message | {"id": number, "number": str(number)})
    assert woo.take_in() == 96
    assert woo.booked() == 24
    states = {one.state for one in load_orders_after(woo.connection, woo.shop.shop_id, None, None, 100)}
    assert states == {OrderState.BOOKED}
    assert woo.keep(done | {"id": 2000, "number": "2000"}) and woo.take_in() == 1
    assert load_order(woo.connection, woo.shop.shop_id, "2000").state is OrderState.BOOKED


def test_an_unpaid_order_waits_for_the_shop_and_then_is_booked(woo: World) -> None:
    assert woo.hear(woo_order(status="pending", payment_method="bkash")).state is OrderState.NOT_DUE
    assert woo.booked() == 0
    paid = woo_order(payment_method="bkash", date_modified_gmt="2026-11-22T03:10:00")
    order = woo.hear(paid)
    assert load_consignment(woo.connection, order.item_number or "").cod_poisha == 0


def test_old_orders_that_are_touched_again_are_not_sent(woo: World) -> None:
    assert woo.hear(woo_order(status="completed")).state is OrderState.DROPPED
    assert woo.booked() == 0


def test_a_pickup_store_of_its_own_is_used(woo: World) -> None:
    wanted = Wanted(kind=ShopKind.WOOCOMMERCE, domain="saree.example", store_address="Sector 7, Uttara, Dhaka 1230")
    connect(woo.connection, woo.facts, "owner", wanted, lambda: SECRET, woo.at)
    order = woo.hear(woo_order())
    assert load_consignment(woo.connection, order.item_number or "").pickup_office == "1230"


# Questions


def test_an_address_that_could_be_two_waits_with_the_question_and_is_booked_once_answered(woo: World) -> None:
    vague = {
        "address_1": "House 5, Road 3, Block C",
        "address_2": "",
        "city": "",
        "state": "",
        "postcode": "",
        "phone": "01712345678",
    }
    order = woo.hear(woo_order(shipping=vague, billing=vague | {"first_name": "Rahim"}))
    assert order.state is OrderState.WAITING and order.item_number is None
    assert order.question["en"] and order.question["bn"]
    assert order.problems[0]["field"] == "recipient_address"
    assert "House 5" not in order.why
    answered = woo.answer(recipient_postcode="1216")
    assert answered.state is OrderState.BOOKED and not answered.answers
    assert load_consignment(woo.connection, answered.item_number or "").delivery_office == "1216"
    assert woo.answer(recipient_postcode="1205") == answered


def test_every_problem_is_told_at_once_and_answers_add_up(woo: World) -> None:
    bad = woo_order()["shipping"] | {"phone": "12", "address_1": "", "address_2": ""}
    order = woo.hear(
        woo_order(shipping=bad, billing=bad | {"city": "", "state": "", "postcode": ""}, payment_method="")
    )
    assert order.state is OrderState.WAITING
    assert [one["field"] for one in order.problems] == ["payment_method"]
    step = woo.answer(cod_taka="500.00")
    assert {one["field"] for one in step.problems} >= {"recipient_phone"}
    step = woo.answer(recipient_phone="01812345678")
    assert "recipient_phone" not in {one["field"] for one in step.problems}
    step = woo.answer(recipient_address="House 5, Road 3, Mirpur-10, Dhaka 1216")
    assert step.state is OrderState.BOOKED
    assert load_consignment(woo.connection, step.item_number or "").cod_poisha == 50_000


def test_an_order_without_a_payment_is_never_booked_as_prepaid(woo: World) -> None:
    assert woo.hear(woo_order(payment_method="")).state is OrderState.WAITING
    assert woo.answer(recipient_phone="01812345678").state is OrderState.WAITING
    assert woo.booked() == 0
    assert woo.answer(cod_taka="0").state is OrderState.BOOKED


def test_an_order_corrected_in_the_shop_comes_again(woo: World) -> None:
    bad = woo_order()["shipping"] | {"phone": "12"}
    assert woo.hear(woo_order(shipping=bad)).state is OrderState.WAITING
    assert woo.hear(woo_order(date_modified_gmt="2026-11-22T04:00:00")).state is OrderState.BOOKED


def test_what_the_merchant_answered_holds_when_the_shop_says_the_rest_again(woo: World) -> None:
    bad = woo_order()["shipping"] | {
        "phone": "12",
        "address_1": "?",
        "address_2": "",
        "city": "",
        "state": "",
        "postcode": "",
    }
    woo.hear(woo_order(shipping=bad))
    assert woo.answer(recipient_phone="01812345678").state is OrderState.WAITING
    fixed = bad | {"address_1": "House 5, Road 3, Mirpur-10", "postcode": "1216"}
    order = woo.hear(woo_order(shipping=fixed, date_modified_gmt="2026-11-22T04:00:00"))
    assert load_consignment(woo.connection, order.item_number or "").recipient_phone == "+8801812345678"


def test_an_order_that_is_left_is_heard_of_no_more(woo: World) -> None:
    woo.hear(woo_order(payment_method=""))
    left = woo.leave()
    assert left.state is OrderState.LEFT and not left.fields
    assert woo.leave() == left
    assert woo.hear(woo_order(date_modified_gmt="2026-11-23T04:00:00")) == left
    with pytest.raises(Conflict):
        woo.answer(cod_taka="1")
    assert woo.booked() == 0


def test_a_reference_that_the_merchant_used_elsewhere_is_asked_about_and_given_a_new_one(
    woo: World, facts: Facts
) -> None:
    first = woo.hear(woo_order())
    woo.connection.execute(text("delete from shop_orders"))
    order = woo.hear(woo_order(total="9.00", date_modified_gmt="2026-11-22T04:00:00"))
    assert [one["field"] for one in order.problems] == ["order_ref"]
    answered = woo.answer()
    assert answered.item_number != first.item_number
    assert load_consignment(woo.connection, answered.item_number or "").order_ref == "saree-1001/2"


# Changes and cancellations


def test_a_change_after_booking_is_asked_about(woo: World) -> None:
    first = woo.hear(woo_order())
    later = woo_order(total="900.00", date_modified_gmt="2026-11-22T04:00:00")
    order = woo.hear(later)
    assert order.state is OrderState.WAITING and order.item_number == first.item_number
    assert str(first.item_number) in order.question["en"] and str(first.item_number) in order.question["bn"]
    answered = woo.answer()
    assert answered.state is OrderState.BOOKED
    assert woo.state(first.item_number) is State.CANCELLED
    made = load_consignment(woo.connection, answered.item_number or "")
    assert (made.order_ref, made.cod_poisha) == ("saree-1001/2", 90_000)
    assert woo.hear(later | {"date_modified_gmt": "2026-11-22T05:00:00"}).item_number == answered.item_number


def test_a_change_that_is_left_is_not_asked_about_again(woo: World) -> None:
    first = woo.hear(woo_order())
    later = woo_order(total="900.00", date_modified_gmt="2026-11-22T04:00:00")
    woo.hear(later)
    kept = woo.leave()
    assert (kept.state, kept.item_number) == (OrderState.BOOKED, first.item_number)
    assert woo.hear(later | {"date_modified_gmt": "2026-11-22T05:00:00"}).state is OrderState.BOOKED
    assert woo.booked() == 1


def test_a_change_that_is_taken_back_in_the_shop_needs_no_answer(woo: World) -> None:
    woo.hear(woo_order())
    assert woo.hear(woo_order(total="9.00", date_modified_gmt="2026-11-22T04:00:00")).state is OrderState.WAITING
    assert woo.hear(woo_order(date_modified_gmt="2026-11-22T05:00:00")).state is OrderState.BOOKED


@pytest.mark.parametrize("gone", [{"id": 8001}, woo_order(status="cancelled", date_modified_gmt="2026-11-22T04:00:00")])
def test_a_cancelled_order_is_cancelled_before_the_post_has_it(woo: World, gone: Any) -> None:
    order = woo.hear(woo_order())
    assert woo.hear(gone).state is OrderState.DROPPED
    assert woo.state(order.item_number) is State.CANCELLED
    assert woo.hear(gone).state is OrderState.DROPPED


def test_an_order_that_comes_back_is_booked_anew(woo: World) -> None:
    first = woo.hear(woo_order())
    cancelled = woo_order(status="cancelled", date_modified_gmt="2026-11-22T04:00:00")
    order = woo.hear(cancelled, woo_order(date_modified_gmt="2026-11-22T05:00:00"))
    assert woo.state(first.item_number) is State.CANCELLED
    assert order.item_number != first.item_number
    assert load_consignment(woo.connection, order.item_number or "").order_ref == "saree-1001/2"


def test_cancelled_and_unpaid_before_it_was_ever_booked(woo: World) -> None:
    order = woo.hear(
        woo_order(status="cancelled"), woo_order(status="pending", date_modified_gmt="2026-11-22T05:00:00")
    )
    assert order.state is OrderState.NOT_DUE
    assert woo.booked() == 0


def test_what_the_post_has_is_not_cancelled_but_asked_about(woo: World) -> None:
    order = woo.hear(woo_order())
    woo.scan(order.item_number, Event.ACCEPTED)
    gone = woo_order(status="cancelled", date_modified_gmt="2026-11-22T04:00:00")
    waiting = woo.hear(gone)
    assert waiting.state is OrderState.WAITING and waiting.item_number == order.item_number
    assert "return" in waiting.problems[0]["remedy"]
    again = woo.answer()
    assert again.state is OrderState.WAITING and woo.booked() == 1
    assert woo.leave().state is OrderState.LEFT
    assert woo.hear(gone | {"date_modified_gmt": "2026-11-22T06:00:00"}).state is OrderState.LEFT
    assert woo.state(order.item_number) is State.ACCEPTED


def test_a_parcel_that_has_arrived_is_not_asked_about(woo: World) -> None:
    order = woo.hear(woo_order())
    for event, holder in (
        (Event.ACCEPTED, "office:1205"),
        (Event.AT_DELIVERY_OFFICE, "office:1205"),
        (Event.OUT_FOR_DELIVERY, "rider:1216-R01"),
        (Event.DELIVERED_CLAIMED, "rider:1216-R01"),
        (Event.DELIVERED_CONFIRMED, "office:1205"),
    ):
        woo.at += timedelta(minutes=1)
        woo.scan(order.item_number, event, holder)
    refunded = woo_order(status="refunded", date_modified_gmt="2026-11-23T04:00:00")
    assert woo.hear(refunded).state is OrderState.BOOKED
    assert woo.state(order.item_number) is State.DELIVERED


def test_news_is_folded_without_a_database(woo: World) -> None:
    at = woo.at
    send = News(order_id="1", number="1", modified_at=at, wish=Wish.SEND, fields={"recipient_name": "R"})
    due = heard_of(woo.shop, None, send, at, at)
    assert due.state is OrderState.DUE
    older = replace(send, modified_at=at - timedelta(seconds=1), wish=Wish.DROP)
    assert heard_of(woo.shop, due, older, at, at) is due
    assert heard_of(woo.shop, due, replace(older, modified_at=None), at, at).state is OrderState.DROPPED


# Privacy


def test_shopify_orders_are_booked_and_uninstalling_ends_it(shopify_shop: World) -> None:
    order = shopify_shop.hear(shopify_order(), topic="orders/create")
    made = load_consignment(shopify_shop.connection, order.item_number or "")
    assert (made.order_ref, made.cod_poisha, made.weight_g) == ("saree-1001", 125_050, 800)
    other = {"id": 1, "myshopify_domain": "other.myshopify.com"}
    assert shopify_shop.keep(other, shopify.UNINSTALLED) and shopify_shop.take_in() == 1
    assert find_shop(shopify_shop.connection, shopify_shop.shop.shop_id) == shopify_shop.shop
    assert shopify_shop.keep(other | {"myshopify_domain": "saree.myshopify.com"}, shopify.UNINSTALLED)
    shopify_shop.take_in()
    closed = find_shop(shopify_shop.connection, shopify_shop.shop.shop_id)
    assert closed is not None and closed.closed_why == "uninstalled"


def test_a_customers_wish_to_be_forgotten_empties_what_waits(shopify_shop: World) -> None:
    one = shopify_shop
    order = one.hear(
        shopify_order(phone="", customer={}, shipping_address=shopify_order()["shipping_address"] | {"phone": "1"}),
        topic="orders/create",
    )
    assert order.state is OrderState.WAITING and order.fields
    about = {"shop_domain": "saree.myshopify.com", "customer": {"email": "k@example.com"}}
    assert one.keep(about | {"orders_requested": [int(order.order_id), 5]}, shopify.DATA_REQUEST)
    assert one.keep(about | {"orders_to_redact": [5]}, shopify.FORGET_CUSTOMER)
    one.take_in()
    assert load_order(one.connection, one.shop.shop_id, order.order_id).fields
    assert one.keep(about | {"orders_to_redact": [int(order.order_id)]}, shopify.FORGET_CUSTOMER)
    one.take_in()
    forgotten = load_order(one.connection, one.shop.shop_id, order.order_id)
    assert forgotten.state is OrderState.LEFT and not forgotten.fields
    asked = privacy_requests(one.connection, "owner", one.shop.shop_id, 10)
    assert {request.topic for request in asked} == {shopify.DATA_REQUEST, shopify.FORGET_CUSTOMER}
    assert ("1001", None) in asked[-1].items or ("1001", None) in asked[0].items
    kept = one.connection.execute(text("select body from shop_deliveries")).scalars().all()
    assert kept == [None] * 4


def test_a_shops_wish_to_be_forgotten_closes_it(shopify_shop: World) -> None:
    one = shopify_shop
    order = one.hear(shopify_order(payment_gateway_names=[], financial_status="authorized"), topic="orders/create")
    assert order.state is OrderState.WAITING
    assert one.keep({"shop_domain": "saree.myshopify.com"}, shopify.FORGET_SHOP)
    one.take_in()
    assert not load_order(one.connection, one.shop.shop_id, order.order_id).fields
    closed = find_shop(one.connection, one.shop.shop_id)
    assert closed is not None and closed.closed_at


def test_what_nobody_answers_is_forgotten_in_time(woo: World) -> None:
    woo.hear(woo_order(payment_method=""))
    assert tidy(woo.connection, woo.at + timedelta(days=29)) == 0
    assert tidy(woo.connection, woo.at + timedelta(days=31)) == 1
    assert tidy(woo.connection, woo.at + timedelta(days=91)) == 1
    (order,) = load_orders_after(woo.connection, woo.shop.shop_id, None, None, 9)
    assert order.state is OrderState.LEFT and not order.fields and "90 days" in order.why


# With many


def test_many_orders_from_many_at_once_are_booked_once_each(
    database: Database, facts: Facts, morning: datetime
) -> None:
    with database.transaction() as connection:
        append_merchants(connection, [OWNER])
        wanted = Wanted(kind=ShopKind.WOOCOMMERCE, domain="saree.example")
        shop = connect(connection, facts, "owner", wanted, lambda: SECRET, morning)
    numbers = Numbers(database, facts.number_key)

    def send(number: int) -> bool:
        body = sent(woo_order(number % 60))
        with database.transaction() as connection:
            message = Message(
                shop_id=shop.shop_id,
                body=body,
                signature=signature(body, SECRET),
                topic="order.created",
                delivery=f"d{number}",
            )
            return keep(connection, ShopKind.WOOCOMMERCE, message, morning)

    with ThreadPoolExecutor(6) as pool:
        working = [pool.submit(take_in_all, database, facts, numbers, shop.shop_id, lambda: morning) for _ in range(2)]
        assert all(pool.map(send, range(240)))
        taken = sum(one.result() for one in working)
    taken += take_in_all(database, facts, numbers, shop.shop_id, lambda: morning)
    assert taken == 240
    with database.transaction() as connection:
        assert load_tallies(connection, [shop.shop_id])[shop.shop_id].orders == {"booked": 60}
        assert connection.execute(text("select count(*) from consignments")).scalar_one() == 60
