"""Advice of delivery: for every confirmed delivery of a document its issuer gets a signed statement, once.

It rests on the confirmation that the post gives of a delivery, and is taken back in the open where that is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.dialects.port import AdviceNews
from post_logistics.operations.door.proving import evidence_for
from post_logistics.operations.faces.confirmations import Signer, facts_of
from post_logistics.operations.telling.webhooks import SEND_WEBHOOKS, waiting_message
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.advices import Advice, Unadvised, append_advices, load_unadvised
from post_logistics.storage.faces.confirmations import hold_confirmations
from post_logistics.storage.jobs import defer
from post_logistics.storage.telling.webhooks import append_messages, load_listeners
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import HAND_OVERS, Proof, ProofKind, ProofRules
from post_logistics.units import DHAKA

_HEAP: Final = 1_000


def advise(connection: Connection, rules: RuleBook[ProofRules], by: Signer, at: datetime) -> int:
    """Every confirmation of a document's delivery, and of its correction, has its advice; the new ones are counted.

    Each waits for the issuer's endpoints in the same transaction. Whoever comes at the same time waits: nothing is
    said twice.
    """
    hold_confirmations(connection)
    count = 0
    while heap := load_unadvised(connection, _HEAP):
        receivers = _receivers(connection, rules, [one.item_number for one in heap])
        statements = [_statement(one, receivers, at) for one in heap]
        advices = [
            Advice(
                number=one.number,
                item_number=one.item_number,
                merchant_id=one.merchant_id,
                signed=by.sign(said),
                made_at=at,
            )
            for one, said in zip(heap, statements, strict=True)
        ]
        append_advices(connection, advices)
        _tell(connection, heap, statements, advices, at)
        count += len(heap)
    return count


def _receivers(connection: Connection, rules: RuleBook[ProofRules], items: Sequence[str]) -> dict[str, Proof]:
    """Item -> the proof of who received it, at its last hand-over that nobody took back."""
    shown = evidence_for(connection, rules, items).values()
    mistaken = {one.scan.voids for one in shown}
    hand_overs = [one for one in shown if one.scan.event in HAND_OVERS and one.scan.scan_id not in mistaken]
    return {
        one.scan.item_number: proof
        for one in sorted(hand_overs, key=lambda one: one.scan.order_key)
        for proof in one.proofs
        if proof.kind is ProofKind.IDENTITY
    }


def _statement(one: Unadvised, receivers: Mapping[str, Proof], at: datetime) -> dict[str, Any]:
    """What is signed: whose application it is the issuer knows; neither a name nor a number of a card is in it."""
    confirmed = facts_of(one.confirmation)
    said: dict[str, Any] = {
        "statement": "advice_of_delivery",
        "number": one.number,
        "kind": confirmed["kind"],
        "issuer": one.issuer,
        "application_number": one.application_number,
        "service": one.service,
        "item_number": one.item_number,
        "made_at": at.astimezone(DHAKA).isoformat(timespec="seconds"),
        "confirmation": sha256(one.confirmation.encode()).hexdigest(),
    }
    if one.corrects is not None:
        return said | {"corrects": one.corrects}
    proof = receivers.get(one.item_number)
    said |= {name: confirmed[name] for name in ("delivered_at", "confirmed_at", "office")}
    if proof is not None:
        said |= {"received_by": proof.received_by, "identity": proof.identity or "none"}
    return said


def _tell(
    connection: Connection,
    heap: Sequence[Unadvised],
    statements: Sequence[Mapping[str, Any]],
    advices: Sequence[Advice],
    at: datetime,
) -> None:
    listeners = load_listeners(connection, sorted({one.merchant_id for one in heap}))
    messages = [
        waiting_message(
            endpoint.endpoint_id,
            f"advice/{one.number}",
            about(_news(one, said, advice)),
            at,
            item_number="",  # it waits for no other news of its parcel, and none for it
            number=one.number,
            event="document_advice",
        )
        for one, said, advice in zip(heap, statements, advices, strict=True)
        for endpoint in listeners
        if endpoint.merchant_id == one.merchant_id and endpoint.wants(Event.DELIVERED_CONFIRMED)
        if (about := DIALECTS[endpoint.dialect].about_advice) is not None
    ]
    append_messages(connection, messages)
    defer(connection, SEND_WEBHOOKS, {str(message.endpoint_id): at for message in messages})


def _news(one: Unadvised, said: Mapping[str, Any], advice: Advice) -> AdviceNews:
    delivered_at = said.get("delivered_at")
    return AdviceNews(
        number=one.number,
        corrects=one.corrects,
        item_number=one.item_number,
        application_number=one.application_number,
        service=one.service,
        delivered_at=datetime.fromisoformat(delivered_at) if delivered_at else None,
        received_by=str(said.get("received_by", "")),
        office=str(said.get("office", "")),
        made_at=advice.made_at,
        signed=advice.signed,
    )
