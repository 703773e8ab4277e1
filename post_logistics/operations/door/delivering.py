"""At the door: what the rider says was handed over, and the money that was taken for it, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from post_logistics.cod.rules import CodRules
from post_logistics.cod.tenders import Digital, HandOver, ShortReason, Taken, refusal
from post_logistics.consignments.booking import Consignment
from post_logistics.operations.centres.commissions import Commission
from post_logistics.operations.custody.devices import Upload
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.operations.door.proving import evidence_for
from post_logistics.operations.money.door_refunds import DoorRefund, door_refund_refusals
from post_logistics.operations.money.receipts import Paid, post
from post_logistics.storage.custody.scans import load_own_numbers
from post_logistics.storage.database import Connection
from post_logistics.storage.door.proofs import Handed
from post_logistics.storage.money.receipts import NOTHING, Known, load_known
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import HAND_OVERS, ProofRules
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import ItemNumber, Postcode

_HOW: Final = {
    Event.DELIVERED_CLAIMED: HandOver.WHOLE,
    Event.PARTIALLY_DELIVERED: HandOver.PART,
    Event.EXCHANGED: HandOver.EXCHANGE,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What happened at a door: the scan, and the money that changed hands there.

    ``collected_poisha`` is cash; ``digital`` are payments that were asked for this parcel, by their ids. Less than is
    due needs a ``short_reason``; ``refunded_poisha`` is given back in an exchange.
    """

    scan: Scan
    collected_poisha: int = 0
    digital: tuple[Digital, ...] = ()
    short_reason: ShortReason | None = None
    refunded_poisha: int = 0

    @property
    def taken(self) -> Taken:
        """The money of it."""
        return Taken(
            cash_poisha=self.collected_poisha,
            digital=self.digital,
            short_reason=self.short_reason,
            refunded_poisha=self.refunded_poisha,
        )

    @property
    def how(self) -> HandOver | None:
        """How the parcel was handed over; None if it was not."""
        return _HOW.get(self.scan.event)


def deliver(
    connection: Connection,
    claims: Sequence[Claim],
    upload: Upload | None = None,
    *,
    rules: CodRules | None = None,
    agents: Mapping[str, Commission] = MappingProxyType({}),
) -> list[ScanVerdict]:
    """A verdict per claim, in their order; for every accepted one the scan is kept and its money is posted, once.

    A claim whose money cannot be right is rejected whole, before anything of it is kept: the full amount for a
    delivery, or less with a reason; no more than that for a part of it; nothing otherwise. Cash that is not due, say
    for a parcel that is paid already, is not posted: the verdict says that it is an excess. With ``rules`` it also
    says when a rider carries more than the cap. ``agents``: holders ``agent:...`` who may take cash, and what each
    earns with a hand-over.
    """
    giving = [claim for claim in claims if claim.refunded_poisha]
    if giving and len(giving) < len(claims):  # what a rider gives back he may have taken in the same batch
        taking = [claim for claim in claims if not claim.refunded_poisha]
        verdicts_of = {
            part: iter(deliver(connection, some, upload, rules=rules, agents=agents))
            for part, some in ((False, taking), (True, giving))
        }
        return [next(verdicts_of[claim.refunded_poisha > 0]) for claim in claims]
    claims = _under_own_numbers(connection, claims)
    consignments = load_consignments(connection, [claim.scan.item_number for claim in claims])
    refusals = _refusals(connection, claims, consignments, agents)
    verdicts = iter(
        record_scans(connection, [claim.scan for claim, why in zip(claims, refusals, strict=True) if not why], upload)
    )
    answers = [
        ScanVerdict(claim.scan, ScanOutcome.REJECTED, why) if why else next(verdicts)
        for claim, why in zip(claims, refusals, strict=True)
    ]
    return _collect(connection, claims, answers, consignments, rules, agents)


def confirmation(handed: Handed, office: Postcode, at: datetime) -> Scan:
    """The scan by which an office confirms a hand-over: whoever confirms first, it counts once. It is numbered by the
    hand-over, so that a parcel whose delivery was taken back as a mistake can be delivered again."""
    hand, turn = f"close:{handed.item_number}", int(handed.since.timestamp())
    return own_scan(hand, turn, handed.item_number, Event.DELIVERED_CONFIRMED, at, office=office, holder="recipient")


