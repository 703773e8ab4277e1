"""Proofs come in: kept once, whatever the order, and codes used up by the proof that they make."""

import json
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from random import Random
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event, text

from post_logistics.errors import NotFound
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.codes import code_hash, issue_code
from post_logistics.operations.door.proving import ProofOutcome, Shown, evidence, keep_proofs, unproved
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Database
from post_logistics.storage.door.proofs import load_proof_body, load_proofs
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import Lack, ProofKind, ProofRules
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import bangla_digits

KEY = b"key"
RIDER = "rider:1216-R01"


@pytest.fixture
def known(facts: Facts) -> Facts:
    return facts


def photo(colour: int = 1) -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), (colour, 2, 3)).save(file, "PNG")
    return file.getvalue()


def of(scan: Scan, kind: ProofKind, **what: Any) -> Shown:
    return Shown(
        item_number=scan.item_number,
        scan_id=scan.scan_id,
        kind=kind,
        office=scan.office,
        taken_at=scan.occurred_at,
        **what,
    )


def attempt(story: Any, item: str) -> Scan:
    scan: Scan = story.scan(item, Event.ATTEMPT_FAILED, RIDER, Reason.NO_ANSWER)
    return scan


def keep(story: Any, *rows: Shown) -> list[str]:
    return [verdict.outcome.value for verdict in keep_proofs(story.connection, rows, story.at, key=KEY)]


def test_every_kind_of_proof_is_kept_once_and_known_the_second_time(story: Any) -> None:
    (item,) = story.book(0)
    scan = attempt(story, item)
    code = issue_code(story.connection, item, "delivery", story.at, Random(1), key=KEY)
    rows = [
        of(scan, ProofKind.OTP, code=code),
        of(scan, ProofKind.SIGNATURE, body=photo(1)),
        of(scan, ProofKind.PHOTO, body=photo(2)),
        of(scan, ProofKind.CALL, duration_s=0),
        of(scan, ProofKind.PLACE, lat_deg=23.8, lon_deg=90.37),
    ]
    assert keep(story, *rows, *rows) == ["kept"] * 5 + ["known"] * 5
    assert keep(story, *reversed(rows)) == ["known"] * 5
    assert len(load_proofs(story.connection, [item])) == 5


def test_a_code_told_again_is_known_however_it_is_typed_and_for_another_scan_it_is_used_up(story: Any) -> None:
    (item,) = story.book(0)
    scan, other = attempt(story, item), attempt(story, item)
    code = issue_code(story.connection, item, "delivery", story.at, Random(1), key=KEY)
    assert keep(story, of(scan, ProofKind.OTP, code=code)) == ["kept"]
    assert keep(story, of(scan, ProofKind.OTP, code=bangla_digits(code))) == ["known"]
    assert keep(story, of(other, ProofKind.OTP, code=code)) == ["rejected"]


def test_a_wrong_code_is_no_proof_and_takes_no_other_row_with_it(story: Any) -> None:
    (item,) = story.book(0)
    scan = attempt(story, item)
    code = issue_code(story.connection, item, "delivery", story.at, Random(1), key=KEY)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert keep(story, of(scan, ProofKind.OTP, code=wrong), of(scan, ProofKind.CALL, duration_s=5)) == [
        "rejected",
        "kept",
    ]
    assert keep(story, of(scan, ProofKind.OTP, code=code)) == ["kept"]
    assert story.connection.execute(text("select tries from one_time_codes")).scalar_one() == 1


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (ProofKind.OTP, {}),
        (ProofKind.PHOTO, {}),
        (ProofKind.PHOTO, {"body": b"<svg onload=alert(1)>"}),
        (ProofKind.SIGNATURE, {"body": b"GIF89a"}),
        (ProofKind.PHOTO, {"body": b"\xff\xd8\xff" + b"0" * 300_001}),
        (ProofKind.CALL, {}),
        (ProofKind.CALL, {"duration_s": -1}),
        (ProofKind.PLACE, {"lat_deg": 23.8}),
        (ProofKind.PLACE, {"lat_deg": 123.8, "lon_deg": 90.0}),
        (ProofKind.PLACE, {"lat_deg": float("nan"), "lon_deg": 90.0}),
    ],
    ids=str,
)
def test_what_shows_nothing_is_rejected_and_says_what_to_send(story: Any, kind: ProofKind, what: Any) -> None:
    (item,) = story.book(0)
    (verdict,) = keep_proofs(story.connection, [of(attempt(story, item), kind, **what)], story.at, key=KEY)
    assert verdict.outcome is ProofOutcome.REJECTED
    assert "Remedy:" in verdict.why


def test_a_number_never_issued_has_no_proof(story: Any) -> None:
    (item,) = story.book(0)
    stray = replace(of(attempt(story, item), ProofKind.CALL, duration_s=1), item_number="DP999999990BD")
    (verdict,) = keep_proofs(story.connection, [stray], story.at, key=KEY)
    assert verdict.outcome is ProofOutcome.REJECTED and "never issued" in verdict.why


