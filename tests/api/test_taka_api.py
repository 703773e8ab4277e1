"""Where is my taka, over HTTP: the way of a parcel's money, who may ask, ageing and alarms."""

from datetime import timedelta
from typing import Any

import pytest

from post_logistics.operations.money.alarms import watch_money
from tests.api.client import Api, refused, taken
from tests.closes import counted, paid_in

RIDER = "1216-R07"


@pytest.fixture
def collected(api: Api) -> tuple[str, str]:
    """A merchant, and its parcel for which a rider has Tk 1,000."""
    shop = api.shop()
    item = api.item(shop)
    api.with_rider(item, RIDER)
    api.at += timedelta(minutes=1)
    claim = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=100_000)
    (verdict,) = api.claims(claim)
    assert verdict["outcome"] == "accepted", verdict
    return shop, item


def one(api: Api, item: str, **options: Any) -> dict[str, Any]:
    """The one whereabouts of a parcel's money."""
    (money,) = taken(api.get(f"/v1/money/parcels/{item}", **options))["money"]
    found: dict[str, Any] = money
    return found


def test_a_merchant_follows_the_money_of_its_parcel_to_the_bank(api: Api, collected: tuple[str, str]) -> None:
    shop, item = collected
    told = one(api, item, merchant=shop)
    assert (told["stage"], told["amount_poisha"], told["late"]) == ("rider", 100_000, False)
    assert told["text_en"] == "Tk 1,000.00 is with a rider of Mirpur TSO post office, to be handed in today."
    assert told["text_bn"] == "৳১,০০০.০০ মিরপুর টিএসও ডাকঘরের রাইডারের কাছে আছে, আজ জমা দেওয়ার কথা।"

    api.at += timedelta(hours=1)
    close = {"office": "1216", "closed_on": "2026-11-22"}
    taken(api.post("/v1/day-closes/riders", {**close, "rider": RIDER, **counted(100_000)}))
    assert one(api, item)["stage"] == "till"
    api.at += timedelta(minutes=1)
    others = api.post("/v1/day-closes/offices", {**close, **counted(0)}).json().get("riders", {})
    for rider, poisha in others.items():  # of other tests, who would keep the office open
        taken(api.post("/v1/day-closes/riders", {**close, "rider": rider, **counted(poisha)}))
    till = taken(api.get("/v1/money/holders/office/1216"))
    in_till = till["amount_poisha"] + till["other_poisha"]
    made = taken(api.post("/v1/day-closes/offices", {**close, **counted(in_till)}))
    assert one(api, item)["text_en"].endswith("is with Mirpur TSO post office, to be paid in at the bank tomorrow.")
    api.at += timedelta(minutes=1)
    taken(api.post("/v1/deposits", paid_in(made["close_id"], "SLIP-77", api.at)))
    assert one(api, item)["stage"] == "deposit"
    confirmed = {"close_id": made["close_id"], "confirmed_poisha": made["to_deposit_poisha"]}
    assert api.post("/v1/deposits/confirmations", confirmed).status_code == 204
    assert one(api, item, merchant=shop)["stage"] == "bank"
    whole = taken(api.get(f"/v1/money/merchants/{shop}", merchant=shop))
    assert (whole["amount_poisha"], [each["stage"] for each in whole["money"]]) == (100_000, ["bank"])


def test_a_strangers_money_is_not_there(api: Api, collected: tuple[str, str]) -> None:
    shop, item = collected
    refused(api.get(f"/v1/money/parcels/{item}", merchant="nobody"), 404)
    refused(api.get(f"/v1/money/parcels/{item}", office="1230"), 404)
    refused(api.get(f"/v1/money/merchants/{shop}", merchant="nobody"), 404)
    refused(api.get(f"/v1/money/merchants/{shop}/parcels", merchant="nobody"), 404)
    refused(api.get(f"/v1/money/holders/rider/{RIDER}", office="1230"), 404)
    refused(api.get("/v1/money/holders/office/1216", office="1230"), 404)
    refused(api.get("/v1/money/holders/provider/bkash", office="1216"), 404)
    refused(api.get("/v1/money/holders/agent/nobody"), 404)
    assert one(api, item, office="1216")["stage"] == "rider"


def test_a_number_in_bangla_digits_is_understood_and_what_was_not_collected_has_no_money(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop)
    bangla = item.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    found = taken(api.get(f"/v1/money/parcels/{bangla}", merchant=shop))
    assert (found["item_number"], found["collected_poisha"], found["money"]) == (item, 0, [])
    assert taken(api.get(f"/v1/money/merchants/{shop}"))["money"] == []


def test_a_merchants_parcels_come_page_by_page(api: Api) -> None:
    shop = api.shop()
    items = sorted(api.item(shop, f"R-{n}") for n in range(3))
    for item in items:
        api.with_rider(item, RIDER)
        api.at += timedelta(minutes=1)
        claim = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=100_000)
        api.claims(claim)
    path, seen, after = f"/v1/money/merchants/{shop}/parcels?limit=2&stage=rider", [], ""
    while after is not None:
        page = taken(api.get(f"{path}&after={after}", merchant=shop))
        seen += [line["item_number"] for line in page["parcels"]]
        after = page["next"]
    assert seen == items
    assert taken(api.get(f"/v1/money/merchants/{shop}/parcels?stage=bank"))["parcels"] == []


def test_what_a_rider_has_is_told_to_its_office(api: Api, collected: tuple[str, str]) -> None:
    before = taken(api.get("/v1/money/holders/rider/১২১৬-R07", office="1216"))
    assert before["amount_poisha"] >= 100_000 and before["other_poisha"] == 0
    assert {each["place"] for each in before["money"]} == {f"rider_cash:{RIDER}"}


@pytest.mark.parametrize("by", ["place", "merchant"])
def test_ageing_adds_up_to_the_ledger(api: Api, collected: tuple[str, str], by: str) -> None:
    found = taken(api.get(f"/v1/money/ageing?by={by}"))
    for line in found["lines"]:
        assert line["balance_poisha"] == sum(line["aged_poisha"]) + line["other_poisha"]
    assert found["balance_poisha"] == sum(line["balance_poisha"] for line in found["lines"]) > 0


def test_an_alarm_is_on_the_list_of_its_office_and_taken_on_there(api: Api, collected: tuple[str, str]) -> None:
    api.at += timedelta(days=1)
    with api.engine.database.transaction() as connection:
        watch_money(connection, api.engine.facts, api.at)
    alarms = taken(api.get("/v1/money/alarms?office=১২১৬&kind=rider_not_closed&unowned=true"))["alarms"]
    (mine,) = [each for each in alarms if each["subject"] == f"rider:{RIDER}"]
    assert mine["office"] == "1216" and mine["remedy_bn"] and "Tk" in mine["text_en"]
    assert mine not in taken(api.get("/v1/money/alarms", office="1230"))["alarms"]
    refused(api.get("/v1/money/alarms?office=1216", office="1230"), 404)
    path = f"/v1/money/alarms/{mine['alarm_id']}/take"
    refused(api.post(path, {"by": "rahima"}, office="1230"), 404)
    assert taken(api.post(path, {"by": "rahima"}, office="1216"))["owner"] == "rahima"
