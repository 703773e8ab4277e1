"""ekShop's orders from its own server to the parcel, the ledger and back, over the network."""

from concurrent.futures import ThreadPoolExecutor

from tests.api.client import Api, refused, taken
from tests.api.partners.world import NOBODYS, SECRET, TODAY, World
from tests.closes import counted, paid_in
from tests.standins.ekshop import PUSH
from tests.standins.serving import Fault

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