def test_a_proof_that_comes_before_its_scan_is_found_with_it(story: Any, known: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    scan = attempt(story, item)
    assert keep(story, of(scan, ProofKind.CALL, duration_s=12)) == ["kept"]
    with pytest.raises(NotFound):
        evidence(story.connection, known.proof_rules, item, scan.scan_id)
    record_scans(story.connection, [scan])
    assert evidence(story.connection, known.proof_rules, item, scan.scan_id).evidenced


def test_far_from_the_address_is_seen_and_the_place_itself_is_kept_apart(story: Any, known: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    scan = attempt(story, item)
    record_scans(story.connection, [scan])
    keep(story, of(scan, ProofKind.PLACE, lat_deg=23.9, lon_deg=90.37))
    found = evidence(story.connection, known.proof_rules, item, scan.scan_id)
    assert found.lacks == (Lack.WITNESS,)
    (far,) = found.far
    assert far.distance_m == pytest.approx(11_120, abs=20) and far.precision_m == 500
    loaded = load_proof_body(story.connection, far.proof_id, "1216")
    assert json.loads(loaded.body) == {"lat_deg": 23.9, "lon_deg": 90.37}
    columns = set(story.connection.execute(text("select * from proofs limit 0")).keys())
    assert not {"lat_deg", "lon_deg", "body"} & columns


def test_bodies_can_be_erased_while_the_proof_stays(story: Any) -> None:
    (item,) = story.book(0)
    keep(story, of(attempt(story, item), ProofKind.PHOTO, body=photo()))
    (proof,) = load_proofs(story.connection, [item])
    assert load_proof_body(story.connection, proof.proof_id, "1216").body == photo()
    with pytest.raises(NotFound):
        load_proof_body(story.connection, proof.proof_id, "1215")
    story.connection.execute(text("delete from proof_bodies"))
    with pytest.raises(NotFound):
        load_proof_body(story.connection, proof.proof_id)
    assert load_proofs(story.connection, [item]) == [proof]


def test_a_code_cannot_be_found_from_the_digest_of_its_proof(story: Any) -> None:
    (item,) = story.book(0)
    scan = attempt(story, item)
    code = issue_code(story.connection, item, "delivery", story.at, Random(1), key=KEY)
    keep(story, of(scan, ProofKind.OTP, code=code))
    (proof,) = load_proofs(story.connection, [item])
    assert proof.digest == code_hash(KEY, item, "delivery", code)
    assert proof.digest not in {code_hash(b"another", item, "delivery", code), sha256(code.encode()).hexdigest()}


def needing(over_poisha: int, needed: bool = True) -> RuleBook[ProofRules]:
    rules = ProofRules(
        proof_needed=needed,
        proof_over_poisha=over_poisha,
        place_slack_m=300,
        proof_within_minutes=60,
        contest_within_days=15,
        contest_answer_days=3,
        point_keeps_days=7,
    )
    return RuleBook(((date(2016, 12, 29), rules),), "proofs.toml")


def test_a_dear_delivery_without_proof_is_listed_until_there_is_one(story: Any) -> None:
    cheap, dear = story.book(200_000, 200_001)
    story.out_for_delivery(cheap, dear)
    scans = [story.scan(item, Event.DELIVERED_CLAIMED, RIDER) for item in (cheap, dear)]
    record_scans(story.connection, scans)
    rules, today = needing(200_000), story.at.date()
    assert [one.item_number for one in unproved(story.connection, rules, [RIDER], today)] == [dear]
    assert unproved(story.connection, rules, ["rider:1216-R02"], today) == []
    keep(story, of(scans[1], ProofKind.CALL, duration_s=60))
    assert len(unproved(story.connection, rules, [RIDER], today)) == 1
    keep(story, of(scans[1], ProofKind.SIGNATURE, body=photo()))
    assert unproved(story.connection, rules, [RIDER], today) == []


def test_as_shipped_no_delivery_waits_for_a_proof(story: Any, known: Facts) -> None:
    (dear,) = story.book(10**9)
    story.out_for_delivery(dear)
    record_scans(story.connection, [story.scan(dear, Event.DELIVERED_CLAIMED, RIDER)])
    assert unproved(story.connection, known.proof_rules, [RIDER], story.at.date()) == []


def test_the_proof_of_a_hand_over_that_was_taken_back_proves_nothing(story: Any) -> None:
    (dear,) = story.book(200_001)
    story.out_for_delivery(dear)
    first = story.scan(dear, Event.DELIVERED_CLAIMED, RIDER)
    record_scans(story.connection, [first])
    keep(story, of(first, ProofKind.PHOTO, body=photo()))
    correction = replace(story.scan(dear, Event.CONTESTED, RIDER), event=Event.CORRECTED, voids=first.scan_id)
    record_scans(story.connection, [correction, story.scan(dear, Event.DELIVERED_CLAIMED, RIDER)])
    assert len(unproved(story.connection, needing(200_000), [RIDER], story.at.date())) == 1


def test_a_code_told_by_two_requests_at_once_is_kept_once_and_wrong_for_neither(
    database: Database, tell: Any, morning: datetime
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        (item,) = story.book(0)
        scan = attempt(story, item)
        code = issue_code(connection, item, "delivery", morning, Random(1), key=KEY)
    outcomes: list[str] = []

    def show() -> None:
        with database.transaction() as connection:
            (verdict,) = keep_proofs(connection, [of(scan, ProofKind.OTP, code=code)], morning, key=KEY)
            outcomes.append(verdict.outcome.value)

    threads = [Thread(target=show) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "known", "known", "known"]


def test_a_thousand_proofs_take_as_many_statements_as_one(story: Any) -> None:
    items = story.book(*[0] * 200)
    rows = [of(attempt(story, item), ProofKind.CALL, duration_s=n) for n in range(5) for item in items]
    statements: list[str] = []
    event.listen(story.connection, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert keep(story, rows[0]) == ["kept"]
    for_one = len(statements)
    assert set(keep(story, *rows[1:])) == {"kept"}
    assert len(statements) == 2 * for_one
