"""Who may come in: keys, people and their roles, stores, shifts, and the audit."""

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import Field

from api.acting import Principal
from api.context import Anyone, ForMerchant, InTransaction, Now, TheEngine, in_office
from api.fields import MERCHANT_ID, Day, In, Limit, Line, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.auditing import prove_audit
from post_logistics.operations.access.keys import MadeKey, make_key, own_key, rotate_key
from post_logistics.operations.access.people import give_role, leave, reset_password, take_on, take_role
from post_logistics.operations.access.stores import add_store, shut_store
from post_logistics.storage.access.audit import load_acts
from post_logistics.storage.access.keys import load_keys, retire_key
from post_logistics.storage.access.people import load_members, load_people, load_shifts
from post_logistics.storage.access.stores import load_stores
from post_logistics.units import DHAKA, MerchantId, Postcode

router = Slice(prefix="/v1", tags=["access"], responses=answers(401, 403))

_DRAW: Final = SystemRandom()

PersonInPath = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]+$", examples=["rahima"])]
KeyInPath = Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$", examples=["pl_abcdefghjkmn"])]
_Login = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{1,39}$", description="The name to sign in with.", examples=["rahima"])
]
_Merchant = Annotated[str | None, Field(pattern=MERCHANT_ID, description="For this shop.", examples=["nakshi-ghar"])]
_Office = Annotated[
    str | None,
    Field(max_length=12, pattern=r"^[^\x00-\x1f\x7f]*$", description="For this office.", examples=["1216"]),
]
_Scopes = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z -]{1,40}$")]],
    Field(max_length=20, description="Groups of operations, and `read`. Empty: all of them.", examples=[["read"]]),
]


class KeyIn(In):
    """A key for a program."""

    name: Annotated[Line, Field(min_length=1, description="For people: where it is used.", examples=["web shop"])]
    scopes: Annotated[_Scopes, Field(default_factory=list)]
    good_for_days: Annotated[int | None, Field(ge=1, le=3660, examples=[365])] = None
    role: Annotated[
        Role | None, Field(strict=False, description="Of a program of an office or the post.", examples=["counter"])
    ] = None


class RotationIn(In):
    """How long the old key stays good beside the new one."""

    overlap_s: Annotated[int, Field(ge=0, le=30 * 86_400, examples=[86_400])] = 86_400


class KeyOut(Out):
    """A key without its secret, which nobody knows any more."""

    key_id: str
    kind: KeyKind
    name: str
    person_id: str | None
    merchant_id: str | None
    office: str | None
    role: Role | None
    scopes: list[str]
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    retired_at: datetime | None


class NewKeyOut(KeyOut):
    """A new key. Its secret is shown now, and never again."""

    key: Annotated[str, Field(description="What is sent, where the halves travel as one.")]
    secret: Annotated[str, Field(description="The second half, where they travel apart.")]


class PlaceIn(In):
    """A role in a place. Those who belong to a place give roles there and nowhere else."""

    role: Annotated[Role, Field(strict=False, examples=["merchant"])]
    merchant_id: _Merchant = None
    office: _Office = None
    holder: Annotated[
        str,
        Field(max_length=80, pattern=r"^[^\x00]*$", description="Which rider or agent it is.", examples=["1216-R01"]),
    ] = ""

    def place(self, who: Principal) -> Place:
        """Where: the asker's own place, or the one that somebody of the post names."""
        if who.place != Place():
            return who.place
        return Place(
            merchant_id=MerchantId(self.merchant_id) if self.merchant_id else None,
            office=Postcode(self.office) if self.office else None,
        )


class PersonIn(PlaceIn):
    """Somebody new, and their first role."""

    person_id: _Login
    name: Annotated[Line, Field(min_length=1, examples=["Rahima Khatun"])]


class RoleOut(Out):
    """A role that somebody has."""

    role: Annotated[Role, Field(strict=False)]
    merchant_id: str | None
    office: str | None
    holder: str


class PersonOut(Out):
    """Somebody who can sign in."""

    person_id: str
    name: str
    roles: list[RoleOut]
    made_at: datetime
    left_at: datetime | None


class PasswordOut(Out):
    """A password to be handed over on paper; it has to be changed at the first sign-in."""

    person_id: str
    password: str