def confirm_shown(
    connection: Connection, rules: RuleBook[ProofRules], handed: Sequence[Handed], office: Postcode, at: datetime
) -> list[str]:
    """Confirms those of the hand-overs that a code or another proof shows; gives back their item numbers."""
    by_item = {one.item_number: one for one in handed}
    shown = evidence_for(connection, rules, list(by_item)).values()
    proved = sorted({str(e.scan.item_number) for e in shown if e.scan.event in HAND_OVERS and e.evidenced})
    record_scans(connection, [confirmation(by_item[item], office, at) for item in proved])
    return proved


def _under_own_numbers(connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
    """The claims, each under the number of the item itself, whatever label was read: its cash is owed under that."""
    own = load_own_numbers(connection, {claim.scan.item_number for claim in claims})
    return [
        replace(claim, scan=replace(claim.scan, item_number=ItemNumber(own[claim.scan.item_number])))
        if claim.scan.item_number in own
        else claim
        for claim in claims
    ]


def _refusals(
    connection: Connection,
    claims: Sequence[Claim],
    consignments: Mapping[str, Consignment],
    agents: Collection[str],
) -> list[str]:
    """For each claim why it cannot be right; empty where it can."""
    known = load_known(connection, consignments)
    why = [_refusal(claim, consignments.get(claim.scan.item_number), known, agents) for claim in claims]
    refunds = [
        DoorRefund(claim.scan, consignments[claim.scan.item_number], claim.refunded_poisha)
        for claim, refused in zip(claims, why, strict=True)
        if claim.refunded_poisha and not refused and claim.scan.item_number in consignments
    ]
    if not refunds:
        return why
    unfunded = door_refund_refusals(connection, refunds)
    return [refused or unfunded.get(claim.scan.scan_id, "") for claim, refused in zip(claims, why, strict=True)]


def _refusal(claim: Claim, consignment: Consignment | None, known: Mapping[str, Known], agents: Collection[str]) -> str:
    if consignment is None:
        return ""  # an unknown number: the scan's own verdict says so
    event, taken = claim.scan.event, claim.taken
    if event is Event.DELIVERED_CONFIRMED:
        return "a delivery is confirmed by the day close, which counts its cash: record delivered_claimed"
    if claim.how is None:
        moved = taken.total_poisha or taken.refunded_poisha
        return f"{event.value} takes no cash: set collected_poisha to 0" if moved else ""
    books = known.get(claim.scan.item_number, NOTHING)
    if books.receipt_id == claim.scan.scan_id:
        return ""  # told before, and kept
    due = books.due(consignment.cod_poisha, since=claim.scan.corrected_at)
    return refusal(claim.how, taken, due) or _misplaced_money(claim, agents)


def _misplaced_money(claim: Claim, agents: Collection[str]) -> str:
    """Why the holder cannot have taken or given that; empty if it can."""
    holder, taken = claim.scan.holder, claim.taken
    if holder in agents:
        only_whole = taken.short_reason or taken.refunded_poisha
        return "an agent takes the whole amount and gives nothing back: send the recipient to the office" * bool(
            only_whole
        )
    moved = taken.cash_poisha or taken.refunded_poisha or taken.short_reason
    if moved and not holder.startswith(("rider:", "office:")):
        return f"{holder} cannot hold cash: name the rider or the office that took it"
    kind, _, owner = holder.partition(":")
    if moved and kind == "office" and owner != claim.scan.office:
        return f"office {claim.scan.office} has no hand in the till of {owner}: name its own"
    return ""


def _collect(
    connection: Connection,
    claims: Sequence[Claim],
    answers: Sequence[ScanVerdict],
    consignments: Mapping[str, Consignment],
    rules: CodRules | None,
    agents: Mapping[str, Commission],
) -> list[ScanVerdict]:
    """Posts the money of what is new, and says so where a person should know something about it."""
    new = {ScanOutcome.ACCEPTED, ScanOutcome.MISFIT}
    places, paid = [], []
    for n, (claim, answer) in enumerate(zip(claims, answers, strict=True)):
        if claim.how is not None and answer.outcome in new and claim.scan.item_number in consignments:
            places.append(n)
            paid.append(Paid(claim.scan, claim.how, claim.taken, consignments[claim.scan.item_number]))
    final = list(answers)
    for n, why in zip(places, post(connection, paid, rules, agents) if paid else [], strict=True):
        if why:
            final[n] = replace(final[n], outcome=ScanOutcome.MISFIT, why="; ".join(filter(None, (final[n].why, why))))
    return final
