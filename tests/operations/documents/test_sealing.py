"""Sealed lists: booked row by row, nothing lost, the same once, another refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from post_logistics.consignments.documents import seal_of
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.documents.sealing import correct, seal_listed
from post_logistics.operations.orders.booking import Outcome
from post_logistics.storage.documents.documents import WantedDocuments, load_documents, load_documents_after
from post_logistics.storage.documents.manifests import count_documents, load_lines, load_manifests_after
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.jobs import JobState, load_rows_after
from post_logistics.tracking.lifecycle import State
from tests.operations.documents.desk import Desk, csv, row


def test_a_list_is_booked_at_once_each_document_with_its_flat_fee(desk: Desk) -> None:
    sealed, verdicts = desk.seal(row("P-1"), row("P-2", service_code="g11", fee_taka="২০"))
    assert [one.outcome for one in verdicts] == [Outcome.BOOKED] * 2
    assert sealed.is_new
    assert sealed.manifest.count == 2
    with desk.database.transaction() as connection:
        prepaid, at_the_door = load_documents(connection, desk.issuer, ["P-1", "P-2"])
        booked = load_consignment(connection, prepaid.item_number)
    assert (booked.service, booked.postage_poisha, booked.vat_poisha, booked.cod_poisha) == (
        "land_record",
        4000,
        600,
        0,
    )
    assert booked.description == "Document G10"
    assert (at_the_door.fee_poisha, at_the_door.cod_poisha) == (2000, 2000 + 4600)
    assert prepaid.state is State.BOOKED


def test_a_bad_row_takes_no_other_with_it_and_says_what_to_do(desk: Desk) -> None:
    _, verdicts = desk.seal(
        row("P-1"),
        row("P-2", service_code="M10"),
        row("", recipient_phone="12"),
        row("P-4", ward="two or three"),
        row("P-5", recipient_address="Beside the old banyan tree"),
        row("P-1"),
    )
    assert [one.outcome.value for one in verdicts] == ["booked", *["rejected"] * 3, "to_decide", "rejected"]
    fields = [[problem.field for problem in one.problems] for one in verdicts]
    assert fields[1] == ["service_code"]
    assert "G10" in verdicts[1].problems[0].remedy
    assert "M10" not in verdicts[1].problems[0].remedy
    assert fields[2] == ["recipient_phone", "application_number"]
    assert fields[3] == ["ward"]
    assert fields[5] == ["application_number"]


def test_the_same_list_again_changes_nothing_and_another_under_its_number_is_refused(desk: Desk) -> None:
    first, _ = desk.seal(row("P-1"))
    desk.at += timedelta(hours=1)
    again, verdicts = desk.seal(row("P-1"))
    assert again.manifest == first.manifest
    assert not again.is_new
    assert [one.outcome for one in verdicts] == [Outcome.DUPLICATE]
    with pytest.raises(Conflict, match="another content"):
        desk.seal(row("P-2"))
    with pytest.raises(Conflict, match="another content"):
        desk.seal(row("P-1"), sealed_by="B. Begum")
    _, (elsewhere,) = desk.seal(row("P-1", recipient_name="Karim"), number="M-2")
    assert elsewhere.outcome is Outcome.REJECTED
    assert desk.ask("select count(*) from documents where merchant_id = :issuer") == 1


def test_a_digest_that_is_not_the_lists_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    rows = [row("P-1"), row("P-2")]
    sealed, _ = desk.seal(*rows, digest=seal_of(rows).upper())
    assert sealed.manifest.digest == seal_of(rows)
    assert seal_of(rows) != seal_of([row("P-1"), row("P-2", recipient_phone="01812345678")])
    with pytest.raises(Unacceptable, match="changed on the way"):
        desk.seal(row("P-3"), number="M-2", digest=seal_of(rows))
    assert desk.ask("select count(*) from manifests where merchant_id = :issuer") == 1


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("number", {"number": " "}),
        ("number", {"number": "9" * 41}),
        ("sealed_by", {"sealed_by": ""}),
        ("service_on", {"days": 61}),
        ("service_on", {"days": -61}),
    ],
    ids=str,
)
def test_what_cannot_be_sealed_names_its_field(desk: Desk, field: str, what: dict[str, Any]) -> None:
    days = what.pop("days", 0)
    with pytest.raises(Unacceptable) as refused:
        desk.seal(row("P-1"), service_on=desk.at.date() + timedelta(days=days), **what)
    assert refused.value.field == field


def test_who_issues_nothing_seals_nothing(desk: Desk) -> None:
    with desk.database.transaction() as connection, pytest.raises(NotFound):
        seal_listed(connection, desk.facts, desk.numbers, "nobody", desk.sealing(), [row("P-1")], desk.at)


def test_a_file_is_booked_by_a_worker_and_follows_as_a_job(desk: Desk) -> None:
    manifest = desk.seal_file(csv(*(f"F-{n}" for n in range(3)), wrong=2))
    assert manifest.count == 5
    assert desk.seal_file(csv(*(f"F-{n}" for n in range(3)), wrong=2)) == manifest
    job = desk.work_off(manifest.manifest_id)
    assert (job.state, job.booked, job.rejected, job.dialect) == (JobState.DONE, 3, 2, "documents")
    assert desk.work_off(manifest.manifest_id) == job
    with desk.database.transaction() as connection:
        assert count_documents(connection, [manifest.manifest_id]) == {manifest.manifest_id: 3}
        lines = load_lines(connection, manifest)
        rejected = load_rows_after(connection, manifest.manifest_id, 0, 10, "rejected")
        assert load_manifests_after(connection, desk.issuer, None, 10) == [manifest]
        page = load_documents_after(connection, desk.issuer, "F-0", 10, WantedDocuments(service="G10"))
    assert [bool(line.item_number) for line in lines] == [True] * 3 + [False] * 2
    assert [problem["field"] for one in rejected for problem in one.problems] == ["recipient_phone"] * 2
    assert [one.application_number for one in page] == ["F-1", "F-2"]


def test_a_file_of_orders_is_no_manifest(desk: Desk) -> None:
    orders = "order_ref,recipient_name,recipient_phone,recipient_address\nA,Rahima,01712345678,Mirpur-10 Dhaka"
    with pytest.raises(Unacceptable, match="service_code"):
        desk.seal_file(orders.encode())


def test_the_same_file_under_two_numbers_at_once_is_taken_in_under_one(desk: Desk) -> None:
    desk.seal_file(csv("F-1"))
    with pytest.raises(Conflict, match="under another number"):
        desk.seal_file(csv("F-1"), number="M-2")


def test_the_same_list_sealed_by_many_at_once_is_sealed_once(desk: Desk) -> None:
    rows = [row(f"T-{n}") for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        answers = [one.result() for one in [pool.submit(desk.seal, *rows) for _ in range(4)]]
    assert len({sealed.manifest for sealed, _ in answers}) == 1
    assert sum(sealed.is_new for sealed, _ in answers) == 1
    told = sorted(one.outcome.value for _, verdicts in answers for one in verdicts)
    assert told == ["booked"] * 20 + ["duplicate"] * 60
    assert desk.ask("select count(*) from documents where merchant_id = :issuer") == 20


def test_what_could_not_be_booked_is_put_right_under_the_same_manifest(desk: Desk) -> None:
    sealed, _ = desk.seal(row("P-1"), row("P-2", recipient_phone="12"))
    with desk.database.transaction() as connection:
        right, stranger = correct(
            connection, desk.facts, desk.numbers, desk.issuer, sealed.manifest.manifest_id, [row("p 2"), row("P-3")],
            desk.at,
        )  # fmt: skip
        assert right.order_ref == "P-2"
        assert (right.outcome, stranger.outcome) == (Outcome.BOOKED, Outcome.REJECTED)
        assert "not on this manifest" in stranger.problems[0].reason
        with pytest.raises(NotFound):
            correct(connection, desk.facts, desk.numbers, "another", sealed.manifest.manifest_id, [], desk.at)
