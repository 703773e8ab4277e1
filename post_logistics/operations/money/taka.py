"""Where is my taka: for a parcel, a merchant, or whoever holds money: what, since when, what comes next and by when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account, parse
from post_logistics.cod.ledger import standing
from post_logistics.cod.proof import MOST_EXAMPLES, Check
from post_logistics.cod.terms import Terms
from post_logistics.cod.whereabouts import Stage, Taka, due_at, sentence
from post_logistics.errors import NotFound
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.money import taka as store
from post_logistics.storage.money.closes import load_accounts_of
from post_logistics.storage.money.ledger import load_balances, load_balances_of
from post_logistics.storage.money.taka import Aged, Held
from post_logistics.storage.money.terms import load_terms_on
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, ItemNumber, MerchantId, Postcode, latin_digits

_K = AccountKind
IN_PLACES = (_K.RIDER_CASH, _K.AGENT_CASH, _K.OFFICE_TILL, _K.BANK_IN_TRANSIT, _K.PROVIDER_CLEARING)
"""Where collected money is before the bank has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Money in one place, and in words what happens to it next. ``due_at``: by when; None where nothing more comes, or
    it is up to the merchant."""

    stage: Stage
    place: Account
    office: str | None
    parcels: int
    amount_poisha: int
    since: datetime
    due_at: datetime | None
    late: bool
    close_id: str | None
    settlement_id: str | None
    text_en: str
    text_bn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelMoney:
    """The money of a parcel: a whereabouts for each tender, none while nothing was collected."""

    item_number: ItemNumber
    order_ref: str
    cod_poisha: int
    collected_poisha: int
    money: tuple[Whereabouts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllMoney:
    """All the money that is one merchant's, or in one pair of hands. Of a holder, ``other_poisha`` is what is in the
    accounts besides the money of parcels: float and excess, less shortages and refunds."""

    money: tuple[Whereabouts, ...]
    amount_poisha: int
    other_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingLine:
    """One account of the ledger: its balance is the money of collections by age, and ``other_poisha``."""

    account: Account
    balance_poisha: int
    aged_poisha: tuple[int, ...]
    other_poisha: int
    parcels: int
    since: datetime | None


def money_of_parcel(
    connection: Connection,
    facts: Facts,
    item_number: ItemNumber,
    at: datetime,
    *,
    merchant: MerchantId | None = None,
    office: Postcode | None = None,
) -> ParcelMoney:
    """Where the parcel's money is. NotFound for another merchant's parcel; for an office, unless it delivers the parcel
    or has had its money."""
    consignment = load_consignment(connection, item_number, merchant)
    found = store.load_taka_of_item(connection, item_number)
    if office not in {None, consignment.delivery_office, *(one.office for one in found)}:
        raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
    terms = _terms(connection, consignment.merchant_id, at)
    return ParcelMoney(
        item_number=item_number,
        order_ref=consignment.order_ref,
        cod_poisha=consignment.cod_poisha,
        collected_poisha=sum(one.amount_poisha for one in found),
        money=tuple(_told(facts, one, 1, at, terms) for one in found),
    )


def money_of_merchant(connection: Connection, facts: Facts, merchant_id: MerchantId, at: datetime) -> AllMoney:
    """All money ever collected for the merchant, by where it is; NotFound if there is no such merchant."""
    load_merchant(connection, merchant_id)
    terms = _terms(connection, merchant_id, at)
    return _all(facts, store.load_held_for(connection, merchant_id), at, terms=terms)


def parcels_of_merchant(
    connection: Connection,
    facts: Facts,
    merchant_id: MerchantId,
    at: datetime,
    *,
    stage: Stage | None = None,
    after: str = "",
    limit: int = 100,
) -> list[tuple[Taka, Whereabouts]]:
    """The merchant's money tender by tender in the order of item numbers, those that come after ``item:transfer``."""
    terms = _terms(connection, merchant_id, at)
    found = store.load_taka_for(connection, merchant_id, stage, after, limit)
    return [(one, _told(facts, one, 1, at, terms)) for one in found]


def money_with(
    connection: Connection, facts: Facts, kind: str, holder: str, at: datetime, office: Postcode | None = None
) -> AllMoney:
    """What a rider, an agent, a provider or an office has: an office its till, what it paid in, and what its riders and
    agents carry. An office sees itself and its own; NotFound for others."""
    accounts = _accounts(connection, facts, kind, holder, office)
    sums = load_balances_of(connection, accounts)
    return _all(facts, store.load_held_at(connection, accounts), at, balance_poisha=sum(sums.values()))


def _accounts(
    connection: Connection, facts: Facts, kind: str, holder: str, office: Postcode | None
) -> Sequence[Account]:
    if kind == "office":
        code = facts.offices.get(latin_digits(holder)).postcode
        _refuse_strangers(office, code, holder)
        own = [account(_K.OFFICE_TILL, code), account(_K.BANK_IN_TRANSIT, code)]
        agents = [account(_K.AGENT_CASH, one.point_id) for one in facts.points.of_office(code) if one.is_agent]
        return [*own, *load_accounts_of(connection, _K.RIDER_CASH, code), *agents]
    if kind == "agent":
        return [account(_K.AGENT_CASH, facts.points.get(holder, office).point_id)]
    rider = kind == "rider"
    _refuse_strangers(office, latin_digits(holder).partition("-")[0] if rider else None, holder)
    return [account(_K.RIDER_CASH if rider else _K.PROVIDER_CLEARING, latin_digits(holder))]


def _refuse_strangers(office: Postcode | None, whose: str | None, holder: str) -> None:
    if office is not None and office != whose:
        raise NotFound(f"{holder} is not here", field="holder", remedy="name your own office, or one of its riders")


