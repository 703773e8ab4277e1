"""What riders say of their stops: handed over or not, and the cash taken."""

from functools import partial
from typing import Annotated

from pydantic import Field

from api.context import InTransaction
from api.fields import In, Line, Poisha
from api.problems import answers
from api.scanning import ScanIn
from api.sending import MAX_ROWS, OrWhy, ScanBatchOut, Sending, Sent, Unread, judge
from api.slices import Slice
from post_logistics.cod.tenders import Digital, ShortReason
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, Postcode

router = Slice(prefix="/v1", tags=["deliveries"], responses=answers(401, 403))


class PaymentIn(In):
    """A payment by wallet, card or QR that was asked for this parcel."""

    payment_id: Annotated[Line, Field(min_length=1, max_length=60, examples=["pay-7K2M93QFX1ZD"])]
    amount_poisha: Annotated[Poisha, Field(gt=0, examples=[50_000])]


Payments = Annotated[
    list[PaymentIn],
    Field(max_length=10, description="What was paid by wallet, card or QR. With the cash, it is what is due."),
]


def digital(payments: list[PaymentIn]) -> tuple[Digital, ...]:
    """Those payments as tenders."""
    return tuple(Digital(one.payment_id, one.amount_poisha) for one in payments)


class ClaimIn(ScanIn):
    """A scan at the door, and the money that changed hands there."""

    event: Annotated[Event, Field(strict=False, examples=["delivered_claimed"])]
    collected_poisha: Annotated[Poisha, Field(description="Cash; 0 where none was taken.")] = 0
    payments: Annotated[Payments, Field(default_factory=list)]
    short_reason: Annotated[
        ShortReason | None, Field(strict=False, description="Why less was paid than is due; the holder answers for it.")
    ] = None
    refunded_poisha: Annotated[Poisha, Field(description="Cash given back in an exchange.")] = 0

    def claim(self, sent: Sending) -> Claim:
        """The claim as a fact; NotFound if money is said to be with a rider who does not ride for the office."""
        kind, _, rider = self.holder.partition(":")
        paid = digital(self.payments)
        if kind == "rider" and (self.collected_poisha or self.refunded_poisha or self.short_reason or paid):
            sent.engine.facts.fleet.rider(Postcode(self.office), rider)
        return Claim(self.scan(sent), self.collected_poisha, paid, self.short_reason, self.refunded_poisha)


class ClaimBatchIn(In):
    """1 to 5,000 claims, in any order."""

    claims: Annotated[list[Annotated[ClaimIn | Unread, OrWhy]], Field(min_length=1, max_length=MAX_ROWS)]


@router.post("/deliveries", summary="A batch of deliveries and attempts", responses=answers(400, 409, 413))
def deliveries(batch: ClaimBatchIn, sent: Sent, connection: InTransaction) -> ScanBatchOut:
    """Keeps each claim and its money together, once. The office confirms them when it closes the rider's day."""
    rules = sent.engine.facts.cod_rules.on(sent.at.astimezone(DHAKA).date())
    return judge(
        batch.claims, lambda row: row.claim(sent), partial(deliver, connection, upload=sent.upload, rules=rules)
    )
