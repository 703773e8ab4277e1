"""View cards at the counter: made, looked at, paid, printed, and posted once the printed card is there.

A card is paid and booked in one step, and costs what any item of its service does. What is paid stands to the sender's
credit until the settlement charges the item, so that nothing is earned twice. A card that was not posted can be taken
back: its booking is cancelled and the money returned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, reverse, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.tariffs import Quote
from post_logistics.consignments.view_cards import (
    SENDER,
    Face,
    Side,
    Words,
    card_pdf,
    card_side,
    order_of,
    parse_words,
)
from post_logistics.consignments.view_pictures import prepare_picture
from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.network.offices import PostOffice
from post_logistics.network.questions import Question
from post_logistics.network.resolve import Hints, Resolution, Unresolved
from post_logistics.operations.counter.at_hand import Actor, item_of, standing_of, tell
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Settled, book_one
from post_logistics.storage.counter import view_cards as store
from post_logistics.storage.counter.view_cards import Draft, PaidCard
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import append_merchants, load_merchant
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, Event, State
from post_logistics.tracking.scans import own_scan
from post_logistics.units import DHAKA, Postcode, local_day, taka

_SENDER_NAME: Final = "Bangladesh Post, view cards"
_NO_CARD: Final = "make the card anew: an unposted one is forgotten after a day"


@dataclass(frozen=True, slots=True)
class Destination:
    """The office that delivers a card, or what has to be asked before that is known."""

    office: PostOffice | None
    resolution: Resolution | None
    question: Question | None = None
    choices: tuple[Postcode, ...] = ()
    problem: PostError | None = None


@dataclass(frozen=True, slots=True)
class ViewCard:
    """A card as it stands. ``draft`` is None once it is forgotten, ``paid`` until it is paid, ``state`` likewise."""

    card_id: UUID
    draft: Draft | None
    quote: Quote
    to: Destination
    paid: PaidCard | None
    state: State | None

    @property
    def is_ready(self) -> bool:
        """Whether it can be paid: it has a picture, and a place to go to."""
        return self.paid is None and self.draft is not None and bool(self.draft.picture) and self.to.office is not None

    @property
    def is_unposted(self) -> bool:
        """Whether it was paid and waits for the printed card."""
        return self.state in BEFORE_ACCEPTANCE


def make_card(
    connection: Connection,
    facts: Facts,
    office: Postcode,
    card_id: UUID,
    fields: Mapping[str, str],
    picture: bytes,
    at: datetime,
) -> ViewCard:
    """The card with these words, and with this picture where one was sent; made anew or changed.

    OrderRefused and Unacceptable say which field is wrong. Conflict once it is paid: what was paid for is printed.
    """
    store.hold_card(connection, card_id)
    before = store.load_draft(connection, card_id)
    if store.load_paid_card(connection, card_id) is not None:
        raise Conflict("this card is paid", field="card_id", remedy="print it, or take it back and make another")
    words = parse_words(fields, facts.view_card_rules)
    printed = prepare_picture(picture, facts.view_card_rules).jpeg if picture else before.picture if before else b""
    draft = Draft(
        card_id=card_id,
        office=office,
        picture=printed,
        message=words.message,
        recipient_name=words.recipient_name,
        recipient_address=words.recipient_address,
        recipient_phone=words.recipient_phone,
        recipient_postcode=words.recipient_postcode,
        changed_at=at,
    )
    if not store.keep_draft(connection, draft):
        raise _no_card(card_id)
    return look_at_card(connection, facts, office, card_id, at)


def look_at_card(connection: Connection, facts: Facts, office: Postcode, card_id: UUID, at: datetime) -> ViewCard:
    """The card as it stands; NotFound if there is none, or it is another office's."""
    draft, paid = store.load_draft(connection, card_id), store.load_paid_card(connection, card_id)
    owner = paid.office if paid else draft.office if draft else ""
    if owner != office:
        raise _no_card(card_id)
    return ViewCard(
        card_id=card_id,
        draft=draft,
        quote=price_of_card(facts, at),
        to=_destination(connection, facts, draft, at) if draft else Destination(None, None),
        paid=paid,
        state=standing_of(connection, paid.item_number).state if paid else None,
    )


