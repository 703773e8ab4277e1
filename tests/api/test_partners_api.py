"""ekShop from its own server to the parcel, the ledger and back, over the network; and whatever it does wrong."""

import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.channels.calling import Line
from post_logistics.channels.destinations import Destination
from post_logistics.channels.messages import load_messages
from post_logistics.channels.partners.asking import HttpLists
from post_logistics.channels.partners.book import Partner
from post_logistics.operations.orders.partner_lists import Desk, compare, compare_due, pull_due
from post_logistics.operations.orders.partners import forget_old
from post_logistics.operations.orders.shop_orders import take_in_all
from post_logistics.operations.telling.partner_calls import send_calls, send_due_calls
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Dial, Sending
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.partners import PartnerLine
from tests.api.client import Api, refused, taken
from tests.api.compat.shops import on_a_port
from tests.api.pages.test_shop_pages import Browser
from tests.closes import counted, paid_in
from tests.standins.ekshop import LIST, MESSAGE, PUSH, STATE, EkShop
from tests.standins.serving import Fault, served

TODAY = date(2026, 11, 22)
SECRET = "ekshop-push-secret"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[str]:
    with on_a_port(api) as url:
        yield url


class World:
    """ekShop, served, and a merchant of ours that it is."""

    def __init__(self, api: Api, server: str, address: str, shop: EkShop) -> None:
        self.api, self.shop, self.merchant = api, shop, api.shop()
        asked = {"merchant_id": self.merchant, "partner": "ekshop", "url": address}
        made = taken(api.post("/v1/partners", asked | {"secret": SECRET, "token": shop.token}), 201)
        self.shop_id, self.path = UUID(made["partner_id"]), made["push_path"]
        shop.push_url = server + self.path

    def work(self) -> None:
        """What the worker's job does with what was sent."""
        engine = self.api.engine
        take_in_all(engine.database, engine.facts, engine.numbers, self.shop_id, lambda: self.api.at)

    def tell(self, dial: Dial = Line) -> int:
        """What the worker does with the news; how many calls were taken."""
        self.pass_on()
        engine = self.api.engine
        return send_calls(engine.database, engine.facts.partners, self.shop_id, self.sending(dial))

    def pass_on(self) -> None:
        engine = self.api.engine
        facts, book = engine.facts, load_messages(engine.facts.facts_dir)
        with engine.database.transaction() as connection:
            relay(connection, facts.offices, book, self.api.at, partners=facts.partners)

    def sending(self, dial: Dial = Line) -> Sending:
        return Sending(clock=lambda: self.api.at, chance=Random(1), development=True, dial=dial)

    def later(self, **by: float) -> None:
        self.api.at += timedelta(**by)

    def orders(self, state: str = "") -> dict[str, Any]:
        path, query = f"/v1/shops/{self.shop_id}/orders", {"state": state} if state else {}
        found = taken(self.api.get(path, merchant=self.merchant, params=query))["orders"]
        return {one["order_id"]: one for one in found}

    def item(self, code: str) -> str:
        return str(self.orders()[code]["item_number"])

    def parcel(self, code: str) -> dict[str, Any]:
        return dict(taken(self.api.get(f"/v1/consignments/{self.item(code)}", merchant=self.merchant)))

    def address(self, code: str) -> str:
        with self.api.engine.database.transaction() as connection:
            return load_consignment(connection, self.item(code)).recipient_address

    def booked(self, code: str, **fields: str) -> str:
        """The parcel of an order that is placed, pushed and booked."""
        self.shop.place(code, TODAY, **fields)
        assert self.shop.push(code) == [200]
        self.work()
        return self.item(code)

    def on_the_way(self, item: str) -> None:
        self.api.at_the_office(item)
        self.api.scans(self.api.scan(item, "out_for_delivery", holder="rider:1216-R01"))

    def get(self, what: str, **options: Any) -> Any:
        return taken(self.api.get(f"/v1/partners/{self.shop_id}/{what}", **options))

    def post(self, what: str, day: date = TODAY) -> Any:
        return taken(self.api.post(f"/v1/partners/{self.shop_id}/{what}", {"day": day.isoformat()}))

    def stands(self) -> Any:
        (one,) = taken(self.api.get("/v1/partners", merchant=self.merchant))["partners"]
        return one


