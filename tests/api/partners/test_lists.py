"""ekShop's lists: what was missed is taken from them, and what differs is found and settled."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.access.roles import Role
from post_logistics.channels.partners.asking import HttpLists
from post_logistics.channels.partners.book import Partner
from post_logistics.operations.orders.partner_lists import Desk, compare, compare_due, pull_due
from post_logistics.operations.telling.partner_calls import send_due_calls
from post_logistics.storage.orders.partners import PartnerLine
from tests.api.client import taken
from tests.api.pages.test_finance_pages import Person
from tests.api.partners.world import NOBODYS, TODAY, World
from tests.minute import impatient
from tests.standins.ekshop import LIST, MESSAGE, STATE
from tests.standins.serving import Fault


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


def test_what_differs_is_settled_on_a_page_of_the_finance_desk(world: World) -> None:
    api, code = world.api, "EK-PAGE"
    world.booked(code)
    del world.shop.orders[code]
    api.at += timedelta(days=1)
    compare(api.engine.database, desk(world), world.shop_id, TODAY)
    (finding,) = [one for one in world.get("findings") if one["order_id"] == code]
    rahima, path = Person(api), f"/finance/partners/{world.shop_id}"
    settling = f"{path}/findings/{finding['finding_id']}"
    assert path in rahima.get("/finance/partners").text
    page = rahima.read(path)
    assert code in page and "It is not on their list" in page
    assert rahima.send(settling, {"note": ""}).status_code == 422
    for _ in range(2):
        assert rahima.send(settling, {"note": "told by telephone"}).status_code == 303
    assert code not in rahima.read(path)
    assert "told by telephone" in rahima.read(f"{path}?standing=all")
    assert rahima.get(f"/finance/partners/{NOBODYS}").status_code == 404
    assert Person(api, Role.COUNTER).get(path).status_code == 403
