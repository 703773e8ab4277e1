"""What ekShop is told: every state once, messages in their order, and patience with a server that fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from post_logistics.operations.orders.partners import forget_old
from tests.api.partners.world import World
from tests.standins.ekshop import MESSAGE, STATE
from tests.standins.serving import Fault


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
