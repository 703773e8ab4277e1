"""The log in the words of three standards: whole, in order, each merchant its own, mistakes taken back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft7Validator
from sqlalchemy import text

from post_logistics.errors import Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.faces.feeds import Page, as_cloud_events, as_emsevt, as_epcis, emsevt_csv, read_log
from post_logistics.storage.custody.scans import append_scans
from post_logistics.storage.faces.feeds import place_of
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from tests.operations.conftest import RIDER, SHOP, Story
from tests.tracking.epcis_rules import DOCUMENT

BAG = "BD1205BD1216CCC60001001"


def later(story: Story) -> datetime:
    return story.at + timedelta(days=2)


def whole_log(story: Story, limit: int = 100, merchant_id: str | None = None) -> list[Page]:
    """Every page there is."""
    pages = [read_log(story.connection, None, limit, merchant_id, later(story))]
    while pages[-1].more:
        pages.append(read_log(story.connection, pages[-1].next, limit, merchant_id, later(story)))
    return pages


def scans_of(pages: Iterable[Page]) -> list[Scan]:
    return [row.scan for page in pages for row in page.rows]


def make_bag(story: Story) -> None:
    """A bag whose number was issued."""
    story.connection.execute(
        text(
            "insert into receptacles (receptacle, made_at, state, holder, office, destination, since, last_at, "
            "misfits, version) values (:bag, :at, 'open', 'office:1205', '1205', '1216', :at, :at, 0, 0)"
        ),
        {"bag": BAG, "at": story.at},
    )


def take_back(story: Story, wrong: Scan) -> Scan:
    on_paper = story.scan(wrong.item_number, Event.CONTESTED, wrong.holder)
    return replace(on_paper, event=Event.CORRECTED, voids=wrong.scan_id)


def events_of(pages: Iterable[Page], at: datetime) -> list[dict[str, Any]]:
    documents = [as_epcis(page, at) for page in pages]
    for document in documents:
        Draft7Validator(DOCUMENT).validate(document)
    return [event for document in documents for event in document["epcisBody"]["eventList"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_the_log_has_everything_once_whatever_the_size_of_a_page(story: Story, limit: int) -> None:
    story.out_for_delivery(*story.book(100_000, 0))
    told = scans_of(whole_log(story, limit))
    assert len(told) == 8
    assert told == sorted({scan.scan_id: scan for scan in told}.values(), key=place_of)


def test_who_goes_on_later_gets_what_came_since_and_nothing_twice(story: Story) -> None:
    (item,) = story.book(0)
    first = read_log(story.connection, None, 100, None, later(story))
    assert read_log(story.connection, first.next, 100, None, later(story)).rows == ()
    at = later(story) + timedelta(days=1)
    scan = replace(story.scan(item, Event.ACCEPTED, "office:1216"), recorded_at=at - timedelta(hours=1))
    record_scans(story.connection, [scan])
    second = read_log(story.connection, first.next, 100, None, at)
    assert scans_of([second]) == [scan]
    assert read_log(story.connection, second.next, 100, None, at).rows == ()


def test_a_reader_ahead_of_the_log_stays_where_it_is(story: Story) -> None:
    ahead = read_log(story.connection, None, 100, None, later(story)).next
    assert read_log(story.connection, ahead, 100, None, story.at).next == ahead


@pytest.mark.parametrize(
    "after", ["", "x", "20261122T030000.000000Z", f"20261322T030000.000000Z-0-{0:032x}", "২০২৬-0-ff"]
)
def test_a_place_that_no_page_gave_is_refused(story: Story, after: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read_log(story.connection, after, 10, None, story.at)
    assert refused.value.field == "after" and refused.value.remedy


def test_a_merchant_gets_its_own_parcels_and_nothing_of_others_or_of_bags(story: Story) -> None:
    (item,) = story.book(0)
    make_bag(story)
    record_scans(
        story.connection,
        [
            story.scan(item, Event.ACCEPTED, "office:1216"),
            replace(story.scan(item, Event.BAGGED, "office:1216"), receptacle=BAG),
            story.scan(BAG, Event.SEALED, "office:1216"),
        ],
    )
    assert {scan.item_number for scan in scans_of(whole_log(story))} == {item, BAG}
    own = whole_log(story, merchant_id=SHOP)
    assert {scan.item_number for scan in scans_of(own)} == {item}
    assert {row.order_ref for page in own for row in page.rows} == {"REF-7000000"}
    assert scans_of(whole_log(story, merchant_id="nobody")) == []


def test_bags_and_what_is_in_them_are_told_in_epcis(story: Story) -> None:
    (item,) = story.book(0)
    make_bag(story)
    record_scans(
        story.connection,
        [
            story.scan(item, Event.ACCEPTED, "office:1205"),
            replace(story.scan(item, Event.BAGGED, "office:1205"), receptacle=BAG),
            story.scan(BAG, Event.SEALED, "office:1205"),
            story.scan(BAG, Event.DISPATCHED, "vehicle:L1/20261122T0320Z"),
            story.scan(BAG, Event.RECEIVED_AT_HUB, "office:1216"),
            story.scan(BAG, Event.OPENED, "office:1216"),
            story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216"),
        ],
    )
    told = [(e["post:event"], e["type"], e["action"]) for e in events_of(whole_log(story, limit=3), story.at)]
    assert told == [
        ("booked", "ObjectEvent", "ADD"),
        ("accepted", "ObjectEvent", "OBSERVE"),
        ("bagged", "AggregationEvent", "ADD"),
        ("sealed", "ObjectEvent", "OBSERVE"),
        ("dispatched", "ObjectEvent", "OBSERVE"),
        ("received_at_hub", "ObjectEvent", "OBSERVE"),
        ("opened", "AggregationEvent", "DELETE"),
        ("at_delivery_office", "ObjectEvent", "OBSERVE"),
    ]


def test_a_mistake_is_told_and_later_declared_wrong(story: Story) -> None:
    (item,) = story.book(0)
    wrong = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [wrong])
    record_scans(story.connection, [take_back(story, wrong)])
    first, declared = events_of(whole_log(story, limit=1), story.at)[-2:]
    assert "errorDeclaration" not in first
    assert declared["eventID"] == first["eventID"] == f"urn:uuid:{wrong.scan_id}"
    assert declared.pop("errorDeclaration")["reason"] == "did_not_occur"
    assert declared == first


def test_a_mistake_that_arrives_after_its_correction_is_declared_wrong_at_once(story: Story) -> None:
    (item,) = story.book(0)
    wrong = story.scan(item, Event.ACCEPTED, "office:1216")
    correction = take_back(story, wrong)
    record_scans(story.connection, [correction])
    record_scans(story.connection, [replace(wrong, recorded_at=correction.recorded_at + timedelta(minutes=5))])
    told = events_of(whole_log(story, limit=1), story.at)
    assert [event["post:event"] for event in told] == ["booked", "accepted"]
    assert "errorDeclaration" in told[-1]


def test_cloud_events_take_a_mistake_back_by_its_id(story: Story) -> None:
    (item,) = story.book(0)
    wrong = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [wrong, take_back(story, wrong)])
    told = [event for page in whole_log(story) for event in as_cloud_events(page)]
    assert [event["type"].rpartition(".")[2] for event in told] == ["booked", "accepted", "corrected"]
    assert told[2]["data"]["corrects"] == told[1]["id"]
    assert {event["subject"] for event in told} == {item}
    assert {event["data"]["order_ref"] for event in told} == {"REF-7000000"}


def test_emsevt_leaves_out_what_it_has_no_word_for_and_what_was_taken_back(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    failed = story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}", Reason.NO_ANSWER)
    wrong = story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216")
    record_scans(story.connection, [failed, wrong])
    record_scans(story.connection, [take_back(story, wrong)])
    told = [event for page in whole_log(story, limit=2) for event in as_emsevt(page)]
    assert [event.event_code for event in told][:4] == ["EMA", "EMG", "EDG", "EMH"]
    assert (told[3].reason_code, told[3].action_code, told[3].office) == ("12", "A", "BD1216")
    lines = emsevt_csv(told).splitlines()
    assert lines[0] == "item_number,event_code,event_at,office,next_office,reason_code,action_code"
    assert len(lines) == len(told) + 1 and lines[4].endswith(",BD1216,,12,A")


def test_nobody_is_named_in_any_feed(story: Story) -> None:
    (item,) = story.book(476_543)
    story.out_for_delivery(item)
    noted = replace(story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}"), note="CANARY কৃষ্ণা 01712345678")
    record_scans(story.connection, [noted])
    pages = whole_log(story)
    told = f"{events_of(pages, story.at)} {[as_cloud_events(page) for page in pages]} {[as_emsevt(p) for p in pages]}"
    assert not [word for word in ("CANARY", "কৃষ্ণা", "1712345678", RIDER, "476543", "House") if word in told]
    assert "CANARY" in str(scans_of(pages))  # red control


def test_a_million_scans_of_one_instant_are_still_paged(story: Story) -> None:
    """A small million: what matters is that the page boundary falls inside one instant, many times."""
    (item,) = story.book(0)
    accepted = story.scan(item, Event.RECEIVED_AT_HUB, "office:1216")
    many = [replace(accepted, scan_id=scan_id_of("bulk", n), device_id="bulk", sequence=n) for n in range(1_000)]
    append_scans(story.connection, many)
    told = scans_of(whole_log(story, limit=7))
    assert len(told) == 1_001 == len({scan.scan_id for scan in told})