@pytest.fixture
def world(api: Api, server: str) -> Iterator[World]:
    shop = EkShop(secret=SECRET)
    with served(shop) as address:
        yield World(api, server, address, shop)


# From the order to the ledger and back


def test_an_order_becomes_a_parcel_is_told_delivered_paid_and_both_lists_agree(world: World) -> None:
    api, shop = world.api, world.shop
    item = world.booked("EK-1")
    assert world.parcel("EK-1")["cod_poisha"] == 125_000 and world.parcel("EK-1")["weight_g"] == 500
    weighed = api.scan(item, "accepted", weight_g=1200)
    (weighing,) = taken(api.post("/v1/acceptances", {"acceptances": [weighed]}))["weighings"]
    assert weighing["difference_poisha"] > 0
    api.scans(api.scan(item, "at_delivery_office"))
    api.scans(api.scan(item, "out_for_delivery", holder="rider:1216-R01"))
    assert world.tell() == 3
    order = shop.orders["EK-1"]
    assert (order.fields["order_state"], order.moved) == ("3", 1)
    assert [text.startswith(item) for text in order.messages] == [True, True]
    door = {"holder": "rider:1216-R01", "collected_poisha": 125_000}
    (verdict,) = api.claims(api.scan(item, "delivered_claimed", **door))
    assert verdict["outcome"] == "accepted"
    _to_the_bank(api, 125_000)
    all_settled = taken(api.post("/v1/settlements", {"settled_on": TODAY.isoformat()}))
    (settled,) = [one for one in all_settled if one["merchant"] == world.merchant]
    taken_off = settled["fees_taken_poisha"] + settled["vat_taken_poisha"]
    assert settled["payout_poisha"] == 125_000 - taken_off
    (line,) = settled["lines"]
    assert line["item_number"] == item
    assert all(check["violated"] == 0 for check in taken(api.get("/v1/ledger/proof"))["checks"])
    world.tell()
    assert order.moved == 1 and len(order.messages) == 3, "delivered is told, and no state is moved twice"
    order.fields["order_state"] = "4"
    compared = world.post("comparisons")
    assert (compared["listed"], compared["findings"], compared["why"]) == (1, [], "")
    variance = world.get("weights", merchant=world.merchant)
    assert (variance["weighed"], variance["said_g"], variance["weighed_g"], variance["heavier"]) == (1, 500, 1200, 1)
    assert variance["difference_poisha"] == weighing["difference_poisha"] and variance["not_weighed"] == []


def _to_the_bank(api: Api, amount_poisha: int) -> None:
    body = {"office": "1216", "closed_on": TODAY.isoformat(), **counted(amount_poisha)}
    taken(api.post("/v1/day-closes/riders", body | {"rider": "1216-R01"}, office="1216"))
    close = taken(api.post("/v1/day-closes/offices", body, office="1216"))
    taken(api.post("/v1/deposits", paid_in(close["close_id"], "SLIP-EK", api.at), office="1216"))
    confirmed = {"close_id": close["close_id"], "confirmed_poisha": amount_poisha}
    assert api.post("/v1/deposits/confirmations", confirmed).status_code == 204


# What it sends


def test_an_order_sent_twice_and_by_many_at_once_is_one_parcel(world: World) -> None:
    world.shop.place("EK-2", TODAY)
    world.shop.misbehave(Fault.TWICE, on=PUSH)
    assert world.shop.push("EK-2") == [200, 200]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: world.shop.push("EK-2"), range(8))) == [[200]] * 8
        list(pool.map(lambda _: world.work(), range(4)))
    assert world.orders()["EK-2"]["state"] == "booked"
    listed = taken(world.api.get("/v1/consignments", merchant=world.merchant))["consignments"]
    assert [one["order_ref"] for one in listed] == ["ekshop-EK-2"]


def test_what_is_older_changes_nothing_however_late_it_comes(world: World) -> None:
    shop = world.shop
    shop.place("EK-3", TODAY, updated_at="2026-11-22T05:00:00+06:00", weight="1")
    old = dict(shop.orders["EK-3"].fields)
    shop.orders["EK-3"].fields |= {"updated_at": "2026-11-22T06:00:00+06:00", "weight": "2"}
    new = shop.orders["EK-3"].fields
    shop.orders["old"], shop.orders["new"] = type(shop.orders["EK-3"])(old, TODAY), shop.orders["EK-3"]
    shop.misbehave(Fault.OUT_OF_ORDER, on=PUSH)
    assert shop.push("old", "new") == [200, 200] and new["weight"] == "2"
    world.work()
    assert world.parcel("EK-3")["weight_g"] == 2000 and world.orders()["EK-3"]["state"] == "booked"


