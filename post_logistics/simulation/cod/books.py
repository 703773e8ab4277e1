"""The month lived through by the real operations: booked, paid, closed, paid in, imported, matched, settled, proved."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np

from post_logistics.channels.payments.port import Call, DailyFile, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import OfficeClose, Slip
from post_logistics.cod.ledger import standing
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.cod.rules import CodRules
from post_logistics.cod.tenders import Digital
from post_logistics.consignments.booking import Order
from post_logistics.consignments.merchants import Merchant
from post_logistics.network.collection_points import CentreService, CollectionPoint, PointKind
from post_logistics.network.offices import PostOffice
from post_logistics.network.resolve import Hints
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.money.agents import hand_in, pay_in_float, standing_of_agent
from post_logistics.operations.money.closing import close_office_day, close_rider_day, pay_in
from post_logistics.operations.money.payments import Requested, hear, request_payment
from post_logistics.operations.money.prices import ask_price, decide_price
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, book
from post_logistics.simulation.cod.month import DAYS, FIRST_DAY, Kind, Month, Tender
from post_logistics.simulation.country import Country
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances_of
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, MerchantId, Postcode, RiderId

_BATCH = 2_000
_BANK, _BRANCH = "Made-up Bank", "Main Branch"
_TO_THE_DOOR = (
    (Event.ACCEPTED, timedelta(hours=8), "office"),
    (Event.AT_DELIVERY_OFFICE, timedelta(hours=9), "office"),
    (Event.OUT_FOR_DELIVERY, timedelta(hours=10), "rider"),
)
_TO_THE_AGENT = (*_TO_THE_DOOR[:2], (Event.AT_PICKUP_POINT, timedelta(hours=10), "agent"))
_AGREED, _ASKED, _HANDED, _HANDED_IN, _COUNTED, _PAID_IN = (timedelta(hours=h) for h in (12, 13, 14, 19, 20, 11))
_CHANGES, _HAND_INS = UUID("7b0c8a52-64f5-4a8e-9f55-0d6c6f3a1b01"), UUID("7b0c8a52-64f5-4a8e-9f55-0d6c6f3a1b02")


@dataclass(slots=True)
class Payer:
    """A provider whose recipients pay at once what they are asked, under the reference that the month gave them."""

    name: str
    reference: str = ""
    _paid: dict[str, Word] = field(default_factory=dict)

    def offer(self, wanted: Wanted) -> Offer:
        """A page, and the payment with it."""
        self._paid[wanted.payment_id] = Word(
            Said.PAID, wanted.payment_id, wanted.amount_poisha, CURRENCY, self.reference
        )
        return Offer(url=f"https://{self.name}.invalid/{wanted.payment_id}")

    def status(self, asked: Handle) -> Word:
        """What was paid."""
        return self._paid[asked.payment_id]

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Nothing: nobody asks for it back in such a month."""
        return GivenBack(done=False, refused=True, why="not in this month")

    def called(self, call: Call) -> str | None:
        """Nothing: it never calls."""
        return None

    def daily_file(self, on: date) -> DailyFile | None:
        """None: what it pays is on the bank's statement."""
        return None


