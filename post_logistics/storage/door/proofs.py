"""Proofs and, apart from them, what they show of people; and the deliveries that wait for one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.consignments.documents import Receiver
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import proof_bodies, proofs
from post_logistics.tracking.proofs import Identity, Proof, ProofKind


@dataclass(frozen=True, slots=True)
class ProofBody:
    """What a proof shows of people: a picture, or a place as JSON."""

    proof_id: UUID
    media_type: str
    body: bytes


def append_proofs(connection: Connection, values: Sequence[Proof], bodies: Sequence[ProofBody]) -> set[UUID]:
    """Keeps those not yet known, with their bodies; gives back the ids that are new."""
    new = set(append(connection, proofs, values, keep_first=True))
    append(connection, proof_bodies, [body for body in bodies if body.proof_id in new])
    return new


def known_proofs(connection: Connection, proof_ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are kept."""
    rows = connection.execute(select(proofs.c.proof_id).where(proofs.c.proof_id == func.any(list(proof_ids))))
    return set(rows.scalars())


def load_proofs(connection: Connection, item_numbers: Sequence[str]) -> list[Proof]:
    """Every proof brought for those items, in the order in which they came."""
    wanted = select(proofs).where(proofs.c.item_number == func.any(list(item_numbers)))
    rows = connection.execute(wanted.order_by(proofs.c.recorded_at, proofs.c.proof_id))
    return read(rows, Proof, kind=ProofKind, identity=_identity, received_by=_receiver)


def _identity(kept: str | None) -> Identity | None:
    return None if kept is None else Identity(kept)


def _receiver(kept: str | None) -> Receiver | None:
    return None if kept is None else Receiver(kept)


def load_proof_body(connection: Connection, proof_id: UUID, office: str | None = None) -> ProofBody:
    """What a proof shows; NotFound if there is nothing, it has been erased, or another office brought it: all alike."""
    wanted = select(proof_bodies).join(proofs).where(proofs.c.proof_id == proof_id)
    if office is not None:
        wanted = wanted.where(proofs.c.office == office)
    found = read(connection.execute(wanted), ProofBody)
    if not found:
        raise NotFound(
            f"no picture or place for proof {proof_id}", field="proof_id", remedy="it may have been erased in time"
        )
    return found[0]


@dataclass(frozen=True, slots=True)
class Handed:
    """A parcel that its holder says was handed over, since when, and the cash due for it."""

    item_number: str
    holder: str
    since: datetime
    cod_poisha: int


_HANDED = text(
    """
    select item_number, holder, since, cod_poisha from journeys join consignments using (item_number)
    where holder = any(:holders) and state in ('delivered_claimed', 'partially_claimed')
    order by since, item_number
    """
)


def load_handed(connection: Connection, holders: Sequence[str]) -> list[Handed]:
    """What those holders say they handed over and nobody has confirmed, the longest ago first."""
    return read(connection.execute(_HANDED, {"holders": list(holders)}), Handed)
