"""Bags arrive and are opened: every difference is somebody's to look into, and is settled when the scan comes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from post_logistics.consignments.receptacles import parse_number
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.bags.bagging import Act, bag_of, contents, put_in
from post_logistics.operations.bags.receiving import open_bag, receive
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.bags.receptacles import close_settled
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import bangla_digits
from tests.operations.conftest import Story, consignment
from tests.operations.packing import AWAY, HOME, HUB, Mail


@pytest.fixture
def mail(story: Story, facts: Facts, morning: datetime) -> Mail:
    return Mail(story, facts, morning)


def exceptions(mail: Mail, *, also_closed: bool = False) -> list[tuple[str, str]]:
    """Kind and number of what is open for a person, but for scans that do not fit."""
    rows = mail.connection.execute(
        text(
            "select kind, item_number from exceptions "
            "where kind <> 'misfit' and (closed_at is null or :closed) order by 1, 2"
        ),
        {"closed": also_closed},
    )
    return [(row.kind, row.item_number) for row in rows]


def misfits(mail: Mail) -> int:
    return int(mail.connection.execute(text("select count(*) from exceptions where kind = 'misfit'")).scalar_one())


def row(mail: Mail, number: str, kind: str) -> dict[str, Any]:
    found = mail.connection.execute(
        text("select * from exceptions where item_number = :number and kind = :kind"), {"number": number, "kind": kind}
    )
    (one,) = found
    return dict(one._mapping)


def test_scanning_a_bag_moves_what_is_in_it(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.carried(key)
    for item in (a, b):
        assert (mail.standing(item).state, mail.standing(item).holder) == (State.AT_HUB, "office:1215")
    assert misfits(mail) == 0


def test_a_whole_bag_opened_at_its_end_brings_its_items_home(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    opening = mail.opened(key, a, b)
    assert opening.result.is_clean and opening.result.matched == {a, b}
    assert opening.bag.state is BagState.OPENED
    for item in (a, b):
        now = mail.standing(item)
        assert (now.state, now.holder, now.receptacle) == (State.AT_DELIVERY_OFFICE, "office:1216", None)
    assert exceptions(mail) == [] and misfits(mail) == 0


def test_what_is_short_stays_this_offices_to_find_and_names_who_had_it_last(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    opening = mail.opened(key, a)
    assert opening.result.short == {b} and exceptions(mail) == [("short", b)]
    found = row(mail, b, "short")
    assert (found["office"], found["custodian"], found["detail"]) == ("1216", "vehicle:1215-1216-M/20261122T0450Z", key)
    now = mail.standing(b)
    assert (now.holder, now.receptacle) == ("office:1216", key)
    assert [line.number for line in contents(mail.connection, mail.facts, key)] == sorted([a, b])


def test_a_short_item_that_turns_up_closes_its_exception(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    mail.opened(key, a)
    receive(mail.connection, mail.facts, mail.act(AWAY), [b])
    assert exceptions(mail) == []
    assert row(mail, b, "short")["closed_by"] == "scan"
    assert mail.standing(b).receptacle is None


def test_a_short_item_that_any_device_scans_is_settled_by_the_next_look(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    mail.opened(key, a)
    act = mail.act(HUB)
    record_scans(mail.connection, [act.scan("any device", b, Event.RECEIVED_AT_HUB)])
    assert exceptions(mail) == [("short", b)]
    assert (close_settled(mail.connection, act.recorded_at), exceptions(mail)) == (1, [])
    assert close_settled(mail.connection, act.recorded_at) == 0


def test_an_item_short_in_one_bag_and_found_in_another_is_settled_there(mail: Mail) -> None:
    a, b = mail.items(2)
    one, other = mail.closed(a), mail.closed(b)
    for key in (one, other):
        mail.delivered(key)
    assert mail.opened(one).result.short == {a}
    assert mail.opened(other, a, b).result.excess == {a}
    assert exceptions(mail) == [("excess", a)]


def test_an_excess_item_is_here_from_now_on_and_settled_when_the_missing_scan_comes(mail: Mail) -> None:
    a, b = mail.items(2)
    before = mail.act()
    key = mail.closed(a)
    mail.delivered(key)
    opening = mail.opened(key, a, b)
    assert opening.result.excess == {b} and exceptions(mail) == [("excess", b)]
    assert mail.standing(b).holder == "office:1216"
    assert row(mail, b, "excess")["custodian"] == "office:1205"
    late = Act(HOME, before.occurred_at + timedelta(seconds=90), mail.act().recorded_at)
    put_in(mail.connection, late, key, [b])
    assert close_settled(mail.connection, mail.act().recorded_at, [b]) == 1
    assert exceptions(mail) == []


def test_an_excess_item_of_an_unknown_number_is_rejected_and_nobodys_exception(mail: Mail) -> None:
    (a,) = mail.items(1)
    key = mail.closed(a)
    mail.delivered(key)
    opening = mail.opened(key, a, "DP473124829BD", "BD1205BD1216CCC67777001")
    assert opening.result.is_clean
    assert [v.outcome for v in opening.verdicts] == [ScanOutcome.ACCEPTED, ScanOutcome.REJECTED, ScanOutcome.REJECTED]
    with pytest.raises(NotFound):
        bag_of(mail.connection, "BD1205BD1216CCC67777001")


def test_what_is_damaged_waits_for_a_decision(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    opening = mail.opened(key, a, damaged=(b,))
    assert opening.result.damaged == {b} and not opening.result.short
    assert (mail.standing(b).state, mail.standing(b).holder) == (State.DAMAGED, "office:1216")
    assert exceptions(mail) == [("damaged", b)]


def test_an_item_that_gained_nothing_by_coming_here_is_missent_until_it_goes_on(mail: Mail) -> None:
    """Uttara's parcel in Mirpur's bag: from Mirpur it has to go back to the hub."""
    (a,) = mail.items(1)
    mail.connection.execute(text("update journeys set destination = '1230'"))
    key = mail.closed(a)
    mail.delivered(key)
    opening = mail.opened(key, a)
    assert opening.result.missent == {a} and opening.result.matched == {a}
    now = mail.standing(a)
    assert (now.state, now.holder) == (State.AT_HUB, "office:1216")
    assert exceptions(mail) == [("missent", a)]
    put_in(mail.connection, mail.act(AWAY), mail.bag(HUB, AWAY), [a])
    assert close_settled(mail.connection, mail.act().recorded_at, [a]) == 1


def test_at_the_hub_the_same_item_is_on_its_way(mail: Mail) -> None:
    (a,) = mail.items(1)
    mail.connection.execute(text("update journeys set destination = '1230'"))
    key = mail.closed(a, destination=HUB)
    mail.carried(key)
    assert mail.opened(key, a, office=HUB).result.is_clean


def test_a_bag_that_should_not_have_come_here_is_missent(mail: Mail) -> None:
    key = mail.closed(destination=HUB)
    verdicts = receive(mail.connection, mail.facts, mail.act(AWAY), [key])
    assert verdicts[0].outcome is ScanOutcome.MISFIT  # its departure was not scanned
    assert exceptions(mail) == [("missent", key)]
    mail.carried(key, leg="1216-1215-A")
    assert exceptions(mail) == []


def test_told_twice_the_answer_is_the_same_and_nothing_changes(mail: Mail) -> None:
    a, b, c = mail.items(3)
    key = mail.closed(a, b)
    mail.delivered(key)
    act = mail.act(AWAY)
    first = open_bag(mail.connection, mail.facts, act, key, [a, c], [c])
    told = exceptions(mail, also_closed=True), [mail.standing(item) for item in (a, b, c)]
    again = open_bag(mail.connection, mail.facts, act, key, [c, a, a], [c])
    assert again.result == first.result
    assert {v.outcome for v in again.verdicts} == {ScanOutcome.DUPLICATE}
    assert (exceptions(mail, also_closed=True), [mail.standing(item) for item in (a, b, c)]) == told


def test_told_again_after_it_was_settled_nothing_is_opened_again(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    mail.delivered(key)
    act = mail.act(AWAY)
    open_bag(mail.connection, mail.facts, act, key, [a])
    receive(mail.connection, mail.facts, mail.act(AWAY), [b])
    assert open_bag(mail.connection, mail.facts, act, key, [a]).result.short == {b}
    assert exceptions(mail) == []


def test_a_bag_is_opened_once_and_not_before_it_left(mail: Mail) -> None:
    (a,) = mail.items(1)
    key = mail.closed(a)
    with pytest.raises(Conflict, match="has not left"):
        mail.opened(key, a, office=HOME)
    mail.delivered(key)
    mail.opened(key, a)
    with pytest.raises(Conflict, match="opened before"):
        mail.opened(key)
    with pytest.raises(NotFound):
        mail.opened(key[:-1] + "9")


def test_a_bag_whose_journey_was_never_scanned_is_opened_all_the_same(mail: Mail) -> None:
    """The network was down everywhere: only the sealing and the opening were told."""
    a, b = mail.items(2)
    key = mail.closed(a, b)
    opening = mail.opened(key, a)
    assert opening.result.matched == {a} and opening.result.short == {b}
    assert (mail.standing(a).holder, mail.standing(b).holder) == ("office:1216", "office:1216")
    assert row(mail, b, "short")["custodian"] == "office:1205"
    assert misfits(mail) > 0


def test_the_missing_scans_may_come_after_the_opening(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a, b)
    lorry = [mail.act(HOME), mail.act(HUB)]
    opening = mail.opened(key, a, b)
    assert opening.result.is_clean and misfits(mail) > 0
    holder = "vehicle:lorry/20261122T0210Z"
    record_scans(mail.connection, [lorry[0].scan("late", key, Event.DISPATCHED, holder=holder)])
    record_scans(mail.connection, [lorry[1].scan("late", key, Event.RECEIVED_AT_HUB)])
    assert mail.standing(a).state is State.AT_DELIVERY_OFFICE
    assert bag_of(mail.connection, key).state is BagState.OPENED


def test_a_bag_in_a_bag_is_found_closed_and_opened_in_its_turn(mail: Mail) -> None:
    a, b = mail.items(2)
    inner = mail.closed(a)
    outer = mail.closed(inner, b)
    mail.delivered(outer)
    assert mail.standing(a).holder == "office:1216"
    opening = mail.opened(outer, inner, b)
    assert opening.result.is_clean
    assert (bag_of(mail.connection, inner).state, bag_of(mail.connection, inner).outer_receptacle) == (
        BagState.RECEIVED,
        None,
    )
    assert mail.standing(a).receptacle == inner
    assert mail.opened(inner, a).result.is_clean
    assert mail.standing(a).state is State.AT_DELIVERY_OFFICE


def test_a_short_bag_in_a_bag_is_short_with_what_is_in_it(mail: Mail) -> None:
    (a,) = mail.items(1)
    inner = mail.closed(a)
    outer = mail.closed(inner)
    mail.delivered(outer)
    assert mail.opened(outer).result.short == {inner}
    assert exceptions(mail) == [("short", inner)]
    receive(mail.connection, mail.facts, mail.act(AWAY), [inner])
    assert exceptions(mail) == []


def test_a_damaged_bag_is_an_exception_and_still_a_bag(mail: Mail) -> None:
    inner = mail.closed()
    outer = mail.closed(inner)
    mail.delivered(outer)
    mail.opened(outer, damaged=(inner,))
    assert exceptions(mail) == [("damaged", inner)]
    assert bag_of(mail.connection, inner).state is BagState.RECEIVED


def test_an_item_on_its_way_back_is_bound_for_its_merchants_office(mail: Mail) -> None:
    (a,) = mail.items(1)
    act = mail.act(AWAY)
    record_scans(
        mail.connection,
        [act.scan("x", a, Event.DISPATCHED, 0, holder="vehicle:x"), act.scan("x", a, Event.AT_DELIVERY_OFFICE, 1)],
    )
    record_scans(mail.connection, [mail.act(AWAY).scan("x", a, Event.RETURN_REQUESTED)])
    key = mail.closed(a, destination=HOME, office=AWAY)
    (line,) = contents(mail.connection, mail.facts, key)
    assert line.destination == HOME
    mail.carried(key, leg="1216-1215-M")
    mail.carried(key, leg="1215-1205-M", to=HOME)
    assert mail.opened(key, a, office=HOME).result.is_clean
    assert (mail.standing(a).state, mail.standing(a).holder) == (State.RETURNING, "office:1205")


def test_loose_items_and_bags_arrive_together(mail: Mail) -> None:
    a, b = mail.items(2)
    key = mail.closed(a)
    verdicts = mail.carried(key, b)
    assert [(v.scan.item_number, v.outcome) for v in verdicts] == [
        (key, ScanOutcome.ACCEPTED),
        (b, ScanOutcome.ACCEPTED),
    ]
    assert {mail.standing(n).holder for n in (a, b)} == {"office:1215"}


def test_a_return_label_is_the_same_item(mail: Mail) -> None:
    a, b = mail.items(2)
    label = consignment(9_999_999, mail.morning).item_number
    mail.connection.execute(
        text(
            "insert into item_aliases (alias, item_number, kind, cause, made_at) "
            "values (:alias, :item, 'relabel', 'test', now())"
        ),
        {"alias": label, "item": b},
    )
    key = mail.closed(a, label)
    mail.delivered(key)
    opening = mail.opened(key, a, b, label)
    assert opening.result.is_clean and opening.result.matched == {a, b}


def test_numbers_as_people_write_them(mail: Mail) -> None:
    (a,) = mail.items(1)
    key = mail.closed(a)
    mail.delivered(key)
    read = [parse_number(bangla_digits(f"{a[:2]} {a[2:]}".lower()))]
    assert mail.opened(str(parse_number(bangla_digits(key))), *read).result.is_clean


def test_a_bag_of_two_hundred_is_opened_in_a_few_statements(mail: Mail) -> None:
    items = mail.items(200)
    key = mail.closed(*items)
    mail.delivered(key)
    statements: list[str] = []

    def count(*about: Any) -> None:
        statements.append(about[2])

    event.listen(mail.connection.engine, "before_cursor_execute", count)
    try:
        opening = mail.opened(key, *items[:-1])
    finally:
        event.remove(mail.connection.engine, "before_cursor_execute", count)
    assert len(opening.result.short) == 1
    assert len(statements) < 25
