"""The recipient's word: heard once, answered once, and an attempt that was none no longer counts."""

from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.contesting import (
    Contested,
    Decision,
    contest,
    contests_of,
    contests_open,
    decide_contest,
)
from post_logistics.operations.door.proving import Shown, keep_proofs
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.keeping.archives import let_go
from post_logistics.storage.keeping.partitions import month_of
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.proofs import ProofKind, ProofRules
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import Postcode

RIDER = "rider:1216-R01"
SAID = "কেউ আসেনি, আমি সারাদিন বাসায় ছিলাম"


@pytest.fixture(scope="module")
def rules(facts: Facts) -> RuleBook[ProofRules]:
    return facts.proof_rules


class Tour:
    """A parcel that came back from a failed attempt, and a rulebook at hand."""

    def __init__(self, story: Any, rules: RuleBook[ProofRules]) -> None:
        self.story, self.connection, self.rules = story, story.connection, rules
        (self.item,) = story.book(0)
        story.out_for_delivery(self.item)
        self.attempt = self.record(Event.ATTEMPT_FAILED, RIDER, Reason.RECIPIENT_ABSENT)
        self.at = story.at + timedelta(hours=3)

    def record(self, event: Event, holder: str, reason: Reason | None = None) -> Scan:
        scan: Scan = self.story.scan(self.item, event, holder, reason)
        record_scans(self.connection, [scan])
        return scan

    def contest(self, scan_id: UUID | None = None, after: timedelta = timedelta(0), said: str = SAID) -> Contested:
        return contest(
            self.connection, self.item, scan_id or self.attempt.scan_id, said, self.at + after, rules=self.rules
        )

    def decide(self, decision: Decision, why: str = "looked into", **options: Any) -> Contested:
        scan_id = options.pop("scan_id", self.attempt.scan_id)
        return decide_contest(
            self.connection, self.rules, scan_id, decision, why, "postmaster-1216", self.at, **options
        )

    @property
    def state(self) -> State:
        return load_standings(self.connection, [self.item])[0].state

    @property
    def attempts(self) -> int:
        return load_standings(self.connection, [self.item])[0].attempts


@pytest.fixture
def tour(story: Any, rules: RuleBook[ProofRules]) -> Tour:
    return Tour(story, rules)


def test_a_contest_is_the_office_s_to_answer_by_a_day_and_moves_nothing(tour: Tour) -> None:
    made = tour.contest()
    assert (made.contest.office, made.contest.custodian, made.contest.detail) == ("1216", RIDER, SAID)
    assert made.contest.expected_by - tour.at.replace(hour=0, minute=0) == timedelta(days=4)
    assert made.decision is None and not made.evidence.evidenced
    assert (tour.state, tour.attempts) == (State.ATTEMPT_FAILED, 1)
    assert [one.contest for one in contests_open(tour.connection, tour.rules, Postcode("1216"))] == [made.contest]
    assert contests_open(tour.connection, tour.rules, Postcode("1215")) == []


def test_what_the_recipient_said_is_kept_with_the_exception_and_in_no_scan(tour: Tour) -> None:
    tour.contest()
    (scan,) = [one for one in load_scans(tour.connection, [tour.item]) if one.event is Event.CONTESTED]
    assert scan.note == ""
    assert tour.connection.execute(text("select count(*) from exceptions where detail = :s"), {"s": SAID}).scalar() == 1


def test_contested_again_it_is_the_same_contest(tour: Tour) -> None:
    first = tour.contest()
    assert tour.contest(after=timedelta(hours=1), said="again") == first
    assert len(contests_of(tour.connection, tour.rules, tour.item)) == 1


def test_the_evidence_is_shown_with_the_contest_even_if_it_came_later(tour: Tour) -> None:
    tour.contest()
    call = Shown(
        item_number=tour.item,
        scan_id=tour.attempt.scan_id,
        kind=ProofKind.CALL,
        office=Postcode("1216"),
        taken_at=tour.attempt.occurred_at,
        duration_s=0,
    )
    keep_proofs(tour.connection, [call], tour.at, key=b"key")
    (one,) = contests_of(tour.connection, tour.rules, tour.item)
    assert one.evidence.evidenced