def test_a_message_without_the_secret_is_refused_and_leaves_nothing(world: World) -> None:
    world.shop.place("EK-4", TODAY)
    world.shop.misbehave(Fault.WRONG_SIGNATURE, on=PUSH)
    assert world.shop.push("EK-4") == [401]
    body, form = b"order_code=EK-4", {"content-type": "application/x-www-form-urlencoded"}
    nobodys = world.api.client.post(f"/v1/shops/{NOBODYS}/partner", content=body, headers=form | {"x-api-key": SECRET})
    bare = world.api.client.post(world.path, content=body, headers=form)
    assert refused(nobodys, 401) == refused(bare, 401)
    world.work()
    assert world.orders() == {} and world.get("unreadable") == []


def test_what_nobody_can_read_is_kept_and_shown_with_what_is_wrong(world: World) -> None:
    key = {"x-api-key": SECRET, "content-type": "application/x-www-form-urlencoded"}
    for body in (b"customer_name=Rahima&customer_phone=01712345678", b"\xff\xfe", b"order_code=EK-5&order_state=77"):
        answer = taken(world.api.client.post(world.path, content=body, headers=key))
        assert answer == {"orders": [], "unreadable": 1}
    shown = world.get("unreadable", merchant=world.merchant)
    assert {one["outcome"] for one in shown} == {
        "the order has no code (order_code)",
        "the form cannot be read (body)",
        "order EK-5 stands at '77', which nobody knows (order_state)",
    }
    assert "Rahima" not in str(shown) and world.stands()["unreadable"] == 3


def test_an_amount_that_is_not_said_is_asked_for_and_never_nothing(world: World) -> None:
    world.shop.place("EK-6", TODAY, total_amount="")
    world.shop.push("EK-6")
    world.work()
    order = world.orders("waiting")["EK-6"]
    assert [problem["field"] for problem in order["problems"]] == ["cod_poisha"]
    answer = f"/v1/shops/{world.shop_id}/orders/EK-6/answer"
    done = taken(world.api.post(answer, {"cod_poisha": 125_000}, merchant=world.merchant))
    assert done["state"] == "booked" and world.parcel("EK-6")["cod_poisha"] == 125_000


def test_an_order_that_is_cancelled_there_is_cancelled_here(world: World) -> None:
    world.booked("EK-7")
    world.shop.orders["EK-7"].fields["order_state"] = "5"
    world.shop.push("EK-7")
    world.work()
    assert world.orders()["EK-7"]["state"] == "dropped"


def test_another_amount_after_booking_is_a_question_and_the_lists_say_so_until_it_is_answered(world: World) -> None:
    world.shop.place("EK-8", TODAY)
    world.shop.misbehave(Fault.WRONG_AMOUNT, on=PUSH)
    world.shop.push("EK-8")
    world.work()
    first = world.item("EK-8")
    assert world.parcel("EK-8")["cod_poisha"] == 100
    (finding,) = world.post("comparisons")["findings"]
    assert (finding["kind"], finding["theirs"], finding["ours"]) == ("amount", "Tk 1,250.00", "Tk 1.00")
    order = world.orders("waiting")["EK-8"]
    assert first in order["question"]["en"] and first in order["question"]["bn"]
    taken(world.api.post(f"/v1/shops/{world.shop_id}/orders/EK-8/answer", {}, merchant=world.merchant))
    assert world.parcel("EK-8")["cod_poisha"] == 125_000 and world.item("EK-8") != first
    (closed,) = world.post("comparisons")["findings"]
    assert (closed["finding_id"], closed["closed_by"]) == (finding["finding_id"], "list")
    assert world.get("findings") == []


# Digital centres


def test_a_digital_centre_that_is_known_is_where_the_parcel_is_bound_for(world: World) -> None:
    world.booked("EK-10", udc_code="UDC-1216-01", payment_status="paid")
    parcel = world.parcel("EK-10")
    assert "(dc-1216-01)" in world.address("EK-10") and parcel["delivery_office"] == "1216"
    assert parcel["cod_poisha"] == 0


