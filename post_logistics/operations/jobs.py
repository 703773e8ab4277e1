"""What runs by itself: the relay of news, the jobs that send them, and the duties of every minute and every night.

The tables are the truth and the jobs only the alarm clock: what waits for a merchant's server or for a telephone stands
in its own table, and every minute a look at it sees to it that a job is there. So a job that is lost loses nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import Status

from post_logistics.channels.messages import MessageBook
from post_logistics.channels.payments.port import PaymentProvider
from post_logistics.cod.payout_files import load_payout_layouts
from post_logistics.operations.access.auditing import seal_audit
from post_logistics.operations.counter.returning import decide_returns
from post_logistics.operations.custody.watching import watch
from post_logistics.operations.documents.advising import advise
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE
from post_logistics.operations.door.claiming import open_claims_for_lost
from post_logistics.operations.door.collecting import send_back_uncollected
from post_logistics.operations.faces.confirmations import confirm_deliveries, signer
from post_logistics.operations.facts import Facts
from post_logistics.operations.keeping.retention import load_retention_rules, pseudonym_key, tend
from post_logistics.operations.money.alarms import watch_money
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.money.paydays import keep_paydays
from post_logistics.operations.money.payments import hear_due
from post_logistics.operations.money.refunds import finish_due_refunds, return_postage
from post_logistics.operations.money.sealing import seal_books
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders import joining, order_jobs, partners, shops
from post_logistics.operations.orders.order_jobs import BOOK_ORDER_FILE, work_off
from post_logistics.operations.orders.partner_lists import Desk, compare_due, http_lists, pull_due
from post_logistics.operations.orders.shop_orders import take_in_all
from post_logistics.operations.orders.shops import TAKE_IN_ORDERS
from post_logistics.operations.promises.learning import learn
from post_logistics.operations.telling import texting, webhooks
from post_logistics.operations.telling.partner_calls import send_due_calls
from post_logistics.operations.telling.relaying import BATCH, SEND_SMS, relay
from post_logistics.operations.telling.texting import Texting, send_sms
from post_logistics.operations.telling.webhooks import SEND_WEBHOOKS, Sending, send_webhooks
from post_logistics.operations.tours.drafting import forget_drafts
from post_logistics.operations.tours.walking import learn_wards
from post_logistics.storage.access.answers import forget_answers
from post_logistics.storage.access.keys import forget_issued
from post_logistics.storage.counter import view_cards
from post_logistics.storage.database import Database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.jobs import QUEUE, schema_of
from post_logistics.storage.money.proving import as_of_one_moment
from post_logistics.units import DHAKA

_log = logging.getLogger(__name__)

POLL_S: Final = 1.0
"""So often the outbox is looked into, and the jobs that nobody announced."""
_SILENT_S: Final = 30.0
"""A worker that has not been heard of for so long is dead, and its jobs are free."""


_TRADES: Final = {DOCUMENTS: TRADE}
"""What is done with files that hold no orders."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker works with."""

    database: Database
    facts: Facts
    facts_dir: Path
    book: MessageBook
    sending: Sending
    texting: Texting
    clock: Callable[[], datetime]
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is done again and again. Whatever it missed it makes up for the next time."""

    name: str
    cron: str
    """When, in UTC: midnight in Dhaka is at 18:00."""
    run: Callable[[Work, datetime], object]


def _catch_up(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        webhooks.catch_up(connection, at)
        texting.catch_up(connection, at)
        shops.catch_up(connection, at)
        order_jobs.catch_up(connection, at)


def _watch(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        watch(connection, at)


def _confirm_deliveries(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        confirm_deliveries(connection, signer(work.facts.advice_key), at)
        advise(connection, work.facts.proof_rules, signer(work.facts.advice_key), at)


def _send_back(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        decide_returns(connection, work.facts, at)
        send_back_uncollected(connection, work.facts.proof_rules, work.facts.points, at)


def _ask_payments(work: Work, at: datetime) -> None:
    hear_due(work.database, work.providers, at)
    return_postage(work.database, work.providers, at)
    finish_due_refunds(work.database, work.providers, at)


def _watch_money(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        watch_money(connection, work.facts, at)


def _claim_lost(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        open_claims_for_lost(connection, work.facts.claim_rules, at)


def _learn(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        learn(connection, work.facts, at)
        learn_wards(connection, at)


def _tend(work: Work, at: datetime) -> None:
    rules = load_retention_rules(work.facts_dir)
    tend(work.database, rules, pseudonym_key(work.facts.number_key), at)
    with work.database.transaction() as connection:
        shops.tidy(connection, at)
        order_jobs.forget(connection, at)
        partners.forget_old(connection, at)
        joining.forget_old(connection, at)
        forget_drafts(connection, at)
        view_cards.forget_drafts(connection, at - timedelta(days=rules.view_cards_days))


def _tell_partners(work: Work, at: datetime) -> None:
    send_due_calls(work.database, work.facts.partners, work.sending)


def _pull_partners(work: Work, at: datetime) -> None:
    pull_due(work.database, _desk(work))


def _compare_partners(work: Work, at: datetime) -> None:
    for one in compare_due(work.database, _desk(work)):
        if one.why:
            _log.warning("the list of a partner for %s did not come: %s", one.day, one.why)


def _desk(work: Work) -> Desk:
    numbers = Numbers(work.database, work.facts.number_key)
    return Desk(work.facts, numbers, http_lists(development=work.sending.development), work.clock)


def _settle(work: Work, at: datetime) -> None:
    keep_paydays(work.database, work.facts, load_payout_layouts(work.facts_dir), at)


def _seal(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        seal_books(connection, at.astimezone(DHAKA).date() - timedelta(days=1), at)


def _seal_audit(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        seal_audit(connection, at)
        forget_issued(connection, at - timedelta(days=30))
        forget_answers(connection, at)


def _prove(work: Work, at: datetime) -> None:
    with work.database.transaction() as connection:
        as_of_one_moment(connection)
        checks = prove_books(connection)
    for check in checks:
        if check.violated:
            _log.critical("the books: %s: %s of %s are wrong", check.name, check.violated, check.checked)


ALL_DAY: Final = (
    Duty("catch_up", "* * * * *", _catch_up),
    Duty("watch", "* * * * *", _watch),
    Duty("confirm_deliveries", "* * * * *", _confirm_deliveries),
    Duty("ask_payments", "* * * * *", _ask_payments),
    Duty("tell_partners", "* * * * *", _tell_partners),
    Duty("send_back", "*/5 * * * *", _send_back),
    Duty("pull_partners", "*/15 * * * *", _pull_partners),
    Duty("watch_money", "*/15 * * * *", _watch_money),
    Duty("seal_audit", "5 * * * *", _seal_audit),
)
NIGHTLY: Final = (
    Duty("settle", "0 17 * * *", _settle),
    Duty("compare_partners", "30 18 * * *", _compare_partners),
    Duty("claim_lost", "0 19 * * *", _claim_lost),
    Duty("learn", "30 19 * * *", _learn),
    Duty("tend", "0 20 * * *", _tend),
    Duty("seal", "30 20 * * *", _seal),
    Duty("prove", "45 20 * * *", _prove),
)
"""A new duty needs a line here, and nothing else."""


def pass_on(work: Work) -> int:
    """Passes on all news there is; gives back how much it was."""
    total = 0
    while True:
        with work.database.transaction() as connection:
            count = relay(connection, work.facts.offices, work.book, work.clock(), partners=work.facts.partners)
        total += count
        if count < BATCH:
            return total


def run_once(work: Work, *, nightly: bool = False) -> None:
    """Passes on the news, does the duties of the minute (and of the night), sends what is due, and comes back."""
    pass_on(work)
    for duty in (*ALL_DAY, *(NIGHTLY if nightly else ())):
        duty.run(work, work.clock())
    _run(_send_due(_library(work, ())))


def run_always(work: Work, *, concurrency: int = 8) -> None:
    """Does all of it, continuously, until the process is told to end; what is in hand is finished first."""
    _run(_always(work, concurrency))


def _run(main: Any) -> None:
    try:
        asyncio.run(main)
    except exceptions.ConnectorException as error:
        raise Unavailable(f"the database does not answer the worker: {error}") from error


def _library(work: Work, duties: Sequence[Duty]) -> App:
    """The library's application: the jobs, and the duties by the clock."""
    database = work.database
    with database.transaction() as connection:
        schema = schema_of(connection)
    app = App(
        connector=PsycopgConnector(
            conninfo=database.url.replace("+psycopg", "", 1),
            kwargs={"options": f"-csearch_path={schema}"},
            min_size=1,
            max_size=4,
        )
    )

    @app.task(name=SEND_WEBHOOKS, queue=QUEUE)
    def send_to_endpoint(key: str) -> None:
        send_webhooks(database, UUID(key), work.sending)

    numbers = Numbers(database, work.facts.number_key)

    @app.task(name=TAKE_IN_ORDERS, queue=QUEUE)
    def take_in_orders(key: str) -> None:
        take_in_all(database, work.facts, numbers, UUID(key), work.clock)

    @app.task(name=BOOK_ORDER_FILE, queue=QUEUE)
    def book_order_file(key: str) -> None:
        work_off(database, work.facts, numbers, UUID(key), work.clock, _TRADES)

    @app.task(name=SEND_SMS, queue=QUEUE)
    def send_texts(key: str) -> None:
        send_sms(database, work.texting)

    for duty in duties:
        _register(app, duty, work)
    return app


