"""View cards: a picture, a few words and an address, printed on two sides of a card that travels as a booked item."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from post_logistics import printing
from post_logistics.consignments import entries
from post_logistics.consignments.booking import Order, OrderRefused, Problem
from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.consignments.labels import breakable, spaced
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.phones import parse_phones
from post_logistics.consignments.symbols import code128_svg
from post_logistics.errors import Unacceptable
from post_logistics.network.offices import PostOffice
from post_logistics.printing.fonts import letters
from post_logistics.units import MerchantId, latin_digits

SENDER: Final = MerchantId("post--view-cards")
"""The post itself, for whoever stands at the counter. No shop can be called so: no name gives two dashes in a row."""
_PREVIEW_PPI: Final = 110
_CARD: Final = (154, 111)
"""Millimetres, bleed included."""

Side = Literal["picture", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCardRules:
    """What a card may be made of; see ``data/view_cards.toml``."""

    service: str
    weight_g: int
    max_picture_bytes: int
    max_jpeg_pixels: int
    max_pixels: int
    min_side_pixels: int
    max_message_chars: int
    max_message_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is written on a card, and to whom. ``recipient_phone`` is E.164 or empty, and is not printed;
    ``recipient_postcode`` answers the question about an unsure address, and is empty where none was asked."""

    message: str
    recipient_name: str
    recipient_address: str
    recipient_phone: str
    recipient_postcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Everything that is printed on a card. ``item_number`` is empty until the card is paid."""

    jpeg: bytes
    message: str
    recipient_name: str
    recipient_address: str
    delivery_postcode: str
    delivery_en: str
    delivery_bn: str
    office_en: str
    office_bn: str
    item_number: str
    paid_en: str
    paid_bn: str
    posted_on: str


def load_view_card_rules(facts_dir: Path) -> ViewCardRules:
    """The rules in ``view_cards.toml``; Unacceptable names the key that is wrong."""
    return fact_of(ViewCardRules, read_facts(facts_dir / "view_cards.toml"), "view_cards.toml")


def parse_words(fields: Mapping[str, str], rules: ViewCardRules) -> Words:
    """The words of a card as they will be printed; OrderRefused carries every problem at once, by field.

    A telephone number may be left out: without one nobody is told by text message.
    """
    problems: list[Problem] = []

    def read(field: str, parse: Callable[[str], str]) -> str:
        try:
            return parse(fields.get(field, ""))
        except Unacceptable as refusal:
            problems.append(Problem(field, refusal.message, refusal.remedy or ""))
            return ""

    words = Words(
        message=read("message", lambda text: _message(text, rules)),
        recipient_name=read("recipient_name", lambda text: _printed(entries.required_words(text, 100))),
        recipient_address=read("recipient_address", lambda text: _printed(entries.required_words(text, 300))),
        recipient_phone=read("recipient_phone", lambda text: parse_phones(text)[0] if text.strip() else ""),
        recipient_postcode=read("recipient_postcode", _postcode),
    )
    if problems:
        raise OrderRefused(problems)
    return words


def _message(text: str, rules: ViewCardRules) -> str:
    """The message, its lines kept; it may be empty."""
    lines = [entries.clean_line(line) for line in text.splitlines()]
    message = "\n".join(lines).strip("\n")
    if len(message) > rules.max_message_chars:
        raise Unacceptable(f"{len(message)} characters are too many", remedy=f"write at most {rules.max_message_chars}")
    if message.count("\n") >= rules.max_message_lines:
        raise Unacceptable(
            f"{len(message.splitlines())} lines are too many", remedy=f"write at most {rules.max_message_lines}"
        )
    return _printed(message)


def _printed(text: str) -> str:
    """The same text, if the font has every letter of it."""
    for character in text:
        if character != "\n" and ord(character) not in letters():
            raise Unacceptable(f"{character!r} cannot be printed", remedy="write in Bangla or English")
    return text


def _postcode(text: str) -> str:
    postcode = latin_digits(text.strip())
    if postcode and not (len(postcode) == 4 and postcode.isdecimal()):
        raise Unacceptable(f"{postcode!r} is no postcode", remedy="write its four digits, or leave it empty")
    return postcode


def order_of(card_id: UUID, words: Words, sender: Merchant, office: PostOffice, rules: ViewCardRules) -> Order:
    """The card as an order for a booking. Its reference is its id: the same card is booked once."""
    return Order(
        merchant=sender.name,
        store_address=f"{office.name_en} {office.postcode}",
        order_ref=reference_of(card_id),
        recipient_name=words.recipient_name,
        recipient_phone=words.recipient_phone,
        recipient_address=words.recipient_address,
        weight_g=rules.weight_g,
        cod_poisha=0,
        declared_value_poisha=0,
        description="View card",
        note="",
        weight_assumed=False,
    )


def reference_of(card_id: UUID) -> str:
    """Under what reference a card is booked."""
    return f"card-{card_id}"


def card_pdf(face: Face) -> bytes:
    """The card for the printer: two pages of 148 x 105 mm and 3 mm of bleed, the picture and the address."""
    return printing.pdf("viewcard", _data(face))


def card_side(face: Face, side: Side) -> bytes:
    """A side of the card as a PNG to look at, made by what makes the print."""
    return printing.pages("viewcard", _data(face) | {"side": side}, ppi=_PREVIEW_PPI)[0]


def _data(face: Face) -> dict[str, object]:
    facts = asdict(face) | {name: breakable(getattr(face, name)) for name in ("recipient_name", "recipient_address")}
    del facts["jpeg"]
    number = face.item_number
    return facts | {
        "side": "",
        "message": [breakable(line) for line in face.message.split("\n")],
        "picture_svg": _as_svg(face.jpeg) if face.jpeg else "",
        "barcode_svg": code128_svg(number) if number else "",
        "item_text": spaced(number) if number else "",
    }


def _as_svg(jpeg: bytes) -> str:
    """The picture as a text, which is all that data for a page may be; the print holds it byte for byte."""
    width, height = _CARD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'xlink:href="data:image/jpeg;base64,{b64encode(jpeg).decode()}"/></svg>'
    )