class StoreIn(In):
    """Where a shop's parcels are picked up."""

    name: Annotated[Line, Field(min_length=1, examples=["Mirpur branch"])]
    contact_name: Annotated[Line, Field(examples=["Karim"])] = ""
    contact_phone: Annotated[Line, Field(examples=["01712345678"])] = ""
    address: Annotated[str, Field(min_length=3, max_length=300, examples=["Shop 3, Mirpur-10, Dhaka 1216"])]


class StoreOut(Out):
    """A store of a shop."""

    store_id: int
    name: str
    contact_name: str
    contact_phone: str
    address: str
    is_default: bool


class ShiftOut(Out):
    """When somebody worked."""

    person_id: str
    office: str
    opened_at: datetime
    closed_at: datetime | None


class ActOut(Out):
    """What somebody did."""

    audit_id: int
    at: datetime
    actor: str
    merchant_id: str
    office: str
    operation: str
    about: list[str]


class AuditPage(Out):
    """The latest first. ``next``: send it as ``before`` for what came earlier; null on the last page."""

    acts: list[ActOut]
    next: int | None


class AuditProofOut(Out):
    """Whether the audit is what it was when it was sealed. ``broken``: the ends of the spans that are not."""

    seals: int
    rows: int
    broken: list[datetime]


@router.get("/keys", summary="Your keys")
def keys(who: Anyone, connection: InTransaction) -> list[KeyOut]:
    """Those of the shop, of the office, or all: without their secrets."""
    return [KeyOut.of(key) for key in load_keys(connection, merchant_id=who.merchant_id, office=who.office)]


@router.post("/keys", status_code=201, summary="Make a key", responses=answers(400, 404, 413))
def make_a_key(asked: KeyIn, who: Anyone, connection: InTransaction, at: Now) -> NewKeyOut:
    """A key for a program. Its secret is in this answer and nowhere else."""
    good_for = timedelta(days=asked.good_for_days) if asked.good_for_days else None
    said = asked.model_dump(include={"name", "scopes", "role"})
    return _shown(make_key(connection, _DRAW, at, by=who.actor, place=who.place, good_for=good_for, **said))


def _shown(made: MadeKey) -> NewKeyOut:
    shown = KeyOut.of(made.key).model_dump() | {"key": made.halves.text, "secret": made.halves.secret}
    return NewKeyOut.model_validate(shown)


@router.post("/keys/{key_id}/rotation", status_code=201, summary="Renew a key", responses=answers(400, 404, 409, 413))
def renew_key(key_id: KeyInPath, asked: RotationIn, who: Anyone, connection: InTransaction, at: Now) -> NewKeyOut:
    """A key like it. The old one stays good for the overlap, so that nothing stands still."""
    overlap = timedelta(seconds=asked.overlap_s)
    return _shown(rotate_key(connection, _DRAW, key_id, who.place, overlap, who.actor, at))


@router.delete("/keys/{key_id}", status_code=204, summary="Retire a key", responses=answers(404))
def end_key(key_id: KeyInPath, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> None:
    """It lets nobody in any more: here at once, on other servers within ten seconds."""
    retire_key(connection, own_key(connection, key_id, who.place).key_id, at)
    engine.keyring.forget()


@router.get("/people", summary="People and their roles")
def people(
    who: Anyone,
    connection: InTransaction,
    after: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9.-]*$")] = "",
    limit: Limit = 100,
) -> list[PersonOut]:
    """Those of the shop, of the office, or all; by the name they sign in with."""
    held = load_members(connection, merchant_id=who.merchant_id, office=who.office, after=after, limit=limit)
    found = load_people(connection, sorted({one.person_id for one in held}))
    return [
        PersonOut.model_validate(
            {
                "person_id": person.person_id,
                "name": person.name,
                "roles": [RoleOut.of(one) for one in held if one.person_id == person.person_id],
                "made_at": person.made_at,
                "left_at": person.left_at,
            }
        )
        for person in found
    ]


