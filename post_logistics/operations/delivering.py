"""At the door: what the rider says was handed over, and the cash that was taken for it, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.booking import Consignment
from post_logistics.operations.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.storage.consignments import load_consignments
from post_logistics.storage.database import Connection
from post_logistics.storage.ledger import append_transfers, load_collections
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan
from post_logistics.units import taka


@dataclass(frozen=True, slots=True)
class Claim:
    """What happened at a door: the scan, and the cash that changed hands there (0 for none)."""

    scan: Scan
    collected_poisha: int = 0


def deliver(connection: Connection, claims: Sequence[Claim]) -> list[ScanVerdict]:
    """A verdict per claim, in their order; for every accepted one the scan is kept and its cash is posted, once.

    A claim whose cash cannot be right is rejected whole, before anything of it is kept: the full amount for a delivery,
    no more than that for a part of it, nothing otherwise. Cash for a parcel that is paid already is not posted again.
    """
    consignments = load_consignments(connection, [claim.scan.item_number for claim in claims])
    refusals = [_refusal(claim, consignments.get(claim.scan.item_number)) for claim in claims]
    verdicts = iter(
        record_scans(connection, [claim.scan for claim, why in zip(claims, refusals, strict=True) if not why])
    )
    answers = [
        ScanVerdict(claim.scan, ScanOutcome.REJECTED, why) if why else next(verdicts)
        for claim, why in zip(claims, refusals, strict=True)
    ]
    return _collect(connection, claims, answers, consignments)


def _refusal(claim: Claim, consignment: Consignment | None) -> str:
    """Why a claim cannot be right; empty if it can."""
    if consignment is None:
        return ""  # an unknown number: the scan's own verdict says so
    due, taken, event = consignment.cod_poisha, claim.collected_poisha, claim.scan.event
    if event is Event.DELIVERED_CONFIRMED:
        return "a delivery is confirmed by the day close, which counts its cash: record delivered_claimed"
    if event is Event.DELIVERED_CLAIMED and taken != due:
        return f"collected {taka(taken)} of {taka(due)}: record a partial delivery, or correct collected_poisha"
    if event is Event.PARTIALLY_DELIVERED and not 0 <= taken <= due:
        return f"collected {taka(taken)}, at most {taka(due)} is due: correct collected_poisha"
    return _misplaced_cash(claim) if taken else ""


def _misplaced_cash(claim: Claim) -> str:
    """Why cash cannot have been taken at such an event, or by such a holder; empty if it can."""
    event, holder = claim.scan.event, claim.scan.holder
    if event not in {Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED}:
        return f"{event.value} takes no cash: set collected_poisha to 0"
    if not holder.startswith(("rider:", "office:")):
        return f"{holder} cannot hold cash: name the rider or the office that took it"
    return ""


def _collect(
    connection: Connection,
    claims: Sequence[Claim],
    answers: Sequence[ScanVerdict],
    consignments: Mapping[str, Consignment],
) -> list[ScanVerdict]:
    """Posts the cash of what was accepted, and says so where cash was taken for a parcel that is paid already."""
    paid = load_collections(connection, list(consignments))
    transfers: list[Transfer] = []
    final: list[ScanVerdict] = []
    for claim, answer in zip(claims, answers, strict=True):
        cause = str(claim.scan.scan_id)
        if answer.outcome is not ScanOutcome.REJECTED and claim.collected_poisha:
            if paid.setdefault(claim.scan.item_number, cause) == cause:
                transfers.append(_collection(claim, consignments[claim.scan.item_number], cause))
            else:
                why = f"{taka(claim.collected_poisha)} taken for a parcel that is paid already: hand it in as an excess"
                answer = replace(answer, outcome=ScanOutcome.MISFIT, why=why)  # noqa: PLW2901
        final.append(answer)
    append_transfers(connection, transfers)
    return final


def _collection(claim: Claim, consignment: Consignment, cause: str) -> Transfer:
    kind, _, owner = claim.scan.holder.partition(":")
    at_door = kind == "rider"
    return transfer(
        Code.COLLECT if at_door else Code.COLLECT_COUNTER,
        debit=account(AccountKind.RIDER_CASH if at_door else AccountKind.OFFICE_TILL, owner),
        credit=account(AccountKind.MERCHANT_PAYABLE, consignment.merchant_id),
        amount_poisha=claim.collected_poisha,
        at=claim.scan.recorded_at,
        cause=cause,
        item_number=claim.scan.item_number,
    )
