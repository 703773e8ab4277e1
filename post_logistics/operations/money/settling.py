"""Merchants are paid: every finished parcel listed once, what the bank has confirmed paid out, fees and VAT apart.

A batch of merchants is settled with by a fixed number of statements, whatever the number of parcels. Merchants are
locked first, in order, and the bank after them: so nobody is paid twice, nothing is paid that the bank does not hold,
and no two wait for each other. Behind the locks stand keys: one settlement a merchant and day, one line a parcel.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.payouts import payout_of
from post_logistics.cod.rules import CodRules
from post_logistics.cod.settlement import MERCHANT_KINDS, Compensation, Settlement, SettlementLine, free_in, settle
from post_logistics.cod.terms import Cycle, Hold, Terms, is_due
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts, refuse_future
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import settlements as store
from post_logistics.storage.money.ledger import append_transfers, load_balances
from post_logistics.storage.money.payouts import append_payouts, lock_bank
from post_logistics.storage.money.settlements import AcceptedClaim, OpenParcel
from post_logistics.storage.money.taka import load_cleared
from post_logistics.storage.money.terms import KeptAccount, load_accounts_in_use, load_holds, load_terms_on
from post_logistics.storage.orders.merchants import load_merchant, load_merchants
from post_logistics.tracking.claims import ClaimStep, Step
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, ItemNumber, MerchantId

_log = logging.getLogger(__name__)

THE_POST = "post"
"""Who settles when nobody has to ask."""
BATCH = 200
"""Merchants settled with in one transaction when all are."""

OUTCOMES = {
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partially_delivered",
    State.RETURNED: "returned",
}
"""Finished states -> how the parcel ended, as a payout advice says it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a day's settlement came to, by merchant: advices made now or before, and who waits, with the reason."""

    made: dict[MerchantId, Settlement] = field(default_factory=dict)
    refused: dict[MerchantId, Conflict] = field(default_factory=dict)


def settle_merchant(
    connection: Connection,
    facts: Facts,
    merchant: Merchant,
    settled_on: date,
    at: datetime,
    cleared: Set[ItemNumber] | None = None,
    by: str = THE_POST,
) -> Settlement:
    """The merchant's settlement of that day: made now, or as it was made before. Two at once give one.

    ``cleared`` are the parcels whose money the bank has, where the caller knows. Conflict on a day without settlements,
    while the merchant is held, or if the bank holds less than is due.
    """
    settled = settle_batch(connection, facts, [merchant], settled_on, at, cleared=cleared, by=by)
    for refusal in settled.refused.values():
        raise refusal
    return settled.made[merchant.merchant_id]


def settle_on_demand(
    connection: Connection, facts: Facts, merchant_id: str, settled_on: date, at: datetime, *, by: str, own_wish: bool
) -> Settlement:
    """The settlement that the post, or by its ``own_wish`` the merchant, asked for; Conflict if a merchant asks whose
    terms say that it is settled with by the calendar."""
    merchant = load_merchant(connection, merchant_id)
    agreed = load_terms_on(connection, settled_on, [merchant_id]).get(merchant_id)
    if own_wish and (agreed is None or agreed.cycle is not Cycle.ON_DEMAND):
        raise Conflict(
            f"settlements are made {agreed.cycle if agreed else Cycle.DAILY}, not on demand",
            field="merchant_id",
            remedy="wait for the next one, or ask the post for other terms",
        )
    return settle_merchant(connection, facts, merchant, settled_on, at, by=by)


def settle_all(
    connection: Connection, facts: Facts, settled_on: date, at: datetime, by: str = THE_POST
) -> list[Settlement]:
    """The settlement of every merchant that is due on that day and has anything to settle, in the order of their ids;
    in one transaction. Nothing on a day without settlements."""
    due = merchants_due(connection, facts, settled_on, at)
    return advices(settle_batch(connection, facts, due, settled_on, at, by=by)) if due else []


def settle_everyone(
    database: Database,
    facts: Facts,
    settled_on: date,
    at: datetime,
    by: str = THE_POST,
    told: Callable[[int, int], None] = lambda done, of: None,
    also: Collection[str] = (),
) -> Settled:
    """As ``settle_all``, each ``BATCH`` of merchants in a transaction of its own: what is done is kept, and done again
    it goes on where it stopped. ``told`` hears how many of how many merchants are done; ``also``: merchants settled
    with whatever their terms say."""
    with database.transaction() as connection:
        due = merchants_due(connection, facts, settled_on, at, also)
    whole = Settled()
    for first in range(0, len(due), BATCH):
        with database.transaction() as connection:
            part = settle_batch(connection, facts, due[first : first + BATCH], settled_on, at, by=by)
        whole.made.update(part.made)
        whole.refused.update(part.refused)
        told(min(first + BATCH, len(due)), len(due))
    return whole


