"""A price that the merchant agreed to holds everywhere: at the door, on paper, in texts, and in what is charged."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.channels.messages import load_messages
from post_logistics.cod.tenders import ShortReason
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.faces.views import recipient_view
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.prices import ask_price
from post_logistics.operations.money.settling import _line
from post_logistics.operations.papers import run_sheets_pdf
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.texting import Texting, send_sms
from post_logistics.operations.tours.doors import delivery_doors
from post_logistics.operations.tours.planning import load_day, plan_office
from post_logistics.settings import Settings
from post_logistics.storage.database import Database
from post_logistics.storage.money.prices import load_due, load_to_take
from post_logistics.storage.money.settlements import load_open
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, MerchantId, Postcode
from tests.operations.telling.test_texting import Gateway, OneConnection
from tests.printing.test_papers import texts

OFFICE, RIDER = Postcode("1216"), "rider:1216-R01"
SHOP = MerchantId("test-shop")


def agree(story: Any, facts: Facts, item: str, price_poisha: int) -> None:
    """The merchant sets another price; it is in force at once."""
    ask_price(
        story.connection,
        facts.booking_rules,
        change_id=uuid4(),
        number=item,
        price_poisha=price_poisha,
        why="the box is dented",
        by="shop",
        actor=Actor(merchant_id=SHOP),
        at=story.at + timedelta(minutes=story.sequence, seconds=30),
    )


def test_tours_and_run_sheets_carry_the_price_that_was_agreed(
    database: Database, tell: Any, morning: Any, facts: Facts
) -> None:
    day = morning.astimezone(DHAKA).date()
    with database.transaction() as connection:
        story = tell(connection, morning)
        (item,) = story.book(100_000)
        way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
        record_scans(connection, [story.scan(item, event, holder) for event, holder in way])
        agree(story, facts, item, 80_000)
        (door,) = delivery_doors(connection, facts, OFFICE, day)
        assert door.cash_poisha == 80_000
    planned = plan_office(database, facts, OFFICE, day, morning, seconds=0.1)
    assert planned.sheets[0].cash_poisha == 80_000
    with database.transaction() as connection:
        agree(tell(connection, morning + timedelta(minutes=9)), facts, item, 0)
        (sheet,) = load_day(connection, OFFICE, day).sheets
        assert (sheet.cash_poisha, sheet.stops[0].cash_poisha) == (0, 0)
        agree(tell(connection, morning + timedelta(minutes=19)), facts, item, 654_32)
        (page,) = texts(run_sheets_pdf(connection, facts, planned.sheets))
        assert "654.32" in page and "1,000.00" not in page and "800.00" not in page
        pickup = replace(planned.sheets[0], kind="pickup")
        (page,) = texts(run_sheets_pdf(connection, facts, [pickup]))
        assert "654.32" not in page, "who picks up takes nothing"


def test_a_run_sheet_printed_again_still_says_what_was_taken(story: Any, facts: Facts) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, RIDER), 100_000)])
    assert load_due(story.connection, [item]) == {item: 0}
    assert load_to_take(story.connection, [item]) == {item: 100_000}


def test_the_recipient_reads_the_price_that_was_agreed(story: Any, facts: Facts, settings: Settings) -> None:
    (item,) = story.book(125_000)
    story.out_for_delivery(item)
    agree(story, facts, item, 99_050)
    at = story.at.replace(hour=9)
    assert recipient_view(story.connection, facts.offices, item, "en", at).to_pay_poisha == 99_050
    book, gateway = load_messages(settings.facts_dir), Gateway()
    relay(story.connection, facts.offices, book, at)
    texting = Texting(
        offices=facts.offices, book=book, gateway=gateway, clock=lambda: at, chance=Random(1), code_key=b"key"
    )
    send_sms(OneConnection(story.connection), texting)
    (sms,) = gateway.taken
    assert "৳৯৯০.৫০" in sms.text and "১,২৫০" not in sms.text


@pytest.mark.parametrize(
    ("agreed", "cod_fee", "vat"),
    [
        (None, 10_00, 3_75),
        (120_000, 12_00, 4_05),
        (80_000, 8_00, 3_45),
        (80_049, 8_00, 3_45),
        (80_050, 8_01, 3_45),
        (1, 0, 2_25),
    ],
)
def test_the_cod_fee_is_for_what_was_collected(
    story: Any, facts: Facts, agreed: int | None, cod_fee: int, vat: int
) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    if agreed is not None:
        agree(story, facts, item, agreed)
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, RIDER), agreed or 100_000)])
    (parcel,), _ = load_open(story.connection, [SHOP], ["delivered_claimed"], [])
    line = _line(facts, parcel)
    assert (line.collected_poisha, line.cod_fee_poisha, line.vat_poisha) == (agreed or 100_000, cod_fee, vat)


def test_a_prepaid_parcel_that_was_paid_for_at_the_door_after_all_costs_the_fee(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    agree(story, facts, item, 50_000)
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, RIDER), 50_000)])
    (parcel,), _ = load_open(story.connection, [SHOP], [], [])
    assert _line(facts, parcel).cod_fee_poisha == 5_00


def test_short_money_is_charged_for_as_the_merchant_is_owed_it(story: Any, facts: Facts) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    scan = story.scan(item, Event.DELIVERED_CLAIMED, RIDER)
    deliver(story.connection, [Claim(scan, 90_000, short_reason=ShortReason.NO_CHANGE)])
    (parcel,), _ = load_open(story.connection, [SHOP], [], [])
    assert _line(facts, parcel).cod_fee_poisha == 10_00