def test_cash_at_a_centre_that_takes_none_is_a_question(world: World) -> None:
    world.shop.place("EK-11", TODAY, udc_code="UDC-1216-01")
    world.shop.push("EK-11")
    world.work()
    order = world.orders("waiting")["EK-11"]
    assert "takes no cash" in order["question"]["en"] and "টাকা নেয় না" in order["question"]["bn"]
    world.shop.place("EK-12", TODAY, udc_code="UDC-1230-01")
    world.shop.push("EK-12")
    world.work()
    assert world.parcel("EK-12")["delivery_office"] == "1230", "this one takes cash"


def test_a_digital_centre_that_nobody_knows_is_asked_about_and_the_nearest_office_is_named(world: World) -> None:
    world.shop.place("EK-13", TODAY, udc_code="UDC-9999-{x}", address="Section 10, Mirpur")
    world.shop.push("EK-13")
    world.work()
    order = world.orders("waiting")["EK-13"]
    assert "UDC-9999-{x}" in order["question"]["en"] and "1216" in order["question"]["en"]
    answer = f"/v1/shops/{world.shop_id}/orders/EK-13/answer"
    assert taken(world.api.post(answer, {}, merchant=world.merchant))["state"] == "booked"
    assert "(window-1216)" in world.address("EK-13")
    assert world.shop.push("EK-13") == [200]
    world.work()
    assert world.orders()["EK-13"]["state"] == "booked", "told again, it is not asked again"


# Lists


def test_what_was_missed_is_taken_from_the_list_page_by_page_and_never_twice(world: World) -> None:
    world.booked("EK-20")
    for number in range(150):
        world.shop.place(f"L-{number}", TODAY, order_state="1")
    world.shop.place("EK-21", TODAY)
    pulled = world.post("pulls")
    assert (pulled["listed"], len(pulled["new"]), pulled["why"]) == (152, 151, "")
    world.work()
    assert world.orders("booked").keys() == {"EK-20", "EK-21"}
    for fault in (Fault.TWICE, Fault.OUT_OF_ORDER):
        world.shop.misbehave(fault, on=LIST)
        again = world.post("pulls")
        assert again["new"] == [] and again["why"] == ""
        world.work()
    assert len(taken(world.api.get("/v1/consignments", merchant=world.merchant))["consignments"]) == 2
    assert world.stands()["orders"] == {"booked": 2, "not_due": 150}


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.LOST, Fault.GARBLED])
def test_a_list_that_does_not_come_proves_nothing_and_comes_the_next_time(world: World, fault: Fault) -> None:
    world.booked("EK-22")
    world.shop.place("EK-23", TODAY)
    world.shop.misbehave(fault, on=LIST)
    compared = world.post("comparisons")
    assert compared["why"] and compared["findings"] == [] and world.stands()["asked_why"] == compared["why"]
    compared = world.post("comparisons")
    (found,) = compared["findings"]
    assert (found["order_id"], found["kind"], found["closed_by"]) == ("EK-23", "missing_here", "list")
    assert world.orders()["EK-23"]["state"] == "booked" and world.stands()["asked_why"] == ""


def test_a_late_list_is_a_list(world: World) -> None:
    world.shop.place("EK-24", TODAY)
    world.shop.misbehave(Fault.LATE, on=LIST)
    assert world.post("pulls")["new"] == ["EK-24"]


def test_what_is_missing_there_waits_for_a_person_or_until_it_is_there(world: World) -> None:
    world.booked("EK-25")
    order = world.shop.orders.pop("EK-25")
    (finding,) = world.post("comparisons")["findings"]
    assert finding["kind"] == "missing_there" and world.stands()["findings"] == 1
    world.shop.orders["EK-25"] = order
    assert world.post("comparisons")["findings"][0]["closed_by"] == "list"
    del world.shop.orders["EK-25"]
    (again,) = world.post("comparisons")["findings"]
    assert again["finding_id"] == finding["finding_id"] and again["closed_at"] is None
    settle = f"/v1/partners/{world.shop_id}/findings/{finding['finding_id']}/settlement"
    done = taken(world.api.post(settle, {"note": "asked them", "by": "rahima"}))
    assert done["closed_by"] == "rahima"
    assert taken(world.api.post(settle, {"note": "else", "by": "karim"})) == done
    assert world.post("comparisons")["findings"] == [done], "settled, as long as nothing changes"
    world.api.at_the_office(world.item("EK-25"))
    (changed,) = world.post("comparisons")["findings"]
    assert changed["closed_at"] is None and changed["ours"] == "at delivery office"