def merchants_due(
    connection: Connection, facts: Facts, settled_on: date, at: datetime, also: Collection[str] = ()
) -> list[Merchant]:
    """The merchants that are settled with on that day without asking, and ``also`` those, in the order of their ids."""
    refuse_future(settled_on, at, "settled_on")
    rules, agreed = facts.cod_rules.on(settled_on), load_terms_on(connection, settled_on)
    return [
        one
        for one in load_merchants(connection).values()
        if one.merchant_id in also or is_due(agreed.get(one.merchant_id), settled_on, rules)
    ]


def advices(settled: Settled) -> list[Settlement]:
    """The advices that say anything, in the order of their merchants."""
    made = (settled.made[merchant] for merchant in sorted(settled.made))
    return [one for one in made if one.lines or one.waiting or one.compensations or one.payout_poisha]


def settle_batch(
    connection: Connection,
    facts: Facts,
    merchants: Sequence[Merchant],
    settled_on: date,
    at: datetime,
    *,
    cleared: Set[ItemNumber] | None = None,
    by: str = THE_POST,
) -> Settled:
    """The settlements of those merchants, each made now or as it was made before; who cannot be paid waits alone.

    One batch a transaction: it holds its merchants, and then the bank, until the end.
    """
    refuse_future(settled_on, at, "settled_on")
    rules = facts.cod_rules.on(settled_on)
    _refuse_closed_day(rules, settled_on)
    ids = [merchant.merchant_id for merchant in merchants]
    store.lock_merchants(connection, ids)
    settled = Settled({one.merchant: one for one in store.load_settlements(connection, settled_on, merchants=ids)})
    desk = _load_desk(
        connection, facts, [one for one in merchants if one.merchant_id not in settled.made], settled_on, cleared
    )
    lock_bank(connection)
    free_poisha = free_in(load_balances(connection, [AccountKind.SETTLEMENT_BANK, AccountKind.PAYOUT_IN_TRANSIT]))
    new: list[tuple[Settlement, tuple[Transfer, ...]]] = []
    for merchant in desk.merchants:
        try:
            made, transfers = _decide(desk, facts, merchant, settled_on, rules, free_poisha, at)
        except Conflict as error:  # before anything of it is written: the others are paid, this one waits
            _log.warning("%s waits: %s", merchant.merchant_id, error.message)
            settled.refused[merchant.merchant_id] = error
            continue
        settled.made[merchant.merchant_id] = made
        free_poisha -= made.payout_poisha
        if made.lines or transfers:  # a day on which nothing could be settled stays open
            new.append((made, transfers))
    _save(connection, desk, new, rules, by, at)
    return settled


