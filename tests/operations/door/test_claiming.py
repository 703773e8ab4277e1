"""Claims: made once, in time and by those whose parcel it is; answered with a reason, up to what is owed."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.claiming import (
    open_claim,
    open_claims_for_lost,
    overdue_claims,
    owed_poisha,
    take_step,
)
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Database
from post_logistics.storage.door.claims import ClaimFile, load_claim, load_claims
from post_logistics.tracking.claims import OPEN, ClaimKind, ClaimRules, Step
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import scan_id_of
from post_logistics.units import MerchantId

SHOP = MerchantId("test-shop")
STRANGER = MerchantId("another-shop")


@pytest.fixture(scope="module")
def rules(facts: Facts) -> RuleBook[ClaimRules]:
    return facts.claim_rules


class Desk:
    """A parcel that the post had, and what a merchant and the post do about it."""

    def __init__(self, story: Any, rules: RuleBook[ClaimRules]) -> None:
        self.story, self.connection, self.rules = story, story.connection, rules
        (self.item,) = story.book(0)
        self.at = story.at + timedelta(days=3)

    def hand_in(self) -> None:
        record_scans(self.connection, [self.story.scan(self.item, Event.ACCEPTED, "office:1216")])

    def claim(
        self, amount: int = 50_000, kind: ClaimKind = ClaimKind.LOSS, after: timedelta = timedelta(0), **options: Any
    ) -> ClaimFile:
        who = {"merchant_id": SHOP} | options
        return open_claim(self.connection, self.rules, self.item, kind, amount, "it never came", self.at + after, **who)

    def step(self, step: Step, note: str = "because", **options: Any) -> ClaimFile:
        claim = self.claim()
        at = self.at + options.pop("after", timedelta(0))
        return take_step(self.connection, self.rules, claim.claim.claim_id, step, note, "clerk", at, **options)


@pytest.fixture
def desk(story: Any, rules: RuleBook[ClaimRules]) -> Desk:
    made = Desk(story, rules)
    made.hand_in()
    return made


def test_a_claim_has_its_clock_and_stands_at_its_opening(desk: Desk) -> None:
    made = desk.claim()
    assert (made.standing, made.claim.claimed_by, made.merchant_id) == (Step.OPENED, "merchant:test-shop", SHOP)
    assert made.claim.due_on == (desk.at + timedelta(days=30)).date()
    assert made.steps[0].note == "it never came"


def test_claimed_again_it_is_the_same_claim_even_when_it_would_be_too_late(desk: Desk) -> None:
    first = desk.claim()
    assert desk.claim(after=timedelta(days=900)) == first
    with pytest.raises(Conflict, match=r"500\.00 were claimed"):
        desk.claim(50_001)
    assert desk.claim(1, ClaimKind.DAMAGE).claim.claim_id != first.claim.claim_id


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_can_not_be_claimed(desk: Desk, amount: int) -> None:
    with pytest.raises(Unacceptable, match="nothing"):
        desk.claim(amount)


def test_a_stranger_s_parcel_is_answered_like_an_absent_one(desk: Desk) -> None:
    mine = desk.claim()
    for claim_id in (mine.claim.claim_id, UUID(int=0)):
        with pytest.raises(NotFound, match=str(claim_id)):
            load_claim(desk.connection, claim_id, STRANGER)
    with pytest.raises(NotFound, match=f"no item {desk.item}"):
        desk.claim(merchant_id=STRANGER)
    with pytest.raises(NotFound):
        desk.step(Step.WITHDRAWN, merchant_id=STRANGER)


def test_what_the_post_never_had_cannot_be_claimed(story: Any, rules: RuleBook[ClaimRules]) -> None:
    with pytest.raises(Conflict, match="not had"):
        Desk(story, rules).claim()


def test_a_delay_can_be_claimed_from_the_day_after_the_promised_one(desk: Desk) -> None:
    desk.at = datetime(2026, 11, 22, 23, 59, 59, tzinfo=desk.at.tzinfo)
    with pytest.raises(Conflict, match="2026-11-22"):
        desk.claim(1, ClaimKind.DELAY)
    assert desk.claim(1, ClaimKind.DELAY, timedelta(seconds=1))


def test_a_claim_comes_in_time_or_never(desk: Desk) -> None:
    last = datetime(2027, 1, 21, 23, 59, 59, tzinfo=desk.at.tzinfo) - desk.at
    with pytest.raises(Unacceptable, match="until 2027-01-21"):
        desk.claim(1, ClaimKind.DAMAGE, last + timedelta(seconds=1))
    assert desk.claim(1, ClaimKind.DAMAGE, last)


def test_no_more_is_accepted_than_is_owed_and_the_whole_of_it_unless_less_is_said(desk: Desk) -> None:
    made = desk.claim(250_000)
    assert owed_poisha(desk.rules, made) == 100_000
    claim_id = made.claim.claim_id

    def accept(amount: int | None) -> ClaimFile:
        return take_step(
            desk.connection, desk.rules, claim_id, Step.ACCEPTED, "found no trace", "x", desk.at, amount_poisha=amount
        )

    for amount in (100_001, 0, -1):
        with pytest.raises(Unacceptable, match=r"1,000\.00"):
            accept(amount)
    assert accept(None).steps[-1].amount_poisha == 100_000


def test_from_opening_to_payment_with_the_amount_that_was_accepted(desk: Desk) -> None:
    desk.step(Step.ASKED_FOR_EVIDENCE, "send the invoice")
    desk.step(Step.EVIDENCE_GIVEN, "invoice 77", merchant_id=SHOP)
    desk.step(Step.ACCEPTED, amount_poisha=40_000)
    paid = desk.step(Step.PAID, "voucher 12")
    assert [step.step for step in paid.steps] == [
        Step.OPENED,
        Step.ASKED_FOR_EVIDENCE,
        Step.EVIDENCE_GIVEN,
        Step.ACCEPTED,
        Step.PAID,
    ]
    assert [step.number for step in paid.steps] == [1, 2, 3, 4, 5]
    assert paid.steps[-1].amount_poisha == 40_000


def test_a_step_told_again_changes_nothing_and_another_must_follow_from_the_last(desk: Desk) -> None:
    first = desk.step(Step.REFUSED, "delivered, with signature")
    assert desk.step(Step.REFUSED, "delivered, with signature") == first
    with pytest.raises(Conflict, match="closed"):
        desk.step(Step.ACCEPTED)
    with pytest.raises(Conflict):
        desk.step(Step.REFUSED, "another reason")


def test_nothing_is_paid_that_was_not_accepted(desk: Desk) -> None:
    with pytest.raises(Conflict, match="paid does not follow"):
        desk.step(Step.PAID)


@pytest.mark.parametrize("step", [Step.ACCEPTED, Step.REFUSED, Step.ASKED_FOR_EVIDENCE])
def test_a_merchant_cannot_decide_its_own_claim(desk: Desk, step: Step) -> None:
    with pytest.raises(PostError, match="for the post"):
        desk.step(step, merchant_id=SHOP)
    assert desk.claim().standing is Step.OPENED


@pytest.mark.parametrize("note", ["", "  ", "\n"])
def test_every_step_has_a_reason(desk: Desk, note: str) -> None:
    with pytest.raises(Unacceptable, match="reason"):
        desk.step(Step.REFUSED, note)


def test_a_claim_is_overdue_from_midnight_and_waiting_for_evidence_stops_the_clock(desk: Desk) -> None:
    due = desk.claim().claim.due_on
    after = due + timedelta(days=1)
    assert overdue_claims(desk.connection, due) == []
    assert [one.claim.claim_id for one in overdue_claims(desk.connection, after)] == [desk.claim().claim.claim_id]
    desk.step(Step.ASKED_FOR_EVIDENCE)
    assert overdue_claims(desk.connection, after + timedelta(days=500)) == []
    desk.step(Step.EVIDENCE_GIVEN, after=timedelta(days=10))
    assert overdue_claims(desk.connection, after) == []
    assert len(overdue_claims(desk.connection, after + timedelta(days=10))) == 1
    desk.step(Step.REFUSED)
    assert overdue_claims(desk.connection, after + timedelta(days=500)) == []


def test_the_post_claims_in_its_own_name_what_has_been_lost_for_long(desk: Desk) -> None:
    lost = replace(
        desk.story.scan(desk.item, Event.LOST, "office:1216"), scan_id=scan_id_of("device", 900), sequence=900
    )
    record_scans(desk.connection, [lost])
    long = lost.occurred_at + timedelta(days=15)
    assert open_claims_for_lost(desk.connection, desk.rules, long) == []
    late = long + timedelta(seconds=1)
    (claim_id,) = open_claims_for_lost(desk.connection, desk.rules, late)
    assert open_claims_for_lost(desk.connection, desk.rules, late) == []
    made = load_claim(desk.connection, claim_id, SHOP)
    assert (made.claim.claimed_by, made.claim.kind) == ("post", ClaimKind.LOSS)
    assert made.claim.claimed_poisha == owed_poisha(desk.rules, made) == 100_000


def test_what_is_claimed_already_is_not_claimed_again_by_the_post(desk: Desk) -> None:
    record_scans(desk.connection, [desk.story.scan(desk.item, Event.LOST, "office:1216")])
    desk.claim()
    assert open_claims_for_lost(desk.connection, desk.rules, desk.at + timedelta(days=60)) == []


def test_pages_of_claims_by_where_they_stand(desk: Desk) -> None:
    made = {desk.claim(1, kind).claim.claim_id for kind in ClaimKind}
    page, seen = None, set()
    while found := load_claims(desk.connection, merchant_id=SHOP, standing=OPEN, after=page, limit=3):
        page = found[-1].claim.claim_id
        seen |= {one.claim.claim_id for one in found}
    assert seen == made
    assert load_claims(desk.connection, merchant_id=STRANGER, standing=OPEN, after=None, limit=9) == []
    assert load_claims(desk.connection, merchant_id=None, standing=[Step.PAID], after=None, limit=9) == []


def test_of_two_who_decide_at_once_one_is_told_that_the_other_was_quicker(
    database: Database, tell: Any, morning: datetime, rules: RuleBook[ClaimRules]
) -> None:
    with database.transaction() as connection:
        desk = Desk(tell(connection, morning), rules)
        desk.hand_in()
        claim_id = desk.claim().claim.claim_id
    told: list[str] = []

    def decide(step: Step) -> None:
        try:
            with database.transaction() as connection:
                take_step(connection, rules, claim_id, step, "because", "clerk", desk.at)
        except Conflict:
            told.append("conflict")
        else:
            told.append("done")

    threads = [Thread(target=decide, args=(step,)) for step in (Step.ACCEPTED, Step.REFUSED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["conflict", "done"]
    with database.transaction() as connection:
        assert len(load_claim(connection, claim_id).steps) == 2