def test_upheld_the_attempt_is_taken_back_once(tour: Tour) -> None:
    tour.contest()
    answered = tour.decide(Decision.UPHELD, "no call, no place: it counts as not tried")
    assert (answered.decision, answered.answer) == (Decision.UPHELD, "no call, no place: it counts as not tried")
    assert (tour.state, tour.attempts) == (State.OUT_FOR_DELIVERY, 0)
    assert tour.decide(Decision.UPHELD) == answered
    with pytest.raises(Conflict, match="answered already"):
        tour.decide(Decision.NOT_UPHELD)
    corrections = [one for one in load_scans(tour.connection, [tour.item]) if one.event is Event.CORRECTED]
    assert [one.voids for one in corrections] == [tour.attempt.scan_id]
    assert contests_open(tour.connection, tour.rules, Postcode("1216")) == []
    steps = tour.connection.execute(text("select step, by, number from exception_steps")).all()
    assert [tuple(row) for row in steps] == [("closed", "postmaster-1216", 1)]


def test_not_upheld_nothing_changes_and_the_answer_can_be_read(tour: Tour) -> None:
    tour.contest()
    tour.decide(Decision.NOT_UPHELD, "called twice")
    assert tour.attempts == 1
    (one,) = contests_of(tour.connection, tour.rules, tour.item)
    assert (one.decision, one.answer) == (Decision.NOT_UPHELD, "called twice")
    assert tour.contest() == one


def test_an_exception_closed_by_hand_has_an_answer_and_no_decision(tour: Tour) -> None:
    tour.contest()
    tour.connection.execute(
        text("update exceptions set closed_at = now(), closed_by = 'x', closing_note = 'settled: by phone'")
    )
    (one,) = contests_of(tour.connection, tour.rules, tour.item)
    assert (one.decision, one.answer) == (None, "settled: by phone")


def test_of_a_contest_whose_scan_is_in_the_archive_nothing_is_shown(tour: Tour) -> None:
    tour.contest()
    let_go(tour.connection, "scans", month_of(tour.story.at), [tour.state.value], [])
    assert contests_of(tour.connection, tour.rules, tour.item) == []
    with pytest.raises(Conflict, match="in the archive"):
        tour.decide(Decision.UPHELD)


def test_another_office_cannot_answer(tour: Tour) -> None:
    tour.contest()
    with pytest.raises(NotFound) as theirs:
        tour.decide(Decision.UPHELD, office=Postcode("1215"))
    with pytest.raises(NotFound) as absent:
        tour.decide(Decision.UPHELD, scan_id=UUID(int=0))
    assert theirs.value.message.replace(str(tour.attempt.scan_id), str(UUID(int=0))) == absent.value.message


def test_a_delivery_is_contested_by_its_confirmation_too_and_upholding_it_leaves_the_money_alone(tour: Tour) -> None:
    claimed = tour.record(Event.DELIVERED_CLAIMED, RIDER)
    confirmed = tour.record(Event.DELIVERED_CONFIRMED, "recipient")
    assert tour.contest(confirmed.scan_id).contest.scan_id == claimed.scan_id
    tour.decide(Decision.UPHELD, scan_id=claimed.scan_id)
    assert tour.state is State.DELIVERED


@pytest.mark.parametrize("event", [Event.ACCEPTED, Event.OUT_FOR_DELIVERY, Event.BOOKED])
def test_only_attempts_and_hand_overs_can_be_contested(tour: Tour, event: Event) -> None:
    (scan,) = [one for one in load_scans(tour.connection, [tour.item]) if one.event is event]
    with pytest.raises(Unacceptable, match="contest"):
        tour.contest(scan.scan_id)


def test_a_scan_of_another_parcel_or_of_none_is_not_found(tour: Tour) -> None:
    with pytest.raises(NotFound):
        tour.contest(UUID(int=1))
    with pytest.raises(NotFound):
        contest(tour.connection, "DP999999990BD", tour.attempt.scan_id, SAID, tour.at, rules=tour.rules)


def test_it_can_be_contested_until_the_last_second(tour: Tour) -> None:
    longest = timedelta(days=15) - (tour.at - tour.attempt.occurred_at)
    with pytest.raises(Unacceptable, match="15 days"):
        tour.contest(after=longest + timedelta(seconds=1))
    assert tour.contest(after=longest)


def test_told_by_two_at_once_there_is_one_contest(
    database: Database, tell: Any, morning: datetime, rules: RuleBook[ProofRules]
) -> None:
    with database.transaction() as connection:
        tour = Tour(tell(connection, morning), rules)
    found: list[Contested] = []

    def say(seconds: int) -> None:
        with database.transaction() as connection:
            at = tour.at + timedelta(seconds=seconds)
            found.append(contest(connection, tour.item, tour.attempt.scan_id, SAID, at, rules=rules))

    threads = [Thread(target=say, args=(seconds,)) for seconds in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len({one.contest.opened_at for one in found}) == 1
    with database.transaction() as connection:
        assert connection.execute(text("select count(*) from exceptions where kind = 'contested'")).scalar() == 1
