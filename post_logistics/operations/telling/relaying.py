"""What happened is passed on: out of the outbox, into messages for the merchants' servers and texts for recipients.

Everything in one transaction: the news leaves the outbox, the messages wait, and so do the jobs that will send them.
Killed in between, nothing has happened and the news is still there; told twice, a message has the same id and is one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid5

from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.dialects.port import ParcelNews
from post_logistics.channels.messages import CODE_STAND_IN, TOKEN_CHARS, MessageBook, Parcel
from post_logistics.channels.partners.book import Partner
from post_logistics.channels.sms import segments
from post_logistics.network.offices import Offices
from post_logistics.operations.telling.partner_calls import tell_partners
from post_logistics.operations.telling.webhooks import SEND_WEBHOOKS, waiting_message
from post_logistics.storage.database import Connection
from post_logistics.storage.jobs import defer
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.telling.outbox import Concerned, News, load_concerned, take_news
from post_logistics.storage.telling.sms import SmsMessage, append_sms, load_spent
from post_logistics.storage.telling.webhooks import Endpoint, Message, append_messages, load_listeners
from post_logistics.tracking.texts import sentence
from post_logistics.units import ItemNumber, Language

SEND_SMS = "send_sms"
"""The job that sends what texts are due; its one key is empty."""
BATCH = 1000
_NAMESPACE = UUID("0d4f6a3e-5f8e-4f0c-8a2b-3b1d7d6f9e51")


def relay(
    connection: Connection,
    offices: Offices,
    book: MessageBook,
    at: datetime,
    limit: int = BATCH,
    partners: Mapping[str, Partner] = {},
) -> int:
    """Passes on the oldest news; gives back how much it was. None is left when it is less than ``limit``."""
    news = take_news(connection, limit)
    if not news:
        return 0
    concerned = load_concerned(connection, sorted({one.item_number for one in news}))
    _tell_merchants(connection, offices, news, concerned, at)
    tell_partners(connection, partners, news, at)
    _tell_recipients(connection, offices, book, news, concerned, at)
    return len(news)


def _tell_merchants(
    connection: Connection, offices: Offices, news: Sequence[News], concerned: Mapping[str, Concerned], at: datetime
) -> None:
    listeners: defaultdict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in load_listeners(connection, sorted({parcel.merchant_id for parcel in concerned.values()})):
        listeners[endpoint.merchant_id].append(endpoint)
    messages: list[Message] = []
    for one in news:
        parcel = concerned[one.item_number]
        wanted = [endpoint for endpoint in listeners[parcel.merchant_id] if endpoint.wants(one.event)]
        if not wanted:
            continue
        told = _told(one, parcel, offices)
        for endpoint in wanted:
            if body := DIALECTS[endpoint.dialect].about_parcel(told):
                about = {"item_number": one.item_number, "number": one.number, "event": one.event}
                messages.append(waiting_message(endpoint.endpoint_id, f"scan/{one.scan_id}", body, at, **about))
    append_messages(connection, messages)
    defer(connection, SEND_WEBHOOKS, {str(message.endpoint_id): at for message in messages})


def _told(news: News, parcel: Concerned, offices: Offices) -> ParcelNews:
    """What a merchant is told of its parcel: all of it but the recipient, whom it knows already."""
    office = names_of(offices, news.office)
    return ParcelNews(
        item_number=ItemNumber(news.item_number),
        order_ref=parcel.order_ref,
        store_id=parcel.store_id,
        cod_poisha=parcel.cod_poisha,
        charge_poisha=parcel.charge_poisha,
        cod_fee_poisha=parcel.cod_fee_poisha,
        collected_poisha=parcel.collected_poisha,
        event=news.event,
        event_id=news.scan_id,
        occurred_at=news.occurred_at,
        sequence=news.version,
        state=news.state,
        office=news.office,
        office_en=office["en"],
        office_bn=office["bn"],
        reason=news.reason,
        attempts=news.attempts,
        text_en=sentence(news.event, news.reason, "en"),
        text_bn=sentence(news.event, news.reason, "bn"),
    )


def names_of(offices: Offices, code: str) -> dict[Language, str]:
    """An office's name in both languages; empty for one that the tables do not know."""
    office = offices.get(code) if code in offices else None
    return {"en": office.name_en if office else "", "bn": office.name_bn if office else ""}


def _tell_recipients(
    connection: Connection,
    offices: Offices,
    book: MessageBook,
    news: Sequence[News],
    concerned: Mapping[str, Concerned],
    at: datetime,
) -> None:
    rules = book.at(at)
    worth_a_text = [
        one
        for one in news
        if one.event in book.templates
        and book.templates[one.event].is_true(concerned[one.item_number].state)
        and rules.is_fresh(one.occurred_at, at)
    ]
    if not worth_a_text:
        return
    spent = load_spent(connection, [one.item_number for one in worth_a_text])
    due_poisha = load_due(connection, {one.item_number for one in worth_a_text})
    texts = list(_texts(offices, book, worth_a_text, concerned, spent, due_poisha, at))
    new = append_sms(connection, texts)
    waiting = [text.not_before for text in texts if text.sms_id in new and text.status == "waiting"]
    if waiting:
        defer(connection, SEND_SMS, {"": min(waiting)})


def _texts(
    offices: Offices,
    book: MessageBook,
    news: Sequence[News],
    concerned: Mapping[str, Concerned],
    spent: Mapping[str, int],
    due_poisha: Mapping[str, int],
    at: datetime,
) -> Iterator[SmsMessage]:
    """A text for each of the news, as long as the parcel's budget lasts."""
    rules = book.at(at)
    language = cast(Language, rules.language)
    link = rules.link_base and rules.link_base + "x" * TOKEN_CHARS
    running = dict(spent)
    for one in news:
        parcel = parcel_of(concerned[one.item_number], names_of(offices, one.office), due_poisha[one.item_number])
        text = book.render(one.event, language, parcel, code=CODE_STAND_IN, link=link)
        cost, before = segments(text), running.get(one.item_number, 0)
        affordable = before + cost <= rules.segments_per_parcel
        running[one.item_number] = before + cost * affordable
        yield SmsMessage(
            sms_id=f"sms_{uuid5(_NAMESPACE, str(one.scan_id)).hex}",
            item_number=one.item_number,
            event=one.event,
            language=language,
            office=one.office,
            segments=cost,
            status="waiting" if affordable else "over_budget",
            made_at=at,
            not_before=at if book.templates[one.event].urgent else rules.not_before(at),
            tries=0,
            last_answer="",
        )


def parcel_of(parcel: Any, office: Mapping[Language, str], to_pay_poisha: int) -> Parcel:
    """What a text may say of a parcel, from a row that has its facts."""
    return Parcel(
        item_number=ItemNumber(parcel.item_number), shop=parcel.shop, office=office, to_pay_poisha=to_pay_poisha
    )
