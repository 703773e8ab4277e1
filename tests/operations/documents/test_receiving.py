"""Handed in at the counter: counted, compared, accepted; short, in excess, with a broken seal; told twice, once."""

from typing import Any
from uuid import uuid4

import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.documents.receiving import Counted, receive
from post_logistics.operations.documents.sealing import correct
from post_logistics.storage.documents.documents import load_documents
from post_logistics.storage.documents.manifests import load_differences, load_expected, load_receipts
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode
from tests.operations.documents.desk import COUNTER, Desk, csv, row


def states(desk: Desk, *numbers: str) -> dict[str, State]:
    with desk.database.transaction() as connection:
        return {one.application_number: one.state for one in load_documents(connection, desk.issuer, numbers)}


def test_everything_that_is_there_is_accepted_and_what_is_not_is_noted(desk: Desk) -> None:
    sealed, _ = desk.seal(row("P-1"), row("P-2"), row("P-3"))
    receipt = desk.receive(sealed.manifest, 3, seal_intact=False, short=["p-২"], excess=["X-9"])
    assert not receipt.seal_intact
    assert states(desk, "P-1", "P-2", "P-3") == {
        "P-1": State.ACCEPTED, "P-2": State.BOOKED, "P-3": State.ACCEPTED,
    }  # fmt: skip
    with desk.database.transaction() as connection:
        found = load_differences(connection, sealed.manifest.manifest_id)
        assert [(one.application_number, one.finding) for one in found] == [("P-2", "short"), ("X-9", "excess")]
        assert load_receipts(connection, [sealed.manifest.manifest_id]) == {sealed.manifest.manifest_id: receipt}


def test_told_again_it_is_the_same_receipt_and_with_another_result_a_conflict(desk: Desk) -> None:
    sealed, _ = desk.seal(row("P-1"), row("P-2"))
    first = desk.receive(sealed.manifest, 1, short=["P-2"])
    assert desk.receive(sealed.manifest, 1, short=["P-2"]) == first
    for other in (
        {"counted": 2},
        {"counted": 1, "short": ["P-1"]},
        {"counted": 1, "short": ["P-2"], "seal_intact": False},
    ):
        with pytest.raises(Conflict, match="another result"):
            desk.receive(sealed.manifest, **other)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("counted", {"counted": 1}),
        ("counted", {"counted": 3, "short": ["P-1"]}),
        ("short", {"counted": 1, "short": ["P-9"]}),
        ("excess", {"counted": 3, "excess": ["P-1"]}),
    ],
    ids=str,
)
def test_a_count_that_does_not_fit_is_refused_and_keeps_nothing(desk: Desk, field: str, found: Any) -> None:
    sealed, _ = desk.seal(row("P-1"), row("P-2"))
    with pytest.raises(Unacceptable) as refused:
        desk.receive(sealed.manifest, **found)
    assert refused.value.field == field
    assert set(states(desk, "P-1", "P-2").values()) == {State.BOOKED}


def test_another_office_finds_no_such_manifest(desk: Desk) -> None:
    sealed, _ = desk.seal(row("P-1"))
    counted = Counted(counted=1, seal_intact=True)
    with desk.database.transaction() as connection:
        for manifest_id, office in ((sealed.manifest.manifest_id, Postcode("1216")), (uuid4(), COUNTER)):
            with pytest.raises(NotFound):
                receive(connection, manifest_id, office, counted, "clerk", desk.at)
        assert sealed.manifest in load_expected(connection, COUNTER)
    desk.receive(sealed.manifest, 1)
    with desk.database.transaction() as connection:
        assert sealed.manifest not in load_expected(connection, COUNTER)


def test_a_file_is_not_received_before_its_rows_are_booked(desk: Desk) -> None:
    manifest = desk.seal_file(csv("F-1", wrong=1))
    with pytest.raises(Conflict, match="still being taken in"):
        desk.receive(manifest, 2)
    desk.work_off(manifest.manifest_id)
    desk.receive(manifest, 2)
    assert states(desk, "F-1", "WRONG-0") == {"F-1": State.ACCEPTED}


def test_what_is_put_right_after_it_was_received_is_accepted_there_and_then(desk: Desk) -> None:
    sealed, _ = desk.seal(row("P-1"), row("P-2", recipient_phone="12"), row("P-3", recipient_phone="12"))
    desk.receive(sealed.manifest, 2, short=["P-3"])
    with desk.database.transaction() as connection:
        manifest_id = sealed.manifest.manifest_id
        correct(connection, desk.facts, desk.numbers, desk.issuer, manifest_id, [row("P-2"), row("P-3")], desk.at)
    assert states(desk, "P-2", "P-3") == {"P-2": State.ACCEPTED, "P-3": State.BOOKED}