def _no_card(card_id: UUID) -> NotFound:
    return NotFound(f"no card {card_id}", field="card_id", remedy=_NO_CARD)


def price_of_card(facts: Facts, at: datetime) -> Quote:
    """What a card costs now."""
    rules = facts.view_card_rules
    return facts.tariffs.quote(rules.service, rules.weight_g, 0, 0, at.astimezone(DHAKA).date(), same_city=True)


def _destination(connection: Connection, facts: Facts, draft: Draft, at: datetime) -> Destination:
    coverage = facts.coverage(at.astimezone(DHAKA).date())
    learned = facts.lessons.known(connection, at)
    try:
        found = facts.resolver.settle(draft.recipient_address, Hints(postcode=draft.recipient_postcode), learned)
        return Destination(coverage.responsible(found.postcode), found)
    except Unresolved as error:
        return Destination(None, None, error.question, error.choices, error)
    except Unacceptable as error:
        return Destination(None, None, problem=error)


# Paper


def side_png(connection: Connection, facts: Facts, office: Postcode, card_id: UUID, side: Side, at: datetime) -> bytes:
    """A side of the card to look at, made by what makes the print; NotFound once it is forgotten."""
    return card_side(_face(connection, facts, office, card_id, at), side)


def print_card(connection: Connection, facts: Facts, office: Postcode, card_id: UUID, at: datetime) -> bytes:
    """The paid card as two pages for the printer; Conflict before it is paid, NotFound once it is forgotten."""
    if look_at_card(connection, facts, office, card_id, at).paid is None:
        raise Conflict("this card is not paid", field="card_id", remedy="take the money first")
    return card_pdf(_face(connection, facts, office, card_id, at))


def _face(connection: Connection, facts: Facts, office: Postcode, card_id: UUID, at: datetime) -> Face:
    card = look_at_card(connection, facts, office, card_id, at)
    draft, paid, here = card.draft, card.paid, facts.offices[office]
    if draft is None:
        raise _no_card(card_id)
    there, poisha = card.to.office, card.quote.total_poisha
    if paid is not None:  # as it was booked, whatever has changed since
        there = facts.offices.get(load_consignment(connection, paid.item_number).delivery_office)
        poisha = paid.postage_poisha + paid.vat_poisha
    return Face(
        jpeg=draft.picture,
        message=draft.message,
        recipient_name=draft.recipient_name,
        recipient_address=draft.recipient_address,
        delivery_postcode=there.postcode if there else "",
        delivery_en=there.name_en if there else "",
        delivery_bn=there.name_bn if there else "",
        office_en=here.name_en,
        office_bn=here.name_bn,
        item_number=paid.item_number if paid else "",
        paid_en=taka(poisha),
        paid_bn=taka(poisha, "bn"),
        posted_on=local_day((paid.paid_at if paid else at).astimezone(DHAKA).date()),
    )


# Paid, posted, taken back


def pay_card(
    connection: Connection, facts: Facts, numbers: Numbers, office: Postcode, card_id: UUID, at: datetime
) -> PaidCard:
    """The card booked, and its price in the till; told again, or by two at once, it is paid once.

    Unacceptable without a picture or while the address is not sure; NotFound if there is no such card.
    """
    store.hold_card(connection, card_id)
    card = look_at_card(connection, facts, office, card_id, at)
    if card.paid is not None:
        return card.paid
    if card.draft is None or not card.draft.picture:
        raise Unacceptable("the card has no picture", field="picture", remedy="choose one, or take it with the camera")
    if card.to.resolution is None or card.to.office is None:
        raise card.to.problem or _no_card(card_id)
    paid = _booked(connection, facts, numbers, card.draft, card.to.resolution, card.to.office, at)
    store.append_paid_card(connection, paid)
    append_transfers(connection, _taken(paid, at))
    return paid