def impatient(to: Destination) -> Line:
    """A line that waits for nobody long."""
    return Line(to, deadline_s=0.4, read_bytes=2**20)


def desk(world: World) -> Desk:
    def lists(partner: Partner, line: PartnerLine) -> HttpLists:
        assert partner.listing
        return HttpLists(partner.listing, line.url, line.token, development=True, dial=impatient)

    return Desk(world.api.engine.facts, world.api.engine.numbers, lists, lambda: world.api.at)


def test_a_server_that_is_silent_holds_nobody_up(world: World) -> None:
    item = world.booked("EK-26")
    world.on_the_way(item)
    for on in (STATE, MESSAGE, LIST):
        world.shop.misbehave(Fault.SILENT, on=on)
    compared = compare(world.api.engine.database, desk(world), world.shop_id, TODAY)
    assert (compared.why, compared.findings) == ("no answer in time", ())
    world.tell(impatient)
    world.later(minutes=10)
    world.tell(impatient)
    world.later(minutes=10)
    world.tell(impatient)
    order = world.shop.orders["EK-26"]
    assert (order.moved, len(order.messages)) == (1, 2)


def test_a_list_whose_every_page_is_the_same_ends(world: World) -> None:
    for number in range(100):
        world.shop.place(f"S-{number}", TODAY, order_state="1")
    world.shop.page_size = 10_000
    asked = len(world.shop.heard)
    first = type(world.shop)._list

    def same(form: dict[str, str]) -> Any:
        return first(world.shop, form | {"page": "1"})

    world.shop._list = same  # type: ignore[method-assign,assignment]
    pulled = world.post("pulls")
    assert (pulled["listed"], pulled["why"], len(world.shop.heard) - asked) == (100, "", 2)


def test_the_worker_asks_for_yesterday_and_today_compares_yesterday_and_tells_what_is_due(world: World) -> None:
    world.shop.place("EK-27", TODAY - timedelta(days=1))
    world.shop.place("EK-28", TODAY)
    database = world.api.engine.database
    with database.transaction() as connection:  # of the others, whose servers are gone, nobody need know
        connection.execute(text("update shops set closed_at = now() where shop_id <> :ours"), {"ours": world.shop_id})
    assert pull_due(database, desk(world)) == 2 and pull_due(database, desk(world)) == 0
    world.work()
    assert world.orders("booked").keys() == {"EK-27", "EK-28"}
    world.shop.orders["EK-27"].fields["total_amount"] = "99"
    world.shop.orders["EK-28"].fields["total_amount"] = "99"
    (compared,) = compare_due(database, desk(world))
    assert [one.order_id for one in compared.findings] == ["EK-27"]
    world.on_the_way(world.item("EK-28"))
    world.pass_on()
    partners = world.api.engine.facts.partners
    assert [send_due_calls(database, partners, world.sending()) for _ in range(2)] == [3, 0]


# What it is told


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.BROKEN, Fault.GARBLED, Fault.LATE])
def test_the_state_is_moved_once_whatever_becomes_of_the_answer(world: World, fault: Fault) -> None:
    item = world.booked("EK-30")
    world.on_the_way(item)
    world.shop.misbehave(fault, on=STATE)
    world.tell()
    world.later(minutes=10)
    world.tell()
    order = world.shop.orders["EK-30"]
    assert (order.fields["order_state"], order.moved) == ("3", 1)
    calls = world.get("orders/EK-30/calls", merchant=world.merchant)
    assert [(one["what"], one["status"]) for one in calls] == [
        ("message", "sent"),
        ("state", "sent"),
        ("message", "sent"),
    ]
    assert [one["text"] for one in calls if one["what"] == "message"] == order.messages
    assert world.post("comparisons")["findings"] == []


