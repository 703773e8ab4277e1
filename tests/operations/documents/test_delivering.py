"""At the door and back: into the right hands, proved, confirmed, paid, and told to the issuer once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.cod.proof import check_books
from post_logistics.consignments.documents import Receiver
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.documents.advising import advise
from post_logistics.operations.documents.finding import track_document
from post_logistics.operations.door.delivering import confirm_shown
from post_logistics.operations.door.proving import evidence, unproved
from post_logistics.operations.money.closing import close_rider_day
from post_logistics.operations.money.settling import settle_batch
from post_logistics.operations.papers import labels
from post_logistics.storage.custody.scans import load_scans
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.advices import load_advices_after, load_advices_of
from post_logistics.storage.documents.documents import DocumentStanding, load_documents
from post_logistics.storage.door.proofs import load_handed, load_proof_body, load_proofs
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.proofs import Identity, Lack, ProofKind
from post_logistics.units import RiderId, bangla_digits
from tests.closes import count
from tests.operations.documents.desk import DOOR, RIDER, Desk, row, signature

HOLDER = f"rider:{RIDER}"
SHOWN: dict[str, Any] = {"received_by": Receiver.ADDRESSEE, "identity": Identity.NID, "last4": "৬৭৮৯"}


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    """Undone when the test ends."""
    with desk.database._engine.connect() as made, made.begin() as transaction:
        yield made
        transaction.rollback()


def received(desk: Desk, **changes: str) -> str:
    """The item of a document that is in the post's hands."""
    sealed, (verdict,) = desk.seal(row("P-1", **changes))
    assert verdict.item_number, verdict.problems
    desk.receive(sealed.manifest, 1)
    return verdict.item_number


def standing_of(desk: Desk, connection: Connection) -> DocumentStanding:
    (found,) = load_documents(connection, desk.issuer, ["P-1"])
    return found


def close(desk: Desk, connection: Connection, cash_poisha: int = 0) -> None:
    """The rider hands in what was taken; the office confirms what is proved."""
    desk.at += timedelta(days=1)
    close_rider_day(
        connection, desk.facts, rider=RiderId(RIDER), office=DOOR, closed_on=desk.at.date(),
        count=count(cash_poisha), at=desk.at,
    )  # fmt: skip


def test_without_a_check_of_who_received_it_a_document_is_kept_flagged_and_not_confirmed(
    desk: Desk, connection: Connection
) -> None:
    item = received(desk)
    scan = desk.hand_over(connection, item)
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    assert standing_of(desk, connection).state is State.DELIVERED_CLAIMED
    assert evidence(connection, desk.facts.proof_rules, item, scan.scan_id).lacks == (Lack.RECEIVER,)
    assert [one.item_number for one in unproved(connection, desk.facts.proof_rules, [HOLDER], desk.at.date())] == [item]
    close(desk, connection)
    handed = load_handed(connection, [HOLDER])
    assert confirm_shown(connection, desk.facts.proof_rules, handed, DOOR, desk.at) == []
    assert standing_of(desk, connection).state is State.DELIVERED_CLAIMED
    assert desk.advise(connection) == 0
    desk.at -= timedelta(days=1)
    assert desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN) == [""]
    desk.at += timedelta(days=1)
    close(desk, connection)
    assert standing_of(desk, connection).state is State.DELIVERED
    assert standing_of(desk, connection).received_by == "addressee"


@pytest.mark.parametrize(
    ("service", "shown", "met"),
    [
        ("G10", SHOWN, True),
        ("G10", SHOWN | {"received_by": Receiver.HOUSEHOLD}, False),
        ("G10", {"received_by": Receiver.ADDRESSEE, "identity": Identity.NONE}, False),
        ("G20", SHOWN | {"received_by": Receiver.HOUSEHOLD}, True),
        ("G30", {"received_by": Receiver.HOUSEHOLD}, True),
        ("G30", {"received_by": Receiver.AFFIXED, "witness": "Abdul Karim"}, False),
    ],
    ids=str,
)
def test_each_service_says_into_whose_hands_and_by_which_check(
    desk: Desk, connection: Connection, service: str, shown: dict[str, Any], met: bool
) -> None:
    scan = desk.hand_over(connection, item := received(desk, service_code=service))
    assert desk.show(connection, scan, ProofKind.IDENTITY, **shown) == [""]
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    assert evidence(connection, desk.facts.proof_rules, item, scan.scan_id).evidenced is met


def test_what_is_affixed_needs_a_photo_and_not_only_a_signature(desk: Desk, connection: Connection) -> None:
    ((first, services),) = desk.facts.documents.versions
    notice = replace(services["G30"], receivers=(Receiver.HOUSEHOLD, Receiver.AFFIXED))
    desk.facts = replace(desk.facts, documents=RuleBook(((first, {**services, "G30": notice}),), "documents.toml"))
    scan, rules = desk.hand_over(connection, item := received(desk, service_code="G30")), desk.facts.proof_rules
    desk.show(connection, scan, ProofKind.IDENTITY, received_by=Receiver.AFFIXED, witness="Abdul Karim")
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    assert evidence(connection, rules, item, scan.scan_id).lacks == (Lack.WITNESS,)
    desk.show(connection, scan, ProofKind.PHOTO, body=signature())
    assert evidence(connection, rules, item, scan.scan_id).evidenced