def ageing_by_place(connection: Connection, at: datetime) -> list[AgeingLine]:
    """Every account that holds money before the bank has it, by the days the money has been there."""
    return _aged_lines(connection, load_balances(connection, IN_PLACES), at)


def ageing_of_office(connection: Connection, facts: Facts, office: Postcode, at: datetime) -> list[AgeingLine]:
    """The same of one office: its till, what it paid in, and what its riders and agents carry."""
    accounts = _accounts(connection, facts, "office", office, None)
    return _aged_lines(connection, load_balances_of(connection, accounts), at)


def _aged_lines(connection: Connection, sums: dict[Account, int], at: datetime) -> list[AgeingLine]:
    return _lines(sums, store.load_aged_at(connection, [one for one, poisha in sums.items() if poisha], at))


def ageing_by_merchant(connection: Connection, at: datetime) -> list[AgeingLine]:
    """What every merchant is owed, by the days since it was collected; what was settled and carried forward, paid for a
    claim or refunded is no collection, and so ``other_poisha``."""
    sums = load_balances(connection, [_K.MERCHANT_PAYABLE])
    return _lines({one: standing(sums, one) for one in sums}, store.load_aged_for(connection, at))


def ageing(connection: Connection, at: datetime, by: str) -> list[AgeingLine]:
    """The one ``by`` ``place``, or the one by ``merchant``."""
    return ageing_by_merchant(connection, at) if by == "merchant" else ageing_by_place(connection, at)


def _lines(sums: dict[Account, int], aged: Iterable[Aged]) -> list[AgeingLine]:
    known = {one.account: one for one in aged}
    nothing = (0,) * len(store.BUCKET_DAYS)
    lines = []
    for one in sorted({*(name for name, poisha in sums.items() if poisha), *known}):
        found, balance = known.get(one), sums.get(one, 0)
        buckets = found.poisha if found else nothing
        lines.append(
            AgeingLine(
                account=one,
                balance_poisha=balance,
                aged_poisha=buckets,
                other_poisha=balance - sum(buckets),
                parcels=found.parcels if found else 0,
                since=found.since if found else None,
            )
        )
    return lines


def reconciles(connection: Connection) -> Check:
    """Whether the ways of the collections agree with the ledger, holder by holder and to the poisha.

    Riders, agents and providers hold the money of parcels, and besides only what was given back, what is held for
    nobody, and what the books began with. (What an agent keeps as commission, and a provider as its fee, leaves with
    the rest.) A till holds floats and change, too, and is counted every evening.
    """
    sums = {one: poisha for one, poisha in load_balances(connection, _ONLY_PARCELS).items() if poisha}
    found = defaultdict(int, store.load_besides(connection))
    for held in store.load_held_at(connection, list(sums)):
        found[held.place] += held.amount_poisha
    problems = [
        f"{one}: the ledger has {poisha} poisha, its parcels and refunds come to {found[one]}"
        for one, poisha in sorted(sums.items())
        if found[one] != poisha
    ]
    return Check("every_taka_is_where_its_way_led", len(sums), len(problems), tuple(problems[:MOST_EXAMPLES]))


_ONLY_PARCELS = (_K.RIDER_CASH, _K.AGENT_CASH, _K.PROVIDER_CLEARING)


def _terms(connection: Connection, merchant_id: str, at: datetime) -> Terms | None:
    return load_terms_on(connection, at.astimezone(DHAKA).date(), [merchant_id]).get(merchant_id)


def _all(
    facts: Facts,
    found: Sequence[Held],
    at: datetime,
    *,
    terms: Terms | None = None,
    balance_poisha: int | None = None,
) -> AllMoney:
    total = sum(one.amount_poisha for one in found)
    return AllMoney(
        money=tuple(_told(facts, _as_one(one), one.parcels, at, terms) for one in found),
        amount_poisha=total,
        other_poisha=0 if balance_poisha is None else balance_poisha - total,
    )


def _as_one(held: Held) -> Taka:
    """The money of many as if it were that of one, which has been there longest."""
    return Taka(
        transfer_id=UUID(int=0),
        item_number=ItemNumber(""),
        owed_to=held.place,
        taken_by=held.place,
        amount_poisha=held.amount_poisha,
        at=held.since,
        stage=held.stage,
        place=held.place,
        since=held.since,
        office=held.office,
        close_id=held.close_id,
        closed_at=held.closed_at,
        settlement_id=held.settlement_id,
    )


def _told(facts: Facts, one: Taka, parcels: int, at: datetime, terms: Terms | None) -> Whereabouts:
    """The money with what comes next, in words."""
    shown = replace(one, office=one.office or _parent(facts, one.place))
    due = due_at(shown, at, facts.money_rules, facts.cod_rules.on(at.astimezone(DHAKA).date()), terms)
    office = facts.offices.get(shown.office) if shown.office and shown.office in facts.offices else None
    return Whereabouts(
        stage=one.stage,
        place=one.place,
        office=shown.office,
        parcels=parcels,
        amount_poisha=one.amount_poisha,
        since=one.since,
        due_at=due,
        late=due is not None and due < at,
        close_id=one.close_id,
        settlement_id=one.settlement_id,
        text_en=sentence(shown, due, at, office.name_en if office else ""),
        text_bn=sentence(shown, due, at, office.name_bn if office else "", "bn"),
    )


def _parent(facts: Facts, place: Account) -> str | None:
    """The office that answers for an agent; None for whoever is no agent."""
    kind, owner = parse(place)
    points = (one for one in facts.points if one.point_id == owner) if kind is _K.AGENT_CASH else ()
    return next((one.office for one in points), None)
