"""Corrections of addresses: said once or twice, confirmed, used in the next booking, taken back, never erased."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from post_logistics.consignments.booking import parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.network.corrections import Correction, Learned, learned
from post_logistics.network.resolve import Resolution
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict, book
from post_logistics.operations.orders.correcting import Lessons, correct, withdraw
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders.corrections import load_corrections
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import MerchantId

ADDRESS = "House 5, Road 3, Zebra Chattar, Dhaka"
PHRASE = "Zebra Chattar"
SHOP = Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", datetime(2026, 1, 1, tzinfo=UTC))


class School:
    """Somewhere to teach, with a clock that moves on a minute whenever somebody speaks."""

    def __init__(self, connection: Connection, facts: Facts, at: datetime) -> None:
        self.connection, self.facts, self.at, self.lessons = connection, facts, at, Lessons()

    def later(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def says(self, who: str, postcode: str = "1216", phrase: str = PHRASE) -> Correction:
        return correct(self.connection, self.facts.resolver, self.lessons, phrase, postcode, who, self.later())

    def takes_back(self, who: str, one: Correction, *, others_too: bool = False) -> Correction:
        return withdraw(self.connection, self.lessons, one.correction_id, who, self.later(), others_too=others_too)

    def resolves(self, address: str = ADDRESS) -> Resolution:
        return self.facts.resolver.resolve(address, learned=self.lessons.known(self.connection, self.at))

    def in_use(self) -> Learned:
        return self.lessons.known(self.connection, self.at)

    def rows(self) -> int:
        return len(load_corrections(self.connection))


@pytest.fixture
def school(connection: Connection, facts: Facts, morning: datetime) -> Iterator[School]:
    yield School(connection, facts, morning)
    facts.lessons.forget()


def test_one_person_alone_changes_nothing(school: School) -> None:
    school.says("merchant:a")
    assert school.in_use() == {}


def test_what_two_people_say_is_used_and_named_as_the_reason(school: School) -> None:
    school.says("merchant:a", phrase="House 1, Zebra Chattar")
    school.says("office:1216", phrase="zebra  CHATTAR")
    found = school.resolves()
    assert (found.postcode, found.rule) == ("1216", "learned")
    assert "zebra chattar" in found.evidence[0]
    assert school.facts.resolver.settle(ADDRESS, learned=school.in_use()).postcode == "1216"


def test_a_lesson_goes_before_what_the_tables_say_but_not_into_another_district(school: School) -> None:
    for who in ("merchant:a", "merchant:b"):
        school.says(who, "1207", "Kabir Nagar, Mirpur")
    assert school.resolves("House 5, Kabir Nagar, Mirpur 12, Dhaka").postcode == "1207"
    assert school.resolves("House 5, Kabir Nagar, Mirpur, Kushtia").postcode == "7030"


def test_a_booking_uses_what_was_taught(
    school: School, connection: Connection, facts: Facts, shared_database: Database
) -> None:
    append_merchants(connection, [SHOP])
    numbers = Numbers(shared_database, facts.number_key)

    def booked(reference: str) -> Verdict:
        fields = {
            "merchant": SHOP.name,
            "store_address": SHOP.store_address,
            "order_ref": reference,
            "recipient_name": "কৃষ্ণা",
            "recipient_phone": "01712345678",
            "recipient_address": "House 5, Road 3, Zebra Chattar",
            "weight_kg": "1",
            "cod_taka": "500",
        }
        order = parse_order(fields, None, facts.booking_rules)
        (verdict,) = book(connection, facts, numbers, [Asked(order=order, merchant=SHOP)], school.later())
        return verdict

    assert booked("A").outcome is Outcome.TO_DECIDE
    for who in ("merchant:a", "merchant:b"):
        school.says(who)
    verdict = booked("A")
    assert verdict.outcome is Outcome.BOOKED and verdict.consignment is not None
    assert verdict.consignment.delivery_postcode == "1216"
    assert "zebra chattar" in verdict.consignment.resolved_by


def test_the_same_again_is_the_same_correction(school: School) -> None:
    first, again = school.says("merchant:a"), school.says("merchant:a", phrase="House 9, zebra chattar")
    assert again == first
    assert school.rows() == 1
    assert school.in_use() == {}


def test_another_postcode_by_the_same_person_takes_the_first_back(school: School) -> None:
    first, second = school.says("merchant:a", "1216"), school.says("merchant:a", "1207")
    assert second.correction_id != first.correction_id
    assert [one.withdraws for one in load_corrections(school.connection)].count(first.correction_id) == 1
    school.says("merchant:b", "1216")
    assert school.in_use() == {}
    school.says("merchant:b", "1207")
    assert school.in_use() == {"zebra chattar": "1207"}


def test_a_person_may_go_back_and_forth(school: School) -> None:
    school.says("merchant:b", "1216")
    for postcode in ("1216", "1207", "1216", "1207", "1216"):
        school.says("merchant:a", postcode)
    assert school.in_use() == {"zebra chattar": "1216"}


def test_what_is_withdrawn_is_used_no_more_and_twice_is_once(school: School) -> None:
    mine, _ = school.says("merchant:a"), school.says("merchant:b")
    assert school.in_use()
    first, again = school.takes_back("merchant:a", mine), school.takes_back("merchant:a", mine)
    assert first.correction_id == again.correction_id
    assert first.withdraws == mine.correction_id
    assert school.rows() == 3
    assert school.in_use() == {}


def test_what_somebody_else_said_is_not_withdrawn(school: School) -> None:
    theirs, _ = school.says("merchant:a"), school.says("merchant:b")
    with pytest.raises(Conflict) as refused:
        school.takes_back("merchant:b", theirs)
    assert refused.value.remedy
    assert school.in_use()


def test_after_the_post_took_it_back_it_can_be_said_again(school: School) -> None:
    mine, _ = school.says("merchant:a"), school.says("merchant:b")
    school.takes_back("post", mine, others_too=True)
    assert school.in_use() == {}
    again = school.says("merchant:a")
    assert again.correction_id != mine.correction_id
    assert school.in_use() == {"zebra chattar": "1216"}
    assert learned(load_corrections(school.connection)) == school.in_use()


def test_a_withdrawal_itself_is_not_withdrawn(school: School) -> None:
    taken_back = school.takes_back("merchant:a", school.says("merchant:a"))
    with pytest.raises(Conflict):
        school.takes_back("merchant:a", taken_back)


def test_what_was_never_said_is_not_withdrawn(school: School) -> None:
    with pytest.raises(NotFound):
        withdraw(school.connection, school.lessons, UUID(int=1), "post", school.at, others_too=True)


@pytest.mark.parametrize("postcode", ["9999", "", "mirpur", "12160"])
def test_an_office_that_does_not_exist_is_not_found(school: School, postcode: str) -> None:
    with pytest.raises(NotFound):
        school.says("merchant:a", postcode)
    assert school.rows() == 0


@pytest.mark.parametrize(
    "phrase", ["", "House 5, Road 3", "বাসা ৫, রোড ৩", "1216", "A", "...", "ab", "long " * 40], ids=lambda text: text[:16]
)
def test_a_phrase_that_tells_no_place_is_refused(school: School, phrase: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        school.says("merchant:a", phrase=phrase)
    assert refused.value.field == "phrase"
    assert refused.value.remedy
    assert school.rows() == 0


@pytest.mark.parametrize("phrase", ["Dhaka", "ঢাকা", "near"])
def test_a_phrase_that_only_names_a_district_or_nothing_teaches_nothing(school: School, phrase: str) -> None:
    before = school.resolves("House 5, near Road 11, Banani, Dhaka").postcode
    assert before == "1213"
    for who in ("merchant:a", "merchant:b"):
        try:
            school.says(who, phrase=phrase)
        except Unacceptable:
            continue
    assert school.resolves("House 5, near Road 11, Banani, Dhaka").postcode == before
    assert school.resolves("বাসা ৫, বনানী, ঢাকা").postcode == before


def test_lessons_are_at_most_ten_seconds_old(school: School, connection: Connection) -> None:
    elsewhere = Lessons()
    assert elsewhere.known(connection, school.at) == {}
    school.says("merchant:a")
    school.says("merchant:b")
    assert elsewhere.known(connection, school.at) == {"zebra chattar": "1216"}
    school.says("merchant:a", "1207")
    read_at = school.at - timedelta(minutes=1)
    assert elsewhere.known(connection, read_at + timedelta(seconds=9)) == {"zebra chattar": "1216"}
    assert elsewhere.known(connection, read_at + timedelta(seconds=10)) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "update address_corrections set postcode = '1207'",
        "delete from address_corrections",
        "truncate address_corrections",
    ],
)
def test_what_was_said_cannot_be_changed_or_erased(school: School, statement: str) -> None:
    mine = school.says("merchant:a")
    with pytest.raises(DBAPIError), school.connection.begin_nested():
        school.connection.execute(text(statement))
    assert load_corrections(school.connection) == [mine]


@pytest.mark.parametrize(
    "phrase", ["near Dhaka", "Dhaka city", "Mirpur, Dhaka", "মিরপুর", "Main Road, Dhaka", "to Dhaka"]
)
def test_a_word_more_does_not_send_a_whole_city_elsewhere(school: School, phrase: str) -> None:
    for who in ("merchant:a", "merchant:b"):
        try:
            school.says(who, "1207", phrase)
        except Unacceptable:
            continue
    assert school.resolves(f"House 5, {phrase}, Section 10, Mirpur, Dhaka").postcode == "1216"
