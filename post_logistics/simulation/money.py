"""The offices' cash in a simulation, by the real closes, deposits and settlements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Count
from post_logistics.cod.day_close import OfficeClose, Slip
from post_logistics.cod.ledger import standing
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.money.settling import settle_all
from post_logistics.storage.database import Database
from post_logistics.storage.money.closes import load_closes
from post_logistics.storage.money.ledger import load_balances_of
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True)
class Till:
    """Counts and pays in what the books say is there: whether that is what was taken is for the invariants to say."""

    database: Database
    facts: Facts

    def close(self, offices: Sequence[Postcode], today: date, at: datetime) -> None:
        """Closes the day of those offices and of their riders."""
        rules = self.facts.cod_rules.on(today)
        for office in offices:
            with self.database.transaction() as connection:
                riders = self.facts.fleet.riders(office, "delivery")
                cash = {r.rider_id: account(AccountKind.RIDER_CASH, r.rider_id) for r in riders}
                held = load_balances_of(connection, list(cash.values()))
                for rider in riders:
                    close_rider_day(
                        connection,
                        self.facts,
                        rider=rider.rider_id,
                        office=office,
                        closed_on=today,
                        count=Count.in_fewest(
                            standing(held, cash[rider.rider_id]), rules, f"counter:{office}", rider.rider_id
                        ),
                        at=at,
                    )
                till = account(AccountKind.OFFICE_TILL, office)
                close_office_day(
                    connection,
                    self.facts,
                    office=office,
                    closed_on=today,
                    count=Count.in_fewest(
                        standing(load_balances_of(connection, [till]), till),
                        rules,
                        f"counter:{office}",
                        f"postmaster:{office}",
                    ),
                    at=at,
                )

    def settle(self, closed: Iterable[tuple[Postcode, date]], today: date, at: datetime) -> None:
        """Pays in and confirms what was closed today, and settles with every merchant."""
        offices = {office for office, on in closed if on == today}
        with self.database.transaction() as connection:
            for close in load_closes(connection, today):
                if isinstance(close, OfficeClose) and close.office in offices and close.to_deposit_poisha:
                    slip = Slip(
                        slip_number=f"SLIP-{close.office}-{today:%Y%m%d}",
                        bank="Sonali Bank",
                        branch=close.office,
                        deposited_at=at,
                        paid_in_by=f"postmaster:{close.office}",
                    )
                    pay_in(connection, close.close_id, slip, at)
                    confirm(connection, close.close_id, close.to_deposit_poisha, at + timedelta(minutes=1))
            settle_all(connection, self.facts, today, at)
