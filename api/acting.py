"""Who acts: somebody who has signed in is themselves, whatever the request says; a program names whom it acts for.

A field of a request that says who does it is a ``Person``. The routes hold those fields against who asks, so that no
endpoint can forget it: four eyes are two people, and a name in the books is the name of whoever did it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field

from api.fields import Line
from post_logistics.access.roles import Place, Role
from post_logistics.errors import Unacceptable
from post_logistics.units import MerchantId, Postcode

WHO: Final = "who"
"""The parameter by which an endpoint knows who asks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and for whom: a merchant, an office, or (neither) the post itself.

    ``actor``: as the audit names it, a person or the key of a program. ``holder``: the rider or agent that it is.
    """

    actor: str
    roles: frozenset[Role]
    merchant_id: MerchantId | None
    office: Postcode | None
    holder: str = ""
    is_person: bool = False

    @property
    def place(self) -> Place:
        """For whom."""
        return Place(merchant_id=self.merchant_id, office=self.office)

    @property
    def hands(self) -> str:
        """What a rider or agent is called in the books of custody; empty for others."""
        return f"{Role.AGENT if Role.AGENT in self.roles else Role.RIDER}:{self.holder}" if self.holder else ""


class Acts:
    """Marks the name of whoever does what is asked for."""


Person = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=80,
        description="Who does it. Somebody who has signed in gives their own sign-in name.",
        examples=["rahima"],
    ),
    Acts(),
]
Witness = Annotated[Line, Field(min_length=1, max_length=80, examples=["jashim"])]
"""Somebody else who was there."""


def acting(who: Principal, said: str, field: str = "by") -> str:
    """The name under which it is done; Unacceptable if a person gives another name than their own."""
    if not who.is_person:
        return said
    if said.strip().casefold() != who.actor:
        raise Unacceptable(
            "somebody else's name", field=field, remedy=f"you are signed in as {who.actor}: give that name"
        )
    return who.actor


def held_to_their_names(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, called only with names of whoever asks. TypeError if it takes such names and knows nobody."""
    if hasattr(endpoint, "__wrapped__"):
        return endpoint
    hints = get_type_hints(endpoint, include_extras=True)
    named = [name for name, hint in hints.items() if _acts(hint)]
    bodies = {name: fields for name, hint in hints.items() if name != "return" and (fields := _fields(hint))}
    if not named and not bodies:
        return endpoint
    if WHO not in hints:
        raise TypeError(f"{endpoint.__qualname__} is told who acts and does not ask who asks")

    @wraps(endpoint)
    def held(**given: Any) -> Any:
        who = given[WHO]
        own = {name: acting(who, given[name], name) for name in named}
        for body, fields in bodies.items():
            said = {field: acting(who, getattr(given[body], field), field) for field in fields}
            own[body] = given[body].model_copy(update=said)
        return endpoint(**given | own)

    return held


def _acts(hint: Any) -> bool:
    return any(isinstance(one, Acts) for one in get_args(hint))


def _fields(hint: Any) -> list[str]:
    """The fields of a request's body that name whoever acts."""
    model = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return []
    return [name for name, field in model.model_fields.items() if any(isinstance(m, Acts) for m in field.metadata)]
