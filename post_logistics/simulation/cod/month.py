"""What truly happens in a month: who pays how much and how, what each office pays in, what merchants are paid.

Everything is columns: a collection is a position in arrays, and so is an entry. The same recipe makes the same month.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Texts = NDArray[np.bytes_]

FIRST_DAY = date(2026, 10, 1)
DAYS = 31
CHARM_TAKA = (190, 290, 390, 490, 550, 590, 690, 750, 790, 850, 890, 950, 990, 1090, 1190, 1250, 1290, 1390, 1490)
ROUND_TAKA = (300, 400, 500, 600, 700, 800, 1000, 1200, 1500, 1800, 2000, 2500, 3000, 3500, 4500)
DELIVERY_TAKA = (0, 60, 80, 110, 120, 130)
"""What shops ask: charm prices, round ones, and the delivery charge on top. So thousands of parcels cost the same."""
DEPOSIT_MINIMUM_POISHA = 500_00
_FRIDAY, _SATURDAY = 4, 5
_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_SLIPS_IN_A_BOOK = 50
_DAYS_UNTIL_PAID = 7


class Tender(IntEnum):
    """How a recipient pays; all but cash are held by the provider of that name first."""

    CASH = 0
    QR = 1
    CARD = 2
    WALLET = 3
    PURSE = 4


FEE_BPS = {Tender.QR: 0, Tender.CARD: 150, Tender.WALLET: 100, Tender.PURSE: 120}
"""What a provider keeps, in hundredths of a percent: a card of each payment, wallets of a day's sum."""
IN_ONE_SUM = (Tender.WALLET, Tender.PURSE)
"""Providers that pay a day's payments in one sum; the others pay one by one."""


