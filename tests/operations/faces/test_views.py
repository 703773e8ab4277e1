"""One journey, and what each of its readers may see of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from post_logistics.consignments.numbers import item_number
from post_logistics.errors import NotFound
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.faces.looking_up import track_item
from post_logistics.operations.faces.views import merchant_view, recipient_view, staff_view
from post_logistics.operations.faces.visiting import LINK_GOOD_FOR, fresh_links, item_of_link, make_links
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber
from tests.operations.conftest import RIDER, SHOP, Story

BAG = "BD1205BD1216CCC60001001"
TOKEN = "a-token-of-128-bits-or-more"


def at(story: Story) -> datetime:
    return story.at + timedelta(hours=12)


def fail(story: Story, item: str, reason: Reason = Reason.NO_ANSWER) -> Scan:
    failed = story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}", reason)
    record_scans(story.connection, [failed])
    return failed


def make_bag(story: Story) -> None:
    """A bag whose number was issued."""
    story.connection.execute(
        text(
            "insert into receptacles (receptacle, made_at, state, holder, office, destination, since, last_at, "
            "misfits, version) values (:bag, :at, 'open', 'office:1205', '1205', '1216', :at, :at, 0, 0)"
        ),
        {"bag": BAG, "at": story.at},
    )


def travel_in_a_bag(story: Story, item: str) -> None:
    make_bag(story)
    record_scans(
        story.connection,
        [
            story.scan(item, Event.ACCEPTED, "office:1216"),
            replace(story.scan(item, Event.BAGGED, "office:1216"), receptacle=BAG),
            story.scan(BAG, Event.SEALED, "office:1216"),
            story.scan(BAG, Event.DISPATCHED, "vehicle:L1/20261122T0320Z"),
        ],
    )


def take_back(story: Story, wrong: Scan) -> None:
    on_paper = story.scan(wrong.item_number, Event.CONTESTED, wrong.holder)
    record_scans(story.connection, [replace(on_paper, event=Event.CORRECTED, voids=wrong.scan_id)])


def say_return_label(connection: Connection, item: str, alias: str, when: datetime) -> None:
    connection.execute(
        text(
            "insert into item_aliases (alias, item_number, kind, cause, made_at) "
            "values (:a, :i, 'return', 'return:' || :i, :t)"
        ),
        {"a": alias, "i": item, "t": when},
    )


# The public


def test_the_public_sees_a_parcel_travel_in_its_bag(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    travel_in_a_bag(story, item)
    view = track_item(story.connection, facts.offices, item, "en", at(story))
    assert view.state is State.DISPATCHED
    assert [entry.text for entry in view.timeline][-1] == "Left for the next office."


def test_the_public_reads_neither_a_mistake_nor_its_correction_nor_a_complaint(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    before = track_item(story.connection, facts.offices, item, "en", at(story))
    take_back(story, fail(story, item))
    record_scans(story.connection, [story.scan(item, Event.CONTESTED, f"rider:{RIDER}")])
    assert track_item(story.connection, facts.offices, item, "en", at(story)) == before


def test_a_return_label_finds_its_item(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    label = item_number("DP", 7_000_099)
    say_return_label(story.connection, item, label, story.at)
    by_label = track_item(story.connection, facts.offices, f" {label[:6]} {label[6:].lower()}", "en", at(story))
    assert by_label == track_item(story.connection, facts.offices, item, "en", at(story))
    assert (by_label.item_number, by_label.return_number) == (item, label)


def test_a_redirected_parcel_is_bound_for_its_new_office(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.connection.execute(text("update journeys set destination = '1230' where item_number = :i"), {"i": item})
    view = track_item(story.connection, facts.offices, item, "en", at(story))
    assert view.delivery_office == facts.offices["1230"].name_en


# The recipient


def test_a_link_opens_its_item_until_it_expires(story: Story) -> None:
    (item,) = story.book(0)
    make_links(story.connection, {item: TOKEN}, story.at)
    assert item_of_link(story.connection, TOKEN, story.at + LINK_GOOD_FOR - timedelta(seconds=1)) == item
    for token, when in (
        (TOKEN, story.at + LINK_GOOD_FOR),
        (TOKEN + "x", story.at),
        (TOKEN[:-1], story.at),
        ("", story.at),
        ("\ud800", story.at),
    ):
        with pytest.raises(NotFound):
            item_of_link(story.connection, token, when)


def test_of_a_token_only_the_hash_is_kept(story: Story) -> None:
    (item,) = story.book(0)
    make_links(story.connection, {item: TOKEN}, story.at)
    make_links(story.connection, {item: TOKEN}, story.at)
    (row,) = story.connection.execute(text("select * from recipient_links")).all()
    assert TOKEN not in str(row) and len(row.token_hash) == 64


def test_links_for_many_are_each_their_own(story: Story) -> None:
    items = story.book(0, 0, 0)
    numbers = iter("abc")
    links = fresh_links(story.connection, items, story.at, new_token=lambda: next(numbers))
    assert {item_of_link(story.connection, token, story.at) for token in links.values()} == set(items)


def test_the_recipient_sees_who_sent_it_what_to_pay_and_what_was_tried(story: Story, facts: Facts) -> None:
    (item,) = story.book(125_000)
    story.out_for_delivery(item)
    failed = fail(story, item)
    view = recipient_view(story.connection, facts.offices, ItemNumber(item), "bn", at(story))
    assert (view.sender_name, view.to_pay_poisha, view.phone_ending) == ("Test Shop", 125_000, "78")
    (attempt,) = view.attempts
    assert (attempt.told.scan_id, attempt.told.reason_text, attempt.contested) == (
        failed.scan_id,
        "ফোনে সাড়া পাওয়া যায়নি",
        False,
    )


def test_what_was_contested_is_known_to_be(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    failed = fail(story, item)
    hand = f"contest:{failed.scan_id}"
    contested = replace(
        story.scan(item, Event.CONTESTED, failed.holder), scan_id=scan_id_of(hand, 0), device_id=hand, sequence=0
    )
    record_scans(story.connection, [contested])
    (attempt,) = recipient_view(story.connection, facts.offices, ItemNumber(item), "en", at(story)).attempts
    assert attempt.contested


@pytest.mark.parametrize(
    ("event", "holder"),
    [(Event.DELIVERED_CLAIMED, f"rider:{RIDER}"), (Event.RETURN_REQUESTED, f"rider:{RIDER}")],
)
def test_nothing_is_to_be_paid_once_it_was_handed_over_or_goes_back(
    story: Story, facts: Facts, event: Event, holder: str
) -> None:
    (item,) = story.book(125_000)
    story.out_for_delivery(item)
    record_scans(story.connection, [story.scan(item, event, holder)])
    assert recipient_view(story.connection, facts.offices, ItemNumber(item), "en", at(story)).to_pay_poisha == 0


def test_the_recipients_own_data_are_not_in_their_view(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    fail(story, item)
    view = str(recipient_view(story.connection, facts.offices, ItemNumber(item), "bn", at(story)))
    assert not [word for word in ("কৃষ্ণা", "1712345678", "House", "Section", RIDER) if word in view]


# The merchant


def test_the_merchant_sees_reasons_and_whose_doing_it_was(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    fail(story, item, Reason.OUT_OF_TIME)
    view = merchant_view(story.connection, facts.offices, item, SHOP, "en", at(story))
    last = view.timeline[-1]
    assert (last.event, last.reason, last.blame) == (Event.ATTEMPT_FAILED, Reason.OUT_OF_TIME, Blame.POST)
    assert (view.attempts, view.order_ref) == (1, "REF-7000000")
    assert not [word for word in ("কৃষ্ণা", "1712345678", "House", RIDER) if word in str(view)]


def test_a_strangers_parcel_is_answered_like_an_absent_one(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    with pytest.raises(NotFound) as theirs:
        merchant_view(story.connection, facts.offices, item, "stranger", "en", at(story))
    with pytest.raises(NotFound) as absent:
        merchant_view(story.connection, facts.offices, "DP000000005BD", "stranger", "en", at(story))
    assert str(theirs.value).replace(item, "DP000000005BD") == str(absent.value)


# The staff


def test_the_staff_see_who_answers_and_every_scan_with_what_is_wrong(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    wrong = fail(story, item)
    take_back(story, wrong)
    cancelled = story.scan(item, Event.CANCELLED, f"merchant:{SHOP}")
    record_scans(story.connection, [cancelled])
    view = staff_view(story.connection, facts.offices, item, "en")
    assert (view.state, view.holder, view.destination) == (State.OUT_FOR_DELIVERY, f"rider:{RIDER}", "1216")
    scans = {one.told.scan_id: one for one in view.scans}
    assert len(scans) == len(view.scans) == 7
    assert not scans[wrong.scan_id].counts and scans[wrong.scan_id].misfit == ""
    assert not scans[cancelled.scan_id].counts and scans[cancelled.scan_id].misfit == "unexpected"
    assert scans[cancelled.scan_id].expected[0] is Event.DELIVERED_CLAIMED
    assert [one.kind for one in view.exceptions] == ["misfit"]


def test_the_staff_see_a_bag_around_an_item_and_what_is_due_of_it(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    travel_in_a_bag(story, item)
    story.connection.execute(
        text(
            "insert into due_rules (state, holder_kind, event, minutes, leg_minutes) "
            "values ('dispatched', 'vehicle', 'received_at_hub', 60, 600) "
            "on conflict (state, holder_kind) do update set event = excluded.event, minutes = 60, until = null"
        )
    )
    view = staff_view(story.connection, facts.offices, item, "en")
    assert (view.receptacle, view.travels_with, view.holder) == (BAG, BAG, "vehicle:L1/20261122T0320Z")
    assert view.due == "received_at_hub"
    assert view.due_at is not None and view.due_at > view.since


def test_a_finished_item_waits_for_nothing(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    record_scans(
        story.connection,
        [
            story.scan(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}"),
            story.scan(item, Event.DELIVERED_CONFIRMED, "recipient"),
        ],
    )
    view = staff_view(story.connection, facts.offices, item, "en")
    assert (view.due, view.due_at, view.exceptions) == (None, None, ())


def test_a_scan_names_the_signed_upload_it_came_in(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    scan = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [scan])
    story.connection.execute(
        text(
            "insert into uploads (upload_id, received_at, device_id, signature, body_gzip) "
            "values (:id, :at, 'device', 's', '')"
        ),
        {"id": scan_id_of("upload", 1), "at": scan.recorded_at},
    )
    uploads = [one.upload_id for one in staff_view(story.connection, facts.offices, item, "en").scans]
    assert uploads == [None, scan_id_of("upload", 1)]
