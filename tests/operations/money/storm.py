"""A storm of callbacks: every payment called about three times, in any order, by several at once, at four gateways."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

from pydantic import SecretStr

from post_logistics.channels.payments.choosing import payment_providers
from post_logistics.channels.payments.port import Call, PaymentProvider
from post_logistics.cod.ledger import Transfer, breaches
from post_logistics.cod.proof import check_books
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payments import Requested, hear_called, hear_due, request_payment
from post_logistics.settings import Bkash as BkashSettings
from post_logistics.settings import EkPay as EkPaySettings
from post_logistics.settings import Nagad as NagadSettings
from post_logistics.settings import Settings
from post_logistics.settings import SslCommerz as SslCommerzSettings
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.payments import Payment
from tests.standins import bkash, ekpay, nagad, sslcommerz
from tests.standins.serving import Fault, Standin, served

AMOUNT_POISHA = 100_000
SHORT_POISHA = 99_999
_SHORT = "999.99"
THREADS = 6


class Gateways:
    """The four, and what their payers do."""

    def __init__(self, at: datetime) -> None:
        self.ekpay = ekpay.EkPay(clock=lambda: at)
        self.bkash = bkash.Bkash(clock=lambda: at)
        self.nagad = nagad.Nagad(clock=lambda: at)
        self.sslcommerz = sslcommerz.SslCommerz(clock=lambda: at)

    def all(self) -> list[Standin]:
        """Every one."""
        return [self.ekpay, self.bkash, self.nagad, self.sslcommerz]

    def pay(self, payment: Payment, amount: str = "") -> None:
        """The payer pays what was asked, or that amount."""
        ref = payment.session_ref or ""
        if payment.provider == "bkash":
            self.bkash.payments[ref].amount = amount or self.bkash.payments[ref].amount
            self.bkash.verify(ref)
        elif payment.provider == "nagad":
            self.nagad.pay(ref, amount=amount)
        elif payment.provider == "ekpay":
            self.ekpay.pay(payment.payment_id, amount)
        else:
            self.sslcommerz.pay(payment.payment_id, amount=amount)

    def call(self, payment: Payment) -> Call:
        """What the gateway sends about it, whatever is true."""
        ref = payment.session_ref or ""
        if payment.provider == "bkash":
            return Call(query={"paymentID": ref, "status": "success"})
        if payment.provider == "nagad":
            return Call(query={"payment_ref_id": ref, "status": "Success", "order_id": payment.payment_id})
        if payment.provider == "ekpay":
            return Call(f'{{"msg_code": "1020", "trnx_info": {{"mer_trnx_id": "{payment.payment_id}"}}}}'.encode())
        told = self.sslcommerz.notification(self.sslcommerz.session_of(payment.payment_id))
        return Call(told.body, {}, {name.lower(): text for name, text in told.headers.items()})


@contextmanager
def gateways(settings: Settings, at: datetime) -> Iterator[tuple[Gateways, dict[str, PaymentProvider]]]:
    """The four on ports, and our providers of them."""
    all_four = Gateways(at)
    with ExitStack() as stack:
        urls = {one.name: stack.enter_context(served(one)) for one in all_four.all()}
        said: dict[str, Any] = {
            "ekpay": EkPaySettings(
                url=urls["ekpay"], merchant_id=all_four.ekpay.merchant_id, key=SecretStr(all_four.ekpay.key)
            ),
            "bkash": BkashSettings(
                url=f"{urls['bkash']}{bkash.BASE}",
                username=all_four.bkash.username,
                password=SecretStr(all_four.bkash.password),
                app_key=all_four.bkash.app_key,
                app_secret=SecretStr(all_four.bkash.app_secret),
            ),
            "nagad": NagadSettings(
                url=f"{urls['nagad']}{all_four.nagad.prefix}",
                merchant_id=all_four.nagad.merchant_id,
                account_number="01711428036",
                private_key=SecretStr(nagad.private_pem("merchant")),
                gateway_key=nagad.public_pem("gateway"),
                server_address="203.0.113.7",
            ),
            "sslcommerz": SslCommerzSettings(
                url=urls["sslcommerz"],
                store_id=all_four.sslcommerz.store_id,
                store_password=SecretStr(all_four.sslcommerz.store_passwd),
                phone="01711428036",
                email="payments@post.example",
            ),
        }
        yield all_four, payment_providers(settings.model_copy(update=said))


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of it: payments, calls, how long both took, and every posting that is wrong, missing or double."""

    payments: int
    calls: int
    asked_s: float
    called_s: float
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.payments} payments asked for in {self.asked_s:.0f} s, {self.calls} calls in {self.called_s:.0f} s, "
            f"{len(self.wrong)} wrong, missing or double postings"
        )


def storm(
    database: Database,
    settings: Settings,
    facts: Facts,
    items: list[str],
    at: datetime,
    *,
    seed: int,
    faults: int,
) -> Storm:
    """Asks for a payment for each item, lets payers pay (rightly, too little, not at all), and calls three times about
    each in any order, while every gateway fails so often."""
    chance = Random(seed)
    with gateways(settings, at + timedelta(minutes=5)) as (four, providers):
        names = [one.name for one in four.all()]
        began = perf_counter()
        made = [
            request_payment(
                database, providers, facts, Requested(item, "storm", "x", provider=names[n % 4]), Actor(), at
            )
            for n, item in enumerate(items)
        ]
        asked = perf_counter()
        expected: dict[str, list[tuple[str, int]]] = {}
        for one in made:
            fate = chance.random()
            if fate < 0.9:
                four.pay(one)
                expected[one.payment_id] = [("collect_digital", AMOUNT_POISHA)]
            elif fate < 0.95:
                four.pay(one, _SHORT)
                expected[one.payment_id] = [("digital_unplaced", SHORT_POISHA)]
        calls = [(one, four.call(one)) for one in made for _ in range(3)]
        chance.shuffle(calls)
        for standin in four.all():
            for fault in (Fault.LOST, Fault.BROKEN, Fault.GARBLED):
                standin.misbehave(fault, times=faults)
        first = at + timedelta(minutes=5)
        step = timedelta(minutes=15) / len(calls)

        def tell(n: int) -> None:
            payment, call = calls[n]
            hear_called(database, providers, payment.provider, call, first + n * step)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(tell, range(len(calls))))
        for minute in range(20, 27):
            while hear_due(database, providers, at + timedelta(minutes=minute)):
                pass
        called = perf_counter()
    with database.transaction() as connection:
        moved = load_transfers(connection)
        wrong = [*check_books(moved), *breaches(load_balances(connection))]
    wrong += _wrong(made, moved, expected)
    return Storm(len(made), len(calls), asked - began, called - asked, wrong)


def _wrong(made: list[Payment], moved: list[Transfer], expected: dict[str, list[tuple[str, int]]]) -> list[str]:
    posted: dict[str, list[tuple[str, int]]] = {}
    for one in moved:
        posted.setdefault(one.cause, []).append((one.code, one.amount_poisha))
    both = [(one, posted.get(one.payment_id, []), expected.get(one.payment_id, [])) for one in made]
    return [f"{one.provider} {one.payment_id}: {is_} posted, not {due}" for one, is_, due in both if is_ != due]