class Kind(IntEnum):
    """What the books expect to see on a statement."""

    DEPOSIT = 0
    COLLECTION = 1
    PAYOUT = 2
    RETURN = 3
    """A payout that may come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How often a statement is not as it should be; each as a share of the lines that it can happen to."""

    buried: float = 0.03
    bangla: float = 0.01
    swapped: float = 0.004
    wrong_digit: float = 0.004
    nameless: float = 0.003
    anonymous: float = 0.001
    truncated: float = 0.002
    late: float = 0.005
    beyond: float = 0.003
    duplicate: float = 0.002
    merged: float = 0.03
    split: float = 0.01
    miscounted: float = 0.003
    stranger: float = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What month to make. ``price_poisha``: one price for everything, 0 for those of the shops; ``digital``: the share
    that is not paid in cash."""

    parcels: int
    seed: int
    digital: float = 0.45
    price_poisha: int = 0
    payouts: bool = True
    noise: Noise = field(default_factory=Noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    """What was paid, (n,) each: a row per tender. A parcel's first is at the parcel's own position."""

    parcel: Ints
    tender: Ints
    amount_poisha: Ints
    entry: Ints
    """The entry by which it should come to the bank; -1 for cash still in a till when the month ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What the books expect, (m,) each: deposits, digital collections, payouts, and that these may come back.

    Days count from the month's first.
    """

    kind: Ints
    owner: Ints
    """Position of the office, the tender, position of the merchant."""
    day: Ints
    amount_poisha: Ints
    """Above zero for money that comes in, below for a payout."""
    reference: Texts
    closed_day: Ints
    """Of a deposit: the day whose close it pays in; else the day itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The truth. ``items``: (parcels,) item numbers; ``office``, ``merchant``, ``day``, ``price_poisha``: of parcels;
    ``short_poisha``: (offices, days), what riders were short of at the close, below zero for an excess."""

    recipe: Recipe
    offices: tuple[tuple[str, str], ...]
    """Postcode and name."""
    items: Texts
    office: Ints
    merchant: Ints
    day: Ints
    price_poisha: Ints
    booked_poisha: Ints
    """What each was booked at, before its shop agreed to another price."""
    at_agent: NDArray[np.bool_]
    """Which are handed over for cash by an agent, who keeps a commission, rather than by a rider."""
    short_poisha: Ints
    collections: Collections
    entries: Entries

    def collection_id(self, collection: int) -> str:
        """The item number and which of the parcel's payments it is: stable, and no other's."""
        number = self.items[self.collections.parcel[collection]].decode()
        return f"{number}-{1 + (collection >= len(self.items))}"


def make_month(recipe: Recipe, offices: Sequence[tuple[str, str]]) -> Month:
    """The month of that recipe at these offices (postcode, name)."""
    chance = np.random.default_rng([recipe.seed, 1])
    n = recipe.parcels
    office = _pick(chance, n, len(offices))
    merchant = _pick(chance, n, min(2_500, max(4, n // 400)))
    weekday = (np.arange(DAYS) + FIRST_DAY.weekday()) % 7
    day = chance.choice(DAYS, n, p=_shares(np.where(weekday == _FRIDAY, 0.4, 1.0)))
    price = _prices(chance, n) if not recipe.price_poisha else np.full(n, recipe.price_poisha, np.int64)
    parcel, tender, amount = _tenders(chance, price, recipe.digital)
    cash = np.flatnonzero(tender == Tender.CASH)
    short = _shortages(chance, len(offices))
    deposits, deposit_of = _deposits(chance, office[parcel[cash]], day[parcel[cash]], amount[cash], short)
    digital = np.flatnonzero(tender != Tender.CASH)
    entry = np.empty(len(parcel), np.int64)
    entry[cash] = deposit_of
    entry[digital] = len(deposits.kind) + np.arange(len(digital))
    payments = Entries(
        kind=np.full(len(digital), Kind.COLLECTION),
        owner=tender[digital],
        day=day[parcel[digital]],
        amount_poisha=amount[digital],
        reference=_references(chance, tender[digital]),
        closed_day=day[parcel[digital]],
    )
    payouts = _payouts(merchant, day, price) if recipe.payouts else _none(deposits)
    return Month(
        recipe=recipe,
        offices=tuple(offices),
        items=_items(n),
        office=office,
        merchant=merchant,
        day=day,
        price_poisha=price,
        booked_poisha=_booked(recipe, price),
        at_agent=_at_agent(recipe, tender[:n]),
        short_poisha=short,
        collections=Collections(parcel=parcel, tender=tender, amount_poisha=amount, entry=entry),
        entries=_joined([deposits, payments, payouts, _coming_back(payouts)]),
    )


def banking_days() -> Ints:
    """(DAYS + 60,) for each day the first, itself or later, on which banks are open."""
    days = np.arange(DAYS + 60)
    weekday = (days + FIRST_DAY.weekday()) % 7
    opens: Ints = days + np.select([weekday == _FRIDAY, weekday == _SATURDAY], [2, 1], 0)
    return opens


def fees(tender: Ints, amount_poisha: Ints) -> Ints:
    """What providers of those tenders keep of those amounts, half a poisha up."""
    bps = np.array([FEE_BPS.get(one, 0) for one in Tender])[tender]
    kept: Ints = (amount_poisha * bps + 5_000) // 10_000
    return kept


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _pick(chance: np.random.Generator, n: int, of: int) -> Ints:
    """(n,) positions of so many, a few of them large and most small."""
    return chance.choice(of, n, p=_shares(chance.lognormal(0.0, 0.8, of)))


def _prices(chance: np.random.Generator, n: int) -> Ints:
    """Half charm, half round, mostly with a delivery charge; one in fifty is anything, down to the poisha."""
    taka = np.where(chance.random(n) < 0.5, chance.choice(CHARM_TAKA, n), chance.choice(ROUND_TAKA, n))
    poisha = (taka + chance.choice(DELIVERY_TAKA, n)) * 100
    return np.where(chance.random(n) < 0.02, chance.integers(150_00, 9_000_00, n), poisha).astype(np.int64)


def _booked(recipe: Recipe, price: Ints) -> Ints:
    """One parcel in fifty was booked at another price than its shop and its recipient agree on at the door."""
    chance = np.random.default_rng([recipe.seed, 3])
    other = np.maximum(price + chance.choice([-100_00, -20_00, 50_00, 110_00], len(price)), 10_00)
    return np.where(chance.random(len(price)) < 0.02, other, price).astype(np.int64)


def _at_agent(recipe: Recipe, tender: Ints) -> NDArray[np.bool_]:
    """One in twenty of the parcels that are paid in cash."""
    chance = np.random.default_rng([recipe.seed, 4])
    of: NDArray[np.bool_] = (tender == Tender.CASH) & (chance.random(len(tender)) < 0.05)
    return of


def _tenders(chance: np.random.Generator, price: Ints, digital: float) -> tuple[Ints, Ints, Ints]:
    """Parcel, tender, amount of every payment; one in fifty that pays without cash pays a part of it in cash."""
    n = len(price)
    share = np.array([1 - digital, digital * 0.6, digital * 0.16, digital * 0.13, digital * 0.11])
    tender = chance.choice(len(Tender), n, p=_shares(share))
    mixed = np.flatnonzero((tender != Tender.CASH) & (chance.random(n) < 0.02) & (price > 200_00))
    part = chance.integers(1, price[mixed] // 100_00) * 100_00
    first = price.copy()
    first[mixed] -= part
    return (
        np.concatenate([np.arange(n), mixed]),
        np.concatenate([tender, np.full(len(mixed), int(Tender.CASH))]),
        np.concatenate([first, part]),
    )


def _shortages(chance: np.random.Generator, offices: int) -> Ints:
    """One close in fifty is short or over by some taka."""
    off = chance.choice([-100_00, -50_00, -10_00, 10_00, 20_00, 50_00, 100_00], (offices, DAYS))
    return np.where(chance.random((offices, DAYS)) < 0.02, off, 0).astype(np.int64)


def _deposits(chance: np.random.Generator, office: Ints, day: Ints, amount: Ints, short: Ints) -> tuple[Entries, Ints]:
    """What offices pay in, and for each cash collection the position of its deposit, -1 if its till was not emptied.

    A till closes every evening and is paid in on the next banking day if it holds enough; ``short`` loses what was
    never in a till.
    """
    offices = len(short)
    taken = np.zeros((offices, DAYS), np.int64)
    np.add.at(taken, (office, day), amount)
    short[...] = np.where(taken > np.abs(short), short, 0)
    paid = np.zeros_like(taken)
    till = np.zeros(offices, np.int64)
    for on in range(DAYS):
        till += taken[:, on] - short[:, on]
        paid[:, on] = np.where(till >= DEPOSIT_MINIMUM_POISHA, till, 0)
        till -= paid[:, on]
    where, closed = np.nonzero(paid)
    number = np.full((offices, DAYS), -1)
    number[where, closed] = np.arange(len(where))
    for on in reversed(range(DAYS - 1)):
        number[:, on] = np.where(number[:, on] < 0, number[:, on + 1], number[:, on])
    nth = np.arange(len(where)) - np.searchsorted(where, where)
    books = chance.choice(1_700_000, offices, replace=False) * _SLIPS_IN_A_BOOK + 10_000_000
    deposits = Entries(
        kind=np.full(len(where), Kind.DEPOSIT),
        owner=where,
        day=banking_days()[closed + 1],
        amount_poisha=paid[where, closed],
        reference=(books[where] + nth).astype("S12"),
        closed_day=closed,
    )
    return deposits, number[office, day]


def _references(chance: np.random.Generator, tender: Ints) -> Texts:
    """Ten letters and digits of a wallet or a QR, some digits always among them; twelve digits of a card."""
    digits = chance.integers(0, 36, (len(tender), 12))
    digits[:, ::3] %= 10
    digits[tender == Tender.CARD] %= 10
    letters = _ALPHABET[digits]
    letters[tender != Tender.CARD, 10:] = 0
    return np.ascontiguousarray(letters).view("S12").ravel()


def _payouts(merchant: Ints, day: Ints, price: Ints) -> Entries:
    """A payout a week to each merchant: what was collected less postage and fee, where there is enough."""
    weeks = DAYS // _DAYS_UNTIL_PAID
    merchants = int(merchant.max()) + 1
    week = np.minimum(day // _DAYS_UNTIL_PAID, weeks)
    due = np.zeros((merchants, weeks + 1), np.int64)
    np.add.at(due, (merchant, week), price - price // 100 - 60_00)
    who, when = np.nonzero(due[:, :weeks] > 100_00)
    on = banking_days()[(when + 1) * _DAYS_UNTIL_PAID + who % 5]
    return Entries(
        kind=np.full(len(who), Kind.PAYOUT),
        owner=who,
        day=on,
        amount_poisha=-due[who, when],
        reference=(100_000_000 + who * 1_000 + when * 37 + who * when % 7).astype("S12"),
        closed_day=on,
    )


def _coming_back(payouts: Entries) -> Entries:
    return replace(payouts, kind=np.full(len(payouts.kind), Kind.RETURN), amount_poisha=-payouts.amount_poisha)


def _none(like: Entries) -> Entries:
    return Entries(**{name: getattr(like, name)[:0] for name in Entries.__dataclass_fields__})


def _joined(parts: Sequence[Entries]) -> Entries:
    return Entries(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in Entries.__dataclass_fields__})


def _items(n: int) -> Texts:
    """(n,) item numbers DP10000000xBD and on, with their check digits (UPU S10)."""
    serial = 10_000_000 + np.arange(n)
    digits = serial[:, None] // 10 ** np.arange(7, -1, -1) % 10
    check = 11 - digits @ np.array([8, 6, 4, 2, 3, 5, 9, 7]) % 11
    check = np.select([check == 10, check == 11], [0, 5], check)
    text = np.concatenate([digits, check[:, None]], axis=1).astype(np.uint8) + ord("0")
    head, tail = (np.broadcast_to(np.frombuffer(end, np.uint8), (n, 2)) for end in (b"DP", b"BD"))
    return np.ascontiguousarray(np.concatenate([head, text, tail], axis=1)).view("S13").ravel()