def _register(app: App, duty: Duty, work: Work) -> None:
    @app.periodic(cron=duty.cron)
    @app.task(name=duty.name, queue=QUEUE, lock=duty.name, queueing_lock=duty.name)
    def do(timestamp: int) -> None:
        duty.run(work, work.clock())


async def _free_stalled(app: App) -> None:
    """Jobs of dead workers let go of their locks. They are not repeated: the tables know what remains to be done."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_SILENT_S):
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def _send_due(app: App) -> None:
    async with app.open_async():
        await _free_stalled(app)
        await app.run_worker_async(
            queues=[QUEUE], wait=False, delete_jobs="always", listen_notify=False, install_signal_handlers=False
        )


async def _always(work: Work, concurrency: int) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency + 1))
    app = _library(work, (*ALL_DAY, *NIGHTLY))

    @app.periodic(cron="* * * * *")
    @app.task(name="free_stalled", queue=QUEUE)
    async def free_stalled(timestamp: int) -> None:
        await _free_stalled(app)

    async with app.open_async():
        await _free_stalled(app)
        await asyncio.to_thread(_catch_up, work, work.clock())  # what a dead worker left does not wait for the minute
        relaying = asyncio.create_task(_relay_always(work))
        try:
            await app.run_worker_async(
                queues=[QUEUE], concurrency=concurrency, delete_jobs="always", fetch_job_polling_interval=POLL_S
            )
        finally:
            relaying.cancel()


async def _relay_always(work: Work) -> None:
    while True:
        try:
            await asyncio.to_thread(pass_on, work)
        except Unavailable as error:
            _log.warning("the relay waits: %s", error.message)
        except Exception:
            _log.exception("the relay failed and will try again")
        await asyncio.sleep(POLL_S)
