"""What counts as proof of a scan, and what does not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import (
    LACK_TEXTS,
    Lack,
    Proof,
    ProofKind,
    ProofRules,
    evidence_of,
    load_proof_rules,
    proof_id_of,
)
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode

AT = datetime(2026, 11, 22, 14, tzinfo=DHAKA)
RULES = ProofRules(
    proof_needed=True,
    proof_over_poisha=200_000,
    place_slack_m=300,
    proof_within_minutes=60,
    contest_within_days=15,
    contest_answer_days=3,
    point_keeps_days=7,
)


def attempt(event: Event = Event.ATTEMPT_FAILED, reason: Reason | None = Reason.NO_ANSWER) -> Scan:
    return Scan(
        scan_id=scan_id_of("phone", 1),
        item_number=ItemNumber("DP473124829BD"),
        event=event,
        occurred_at=AT,
        recorded_at=AT + timedelta(hours=5),
        device_id="phone",
        sequence=1,
        office=Postcode("1216"),
        holder="rider:1216-R01",
        reason=reason,
    )


def proof(kind: ProofKind, **changes: Any) -> Proof:
    made = Proof(
        proof_id=proof_id_of(scan_id_of("phone", 1), kind, "x"),
        item_number=ItemNumber("DP473124829BD"),
        scan_id=scan_id_of("phone", 1),
        kind=kind,
        digest="x",
        office=Postcode("1216"),
        taken_at=AT,
        recorded_at=AT + timedelta(hours=6),
    )
    return replace(made, **changes)


def place(distance_m: int, precision_m: int = 500) -> Proof:
    return proof(ProofKind.PLACE, distance_m=distance_m, precision_m=precision_m)


CALL = proof(ProofKind.CALL, duration_s=0)


@pytest.mark.parametrize("shown", [CALL, place(800)])
def test_an_attempt_with_a_reason_and_a_call_or_a_place_is_evidenced(shown: Proof) -> None:
    assert evidence_of(attempt(), [shown], RULES).evidenced


def test_what_an_attempt_lacks_is_named() -> None:
    assert evidence_of(attempt(), [], RULES).lacks == (Lack.WITNESS,)
    assert evidence_of(attempt(reason=None), [CALL], RULES).lacks == (Lack.REASON,)
    assert evidence_of(attempt(reason=None), [], RULES).lacks == (Lack.REASON, Lack.WITNESS)
    assert LACK_TEXTS.keys() == set(Lack)


def test_a_place_one_metre_too_far_is_flagged_and_does_not_count() -> None:
    near, far = evidence_of(attempt(), [place(800)], RULES), evidence_of(attempt(), [place(801)], RULES)
    assert (near.evidenced, near.far) == (True, ())
    assert (far.evidenced, far.far) == (False, (place(801),))


def test_a_far_place_beside_a_call_is_still_flagged() -> None:
    found = evidence_of(attempt(), [place(90_000), CALL], RULES)
    assert found.evidenced and found.far == (place(90_000),)


def test_at_a_merchant_s_door_the_recipient_s_point_says_nothing() -> None:
    found = evidence_of(attempt(Event.PICKUP_FAILED, Reason.MERCHANT_CLOSED), [place(90_000)], RULES)
    assert found.evidenced and not found.far


@pytest.mark.parametrize("event", [Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED])
@pytest.mark.parametrize("kind", ProofKind)
def test_a_hand_over_is_shown_by_code_signature_or_photo_and_by_nothing_else(event: Event, kind: ProofKind) -> None:
    shown = evidence_of(attempt(event, reason=None), [proof(kind)], RULES)
    assert shown.evidenced == (kind in {ProofKind.OTP, ProofKind.SIGNATURE, ProofKind.PHOTO})


def test_damage_needs_a_photo_and_a_reason_and_a_bagging_needs_nothing() -> None:
    assert not evidence_of(attempt(Event.DAMAGED), [CALL], RULES).evidenced
    assert evidence_of(attempt(Event.DAMAGED), [proof(ProofKind.PHOTO)], RULES).evidenced
    assert evidence_of(attempt(Event.BAGGED, reason=None), [], RULES).evidenced


@pytest.mark.parametrize(
    "changes",
    [
        {"office": Postcode("1215")},
        {"item_number": ItemNumber("DP000000005BD")},
        {"scan_id": UUID(int=0)},
        {"taken_at": AT + timedelta(minutes=60, seconds=1)},
        {"taken_at": AT - timedelta(minutes=60, seconds=1)},
    ],
    ids=str,
)
def test_a_proof_of_something_else_does_not_count(changes: dict[str, Any]) -> None:
    assert not evidence_of(attempt(), [replace(CALL, **changes)], RULES).evidenced


def test_red_control_at_the_very_limit_it_does() -> None:
    for minutes in (-60, 60):
        late = replace(CALL, taken_at=AT + timedelta(minutes=minutes))
        assert evidence_of(attempt(), [late], RULES).evidenced


def test_a_clock_that_is_years_off_is_off_for_scan_and_proof_alike() -> None:
    wrong = AT.replace(year=1999)
    scan = replace(attempt(), occurred_at=wrong)
    assert evidence_of(scan, [replace(CALL, taken_at=wrong)], RULES).evidenced


def test_the_shipped_rules_need_no_proof_and_begin_with_the_service() -> None:
    book = load_proof_rules(Settings(_env_file=None).facts_dir)  # type: ignore[call-arg]
    assert not book.on(date(2016, 12, 29)).proof_needed
    with pytest.raises(Unacceptable, match="2016-12-28"):
        book.on(date(2016, 12, 28))


GOOD = """
[[rules]]
valid_from = 2027-01-01
proof_needed = true
proof_over_poisha = 1
place_slack_m = 1
proof_within_minutes = 1
contest_within_days = 1
contest_answer_days = 1
point_keeps_days = 1
"""


def test_rules_change_on_their_day_whatever_the_order_of_the_blocks(tmp_path: Path) -> None:
    earlier = GOOD.replace("2027", "2026").replace("true", "false")
    (tmp_path / "proofs.toml").write_text(GOOD + earlier)
    book = load_proof_rules(tmp_path)
    assert not book.on(date(2026, 12, 31)).proof_needed
    assert book.on(date(2027, 1, 1)).proof_needed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("proof_needed = true", "proof_needed = 1"), "proof_needed"),
        (("place_slack_m = 1", "place_slack_m = -1"), "place_slack_m"),
        (("point_keeps_days = 1\n", ""), "point_keeps_days"),
        (("point_keeps_days", "colour"), "colour"),
        (("valid_from = 2027-01-01", 'valid_from = "soon"'), "valid_from"),
        (("[[rules]]", "[rules]"), "rules"),
        ((GOOD, GOOD + GOOD), "valid_from"),
        ((GOOD, ""), "rules"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    (tmp_path / "proofs.toml").write_text(GOOD.replace(*change))
    with pytest.raises(Unacceptable) as refused:
        load_proof_rules(tmp_path)
    assert refused.value.field == says and refused.value.remedy