def test_messages_of_an_order_wait_for_each_other_and_those_of_another_do_not(world: World) -> None:
    first, second = world.booked("EK-31"), world.booked("EK-32")
    world.api.at_the_office(first)
    world.shop.misbehave(Fault.BROKEN, on=MESSAGE)
    world.tell()
    assert world.shop.orders["EK-31"].messages == []
    world.on_the_way(second)
    world.api.scans(world.api.scan(first, "out_for_delivery", holder="rider:1216-R01"))
    world.tell()
    assert len(world.shop.orders["EK-32"].messages) == 2
    assert world.shop.orders["EK-31"].fields["order_state"] == "2", "its earlier message comes first"
    world.later(minutes=10)
    world.tell()
    accepted, out = world.shop.orders["EK-31"].messages
    assert "গ্রহণ করেছে" in accepted and "বিলির জন্য" in out
    assert world.shop.orders["EK-31"].fields["order_state"] == "3"


def test_a_server_that_is_down_is_left_alone_for_a_while_and_then_told_everything(world: World) -> None:
    items = [world.booked(f"D-{number}") for number in range(4)]
    for item in items:
        world.on_the_way(item)
    world.shop.misbehave(Fault.BROKEN, on="/order-", times=3)
    heard = len(world.shop.heard)
    assert world.tell() == 0
    assert len(world.shop.heard) == heard + 3 and world.tell() == 0
    assert len(world.shop.heard) == heard + 3, "nobody knocks while it is left alone"
    world.later(hours=1)
    assert world.tell() == 12
    assert {world.shop.orders[f"D-{number}"].moved for number in range(4)} == {1}


def test_two_who_send_at_once_say_nothing_twice(world: World) -> None:
    for number in range(3):
        world.on_the_way(world.booked(f"T-{number}"))
    world.shop.misbehave(Fault.LATE, on="/order-", times=3)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: world.tell(), range(4))) == 9
    for number in range(3):
        order = world.shop.orders[f"T-{number}"]
        assert (order.moved, len(order.messages)) == (1, 2)


def test_a_move_that_is_refused_is_not_said_again_and_the_lists_show_it(world: World) -> None:
    item = world.booked("EK-33")
    world.shop.orders["EK-33"].fields["order_state"] = "1"
    world.on_the_way(item)
    world.tell()
    assert world.tell() == 0 and world.stands()["calls"] == {"sent": 2, "refused": 1}
    (finding,) = world.post("comparisons")["findings"]
    assert (finding["kind"], finding["theirs"], finding["ours"]) == ("state", "1", "out for delivery, told: refused")


def test_old_messages_are_forgotten_and_a_state_is_told_once_for_ever(world: World) -> None:
    item = world.booked("EK-34")
    world.on_the_way(item)
    world.tell()
    with world.api.engine.database.transaction() as connection:
        assert forget_old(connection, world.api.at + timedelta(days=91)) >= 2
    assert [one["what"] for one in world.get("orders/EK-34/calls")] == ["state"]
    world.api.scans(world.api.scan(item, "attempt_failed", holder="rider:1216-R01", reason="recipient_absent"))
    world.later(days=1)
    world.api.scans(world.api.scan(item, "out_for_delivery", holder="rider:1216-R01"))
    world.tell()
    assert world.shop.orders["EK-34"].moved == 1 and len(world.shop.orders["EK-34"].messages) == 4


# Two more dialects, which are only data


def test_a_partner_that_nests_and_signs_is_data_alone(world: World) -> None:
    api = world.api
    made = taken(api.post("/v1/partners", {"merchant_id": world.merchant, "partner": "nested-sample"}), 201)
    deep = {
        "reference": "N-1",
        "status": {"code": "packed"},
        "to": {
            "name": "Rahima",
            "phone": "01712345678",
            "street": "House 5, Road 3, Mirpur-10",
            "district": "Dhaka 1216",
        },
        "parcel": {"grams": 1200, "lines": [{"title": "Saree"}]},
        "money": {"collect": 90_050, "settled": False},
    }
    body = json.dumps({"data": {"orders": [deep]}}).encode()
    sign = hmac.digest(made["secret"].encode(), body, "sha256").hex()
    headers = {"content-type": "application/json", "x-signature": sign}
    assert taken(api.client.post(made["push_path"], content=body, headers=headers))["orders"] == ["N-1"]
    refused(api.client.post(made["push_path"], content=body + b" ", headers=headers), 401)
    world.shop_id = UUID(made["partner_id"])
    world.work()
    parcel = world.parcel("N-1")
    assert (parcel["weight_g"], parcel["cod_poisha"], parcel["order_ref"]) == (1200, 90_050, "nested-sample-N-1")
    refused(api.post(f"/v1/partners/{made['partner_id']}/pulls", {"day": TODAY.isoformat()}), 409)


