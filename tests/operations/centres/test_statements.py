"""What a centre earned and what of it was settled; receipts on paper and on the telephone."""

import io
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pypdfium2 as pdfium
import pytest

from post_logistics.channels.messages import load_messages
from post_logistics.channels.sms import Sms
from post_logistics.cod.counting import Variance
from post_logistics.errors import NotFound
from post_logistics.network.collection_points import CentreService
from post_logistics.operations.centres.receipts import service_paper
from post_logistics.operations.centres.statements import ServiceTotal, centre_statement
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import hand_in
from tests.closes import count

from .conftest import POSTAGE_POISHA, Desk


def test_every_service_stands_in_the_statement_and_what_was_earned_is_settled(
    desk: Desk, story: Any, facts: Facts
) -> None:
    (item,) = story.book(400_00)
    desk.serve(desk.opened(), desk.posted(), desk.paid(item, 400_00), desk.closed(417_00, Variance.LOST))
    made = count(410_00, counted_by="clerk", countersigned_by="karim")
    at = desk.at + timedelta(hours=2)
    hand_in(desk.connection, facts, desk.counter.point, hand_in_id=uuid4(), count=made, at=at)
    on = at.date()
    found = centre_statement(desk.connection, desk.counter.point, on, on)
    assert found.totals == [
        ServiceTotal(CentreService.BOOKING, 1, POSTAGE_POISHA, 5_00),
        ServiceTotal(CentreService.PAYMENT, 1, 400_00, 2_00),
    ]
    assert (found.earned_poisha, found.settled_poisha) == (7_00, 7_00)
    assert (found.closing.cash_poisha, found.closing.commission_poisha, found.closing.float_poisha) == (0, 0, 1_499_75)
    assert [one.service for one in found.lines].count(CentreService.BOOKING) == 3  # postage, VAT, commission
    before = centre_statement(desk.connection, desk.counter.point, on - timedelta(days=1), on - timedelta(days=1))
    assert (before.lines, before.closing) == ([], before.opening)


def test_a_receipt_names_the_sum_and_the_parcel_and_nobody(desk: Desk, story: Any) -> None:
    (item,) = story.book(400_00)
    _, booked, paid = desk.serve(desk.opened(), desk.posted(), desk.paid(item, 400_00))
    point = desk.counter.point
    for served, sum_en, sum_bn in ((booked, "Tk 17.25", "৳১৭.২৫"), (paid, "Tk 400.00", "৳৪০০.০০")):
        paper = service_paper(desk.connection, point, served.act_id)
        assert served.receipt == paper.number
        assert all(part in paper.text("en") for part in (paper.number, served.item_number, sum_en))
        assert sum_bn in paper.text("bn")
        text = pdfium.PdfDocument(io.BytesIO(paper.pdf()))[0].get_textpage().get_text_bounded()
        assert paper.number in text and sum_en in text
        assert not {"Rahima", "Karim", "0181"} & set(text.split())
    with pytest.raises(NotFound):
        service_paper(desk.connection, desk.counter.facts.points["dc-1230-01"], booked.act_id)


class Gateway:
    """Keeps what it is given to send."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []

    def send(self, messages: Any) -> list[str]:
        self.sent += messages
        return ["" for _ in messages]


def test_the_sender_and_the_recipient_are_sent_their_receipts(desk: Desk, story: Any, facts: Facts) -> None:
    from post_logistics.operations.telling.texting import Texting, _write
    from post_logistics.storage.telling.sms import claim_due_sms

    (item,) = story.book(400_00)
    _, booked, paid = desk.serve(desk.opened(), desk.posted(), desk.paid(item, 400_00))
    at = desk.at + timedelta(hours=1)
    texting = Texting(facts.offices, load_messages(facts.facts_dir), Gateway(), lambda: at, Random(1), b"k")
    claimed = claim_due_sms(desk.connection, at, at + timedelta(minutes=5), 10)
    written, settled = _write(desk.connection, claimed, texting, at)
    assert settled == []
    to = {one.phone: one.text for one in written.values()}
    assert set(to) == {"+8801812345678", "+8801712345678"}
    assert booked.receipt in to["+8801812345678"] and "৳১৭.২৫" in to["+8801812345678"]
    assert paid.receipt in to["+8801712345678"] and "৳৪০০.০০" in to["+8801712345678"]
