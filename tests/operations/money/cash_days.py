"""Random days of cash, driven through the real operations, and where each collection is, kept as a child would."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import text

from post_logistics.cod.accounts import Account, AccountKind, account, parse
from post_logistics.cod.counting import Variance
from post_logistics.cod.day_close import OfficeClose, Reopening
from post_logistics.cod.ledger import reverse, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import hand_in
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in, reopen
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances_of, load_transfers
from post_logistics.storage.orders.consignments import append_consignments
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import DHAKA, ItemNumber, MerchantId, Postcode, RiderId
from tests.closes import count, slip
from tests.operations.conftest import SHOP, consignment

OFFICE = Postcode("1216")
AGENT = "dc-1216-01"
_K = AccountKind
TILL, TRANSIT, BANK = account(_K.OFFICE_TILL, OFFICE), account(_K.BANK_IN_TRANSIT, OFFICE), account(_K.SETTLEMENT_BANK)
RIDERS = tuple(account(_K.RIDER_CASH, rider) for rider in ("1216-R01", "1216-R02"))
AGENT_CASH, PROVIDER = account(_K.AGENT_CASH, AGENT), account(_K.PROVIDER_CLEARING, "bkash")
PAYABLE = account(_K.MERCHANT_PAYABLE, SHOP)
PLACES = (*RIDERS, AGENT_CASH, PROVIDER, TILL, TRANSIT)
CODES = {
    _K.RIDER_CASH: Code.COLLECT,
    _K.OFFICE_TILL: Code.COLLECT_COUNTER,
    _K.AGENT_CASH: Code.COLLECT_AGENT,
    _K.PROVIDER_CLEARING: Code.COLLECT_DIGITAL,
    _K.RIDER_DEBT: Code.COLLECT_SHORT,
}


class CashDays:
    """An office, its riders, an agent and a provider; ``place`` says where each collection should be."""

    def __init__(self, connection: Connection, facts: Facts, at: datetime, parcels: int) -> None:
        self.connection, self.facts, self.at = connection, facts, at
        self.place: dict[UUID, str] = {}
        self.item: dict[UUID, str] = {}
        self.batch: dict[str, set[UUID]] = {}
        self.unpaid: dict[str, int] = {}  # what the office has counted and has yet to pay in
        self.turns: Counter[tuple[str, str]] = Counter()
        append_merchants(connection, [Merchant(MerchantId(SHOP), "Test Shop", "New Market, Dhaka", "account-1", at)])
        made = [consignment(7_000_000 + n, at, 100_000) for n in range(parcels)]
        append_consignments(connection, made, ["print"] * len(made))
        self.items = [one.item_number for one in made]

    def later(self, minutes: int = 1) -> datetime:
        self.at += timedelta(minutes=minutes)
        return self.at

    def held(self, name: Account) -> int:
        return standing(load_balances_of(self.connection, [name]), name)

    def collect(self, where: Account, poisha: int, item: str) -> UUID:
        kind, _ = parse(where)
        at = self.later()
        moved = transfer(
            CODES[kind],
            debit=where,
            credit=PAYABLE,
            amount_poisha=poisha,
            at=at,
            cause=f"{item}-{at}",
            item_number=ItemNumber(item),
        )
        append_transfers(self.connection, [moved])
        self.place[moved.transfer_id], self.item[moved.transfer_id] = where, item
        return moved.transfer_id

    def take_back(self, collection: UUID) -> None:
        (moved,) = load_transfers(self.connection, ids=[collection])
        append_transfers(self.connection, [reverse(moved, at=self.later(), cause="mistake")])
        del self.place[collection]

    def _move(self, source: str, target: str) -> set[UUID]:
        gone = {one for one, place in self.place.items() if place == source}
        self.place.update(dict.fromkeys(gone, target))
        return gone

    def _turn(self, holder: str) -> int:
        key = (holder, str(self.at.astimezone(DHAKA).date()))
        self.turns[key] += 1
        return self.turns[key]

    def close_rider(self, cash: Account, counted: int | None = None) -> str:
        _, rider = parse(cash)
        expected, at = self.held(cash), self.later()
        given = expected if counted is None else counted
        close = close_rider_day(
            self.connection,
            self.facts,
            rider=RiderId(rider),
            office=OFFICE,
            closed_on=at.astimezone(DHAKA).date(),
            count=count(given, None if given == expected else Variance.NOT_KNOWN),
            at=at,
            turn=self._turn(rider),
        )
        self.batch[close.close_id] = self._move(cash, TILL)
        return close.close_id

    def hand_in_agent(self) -> None:
        if cash := self.held(AGENT_CASH):
            point = replace(self.facts.points[AGENT], takes_cash=True)
            hand_in(
                self.connection,
                self.facts,
                point,
                hand_in_id=UUID(int=int(self.at.timestamp())),
                count=count(cash),
                at=self.later(),
            )
            self._move(AGENT_CASH, TILL)

    def close_office(self, counted: int | None = None) -> OfficeClose | None:
        """None while a rider has cash: the office does not close."""
        expected, at = self.held(TILL), self.later()
        given = expected if counted is None else counted
        try:
            with self.connection.begin_nested():
                close = close_office_day(
                    self.connection,
                    self.facts,
                    office=OFFICE,
                    closed_on=at.astimezone(DHAKA).date(),
                    count=count(given, None if given == expected else Variance.NOT_KNOWN),
                    at=at,
                    turn=self._turn("office"),
                )
        except Conflict:
            self.turns[("office", str(at.astimezone(DHAKA).date()))] -= 1
            return None
        if close.to_deposit_poisha:
            waiting = set().union(*(self.batch[one] for one in self.unpaid))
            self.batch[close.close_id] = {one for one, place in self.place.items() if place == TILL} - waiting
            self.unpaid[close.close_id] = close.to_deposit_poisha
        return close

    def pay_in(self, close_id: str) -> None:
        at = self.later()
        pay_in(self.connection, close_id, slip(f"S-{at.isoformat()}", at), at)
        del self.unpaid[close_id]
        self.place.update(dict.fromkeys(self.batch[close_id] & self.place.keys(), TRANSIT))

    def confirm(self, close_id: str, poisha: int) -> None:
        confirm(self.connection, close_id, poisha, self.later())
        self.place.update(dict.fromkeys(self.batch[close_id] & self.place.keys(), BANK))

    def reopen(self, close_id: str, cash: Account) -> bool:
        """False where the money has gone on."""
        again = Reopening(
            close_id=close_id, why="miscounted", opened_by="clerk", countersigned_by="master", opened_at=self.later()
        )
        try:
            with self.connection.begin_nested():
                reopen(self.connection, again)
        except Conflict:
            return False
        self.place.update(dict.fromkeys(self.batch[close_id] & self.place.keys(), cash))
        return True

    def match(self, collection: UUID) -> None:
        """The provider's money for it is on the bank's statement."""
        self.connection.execute(
            text(
                "with one as (insert into matches (match_id, source, rule, explanation, difference_poisha, made_by, "
                "made_at) values (:id, 'bank', 'test', '{}', 0, 'test', :at)) insert into match_entries (match_id, "
                "kind, entry_id, amount_poisha, standing) values (:id, 'collection', cast(:id as text), 1, true)"
            ),
            {"id": collection, "at": self.later()},
        )
        (taken,) = load_transfers(self.connection, ids=[collection])
        moved = transfer(
            Code.DIGITAL_CONFIRMED,
            debit=BANK,
            credit=PROVIDER,
            amount_poisha=taken.amount_poisha,
            at=self.at,
            cause=f"match-{collection}",
        )
        append_transfers(self.connection, [moved])
        self.place[collection] = BANK

    def at_random(self, chance: Random) -> None:  # noqa: PLR0912 - a branch for each thing that happens
        """One step of a day."""
        step = chance.random()
        if step < 0.45:
            where = chance.choices((*RIDERS, TILL, AGENT_CASH, PROVIDER), (6, 6, 2, 2, 2))[0]
            self.collect(where, chance.choice((chance.randint(1, 90_00), chance.randint(1, 5_000_00))),
                         chance.choice(self.items))  # fmt: skip
        elif step < 0.62:
            cash = chance.choice(RIDERS)
            expected = self.held(cash)
            counted = chance.choice((expected, expected, max(expected - chance.randint(0, 50_00), 0), expected + 7))
            close_id = self.close_rider(cash, counted)
            if chance.random() < 0.2:
                self.reopen(close_id, cash)
        elif step < 0.68:
            self.hand_in_agent()
        elif step < 0.80:
            for cash in RIDERS if chance.random() < 0.7 else ():
                self.close_rider(cash)
            self.close_office()
        elif step < 0.88 and self.unpaid:
            self.pay_in(chance.choice(sorted(self.unpaid)))
        elif step < 0.94:
            for close_id, poisha in self.in_transit().items():
                self.confirm(close_id, poisha)
        else:
            loose = sorted(one for one, place in self.place.items() if place == PROVIDER)
            if loose:
                self.match(chance.choice(loose))
            carried = sorted(one for one, place in self.place.items() if place in RIDERS)
            if carried and chance.random() < 0.5:
                self.take_back(chance.choice(carried))
        if chance.random() < 0.1:
            self.later(60 * 24)

    def in_transit(self) -> dict[str, int]:
        """Closes paid in that the bank has yet to confirm -> poisha."""
        rows = self.connection.execute(
            text(
                "select d.close_id, d.amount_poisha from deposits d where not exists (select from transfers t "
                "where t.cause = d.close_id and t.code = 'deposit_confirmed')"
            )
        )
        return {row.close_id: row.amount_poisha for row in rows}
