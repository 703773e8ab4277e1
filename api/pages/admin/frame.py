"""What the pages of the administration share."""

from random import SystemRandom
from typing import Any, Final

from fastapi import Response

from api.pages.forms import NOTHING, Typed
from api.pages.shell import Visit, page
from post_logistics.access.roles import HOLDING, OF_THE_POST, WORDS, Place, Role
from post_logistics.errors import Unacceptable
from post_logistics.storage.access.people import Membership
from post_logistics.units import MerchantId, Postcode, latin_digits

DRAW: Final = SystemRandom()


def shown(found: Visit, template: str, typed: Typed = NOTHING, **values: Any) -> Response:
    """The page of the administration. ``changes``: whether the visitor may do more than look."""
    return page(
        found,
        f"admin/{template}",
        typed.status,
        typed=lambda name, otherwise="": typed.texts.get(name, otherwise),
        wrong=lambda name: typed.wrong.get(name, ""),
        changes=Role.ADMINISTRATOR in found.who.roles,
        name_of=lambda code: office_name(found, code),
        **values,
    )


def office_name(found: Visit, code: str) -> str:
    """The name of the office in the visitor's language; the code itself where there is none."""
    offices = found.engine.facts.offices
    if code not in offices:
        return code
    return found.named(offices[code])


def role_choices(found: Visit) -> list[tuple[str, str]]:
    """Every role, to choose one."""
    return [(role.value, WORDS[role][found.language == "bn"]) for role in Role]


def role_of(text: str) -> Role:
    """The role that a form names."""
    try:
        return Role(text)
    except ValueError:
        raise Unacceptable("that is no role", field="role", remedy="choose one of the list") from None


def place_for(role: Role, text: str) -> Place:
    """The place that goes with a role: a shop's identifier for a merchant, a postcode at an office, nothing else."""
    name = latin_digits(text.strip())
    if role in OF_THE_POST:
        if name:
            raise Unacceptable("that role is for the whole post", field="place", remedy="leave the place empty")
        return Place()
    if role is Role.MERCHANT:
        if not name:
            raise Unacceptable("that role is in a shop", field="place", remedy="write its identifier")
        return Place(merchant_id=MerchantId(name.casefold()))
    if not name:
        raise Unacceptable("that role is at an office", field="place", remedy="write its postcode")
    return Place(office=Postcode(name))


def holder_for(role: Role, text: str) -> str:
    """The rider or agent that goes with a role; empty for other roles, whatever was typed."""
    if role not in HOLDING:
        return ""
    if not text.strip():
        raise Unacceptable(
            "a rider or an agent has a name in data/", field="holder", remedy="write that name, for example 1216-R01"
        )
    return text.strip()


def place_words(found: Visit, one: Membership) -> str:
    """Where somebody has a role, for people."""
    if one.office:
        told_rider = f" · {one.holder}" if one.holder else ""
        return f"{office_name(found, one.office)} {found.digits(one.office)}{told_rider}"
    return one.merchant_id or found.say("the whole post")
