"""What partners are told of their orders: on delivery, once; and short messages, one after another.

Made with the news, in its transaction; sent by a duty of every minute, with no transaction open. What one order is
refused for ever does not hold up the others, and what a partner cannot take now is said again, ever more rarely.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.calling import Answer, Line
from post_logistics.channels.destinations import destination
from post_logistics.channels.partners.book import Partner, Saying
from post_logistics.channels.partners.saying import Reply, message_of, reply_of, request_of
from post_logistics.channels.webhooks import GIVEN_UP_AFTER, next_try_at, pause_until
from post_logistics.errors import Unacceptable
from post_logistics.operations.telling.webhooks import Sending
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders import partners as lines_store
from post_logistics.storage.orders.partners import PartnerLine
from post_logistics.storage.orders.shops import find_shop
from post_logistics.storage.telling import partner_calls as store
from post_logistics.storage.telling.outbox import News
from post_logistics.storage.telling.partner_calls import Call, CallStatus, load_partner_items
from post_logistics.tracking.texts import sentence

_NAMESPACE: Final = UUID("3b1d2f6c-7a60-4e0c-9c51-6f0e3a7b8d42")
_BATCH: Final = 20
"""Calls between two looks at the database: so many are said again when the power fails."""
_LEASE: Final = timedelta(minutes=5)
"""Whoever took calls to say and was killed is given up after this; then they are said again."""
_TURN: Final = timedelta(seconds=30)
"""After so long it is the turn of the next partner."""


def tell_partners(connection: Connection, partners: Mapping[str, Partner], news: Sequence[News], at: datetime) -> None:
    """Whatever partners are to be told of the news waits to be sent, each once."""
    items = load_partner_items(connection, {one.item_number for one in news}) if partners else {}
    calls: list[Call] = []
    for one in news:
        item = items.get(one.item_number)
        partner = partners.get(item.partner) if item else None
        if item is not None and partner is not None:
            calls += _calls(partner, item.shop_id, item.order_id, one, at)
    store.append_calls(connection, calls)


def _calls(partner: Partner, shop_id: UUID, order_id: str, news: News, at: datetime) -> Iterator[Call]:
    """What the partner is told of one thing that happened: a state once for ever, and a message for each."""

    def call(what: str, text: str, cause: str, number: int) -> Call:
        return Call(
            call_id=uuid5(_NAMESPACE, f"{shop_id}/{order_id}/{cause}"),
            shop_id=shop_id,
            order_id=order_id,
            number=number,
            what=what,
            text=text,
            made_at=at,
            status=CallStatus.WAITING,
            tries=0,
            next_try_at=at,
        )

    if partner.state and news.event in partner.state.on:
        yield call("state", partner.state.value, "state", 2 * news.number)
    if partner.message and news.event in partner.message.on:
        text = sentence(news.event, news.reason, partner.message.language)
        said = message_of(partner.message, news.item_number, text)
        yield call("message", said, f"message/{news.scan_id}", 2 * news.number + 1)


# Sending


def send_due_calls(database: Database, partners: Mapping[str, Partner], sending: Sending) -> int:
    """Tells every partner what is due; gives back how many calls were taken."""
    with database.transaction() as connection:
        found = store.load_waiting_lines(connection, sending.clock())
    return sum(send_calls(database, partners, shop_id, sending) for shop_id in found)


def send_calls(database: Database, partners: Mapping[str, Partner], shop_id: UUID, sending: Sending) -> int:
    """Tells a partner what is due, that of an order in its order; gives back how many calls were taken.

    Killed after a call was taken and before that is written down, it is said again: with the same key, and of a state
    the partner answers that it is so already.
    """
    until, taken = sending.clock() + _TURN, 0
    with ExitStack() as lines:
        speak = _Speaker(lines, sending)
        while looked := _look(database, partners, shop_id, sending.clock(), until):
            line, partner, due = looked
            tried: list[Call] = []
            for call in due:
                answer, reply = speak.say(line, partner, call)
                at = sending.clock()
                tried.append(_judged(call, answer, reply, at, sending))
                line = _standing(line, answer, reply, at, sending)
                if line.paused_until is not None or at >= until:
                    break
            with database.transaction() as connection:
                store.save_calls(connection, [*tried, *due[len(tried) :]])
                lines_store.note_calls(connection, shop_id, line.failures, line.paused_until)
            taken += sum(one.status is CallStatus.SENT for one in tried)
    return taken


def _look(
    database: Database, partners: Mapping[str, Partner], shop_id: UUID, at: datetime, until: datetime
) -> tuple[PartnerLine, Partner, Sequence[Call]] | None:
    """The line, how the partner speaks, and what it is to be told now; None if that is nothing."""
    with database.transaction() as connection:
        shop, line = find_shop(connection, shop_id), lines_store.load_line(connection, shop_id, hold=True)
        partner = partners.get(shop.domain) if shop and not shop.closed_at else None
        is_open = line.url and (line.paused_until is None or line.paused_until <= at)
        if partner is None or not is_open or at >= until:
            return None
        due = store.load_due_calls(connection, shop_id, at, _BATCH if not line.failures else 1)
        store.save_calls(connection, [replace(one, next_try_at=at + _LEASE) for one in due])
    return (line, partner, due) if due else None


class _Speaker:
    """Lines to a partner's addresses, each opened when it is needed first."""

    def __init__(self, opened: ExitStack, sending: Sending) -> None:
        self._opened, self._sending = opened, sending
        self._lines: dict[str, Line] = {}

    def say(self, line: PartnerLine, partner: Partner, call: Call) -> tuple[Answer, Reply]:
        """The answer to a call, and what it means."""
        saying: Saying | None = partner.state if call.what == "state" else partner.message
        if saying is None:
            return Answer(None, "the partner is told nothing of the kind any more"), Reply.REFUSED
        url = line.url.rstrip("/") + saying.path
        try:
            if url not in self._lines:
                to = destination(url, development=self._sending.development)
                self._lines[url] = self._opened.enter_context(self._sending.dial(to))
        except Unacceptable as error:  # allowed when it was connected, and no longer
            return Answer(None, error.message), Reply.AGAIN
        answer = self._lines[url].post(*request_of(saying, line.token, str(call.call_id), call.order_id, call.text))
        return answer, reply_of(saying, answer)


def _judged(call: Call, answer: Answer, reply: Reply, at: datetime, sending: Sending) -> Call:
    """The call after a try: done with, or when it is said again."""
    tried = replace(call, tries=call.tries + 1, last_tried_at=at, last_answer=answer.why)
    if reply is not Reply.AGAIN:
        return replace(tried, status=CallStatus.SENT if reply is Reply.TAKEN else CallStatus.REFUSED)
    again_at = next_try_at(tried.tries, at, call.made_at + GIVEN_UP_AFTER, sending.chance)
    if again_at is None:
        return replace(tried, status=CallStatus.FAILED)
    return replace(tried, next_try_at=again_at)


def _standing(line: PartnerLine, answer: Answer, reply: Reply, at: datetime, sending: Sending) -> PartnerLine:
    """The line after an answer: well again, or left alone for a while when it has failed often."""
    if reply is not Reply.AGAIN:
        return replace(line, failures=0, paused_until=None)
    failures = line.failures + 1
    return replace(line, failures=failures, paused_until=pause_until(failures, answer, at, sending.chance))