@pytest.mark.parametrize(
    "wrong",
    [
        {"received_by": None},
        {"last4": "1234567890"},
        {"last4": "12"},
        {"identity": Identity.NONE},
        {"received_by": Receiver.AFFIXED, "identity": None, "last4": ""},
        {"received_by": Receiver.AFFIXED, "witness": "Abdul Karim"},
    ],
    ids=str,
)
def test_a_check_that_tells_too_little_or_too_much_is_refused(
    desk: Desk, connection: Connection, wrong: dict[str, Any]
) -> None:
    scan = desk.hand_over(connection, received(desk))
    (why,) = desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN | wrong)
    assert "last four" in why


def test_of_a_card_only_its_kind_and_four_signs_are_kept_and_those_can_be_erased(
    desk: Desk, connection: Connection
) -> None:
    scan = desk.hand_over(connection, item := received(desk))
    desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN)
    (proof,) = load_proofs(connection, [item])
    assert (proof.identity, proof.received_by) == (Identity.NID, Receiver.ADDRESSEE)
    assert json.loads(load_proof_body(connection, proof.proof_id).body) == {"last4": "6789"}


def test_the_issuer_gets_one_signed_advice_and_its_withdrawal_when_the_delivery_was_none(
    desk: Desk, connection: Connection
) -> None:
    scan = desk.hand_over(connection, item := received(desk))
    desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN)
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    close(desk, connection)
    assert desk.advise(connection) >= 1
    assert desk.advise(connection) == 0
    assert advise(connection, desk.facts.proof_rules, desk.key, desk.at) == 0
    (advice,) = load_advices_of(connection, item)
    key = jwt.PyJWK(desk.key.jwk).key
    said = jwt.api_jws.PyJWS().decode(advice.signed, key, algorithms=["ES256"])
    told = json.loads(said)
    assert told["application_number"] == "P-1"
    assert (told["received_by"], told["identity"], told["kind"]) == ("addressee", "nid", "delivered")
    assert "6789" not in said.decode()
    assert "রহিমা" not in said.decode()
    delivered = {Event.DELIVERED_CLAIMED, Event.DELIVERED_CONFIRMED}
    for wrong in [one for one in load_scans(connection, [item]) if one.event in delivered]:
        mistake = desk.scan(item, Event.CONTESTED, wrong.holder)
        record_scans(connection, [replace(mistake, event=Event.CORRECTED, voids=wrong.scan_id)])
    assert desk.advise(connection) == 1
    assert len(load_advices_of(connection, item)) == 2
    first, second = load_advices_after(connection, desk.issuer, 0, 10)
    withdrawal = json.loads(jwt.api_jws.PyJWS().decode(second.signed, key, algorithms=["ES256"]))
    assert (withdrawal["kind"], withdrawal["corrects"]) == ("corrected", first.number)
    assert load_advices_after(connection, "another", 0, 10) == []


def test_a_fee_at_the_door_is_the_issuers_and_the_postage_ours(desk: Desk, connection: Connection) -> None:
    before = load_balances(connection)
    scan = desk.hand_over(connection, received(desk, service_code="G11", fee_taka="100"), cash_poisha=14_600)
    desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN)
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    payable = account(AccountKind.MERCHANT_PAYABLE, desk.issuer)
    assert standing(load_balances(connection), payable) - standing(before, payable) == 14_600
    assert standing_of(desk, connection).collected_poisha == 14_600
    close(desk, connection, 14_600)
    assert standing_of(desk, connection).state is State.DELIVERED
    assert check_books(load_transfers(connection)) == ()


def test_a_prepaid_document_is_owed_by_its_issuer_once_it_is_delivered(desk: Desk, connection: Connection) -> None:
    scan = desk.hand_over(connection, received(desk))
    desk.show(connection, scan, ProofKind.IDENTITY, **SHOWN)
    desk.show(connection, scan, ProofKind.SIGNATURE, body=signature())
    close(desk, connection)
    office = load_merchants(connection)[desk.issuer]
    for _ in range(2):
        settle_batch(connection, desk.facts, [office], desk.at.date(), desk.at)
    books = load_balances(connection)
    assert standing(books, account(AccountKind.MERCHANT_FEES_DUE, desk.issuer)) == 4_000
    assert standing(books, account(AccountKind.MERCHANT_VAT_DUE, desk.issuer)) == 600
    assert check_books(load_transfers(connection)) == ()


def test_an_applicant_finds_it_by_both_numbers_and_learns_nothing_by_one(desk: Desk, connection: Connection) -> None:
    number = f"Dhaka/2026-{desk.issuer}"
    _, (verdict,) = desk.seal(row(number))
    asked = bangla_digits(number.upper().replace("/", " / "))

    def find(application_number: str, phone: str) -> str:
        return track_document(connection, desk.facts.offices, application_number, phone, "en", desk.at).item_number

    assert find(asked, "০১৭১২-৩৪৫৬৭৮") == verdict.item_number
    told = []
    for application_number, phone in ((number, "01812345678"), ("P-999999", "01712345678")):
        with pytest.raises(NotFound) as refused:
            find(application_number, phone)
        told.append((refused.value.message, refused.value.field, refused.value.remedy))
    assert told[0] == told[1]
    for application_number, phone, field in (("--", "01712345678", "application_number"), (number, "12", "phone")):
        with pytest.raises(Unacceptable) as unread:
            find(application_number, phone)
        assert unread.value.field == field


def test_a_label_shows_the_code_and_never_what_is_inside(desk: Desk, connection: Connection) -> None:
    item = received(desk)
    (label,) = labels(connection, desk.facts, [load_consignment(connection, item)])
    assert (label.service_en, label.service_bn, label.registered) == ("Document G10", "দলিল G10", True)
    shown = " ".join(str(getattr(label, name)) for name in label.__slots__)
    assert "Land-record" not in shown
    assert "পর্চা" not in shown