def test_a_partner_that_sends_files_is_data_alone(world: World) -> None:
    api = world.api
    made = taken(api.post("/v1/partners", {"merchant_id": world.merchant, "partner": "csv-sample"}), 201)
    sheet = "OrderNo,Consignee,Mobile,Address1,Address2,Thana,District,Kg,Collect\r\n"
    sheet += 'C-1,Rahima,01712345678,"House 5, Road 3",Mirpur-10,,Dhaka 1216,0.5,900\r\n'
    sheet += ",Karim,01812345678,House 6,Mirpur-10,,Dhaka 1216,1,0\r\n"
    answer = api.client.post(
        made["push_path"], content=sheet.encode(), headers={"content-type": "text/csv"}, auth=("sample", made["secret"])
    )
    assert taken(answer) == {"orders": ["C-1"], "unreadable": 1}
    world.shop_id = UUID(made["partner_id"])
    world.work()
    assert world.parcel("C-1")["cod_poisha"] == 90_000


# Who may


def test_connected_again_it_is_the_same_and_disconnected_it_is_not_heard(world: World) -> None:
    api, asked = world.api, {"merchant_id": world.merchant, "partner": "ekshop"}
    again = taken(api.post("/v1/partners", asked), 201)
    assert (again["partner_id"], again["secret"]) == (str(world.shop_id), SECRET)
    assert world.stands()["url"].startswith("http://127.0.0.1:"), "what is left out stays"
    assert api.request("DELETE", f"/v1/partners/{world.shop_id}").status_code == 204
    world.shop.place("EK-40", TODAY)
    assert world.shop.push("EK-40") == [200]
    world.work()
    assert world.orders() == {} and world.stands()["closed_at"]
    refused(api.post(f"/v1/partners/{world.shop_id}/pulls", {"day": TODAY.isoformat()}), 409)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"partner": "nobody"}, 422, "partner"),
        ({"merchant_id": "nobody"}, 404, "merchant_id"),
        ({"url": "https://10.0.0.1/"}, 422, "url"),
        ({"url": "ftp://x.example/"}, 422, "url"),
        ({"secret": "short"}, 422, "secret"),
        ({"store_address": "nowhere at all"}, 422, None),
    ],
)
def test_what_cannot_be_connected_is_refused(world: World, changes: dict[str, str], status: int, field: str) -> None:
    asked = {"merchant_id": world.merchant, "partner": "ekshop"} | changes
    problem = refused(world.api.post("/v1/partners", asked), status)
    assert field is None or problem["field"] == field


def test_a_merchant_makes_no_partner_of_itself(world: World) -> None:
    asked = {"kind": "partner", "domain": "ekshop"}
    assert refused(world.api.post("/v1/shops", asked, merchant=world.merchant), 422)["field"] == "kind"


def test_the_partner_sees_its_connection_and_what_waits_on_its_own_pages(world: World) -> None:
    world.shop.place("EK-42", TODAY, udc_code="UDC-1216-01")
    world.shop.push("EK-42")
    world.work()
    page = Browser(world.api, world.merchant)
    assert "ekshop" in page.read("/shop/connections")
    told = page.read(f"/shop/connections/{world.shop_id}")
    assert world.path in told and SECRET not in told and "Shopify" not in told and "WooCommerce" not in told
    assert "takes no cash" in page.read("/shop/waiting")
    assert "টাকা নেয় না" in Browser(world.api, world.merchant, "bn").read("/shop/waiting")


def test_a_day_that_has_not_come_is_not_asked_for(world: World) -> None:
    body = {"day": "2099-01-01"}
    assert refused(world.api.post(f"/v1/partners/{world.shop_id}/pulls", body), 422)["field"] == "day"


def test_a_strangers_partner_is_answered_like_an_absent_one(world: World) -> None:
    world.booked("EK-41")
    stranger = world.api.shop()
    assert taken(world.api.get("/v1/partners", merchant=stranger))["partners"] == []
    for what in ("unreadable", "weights", "findings", "orders/EK-41/calls"):
        theirs = refused(world.api.get(f"/v1/partners/{world.shop_id}/{what}", merchant=stranger), 404)
        absent = refused(world.api.get(f"/v1/partners/{NOBODYS}/{what}", merchant=stranger), 404)
        assert str(theirs).replace(str(world.shop_id), NOBODYS) == str(absent)