@router.post("/people", status_code=201, summary="Take somebody on", responses=answers(400, 404, 409, 413))
def take_somebody_on(
    asked: PersonIn, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> PasswordOut:
    """Somebody new with a role in your place, and a password to be handed over on paper."""
    made = take_on(connection, _DRAW, asked.person_id, asked.name, who.actor, at)
    person_id = made.person.person_id
    give_role(connection, engine.facts, person_id, asked.role, asked.place(who), who.actor, at, asked.holder)
    return PasswordOut(person_id=person_id, password=made.password)


@router.post("/people/{person_id}/roles", summary="Give a role", responses=answers(400, 404, 409, 413))
def give_a_role(
    person_id: PersonInPath, asked: PlaceIn, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> RoleOut:
    """From now on, in sessions that are open as well."""
    place = asked.place(who)
    return RoleOut.of(give_role(connection, engine.facts, person_id, asked.role, place, who.actor, at, asked.holder))


@router.post(
    "/people/{person_id}/roles/removal", status_code=204, summary="Take a role", responses=answers(400, 404, 413)
)
def take_a_role(
    person_id: PersonInPath, asked: PlaceIn, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> None:
    """They have it no longer; what they did stays theirs."""
    take_role(connection, person_id, asked.role, asked.place(who), who.actor, at)
    engine.keyring.forget()


@router.post("/people/{person_id}/dismissal", status_code=204, summary="Somebody has left", responses=answers(404))
def dismiss(person_id: PersonInPath, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> None:
    """Nothing of theirs lets anybody in any more."""
    leave(connection, person_id, at)
    engine.keyring.forget()


@router.post("/people/{person_id}/password", summary="A new password on paper", responses=answers(404))
def new_password(
    person_id: PersonInPath, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> PasswordOut:
    """For somebody who has lost theirs, or their second factor."""
    password = reset_password(connection, _DRAW, person_id, at)
    engine.keyring.forget()
    return PasswordOut(person_id=person_id, password=password)


@router.get("/stores", summary="Your stores")
def stores(merchant_id: ForMerchant, connection: InTransaction) -> list[StoreOut]:
    """Where the shop's parcels are picked up, the first one first."""
    return [StoreOut.of(store) for store in load_stores(connection, merchant_id)]


@router.post("/stores", status_code=201, summary="Add a store", responses=answers(400, 404, 409, 413))
def add_a_store(
    asked: StoreIn, merchant_id: ForMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> StoreOut:
    """Where parcels are picked up from now on, too. Told again it answers the same."""
    return StoreOut.of(add_store(connection, engine.facts, merchant_id, at=at, **asked.model_dump()))


@router.delete("/stores/{store_id}", status_code=204, summary="Close a store", responses=answers(404, 409))
def close_a_store(
    store_id: Annotated[int, Path(ge=1, lt=2**31)], merchant_id: ForMerchant, connection: InTransaction, at: Now
) -> None:
    """Nothing is picked up there any more."""
    shut_store(connection, merchant_id, store_id, at)


@router.get("/offices/{office}/shifts/{on_day}", summary="Who worked", responses=answers(404))
def shifts(office: str, on_day: Day, who: Anyone, connection: InTransaction, engine: TheEngine) -> list[ShiftOut]:
    """Who was at work at the office on that day."""
    since = datetime.combine(on_day, datetime.min.time(), DHAKA)
    found = load_shifts(connection, in_office(engine, who, office), since, since + timedelta(days=1))
    return [ShiftOut.of(one) for one in found]


@router.get("/audit", summary="What was done")
def audit_trail(
    who: Anyone,
    connection: InTransaction,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="The `next` of a page.")] = None,
    limit: Limit = 100,
    actor: Annotated[str, Query(max_length=80, description="Who did it.", examples=["rahima"])] = "",
    operation: Annotated[str, Query(max_length=60, description="What was done.", examples=["approval"])] = "",
    merchant_id: Annotated[str, Query(max_length=40, description="For which shop.")] = "",
    office: Annotated[str, Query(max_length=12, description="For which office.")] = "",
    about: Annotated[str, Query(max_length=120, description="About what.", examples=["DP473124829BD"])] = "",
) -> AuditPage:
    """Who did what, the latest first."""
    found = load_acts(
        connection,
        before=before,
        limit=limit,
        actor=actor,
        operation=operation,
        merchant_id=merchant_id,
        office=office,
        about=about,
    )
    acts = [ActOut.of(one) for one in found]
    return AuditPage(acts=acts, next=acts[-1].audit_id if len(acts) == limit else None)


@router.get("/audit/proof", summary="Whether the audit is what it was")
def audit_proof(who: Anyone, connection: InTransaction) -> AuditProofOut:
    """Recomputes the chain of seals from the rows that are there."""
    return AuditProofOut.of(prove_audit(connection))