@dataclass(slots=True)
class Books:
    """A month, and the database that hears of it day by day."""

    database: Database
    country: Country
    month: Month
    rules: CodRules
    payers: dict[int, Payer] = field(init=False)
    numbers: list[str] = field(init=False)
    """Of the parcels, as they were booked."""
    rejected: int = 0
    _close_of: dict[tuple[int, int], str] = field(default_factory=dict)
    """Office and day -> the close with which its cash is paid in."""
    agents: dict[Postcode, CollectionPoint] = field(init=False)

    def __post_init__(self) -> None:
        """Sets up the providers, and an agent at each office."""
        self.agents = {one.postcode: _agent(one) for one in self.country.offices}
        self.payers = {t: Payer(t.name.lower()) for t in Tender if t is not Tender.CASH}

    def book(self) -> None:
        """Registers the shops and books every parcel, the evening before the month."""
        at, month = self._at(-1, _COUNTED), self.month
        homes = self.country.offices
        shops = [
            Merchant(MerchantId(f"shop-{n:04d}"), f"Shop {n}", _place(homes[n % len(homes)]), f"account-{n:04d}", at)
            for n in range(int(month.merchant.max()) + 1)
        ]
        with self.database.transaction() as connection:
            append_merchants(connection, shops)
        numbers = Numbers(self.database, self.country.facts.number_key)
        booked: list[str] = []
        for start in range(0, len(month.office), _BATCH):
            asked = [self._order(n, shops) for n in range(start, min(start + _BATCH, len(month.office)))]
            with self.database.transaction() as connection:
                verdicts = book(connection, self.country.facts, numbers, asked, at)
            booked += [one.item_number for one in verdicts]
        assert all(booked), "every parcel is booked"
        self.numbers = booked

    def _order(self, parcel: int, shops: Sequence[Merchant]) -> Asked:
        month = self.month
        shop, office = shops[month.merchant[parcel]], self.country.offices[month.office[parcel]]
        order = Order(
            merchant=shop.name,
            order_ref=f"M-{parcel}",
            store_address=shop.store_address,
            recipient_name=f"Recipient {parcel}",
            recipient_phone=f"+88017{parcel:08d}",
            recipient_address=f"House {1 + parcel % 99}, Road {1 + parcel % 40}, {_place(office)}",
            weight_g=500,
            weight_assumed=False,
            cod_poisha=int(month.booked_poisha[parcel]),
            declared_value_poisha=0,
            description="",
            note="",
        )
        return Asked(order=order, merchant=shop, hints=Hints(postcode=office.postcode))

    def live(self, day: int) -> None:
        """A day: slips are paid in, parcels are handed over and paid, riders and offices close."""
        self._pay_in(day)
        parcels = np.flatnonzero(self.month.day == day).tolist()
        if not parcels:
            return
        self._agree_on_prices(day, parcels)
        digital = self._pay_digitally(day, parcels)
        for start in range(0, len(parcels), _BATCH):
            self._hand_over(day, parcels[start : start + _BATCH], digital)
        self._close(day, parcels)

    def _agree_on_prices(self, day: int, parcels: Sequence[int]) -> None:
        """Where a parcel costs something else than it was booked at, a clerk asks and the shop agrees."""
        month, at = self.month, self._at(day, _AGREED)
        facts = self.country.facts
        for parcel in parcels:
            if month.booked_poisha[parcel] != month.price_poisha[parcel]:
                with self.database.transaction() as connection:
                    change = ask_price(
                        connection,
                        facts.booking_rules,
                        number=self.numbers[parcel],
                        change_id=uuid5(_CHANGES, self.numbers[parcel]),
                        price_poisha=int(month.price_poisha[parcel]),
                        why="agreed by telephone",
                        by="clerk",
                        actor=Actor(),
                        at=at,
                    )
                    decide_price(connection, change.change_id, approved=True, by="shop", merchant=None, at=at)

    def _pay_digitally(self, day: int, parcels: Sequence[int]) -> dict[int, Digital]:
        """Parcel -> the payment that its recipient made, for those that are not paid in cash alone."""
        paid, entries = self.month.collections, self.month.entries
        made = {}
        for parcel in parcels:
            if paid.tender[parcel] == Tender.CASH:
                continue
            payer = self.payers[int(paid.tender[parcel])]
            payer.reference = entries.reference[paid.entry[parcel]].decode()
            asked = Requested(self.numbers[parcel], "door", "rider", int(paid.amount_poisha[parcel]))
            at = self._at(day, _ASKED)
            payment = request_payment(self.database, {payer.name: payer}, self.country.facts, asked, Actor(), at)
            hear(self.database, {payer.name: payer}, payment.payment_id, at)
            made[parcel] = Digital(payment.payment_id, payment.amount_poisha)
        return made

    def _hand_over(self, day: int, parcels: Sequence[int], digital: dict[int, Digital]) -> None:
        cash = self._cash()
        claims = [
            Claim(self._scan(n, day, *step, step_no))
            for way in (_TO_THE_DOOR, _TO_THE_AGENT)
            for step_no, step in enumerate(way)
            for n in parcels
            if self.month.at_agent[n] == (way is _TO_THE_AGENT)
        ]
        last = len(_TO_THE_DOOR)
        claims += [
            Claim(
                self._scan(parcel, day, Event.DELIVERED_CLAIMED, _HANDED, self._hands(parcel), last),
                collected_poisha=int(cash[parcel]),
                digital=(digital[parcel],) if parcel in digital else (),
            )
            for parcel in parcels
        ]
        with self.database.transaction() as connection:
            commission = self.country.facts.commissions.on(FIRST_DAY + timedelta(days=day))[CentreService.HAND_OVER]
            agents = {point.holder: commission for point in self.agents.values()}
            verdicts = deliver(connection, claims, rules=self.rules, agents=agents)
        self.rejected += sum(one.outcome is ScanOutcome.REJECTED for one in verdicts)

    def _cash(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(parcels,) poisha of each that is paid in cash."""
        paid = self.month.collections
        cash = np.zeros(len(self.month.office), np.int64)
        of = paid.tender == Tender.CASH
        np.add.at(cash, paid.parcel[of], paid.amount_poisha[of])
        return cash

    def _scan(self, parcel: int, day: int, event: Event, hour: timedelta, who: str, step: int) -> Scan:
        office = self.country.offices[self.month.office[parcel]].postcode
        at, device = self._at(day, hour), f"phone-{office}"
        sequence = parcel * 10 + step
        return Scan(
            scan_id=scan_id_of(device, sequence),
            item_number=ItemNumber(self.numbers[parcel]),
            event=event,
            occurred_at=at,
            recorded_at=at,
            clock_offset_s=0,
            device_id=device,
            sequence=sequence,
            office=office,
            holder={
                "office": f"office:{office}",
                "rider": f"rider:{_rider(office)}",
                "agent": self.agents[office].holder,
            }[who],
        )

    def _hands(self, parcel: int) -> str:
        return "agent" if self.month.at_agent[parcel] else "rider"

    def _close(self, day: int, parcels: Sequence[int]) -> None:
        cash = self._cash()
        taken: defaultdict[int, int] = defaultdict(int)
        for parcel in parcels:
            taken[int(self.month.office[parcel])] += int(cash[parcel])
        for office in sorted(one for one, amount in taken.items() if amount):
            with self.database.transaction() as connection:
                self._hand_in(connection, office, day)
                close = self._close_one(connection, office, day)
            if close.to_deposit_poisha:
                self._close_of[office, day] = close.close_id

    def _hand_in(self, connection: Connection, office: int, day: int) -> None:
        """The agent hands in its cash, and pays in as float what it keeps of it as commission: the till has it all."""
        code = self.country.offices[office].postcode
        point, at = self.agents[code], self._at(day, _HANDED_IN)
        stood = standing_of_agent(connection, point.point_id)
        if not stood.cash_poisha:
            return
        count = Count.in_fewest(stood.cash_poisha - stood.commission_poisha, self.rules, f"counter:{code}", "agent")
        turn = uuid5(_HAND_INS, f"{point.point_id}/{day}")
        hand_in(connection, self.country.facts, point, hand_in_id=turn, count=count, at=at)
        pay_in_float(connection, point, stood.commission_poisha, turn, at)

    def _close_one(self, connection: Connection, office: int, day: int) -> OfficeClose:
        """Closes the rider, who may be short or over, and then the office."""
        code, at = self.country.offices[office].postcode, self._at(day, _COUNTED)
        rider, till = _rider(code), account(AccountKind.OFFICE_TILL, code)
        held = account(AccountKind.RIDER_CASH, rider)
        short = int(self.month.short_poisha[office, day])
        counted = standing(load_balances_of(connection, [held]), held) - short
        reason = Variance.CHANGE_WRONG if short else None
        count = Count.in_fewest(counted, self.rules, f"counter:{code}", rider, reason)
        facts, on = self.country.facts, FIRST_DAY + timedelta(days=day)
        close_rider_day(connection, facts, rider=rider, office=code, closed_on=on, count=count, at=at)
        counted = standing(load_balances_of(connection, [till]), till)
        count = Count.in_fewest(counted, self.rules, f"counter:{code}", f"postmaster:{code}")
        return close_office_day(connection, facts, office=code, closed_on=on, count=count, at=at)

    def _pay_in(self, day: int) -> None:
        """Pays in what the month says is paid in on that day."""
        entries, at = self.month.entries, self._at(day, _PAID_IN)
        for entry in np.flatnonzero((entries.kind == Kind.DEPOSIT) & (entries.day == day)).tolist():
            close_id = self._close_of[int(entries.owner[entry]), int(entries.closed_day[entry])]
            slip = Slip(
                slip_number=entries.reference[entry].decode(),
                bank=_BANK,
                branch=_BRANCH,
                deposited_at=at,
                paid_in_by="messenger",
            )
            with self.database.transaction() as connection:
                paid_in = pay_in(connection, close_id, slip, at)
            assert paid_in.amount_poisha == entries.amount_poisha[entry], "the till holds what the month says"

    @staticmethod
    def _at(day: int, hour: timedelta) -> datetime:
        return datetime.combine(FIRST_DAY, datetime.min.time(), DHAKA) + timedelta(days=day) + hour


def days_to_live() -> range:
    """The days of the month, and those after it until its last slips are paid in."""
    return range(DAYS + 3)


def renumbered(month: Month, numbers: Sequence[str]) -> Month:
    """The month under the numbers that its parcels were booked with."""
    return replace(month, items=np.array(numbers, "S13"))


def _rider(office: Postcode) -> RiderId:
    return RiderId(f"{office}-R01")


def _agent(office: PostOffice) -> CollectionPoint:
    return CollectionPoint(
        point_id=f"dc-{office.postcode}-99",
        kind=PointKind.DIGITAL_CENTRE,
        name_en=f"{office.name_en} digital centre",
        name_bn=office.name_bn,
        office=office.postcode,
        lat_deg=23.8,
        lon_deg=90.4,
        capacity_parcels=10**6,
        takes_cash=True,
        hours="",
    )


def _place(office: object) -> str:
    return f"{office.name_en}, {office.thana}, {office.district} {office.postcode}"  # type: ignore[attr-defined]
