"""View cards at the counter: paid once, booked once, posted when they are printed, and money back if they are not."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.consignments.booking import OrderRefused
from post_logistics.consignments.view_cards import SENDER
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.counter.view_cards import (
    look_at_card,
    make_card,
    pay_card,
    post_card,
    print_card,
    side_png,
    take_card_back,
)
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.money.closing import close_office_day, close_rider_day
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.counter.view_cards import forget_drafts, load_draft
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import Postcode, RiderId
from tests.closes import count

HERE, ELSEWHERE = Postcode("1216"), Postcode("1205")
CARD = UUID("5b0e4f0a-5d0c-4a55-9f53-0b8a0a4c1b01")
OTHER = UUID("5b0e4f0a-5d0c-4a55-9f53-0b8a0a4c1b02")
WORDS = {
    "message": "প্রিয় মা,\nকক্সবাজার থেকে শুভেচ্ছা।\nবাড়ি ফিরছি শুক্রবার।",
    "recipient_name": "মোছাঃ রহিমা খাতুন",
    "recipient_address": "বাড়ি ৫, রোড ৩, মিরপুর ১০, ঢাকা ১২১৬",
}
PRICE, POSTAGE, VAT = 575, 500, 75


def photograph(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(body, "JPEG")
    return body.getvalue()


@pytest.fixture(scope="module")
def numbers(shared_database: Database, facts: Facts) -> Numbers:
    return Numbers(shared_database, facts.number_key)


def made(connection: Connection, facts: Facts, at: datetime, card: UUID = CARD, **changes: str) -> None:
    make_card(connection, facts, HERE, card, WORDS | changes, photograph(), at)


def paid(connection: Connection, facts: Facts, numbers: Numbers, at: datetime, card: UUID = CARD) -> str:
    made(connection, facts, at, card)
    return pay_card(connection, facts, numbers, HERE, card, at).item_number


def held(connection: Connection) -> tuple[int, int, int]:
    """In the till, and what the sender owes in postage and in VAT."""
    sums = load_balances(connection)
    kinds = (AccountKind.MERCHANT_FEES_DUE, AccountKind.MERCHANT_VAT_DUE)
    till = standing(sums, account(AccountKind.OFFICE_TILL, HERE))
    fees, vat = (standing(sums, account(kind, SENDER)) for kind in kinds)
    return till, fees, vat


def proved(connection: Connection) -> None:
    assert [check for check in prove_books(connection) if check.violated] == []


def state(connection: Connection, item: str) -> State:
    return load_standings(connection, [item])[0].state


def test_a_card_is_paid_booked_printed_and_posted(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    made(connection, facts, morning)
    card = look_at_card(connection, facts, HERE, CARD, morning)
    assert card.is_ready and card.to.office is not None and card.to.office.postcode == "1216"
    assert (card.quote.total_poisha, card.quote.service) == (PRICE, "view_card")
    with pytest.raises(Conflict, match="not paid"):
        print_card(connection, facts, HERE, CARD, morning)

    item = pay_card(connection, facts, numbers, HERE, CARD, morning).item_number
    booked = load_consignment(connection, item)
    assert (booked.merchant_id, booked.service, booked.pickup_office) == (SENDER, "view_card", HERE)
    assert (booked.postage_poisha, booked.vat_poisha, booked.cod_poisha) == (POSTAGE, VAT, 0)
    assert held(connection) == (PRICE, -POSTAGE, -VAT)

    pages = pypdfium2.PdfDocument(print_card(connection, facts, HERE, CARD, morning))
    assert [[round(side / 72 * 25.4) for side in page.get_size()] for page in pages] == [[154, 111], [154, 111]]
    trim = [round(edge / 72 * 25.4, 1) for edge in pages[0].get_trimbox()]
    assert trim == [3, 3, 151, 108]
    written = pages[1].get_textpage().get_text_bounded()
    assert all(word in written for word in ("কক্সবাজার থেকে শুভেচ্ছা।", "রহিমা", "1216", "৳৫.৭৫", "Tk 5.75", "মিরপুর"))
    assert "01712" not in written
    (code,) = zxingcpp.read_barcodes(pages[1].render(scale=3).to_pil())
    assert code.text == item

    assert look_at_card(connection, facts, HERE, CARD, morning).is_unposted
    post_card(connection, facts, HERE, CARD, morning + timedelta(minutes=2))
    assert state(connection, item) is State.ACCEPTED
    assert load_draft(connection, CARD) is None, "nothing of the picture is kept once the card is posted"
    proved(connection)


def test_told_again_nothing_changes(connection: Connection, facts: Facts, numbers: Numbers, morning: datetime) -> None:
    later = morning + timedelta(minutes=5)
    item = paid(connection, facts, numbers, morning)
    assert pay_card(connection, facts, numbers, HERE, CARD, later).item_number == item
    assert held(connection)[0] == PRICE
    for minutes in (10, 20):
        assert post_card(connection, facts, HERE, CARD, morning + timedelta(minutes=minutes)).item_number == item
    assert pay_card(connection, facts, numbers, HERE, CARD, later).item_number == item
    assert held(connection)[0] == PRICE
    proved(connection)


def test_what_was_paid_is_charged_once_when_it_is_settled(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    item = paid(connection, facts, numbers, morning)
    paid(connection, facts, numbers, morning, OTHER)
    post_card(connection, facts, HERE, CARD, morning)
    rider, sequence = "rider:1216-R01", iter(range(1, 9))

    def scan(event: Event, holder: str) -> Scan:
        n = next(sequence)
        return own_scan("test:way", n, item, event, morning + timedelta(minutes=n), office=HERE, holder=holder)

    record_scans(connection, [scan(Event.AT_DELIVERY_OFFICE, "office:1216"), scan(Event.OUT_FOR_DELIVERY, rider)])
    deliver(connection, [Claim(scan(Event.DELIVERED_CLAIMED, rider), 0)])
    evening, today = morning + timedelta(hours=12), date(2026, 11, 22)
    close_rider_day(
        connection,
        facts,
        rider=RiderId("1216-R01"),
        office=HERE,
        closed_on=today,
        count=count(0),
        at=evening,
    )
    closed = close_office_day(connection, facts, office=HERE, closed_on=today, count=count(2 * PRICE), at=evening)
    assert (closed.shortage_poisha, closed.excess_poisha) == (0, 0), "the drawer is expected to hold what was paid"
    settled = settle_merchant(connection, facts, load_merchant(connection, SENDER), today, evening)
    assert [(one.item_number, one.postage_poisha, one.vat_poisha) for one in settled.lines] == [(item, POSTAGE, VAT)]
    assert settled.payout_poisha == 0
    _, fees, vat = held(connection)
    assert (fees, vat) == (-POSTAGE, -VAT), "what is left is the other card, not delivered yet"
    earned = standing(load_balances(connection), account(AccountKind.FEE_REVENUE))
    assert earned == POSTAGE
    proved(connection)


def test_a_card_that_was_not_printed_is_taken_back_with_its_money(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    item = paid(connection, facts, numbers, morning)
    for minutes in (1, 2):
        take_card_back(connection, facts, HERE, CARD, morning + timedelta(minutes=minutes))
    assert held(connection) == (0, 0, 0)
    assert state(connection, item) is State.CANCELLED
    assert load_draft(connection, CARD) is None
    with pytest.raises(Conflict, match="taken back"):
        post_card(connection, facts, HERE, CARD, morning)
    assert pay_card(connection, facts, numbers, HERE, CARD, morning).item_number == item, "the payment of then"
    assert held(connection) == (0, 0, 0)
    proved(connection)


def test_a_booking_cancelled_elsewhere_still_gives_its_money_back(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    item = paid(connection, facts, numbers, morning)
    cancel(connection, item, Actor(), morning)
    take_card_back(connection, facts, HERE, CARD, morning)
    assert held(connection) == (0, 0, 0)


def test_a_posted_card_is_not_taken_back(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    paid(connection, facts, numbers, morning)
    post_card(connection, facts, HERE, CARD, morning)
    with pytest.raises(Conflict, match="the post has taken it"):
        take_card_back(connection, facts, HERE, CARD, morning)
    assert held(connection)[0] == PRICE


def test_money_that_has_left_the_till_is_not_given_back_from_it(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    paid(connection, facts, numbers, morning)
    out = "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause) values "
    row = "(gen_random_uuid(), 'deposit', 'bank_in_transit:1216', 'office_till:1216', :poisha, :at, 'test')"
    connection.execute(text(out + row), {"poisha": PRICE - 1, "at": morning})
    with pytest.raises(Conflict, match="would stand at"), connection.begin_nested():
        take_card_back(connection, facts, HERE, CARD, morning)
    assert held(connection)[0] == 1


def test_a_card_that_was_scanned_like_any_parcel_is_posted(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    item = paid(connection, facts, numbers, morning)
    record_scans(
        connection,
        [own_scan("test:counter", 1, item, Event.ACCEPTED, morning, office=HERE, holder="office:1216")],
    )
    post_card(connection, facts, HERE, CARD, morning)
    assert state(connection, item) is State.ACCEPTED and load_draft(connection, CARD) is None


def test_a_card_without_a_picture_or_a_sure_address_is_not_paid(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    make_card(connection, facts, HERE, CARD, WORDS, b"", morning)
    with pytest.raises(Unacceptable, match="no picture"):
        pay_card(connection, facts, numbers, HERE, CARD, morning)
    made(connection, facts, morning, recipient_address="রহমান ভিলা, বাজারের পাশে")
    card = look_at_card(connection, facts, HERE, CARD, morning)
    assert card.to.office is None and not card.is_ready
    with pytest.raises(Unacceptable) as asked:
        pay_card(connection, facts, numbers, HERE, CARD, morning)
    assert asked.value.remedy
    made(connection, facts, morning, recipient_address="রহমান ভিলা, বাজারের পাশে", recipient_postcode="১২১৬")
    assert look_at_card(connection, facts, HERE, CARD, morning).is_ready
    assert load_transfers(connection) == []


def test_words_are_checked_all_at_once(connection: Connection, facts: Facts, morning: datetime) -> None:
    wrong = {"message": "😀", "recipient_name": "", "recipient_address": "?????", "recipient_phone": "12"}
    with pytest.raises(OrderRefused) as refused:
        make_card(connection, facts, HERE, CARD, wrong, b"", morning)
    assert [one.field for one in refused.value.problems] == [*wrong]
    assert load_draft(connection, CARD) is None


def test_a_change_keeps_the_picture_and_a_paid_card_does_not_change(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    made(connection, facts, morning)
    first = side_png(connection, facts, HERE, CARD, "picture", morning)
    make_card(connection, facts, HERE, CARD, WORDS | {"message": "Hello"}, b"", morning)
    assert side_png(connection, facts, HERE, CARD, "picture", morning) == first
    pay_card(connection, facts, numbers, HERE, CARD, morning)
    with pytest.raises(Conflict, match="paid"):
        made(connection, facts, morning)


def test_another_office_has_no_such_card(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    made(connection, facts, morning)
    acts: list[Callable[[], object]] = [
        lambda: look_at_card(connection, facts, ELSEWHERE, CARD, morning),
        lambda: make_card(connection, facts, ELSEWHERE, CARD, WORDS, photograph(), morning),
        lambda: pay_card(connection, facts, numbers, ELSEWHERE, CARD, morning),
        lambda: side_png(connection, facts, ELSEWHERE, CARD, "picture", morning),
        lambda: post_card(connection, facts, ELSEWHERE, CARD, morning),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    pay_card(connection, facts, numbers, HERE, CARD, morning)
    for act in (*acts[:1], lambda: take_card_back(connection, facts, ELSEWHERE, CARD, morning), *acts[2:]):
        with pytest.raises(NotFound):
            act()


def test_what_nobody_posts_is_forgotten_and_what_was_paid_stays(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    item = paid(connection, facts, numbers, morning)
    made(connection, facts, morning + timedelta(hours=1), OTHER)
    assert forget_drafts(connection, morning + timedelta(minutes=1)) == 1
    with pytest.raises(NotFound):
        print_card(connection, facts, HERE, CARD, morning)
    assert look_at_card(connection, facts, HERE, CARD, morning).paid is not None
    take_card_back(connection, facts, HERE, CARD, morning)
    assert held(connection) == (0, 0, 0) and state(connection, item) is State.CANCELLED


def test_paid_by_two_at_once_it_is_paid_once(database: Database, facts: Facts, morning: datetime) -> None:
    numbers = Numbers(database, facts.number_key)
    with database.transaction() as connection:
        made(connection, facts, morning)

    def pay(n: int) -> str:
        with database.transaction() as connection:
            return pay_card(connection, facts, numbers, HERE, CARD, morning + timedelta(seconds=n)).item_number

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(pay, range(6)))) == 1
    with database.transaction() as connection:
        assert held(connection) == (PRICE, -POSTAGE, -VAT)

    def end(n: int) -> str:
        try:
            with database.transaction() as connection:
                act = post_card if n % 2 else take_card_back
                act(connection, facts, HERE, CARD, morning + timedelta(seconds=10 + n))
        except Conflict:
            return "refused"
        return "posted" if n % 2 else "taken back"

    with ThreadPoolExecutor(6) as pool:
        ends = set(pool.map(end, range(6))) - {"refused"}
    with database.transaction() as connection:
        assert ends == ({"posted"} if held(connection)[0] else {"taken back"}), "one of the two, whole"
        proved(connection)
