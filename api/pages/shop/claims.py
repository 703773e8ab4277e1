"""Claims for parcels lost, damaged, short or late: made, followed, given evidence, withdrawn."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.forms import PAGE, attempt, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.door.claiming import open_claim, owed_poisha, take_step
from post_logistics.storage.database import Connection
from post_logistics.storage.door.claims import ClaimFile, load_claim, load_claims
from post_logistics.tracking.claims import NEXT_STEPS, STANDINGS, ClaimKind, Step, due_now_on
from post_logistics.units import DHAKA, MerchantId, poisha_from_taka

router = Slice(include_in_schema=False)

KINDS: Final[Mapping[ClaimKind, str]] = {
    ClaimKind.LOSS: "Lost",
    ClaimKind.DAMAGE: "Damaged",
    ClaimKind.SHORT: "Something is missing",
    ClaimKind.DELAY: "Too late",
}
STEPS: Final[Mapping[Step, str]] = {
    Step.OPENED: "made",
    Step.ASKED_FOR_EVIDENCE: "evidence is asked for",
    Step.EVIDENCE_GIVEN: "evidence was given",
    Step.ACCEPTED: "accepted",
    Step.REFUSED: "refused",
    Step.PAID: "paid",
    Step.WITHDRAWN: "withdrawn",
}


@router.get("/shop/claims")
def page_shop_claims(
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    standing: Literal["open", "closed"] = "open",
    item: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The claims that the post has to decide, or has decided, and a form to make one."""
    return _claims(found, connection, shop, {"standing": standing, "item_number": item}, "")


@router.post("/shop/claims")
def page_shop_claim_made(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The claim; its clock starts. Made twice, it is one."""
    made = attempt(connection, lambda: _made(found, connection, shop, said))
    if isinstance(made, PostError):
        return _claims(found, connection, shop, said, told(found, made))
    return go(f"/shop/claims/{made.claim.claim_id}", found, said="The claim is made. The post answers it.")


def _made(found: Visit, connection: Connection, shop: MerchantId, said: Mapping[str, str]) -> ClaimFile:
    item = parse_item_number(said.get("item_number", ""))
    try:
        kind, poisha = ClaimKind(said.get("kind", "")), poisha_from_taka(said.get("claimed_taka", ""))
    except ValueError:
        raise Unacceptable(
            "that is no amount", field="claimed_taka", remedy="write taka in figures, for example 1250"
        ) from None
    words, rules = said.get("said", "").strip()[:500], found.engine.facts.claim_rules
    if poisha < 1 or not words:
        raise Unacceptable("an amount and a reason are needed", field="said", remedy="say how much, and what happened")
    return open_claim(connection, rules, item, kind, poisha, words, found.at, merchant_id=shop)


def _claims(found: Visit, connection: Connection, shop: str, said: Mapping[str, str], problem: str) -> Response:
    standing = said.get("standing", "open")
    return page(
        found,
        "shop/claims.html",
        422 if problem else 200,
        claims=load_claims(connection, merchant_id=shop, standing=STANDINGS[standing], after=None, limit=PAGE),
        standing=standing,
        kinds=[(one.value, found.say(words)) for one, words in KINDS.items()],
        words=KINDS,
        steps=STEPS,
        typed={"item_number": "", "kind": "", "claimed_taka": "", "said": "", **said},
        problem=problem,
    )


@router.get("/shop/claims/{claim_id}")
def page_shop_claim(claim_id: UUID, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """One claim, and every step."""
    return _claim(found, connection, load_claim(connection, claim_id, shop), "")


def _claim(found: Visit, connection: Connection, one: ClaimFile, problem: str) -> Response:
    may = NEXT_STEPS[one.standing]
    return page(
        found,
        "shop/claim.html",
        422 if problem else 200,
        one=one,
        owed=owed_poisha(found.engine.facts.claim_rules, one),
        due=due_now_on(one.claim, one.steps, found.at.astimezone(DHAKA).date()),
        words=KINDS,
        steps=STEPS,
        may_show=Step.EVIDENCE_GIVEN in may,
        may_withdraw=Step.WITHDRAWN in may,
        problem=problem,
    )


@router.post("/shop/claims/{claim_id}")
def page_shop_claim_step(
    claim_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """Evidence given, or the claim withdrawn."""
    step = Step.WITHDRAWN if said.get("do") == "withdraw" else Step.EVIDENCE_GIVEN
    note, rules, by = said.get("note", "").strip()[:500], found.engine.facts.claim_rules, found.who.actor
    outcome = attempt(
        connection, lambda: take_step(connection, rules, claim_id, step, note, by, found.at, merchant_id=shop)
    )
    if isinstance(outcome, PostError):
        return _claim(found, connection, load_claim(connection, claim_id, shop), told(found, outcome))
    return go(f"/shop/claims/{claim_id}", found, said="The post knows it.")