def _refuse_closed_day(rules: CodRules, settled_on: date) -> None:
    if not rules.settles_on(settled_on):
        raise Conflict(
            f"nothing is settled on {settled_on}: the banks are closed",
            field="settled_on",
            remedy=f"settle on {rules.settlement_on(settled_on)}",
        )


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that is needed to settle with some merchants; what is by merchant is keyed by its id."""

    merchants: Sequence[Merchant]
    parcels: Mapping[str, Sequence[SettlementLine]]
    sums: Mapping[Account, int]
    cleared: Set[ItemNumber]
    terms: Mapping[str, Terms]
    accounts: Mapping[str, KeptAccount]
    held_parcels: Set[ItemNumber]
    held_merchants: Mapping[str, Hold]
    claims: Mapping[str, Sequence[AcceptedClaim]]


def _load_desk(
    connection: Connection,
    facts: Facts,
    merchants: Sequence[Merchant],
    settled_on: date,
    cleared: Set[ItemNumber] | None,
) -> _Desk:
    ids = [merchant.merchant_id for merchant in merchants]
    owned = [account(kind, merchant) for merchant in ids for kind in MERCHANT_KINDS]
    parcels, sums = store.load_open(connection, ids, list(OUTCOMES), owned)
    holds = load_holds(connection, settled_on, ids)
    lines: defaultdict[str, list[SettlementLine]] = defaultdict(list)
    for parcel in parcels:
        lines[parcel.merchant].append(_line(facts, parcel))
    claims: defaultdict[str, list[AcceptedClaim]] = defaultdict(list)
    for claim in store.load_accepted_claims(connection, ids):
        claims[claim.merchant].append(claim)
    return _Desk(
        merchants=sorted(merchants, key=lambda one: one.merchant_id),
        parcels=lines,
        sums=sums,
        cleared=_cleared(connection, parcels) if cleared is None else cleared,
        terms=load_terms_on(connection, settled_on, ids),
        accounts=load_accounts_in_use(connection, ids),
        held_parcels={hold.item_number for hold in holds if hold.item_number},
        held_merchants={hold.merchant: hold for hold in holds if not hold.item_number},
        claims=claims,
    )


def _cleared(connection: Connection, parcels: Sequence[OpenParcel]) -> frozenset[ItemNumber]:
    """The parcels whose money the bank has, among those of merchants for whom any was collected."""
    brought_in = {parcel.merchant for parcel in parcels if parcel.collected_poisha}
    return load_cleared(connection, *sorted(brought_in)) if brought_in else frozenset()


def _decide(
    desk: _Desk,
    facts: Facts,
    merchant: Merchant,
    settled_on: date,
    rules: CodRules,
    free_poisha: int,
    at: datetime,
) -> tuple[Settlement, tuple[Transfer, ...]]:
    shop = merchant.merchant_id
    if shop in desk.held_merchants:
        raise Conflict(
            f"{shop} is on hold: {desk.held_merchants[shop].reason}", field="merchant_id", remedy="lift the hold first"
        )
    kept, agreed = desk.accounts.get(shop), desk.terms.get(shop)
    return settle(
        merchant=shop,
        settled_on=settled_on,
        parcels=desk.parcels.get(shop, ()),
        in_bank=desk.cleared,
        sums=desk.sums,
        payout_account=kept.account.text if kept else merchant.payout_account,
        rules=rules,
        key=facts.advice_key,
        at=at,
        compensations=[
            Compensation(
                claim_id=str(one.claim_id), item_number=ItemNumber(one.item_number), amount_poisha=one.amount_poisha
            )
            for one in desk.claims.get(shop, ())
        ],
        held=desk.held_parcels,
        minimum_poisha=agreed.minimum_poisha if agreed else None,
        free_poisha=free_poisha,
    )


def _save(
    connection: Connection,
    desk: _Desk,
    new: Sequence[tuple[Settlement, tuple[Transfer, ...]]],
    rules: CodRules,
    by: str,
    at: datetime,
) -> None:
    made = [settlement for settlement, _ in new]
    if len(store.append_settlements(connection, made, at)) < len(made) or not store.append_paid_claims(
        connection, [_paid(claim, one, by, at) for one in made for claim in desk.claims.get(one.merchant, ())]
    ):
        raise Conflict("somebody else has just settled some of it", field="settled_on", remedy="ask again")
    append_transfers(connection, [each for _, transfers in new for each in transfers])
    orders = [
        payout_of(
            one,
            account_version=desk.accounts[one.merchant].account.version if one.merchant in desk.accounts else None,
            approval_over_poisha=rules.payout_approval_over_poisha,
            by=by,
            at=at,
        )
        for one in made
        if one.payout_poisha
    ]
    append_payouts(connection, orders)


def _paid(claim: AcceptedClaim, settlement: Settlement, by: str, at: datetime) -> ClaimStep:
    return ClaimStep(
        claim_id=claim.claim_id,
        number=claim.steps + 1,
        step=Step.PAID,
        amount_poisha=claim.amount_poisha,
        by=by,
        note=f"with settlement {settlement.settlement_id}",
        at=at,
    )


def _line(facts: Facts, parcel: OpenParcel) -> SettlementLine:
    """What the parcel brought in and costs. The COD fee is for what was collected, by the tariff of the booking: it was
    quoted for what the order said, and the price may have changed since."""
    cod_fee_poisha, vat_poisha = parcel.cod_fee_poisha, parcel.vat_poisha
    if parcel.collected_poisha != parcel.cod_poisha:
        booked_on = parcel.booked_at.astimezone(DHAKA).date()
        priced = facts.tariffs.charges_for(parcel.collected_poisha, parcel.postage_poisha, booked_on)
        cod_fee_poisha, vat_poisha = priced
    return SettlementLine(
        item_number=ItemNumber(parcel.item_number),
        order_ref=parcel.order_ref,
        outcome=OUTCOMES.get(State(parcel.state), ""),
        collected_poisha=parcel.collected_poisha,
        postage_poisha=parcel.postage_poisha,
        cod_fee_poisha=cod_fee_poisha,
        vat_poisha=vat_poisha,
    )
