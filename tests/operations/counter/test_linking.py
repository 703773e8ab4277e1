"""Goods that go back under a number of their own: once for each parcel, free of charge, never out of hand."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.counter.linking import send_linked_back
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_rider_day
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.counter.lifecycle import load_links
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.orders.consignments import append_consignments, load_consignment
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import MerchantId, Postcode, RiderId
from tests.closes import count
from tests.operations.conftest import consignment

OFFICE = Actor(office=Postcode("1216"))
RIDER = "rider:1216-R01"


@pytest.fixture
def numbers(shared_database: Database) -> Numbers:
    return Numbers(shared_database, b"key", block=1)


def later(story: Any) -> Any:
    return story.at + timedelta(minutes=story.sequence + 1)


def handed_over(story: Any, event: Event, cash_poisha: int = 40_000) -> str:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    (verdict,) = deliver(story.connection, [Claim(story.scan(item, event, RIDER), cash_poisha)])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    return str(item)


def test_the_rest_begins_in_the_riders_hands_and_on_its_way_back(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED)
    rest = send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))
    booked = load_consignment(story.connection, item)
    assert load_consignment(story.connection, rest.item_number) == rest
    assert (rest.order_ref, rest.weight_g) == (f"{booked.order_ref}/rest", 700)
    assert (rest.cod_poisha, rest.postage_poisha, rest.cod_fee_poisha, rest.vat_poisha) == (0, 0, 0, 0)
    assert (rest.recipient_name, rest.recipient_address) == ("Test Shop", booked.store_address)
    (standing,) = load_standings(story.connection, [rest.item_number])
    assert (standing.state, standing.holder, standing.misfits) == (State.RETURN_REQUESTED, RIDER, 0)
    assert standing.destination == rest.pickup_office == booked.pickup_office


def test_told_again_it_is_the_same_consignment_and_nothing_is_said_twice(
    story: Any, facts: Facts, numbers: Numbers
) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED)
    made = send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))
    before = load_scans(story.connection, [made.item_number])
    again = send_linked_back(story.connection, facts, numbers, item, "rest", 900, OFFICE, later(story))
    assert again == made and load_scans(story.connection, [made.item_number]) == before
    assert [link.kind for link in load_links(story.connection, [item])] == ["rest"]


def test_after_the_day_close_the_office_has_the_rest(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED)
    close_rider_day(
        story.connection,
        facts,
        rider=RiderId("1216-R01"),
        office=Postcode("1216"),
        closed_on=date(2026, 11, 22),
        count=count(40_000),
        at=later(story),
    )
    rest = send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))
    assert load_standings(story.connection, [rest.item_number])[0].holder == "office:1216"


def test_an_exchange_brings_goods_back_and_a_delivery_does_not(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.EXCHANGED, 0)
    with pytest.raises(Conflict, match="not partially delivered"):
        send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))
    goods = send_linked_back(story.connection, facts, numbers, item, "exchange", 700, OFFICE, later(story))
    assert goods.order_ref.endswith("/exchange")
    way = ((Event.AT_DELIVERY_OFFICE, "office:1216"), (Event.RETURNED, "merchant:test-shop"))
    verdicts = record_scans(story.connection, [story.scan(goods.item_number, event, who) for event, who in way])
    assert {verdict.outcome for verdict in verdicts} == {ScanOutcome.ACCEPTED}


def test_a_partial_delivery_taken_back_leaves_no_rest(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED, 0)
    (scan,) = (one for one in load_scans(story.connection, [item]) if one.event is Event.PARTIALLY_DELIVERED)
    correct_scan(story.connection, item, scan.scan_id, "nothing was taken", "clerk", OFFICE, later(story))
    with pytest.raises(Conflict):
        send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))


def test_a_merchant_who_uses_such_references_takes_nothing_away(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED)
    taken = replace(consignment(7_100_000, story.at), order_ref="REF-7000000/rest")
    append_consignments(story.connection, [taken], ["print"])
    rest = send_linked_back(story.connection, facts, numbers, item, "rest", 700, OFFICE, later(story))
    assert rest.order_ref == f"REF-7000000/rest/{rest.item_number}"


def test_a_strangers_parcel_has_no_rest(story: Any, facts: Facts, numbers: Numbers) -> None:
    item = handed_over(story, Event.PARTIALLY_DELIVERED)
    for stranger in (Actor(office=Postcode("1230")), Actor(merchant_id=MerchantId("other"))):
        with pytest.raises(NotFound):
            send_linked_back(story.connection, facts, numbers, item, "rest", 700, stranger, later(story))
