"""What somebody is here, and where: a shop's people in their shop, an office's in their office, the post's anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from post_logistics.units import MerchantId, Postcode


class Role(StrEnum):
    """What somebody may be."""

    MERCHANT = "merchant"
    COUNTER = "counter"
    MANAGER = "manager"
    RIDER = "rider"
    AGENT = "agent"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


AT_AN_OFFICE: Final = frozenset({Role.COUNTER, Role.MANAGER, Role.RIDER, Role.AGENT})
OF_THE_POST: Final = frozenset({Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR})
HOLDING: Final = frozenset({Role.RIDER, Role.AGENT})
"""Roles of those to whom parcels and cash are handed: they have a name in the books of custody."""
TWO_FACTORS: Final = frozenset({Role.FINANCE, Role.ADMINISTRATOR})
"""Roles that nobody has on a password alone."""

WORDS: Final[Mapping[Role, tuple[str, str]]] = {
    Role.MERCHANT: ("merchant", "মার্চেন্ট"),
    Role.COUNTER: ("counter clerk", "কাউন্টার কর্মী"),
    Role.MANAGER: ("hub manager", "হাব ব্যবস্থাপক"),
    Role.RIDER: ("rider", "রাইডার"),
    Role.AGENT: ("agent", "এজেন্ট"),
    Role.FINANCE: ("finance", "হিসাব শাখা"),
    Role.ADMINISTRATOR: ("administrator", "প্রশাসক"),
    Role.AUDITOR: ("auditor", "নিরীক্ষক"),
}
"""English and Bangla."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """For whom somebody acts: a shop, an office, or (neither) the post."""

    merchant_id: MerchantId | None = None
    office: Postcode | None = None

    def __str__(self) -> str:
        if self.merchant_id:
            return f"merchant:{self.merchant_id}"
        return f"office:{self.office}" if self.office else "post"


def roles_at(place: Place) -> frozenset[Role]:
    """The roles that there are in that place, and in no other."""
    if place.merchant_id:
        return frozenset({Role.MERCHANT})
    return AT_AN_OFFICE if place.office else OF_THE_POST


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a key, a session or a token lets in. ``actor``: as the audit names it. ``scopes`` empty: all of the roles.

    ``holder``: the rider or agent that it is, empty for others. ``person``: whether somebody signed in, no program.
    """

    actor: str
    roles: frozenset[Role]
    place: Place
    scopes: frozenset[str] = frozenset()
    holder: str = ""
    is_person: bool = False
