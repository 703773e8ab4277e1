"""A digital centre at work: services once each, cash within the float, facts kept whatever is wrong with them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from post_logistics.network.collection_points import CentreService
from post_logistics.operations.centres.posting import WALK_IN
from post_logistics.operations.centres.serving import serve
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.money.agents import standing_of_agent
from post_logistics.storage.centres.services import load_given, load_sender
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event, State

from .conftest import CENTRE, POSTAGE_POISHA, Desk

ACCEPTED, MISFIT, DUPLICATE, REJECTED = (
    ScanOutcome.ACCEPTED,
    ScanOutcome.MISFIT,
    ScanOutcome.DUPLICATE,
    ScanOutcome.REJECTED,
)


def sums(desk: Desk) -> dict[str, int]:
    return {name: amount for name, amount in load_balances(desk.connection).items() if amount}


def at_the_centre(desk: Desk, story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    way = ((Event.ACCEPTED, "office:1216"), (Event.AT_PICKUP_POINT, f"agent:{CENTRE}"))
    record_scans(story.connection, [story.scan(item, event, holder) for item in items for event, holder in way])
    return items


def test_a_walk_in_parcel_is_booked_weighed_and_paid_in_cash(desk: Desk) -> None:
    opened, booked = desk.serve(desk.opened(), desk.posted())
    assert (opened.outcome, booked.outcome, booked.why) == (ACCEPTED, ACCEPTED, "")
    assert (booked.cash_poisha, booked.commission_poisha) == (POSTAGE_POISHA, 5_00)
    consignment = load_consignment(desk.connection, booked.item_number)
    assert (consignment.merchant_id, consignment.pickup_office, consignment.cod_poisha) == (WALK_IN, "1216", 0)
    (standing,) = load_standings(desk.connection, [booked.item_number])
    assert (standing.state, standing.holder) == (State.ACCEPTED, f"agent:{CENTRE}")
    assert sums(desk) == {
        f"agent_cash:{CENTRE}": POSTAGE_POISHA,
        f"agent_float:{CENTRE}": -1_500_00,
        "agent_commission": 5_00,
        f"agent_commission_due:{CENTRE}": -5_00,
        f"merchant_fees_due:{WALK_IN}": -15_00,
        f"merchant_vat_due:{WALK_IN}": -2_25,
        "office_till:1216": 1_500_00,
    }
    sender = load_sender(desk.connection, booked.item_number)
    assert sender is not None and (sender.name, sender.phone) == ("Abdul Karim", "+8801812345678")


def test_an_act_told_twice_counts_once(desk: Desk, story: Any) -> None:
    (item,) = at_the_centre(desk, story, 400_00)
    (shop,) = story.book(0, first=9)
    acts = [
        desk.opened(),
        desk.posted(),
        desk.dropped(shop),
        desk.handed(item, desk.code(item), 400_00),
        desk.closed(417_25),
    ]
    first, before = desk.serve(*acts), sums(desk)
    assert [one.outcome for one in first] == [ACCEPTED] * 5, [one.why for one in first]
    again = desk.serve(*reversed(acts))
    assert {one.act_id: one.item_number for one in again} == {one.act_id: one.item_number for one in first}
    assert {one.outcome for one in again if one.item_number} == {DUPLICATE}
    assert {one.commission_poisha for one in again} == {0, 5_00, 3_00, 2_00}
    assert sums(desk) == before


def test_another_act_under_the_same_number_is_rejected(desk: Desk, story: Any) -> None:
    first, second = story.book(0, 0)
    desk.serve(desk.opened(), act := desk.dropped(first))
    (other,) = desk.serve(replace(act, scan=replace(act.scan, item_number=second)))
    assert other.outcome is REJECTED and "number each act once" in other.why


def test_acts_come_in_any_order(desk: Desk) -> None:
    opened, booked, closed = desk.opened(), desk.posted(), desk.closed(POSTAGE_POISHA)
    assert [one.outcome for one in desk.serve(closed, booked, opened)] == [ACCEPTED] * 3


def test_the_price_is_taken_no_more_and_no_less(desk: Desk) -> None:
    _, less, more = desk.serve(desk.opened(), desk.posted(POSTAGE_POISHA - 1), desk.posted(POSTAGE_POISHA + 1))
    assert {less.outcome, more.outcome} == {REJECTED}
    assert "Tk 17.25" in less.why
    assert f"agent_cash:{CENTRE}" not in sums(desk)
    (late,) = desk.serve(desk.posted(10_00, offline=True))
    assert (late.outcome, late.cash_poisha) == (MISFIT, POSTAGE_POISHA)
    assert "Tk 10.00 was taken" in late.why


def test_cash_beyond_the_float_is_refused_online_and_kept_offline(desk: Desk, story: Any) -> None:
    first, second = story.book(1_000_00, 600_00)
    _, one, over = desk.serve(desk.opened(), desk.paid(first, 1_000_00), desk.paid(second, 600_00))
    assert (one.outcome, over.outcome) == (ACCEPTED, REJECTED)
    assert "float covers Tk 500.00" in over.why and "pay in more float" in over.why
    (kept,) = desk.serve(desk.paid(second, 600_00, offline=True))
    assert (kept.outcome, kept.cash_poisha) == (MISFIT, 600_00)
    assert "float covers" in kept.why
    stood = standing_of_agent(desk.connection, CENTRE)
    assert (stood.cash_poisha, stood.room_poisha, stood.commission_poisha) == (1_600_00, 0, 8_00)


def test_what_somebody_paid_ahead_is_not_taken_at_the_door(desk: Desk, story: Any) -> None:
    from post_logistics.operations.door.delivering import Claim, deliver

    (item,) = story.book(1_000_00)
    desk.serve(desk.opened(), desk.paid(item, 1_000_00))
    story.out_for_delivery(item)
    scan = story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R01")
    (wrong,) = deliver(story.connection, [Claim(scan, 1)])
    assert wrong.outcome is REJECTED
    (right,) = deliver(story.connection, [Claim(scan, 0)])
    assert right.outcome is ACCEPTED, right.why
    assert sums(desk)["merchant_payable:test-shop"] == -1_000_00
    (twice,) = desk.serve(desk.paid(item, 500_00))
    assert twice.outcome is REJECTED and "Tk 0.00 is due" in twice.why
    (fact,) = desk.serve(desk.paid(item, 1_000_00, offline=True))
    assert (fact.outcome, fact.cash_poisha, fact.commission_poisha) == (MISFIT, 0, 0)


def test_a_parcel_is_handed_over_for_its_code_and_offline_without(desk: Desk, story: Any) -> None:
    first, second = at_the_centre(desk, story, 400_00, 300_00)
    desk.serve(desk.opened())
    right = desk.code(first)
    wrong = "000000" if right != "000000" else "000001"
    tried, done = desk.serve(desk.handed(first, wrong, 400_00), desk.handed(first, right, 400_00))
    assert (tried.outcome, done.outcome) == (REJECTED, ACCEPTED)
    assert (done.cash_poisha, done.commission_poisha) == (400_00, 2_00)
    (fact,) = desk.serve(desk.handed(second, "", 300_00, offline=True))
    assert (fact.outcome, fact.cash_poisha) == (MISFIT, 300_00)
    assert load_given(desk.connection, [fact.act_id])[fact.act_id].why == fact.why
    assert load_standings(desk.connection, [second])[0].state is State.DELIVERED_CLAIMED


def test_a_shops_parcel_is_dropped_off_once_for_a_commission(desk: Desk, story: Any) -> None:
    (item,) = story.book(0)
    _, first, second = desk.serve(desk.opened(), desk.dropped(item), desk.dropped(item))
    assert (first.outcome, first.commission_poisha) == (ACCEPTED, 3_00)
    assert (second.outcome, second.commission_poisha) == (MISFIT, 0)
    (unknown,) = desk.serve(desk.dropped("DP000000005BD"))
    assert unknown.outcome is REJECTED and "never issued" in unknown.why


def test_outside_a_shift_nothing_is_done_online_and_nothing_is_lost_offline(desk: Desk) -> None:
    (refused,) = desk.serve(desk.posted())
    assert refused.outcome is REJECTED and "open a shift first" in refused.why
    (kept,) = desk.serve(desk.posted(offline=True))
    assert (kept.outcome, kept.cash_poisha) == (ACCEPTED, POSTAGE_POISHA)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parcel": {"recipient_phone": "12"}}, "recipient_phone"),
        ({"sender_phone": "12"}, "sender_phone"),
        ({"sender_name": " "}, "sender_name"),
        ({"weight_g": 99_000, "cash_poisha": 1}, "weight_kg"),
        ({"parcel": {"cod_taka": "5"}}, "cod_poisha"),
        ({"parcel": {"recipient_address": "x"}}, "recipient_address"),
    ],
)
def test_what_cannot_be_booked_is_rejected_with_the_reason(desk: Desk, changes: dict[str, Any], field: str) -> None:
    _, refused = desk.serve(desk.opened(), desk.posted(**changes))
    assert (refused.outcome, refused.field) == (REJECTED, field)
    assert f"agent_cash:{CENTRE}" not in sums(desk)


def test_a_centre_does_what_it_offers(desk: Desk, story: Any) -> None:
    (item,) = story.book(100_00)
    point = replace(desk.counter.point, services=frozenset({CentreService.DROP_OFF}))
    small = replace(desk.counter, point=point)
    answers = serve(desk.connection, small, [desk.opened(), desk.posted(), desk.paid(item, 100_00), desk.dropped(item)])
    assert [one.outcome for one in answers] == [ACCEPTED, REJECTED, REJECTED, ACCEPTED]
    (kept,) = serve(desk.connection, small, [desk.paid(item, 100_00, offline=True)])
    assert kept.outcome is MISFIT and "offers no payment" in kept.why


def test_what_was_done_days_ago_is_kept_under_its_own_day(desk: Desk) -> None:
    scan = desk.scan(late=timedelta(days=3))
    (kept,) = desk.serve(desk.posted(scan=scan, offline=True))
    assert kept.outcome is ACCEPTED, kept.why
    given = load_given(desk.connection, [kept.act_id])[kept.act_id]
    assert (given.happened_at, given.recorded_at - given.happened_at) == (scan.occurred_at, timedelta(days=3))
    assert load_consignment(desk.connection, kept.item_number).booked_at == scan.occurred_at