def _booked(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    draft: Draft,
    to: Resolution,
    there: PostOffice,
    at: datetime,
) -> PaidCard:
    rules, here = facts.view_card_rules, facts.offices[draft.office]
    append_merchants(connection, [Merchant(SENDER, _SENDER_NAME, f"{here.name_en} {here.postcode}", "", at)])
    sender = replace(load_merchant(connection, SENDER), store_address=f"{here.name_en} {here.postcode}")
    words = Words(
        message=draft.message,
        recipient_name=draft.recipient_name,
        recipient_address=draft.recipient_address,
        recipient_phone=draft.recipient_phone,
        recipient_postcode=draft.recipient_postcode,
    )
    made = book_one(
        connection,
        facts,
        numbers,
        Asked(
            order=order_of(draft.card_id, words, sender, here, rules),
            merchant=sender,
            service=rules.service,
            settled=Settled(to, there.postcode, here.postcode),
        ),
        at,
    )
    return PaidCard(
        card_id=draft.card_id,
        item_number=made.item_number,
        office=draft.office,
        postage_poisha=made.postage_poisha,
        vat_poisha=made.vat_poisha,
        paid_at=at.astimezone(UTC),
    )


def _taken(paid: PaidCard, at: datetime) -> list[Transfer]:
    till = account(AccountKind.OFFICE_TILL, paid.office)
    return [
        transfer(
            code,
            debit=till,
            credit=account(due, SENDER),
            amount_poisha=amount_poisha,
            at=at,
            cause=f"view card {paid.card_id}",
            item_number=paid.item_number,
        )
        for code, due, amount_poisha in (
            (Code.POSTAGE_COUNTER, AccountKind.MERCHANT_FEES_DUE, paid.postage_poisha),
            (Code.POSTAGE_VAT_COUNTER, AccountKind.MERCHANT_VAT_DUE, paid.vat_poisha),
        )
        if amount_poisha
    ]


def post_card(
    connection: Connection, facts: Facts, office: Postcode, card_id: UUID, at: datetime, scanned: str = ""
) -> PaidCard:
    """The printed card accepted at this counter, its picture and words forgotten; told again, it changes nothing.

    ``scanned``: the number read from the card in hand; Unacceptable if that is another item. Conflict if the card is
    not paid or was taken back. It may also have been scanned as any other item.
    """
    store.hold_card(connection, card_id)
    card = look_at_card(connection, facts, office, card_id, at)
    paid = _paid(card)
    if scanned.strip() and item_of(connection, scanned) != paid.item_number:
        raise Unacceptable(
            f"that is not {paid.item_number}", field="scanned", remedy="scan the card that was printed just now"
        )
    if card.state is State.CANCELLED:
        raise Conflict("this card was taken back", field="card_id", remedy="make another")
    if card.is_unposted:
        hand, holder = f"card:{paid.item_number}", f"office:{office}"
        scan = own_scan(hand, 0, paid.item_number, Event.ACCEPTED, at, office=office, holder=holder)
        tell(connection, [scan])
    store.forget_draft(connection, card_id)
    return paid


def take_card_back(connection: Connection, facts: Facts, office: Postcode, card_id: UUID, at: datetime) -> PaidCard:
    """The booking of a paid card cancelled, and its price out of the till again; told again, it changes nothing.

    Conflict once it is posted, or if the till has not that much.
    """
    store.hold_card(connection, card_id)
    paid = _paid(look_at_card(connection, facts, office, card_id, at))
    till = account(AccountKind.OFFICE_TILL, office)
    hold_accounts(connection, [till])
    cancel(connection, paid.item_number, Actor(office=office), at)
    taken = _taken(paid, paid.paid_at)
    append_transfers(connection, [reverse(one, at=at, cause=f"view card {card_id} taken back") for one in taken])
    left_poisha = standing(load_balances_of(connection, [till]), till)
    if left_poisha < 0:
        raise Conflict(
            f"{till} would stand at {taka(left_poisha)}", field="card_id", remedy="return it when there is cash again"
        )
    store.forget_draft(connection, card_id)
    return paid


def _paid(card: ViewCard) -> PaidCard:
    if card.paid is None:
        raise Conflict("this card is not paid", field="card_id", remedy="take the money first")
    return card.paid
