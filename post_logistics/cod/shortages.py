"""What becomes of shortages and excesses: made good, deducted, written off; given back, credited, kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.counting import refuse_one_person
from post_logistics.cod.ledger import NO_ITEM, Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Unacceptable
from post_logistics.units import ItemNumber, Postcode, taka


class Way(StrEnum):
    """How a difference is cleared: a shortage by the first three, an excess by the others."""

    REPAID = "repaid"
    DEDUCTED = "deducted"
    WRITTEN_OFF = "written_off"
    RETURNED = "returned"
    CREDITED = "credited"
    KEPT = "kept"


WAY_TEXTS: dict[Way, tuple[str, str]] = {
    Way.REPAID: ("Repaid in cash", "নগদে পরিশোধ"),
    Way.DEDUCTED: ("Deducted from pay", "বেতন থেকে কর্তন"),
    Way.WRITTEN_OFF: ("Written off", "অবলোপন"),
    Way.RETURNED: ("Given back to whom it belongs", "প্রকৃত প্রাপককে ফেরত"),
    Way.CREDITED: ("Credited to a parcel's merchant", "পার্সেলের মার্চেন্টের হিসাবে জমা"),
    Way.KEPT: ("Kept: nobody claimed it", "দাবিহীন বলে রাখা হয়েছে"),
}

OF_SHORTAGES = frozenset({Way.REPAID, Way.DEDUCTED, Way.WRITTEN_OFF})
BY_ONE = frozenset({Way.REPAID, Way.DEDUCTED})
"""What takes nothing from the post: one person may do it whatever the amount."""

_RIDER = {
    Way.REPAID: Code.SHORTAGE_REPAID,
    Way.DEDUCTED: Code.SHORTAGE_DEDUCTED,
    Way.WRITTEN_OFF: Code.SHORTAGE_WRITTEN_OFF,
}
_OFFICE = {
    Way.REPAID: Code.TILL_SHORTAGE_REPAID,
    Way.DEDUCTED: Code.TILL_SHORTAGE_DEDUCTED,
    Way.WRITTEN_OFF: Code.TILL_SHORTAGE_WRITTEN_OFF,
    Way.RETURNED: Code.EXCESS_RETURNED,
    Way.CREDITED: Code.EXCESS_CREDITED,
    Way.KEPT: Code.EXCESS_KEPT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """How much of a shortage or excess was cleared, how and why, and by whom.

    ``rider`` is empty where it is the office's own, as an excess always is. ``item_number``: of the parcel whose
    merchant an excess is credited to. ``countersigned_by`` is empty where one person may do it alone.
    """

    clearing_id: UUID
    way: Way
    office: Postcode
    amount_poisha: int
    why: str
    cleared_by: str
    countersigned_by: str = ""
    rider: str = ""
    item_number: ItemNumber = NO_ITEM
    cleared_at: datetime

    def __post_init__(self) -> None:
        if not self.why.strip() or not self.cleared_by.strip():
            raise Unacceptable(
                "money is not cleared without a reason and a name",
                field="cleared_by" if self.why.strip() else "why",
                remedy="say why, and who decides it",
            )
        if self.rider and self.way not in OF_SHORTAGES:
            raise Unacceptable("an excess is with the office", field="rider", remedy="leave the rider out")
        if bool(self.item_number) != (self.way is Way.CREDITED):
            raise Unacceptable(
                "an excess is credited to a parcel, and nothing else is",
                field="item_number",
                remedy="name the parcel with credited, and none otherwise",
            )

    @property
    def source(self) -> Account:
        """The account that the clearing brings down."""
        if self.way not in OF_SHORTAGES:
            return account(AccountKind.SUSPENSE, self.office)
        if self.rider:
            return account(AccountKind.RIDER_DEBT, self.rider)
        return account(AccountKind.OFFICE_DEBT, self.office)


def clear(clearing: Clearing, rules: CodRules, merchant: str = "") -> Transfer:
    """The transfer of a clearing; Unacceptable where a second person has to sign and has not.

    ``merchant`` is the one of the parcel that an excess is credited to.
    """
    if clearing.countersigned_by:
        refuse_one_person(clearing.cleared_by, clearing.countersigned_by, "cleared_by")
    elif clearing.way not in BY_ONE and clearing.amount_poisha > rules.clear_alone_poisha:
        raise Unacceptable(
            f"above {taka(rules.clear_alone_poisha)} this needs a second person",
            field="countersigned_by",
            remedy="let somebody else sign as well",
        )
    to = {
        Way.REPAID: (AccountKind.OFFICE_TILL, clearing.office),
        Way.DEDUCTED: (AccountKind.PAY_DEDUCTIONS, clearing.office),
        Way.WRITTEN_OFF: (AccountKind.LOSSES, ""),
        Way.RETURNED: (AccountKind.OFFICE_TILL, clearing.office),
        Way.CREDITED: (AccountKind.MERCHANT_PAYABLE, merchant),
        Way.KEPT: (AccountKind.OTHER_INCOME, ""),
    }
    other, of_shortage = account(*to[clearing.way]), clearing.way in OF_SHORTAGES
    return transfer(
        (_RIDER if clearing.rider else _OFFICE)[clearing.way],
        debit=other if of_shortage else clearing.source,
        credit=clearing.source if of_shortage else other,
        amount_poisha=clearing.amount_poisha,
        at=clearing.cleared_at,
        cause=str(clearing.clearing_id),
        item_number=clearing.item_number,
    )
