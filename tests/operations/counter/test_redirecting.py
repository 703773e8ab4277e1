"""Redirections: another door, another office, at most once for each change of mind."""

from datetime import date, timedelta
from typing import Any

import pytest

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.counter.redirecting import Elsewhere, redirect
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.doors import delivery_doors
from post_logistics.storage.counter.lifecycle import load_redirections
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import MerchantId, Postcode

SHOP = Actor(merchant_id=MerchantId("test-shop"))
OFFICE = Actor(office=Postcode("1216"))
BANANI = "House 12, Road 11, Block F, Banani, Dhaka 1213"


def later(story: Any) -> Any:
    return story.at + timedelta(minutes=story.sequence + 1)


@pytest.fixture
def item(story: Any) -> str:
    (booked,) = story.book(100_000)
    record_scans(story.connection, [story.scan(booked, Event.ACCEPTED, "office:1216")])
    return str(booked)


def test_a_redirected_item_is_bound_for_another_office_and_stays_in_the_same_hands(
    story: Any, facts: Facts, item: str
) -> None:
    booked = load_consignment(story.connection, item)
    standing = redirect(story.connection, facts, item, Elsewhere(BANANI), SHOP, later(story))
    assert (standing.destination, standing.state, standing.holder) == ("1213", State.ACCEPTED, "office:1216")
    now = load_consignment(story.connection, item)
    assert (now.recipient_address, now.delivery_office) == (BANANI, booked.delivery_office)
    assert (now.lat_deg, now.lon_deg) != (booked.lat_deg, booked.lon_deg)
    kept = load_redirections(story.connection, [item])[item]
    assert (kept.from_office, kept.to_office, kept.to_postcode) == ("1216", "1213", "1213")
    assert kept.asked_by == "merchant:test-shop"


def test_told_again_it_changes_nothing_and_a_change_of_mind_counts(story: Any, facts: Facts, item: str) -> None:
    first = redirect(story.connection, facts, item, Elsewhere(BANANI), SHOP, later(story))
    again = redirect(story.connection, facts, item, Elsewhere(BANANI), SHOP, later(story) + timedelta(hours=1))
    assert again == first
    home = "House 7000000, Section 10, Mirpur, Dhaka 1216"
    back = redirect(story.connection, facts, item, Elsewhere(home), OFFICE, later(story) + timedelta(hours=2))
    assert back.destination == "1216"
    changes = [scan for scan in load_scans(story.connection, [item]) if scan.event is Event.AREA_CHANGED]
    assert len(changes) == 2
    assert load_redirections(story.connection, [item])[item].to_office == "1216"


def test_an_office_sends_the_same_address_to_the_office_that_delivers_it(story: Any, facts: Facts, item: str) -> None:
    standing = redirect(story.connection, facts, item, Elsewhere(postcode="১২১৩"), OFFICE, later(story))
    assert standing.destination == "1213"
    assert load_consignment(story.connection, item).recipient_address == "House 7000000, Section 10, Mirpur"


def test_the_door_is_found_at_the_new_office_and_not_at_the_old(story: Any, facts: Facts, item: str) -> None:
    redirect(story.connection, facts, item, Elsewhere(BANANI), SHOP, later(story))
    on = date(2026, 11, 22)
    at_old = story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216")
    record_scans(story.connection, [at_old])
    assert delivery_doors(story.connection, facts, Postcode("1216"), on) == []
    record_scans(story.connection, [story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1213")])
    (door,) = delivery_doors(story.connection, facts, Postcode("1213"), on)
    assert door.items == (item,) and door.place.startswith("Banani")


@pytest.mark.parametrize("to", [Elsewhere(), Elsewhere("nowhere at all"), Elsewhere("Court Road, Rangpur 5400")])
def test_an_address_that_is_unclear_or_not_served_leaves_everything_as_it_is(
    story: Any, facts: Facts, item: str, to: Elsewhere
) -> None:
    before = load_consignment(story.connection, item)
    with pytest.raises(Unacceptable) as refusal:
        redirect(story.connection, facts, item, to, SHOP, later(story))
    assert refusal.value.field == "recipient_address" and refusal.value.remedy
    assert load_consignment(story.connection, item) == before
    assert load_standings(story.connection, [item])[0].destination == "1216"


def test_before_acceptance_and_after_the_handing_over_nothing_is_redirected(
    story: Any, facts: Facts, item: str
) -> None:
    record_scans(
        story.connection,
        [
            story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216"),
            story.scan(item, Event.DELIVERED_CLAIMED, "office:1216"),
        ],
    )
    with pytest.raises(Conflict, match="delivered_claimed"):
        redirect(story.connection, facts, item, Elsewhere(BANANI), OFFICE, later(story))


def test_a_booking_is_not_redirected_but_made_anew(story: Any, facts: Facts) -> None:
    (booked,) = story.book(0)
    with pytest.raises(Conflict) as refusal:
        redirect(story.connection, facts, booked, Elsewhere(BANANI), SHOP, later(story))
    assert "cancel" in (refusal.value.remedy or "")


def test_a_redirection_is_not_taken_back_for_the_old_address_is_gone(story: Any, facts: Facts, item: str) -> None:
    redirect(story.connection, facts, item, Elsewhere(BANANI), SHOP, later(story))
    (scan,) = (one for one in load_scans(story.connection, [item]) if one.event is Event.AREA_CHANGED)
    with pytest.raises(Conflict, match="area_changed"):
        correct_scan(story.connection, item, scan.scan_id, "mistake", "clerk", Actor(), later(story))
