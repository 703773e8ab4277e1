"""What a recipient holds in hand as proof of having paid: by tender, with its number, in both languages.

Only what really came is receipted: cash that was taken, and what providers have confirmed. What a provider has yet to
confirm is named as awaited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from post_logistics import printing
from post_logistics.cod.tenders import receipt_number, receipt_text
from post_logistics.consignments.labels import breakable, spaced
from post_logistics.errors import NotFound
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.money import receipts as store
from post_logistics.storage.money.receipts import Receipt
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import ItemNumber, Language, local_time, taka


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPaper:
    """One receipt as its recipient may have it. ``given_back_poisha``: of what was paid for the parcel, by now."""

    receipt: Receipt
    shop: str
    confirmed_poisha: int
    given_back_poisha: int

    @property
    def number(self) -> str:
        """Such as ``7K2M-93QF-X1ZD``."""
        return receipt_number(self.receipt.receipt_id)

    @property
    def awaited_poisha(self) -> int:
        """What a provider has yet to confirm."""
        return self.receipt.digital_poisha - self.confirmed_poisha

    @property
    def received_poisha(self) -> int:
        """What the post, or a provider for it, really has."""
        return self.receipt.cash_poisha + self.confirmed_poisha

    def text(self, language: Language) -> str:
        """The receipt in a sentence."""
        one = self.receipt
        when = local_time(one.taken_at, language)
        return receipt_text(
            one.receipt_id,
            one.item_number,
            self.shop,
            one.cash_poisha,
            self.confirmed_poisha,
            when,
            language,
            awaited_poisha=self.awaited_poisha,
        )


def receipt_papers(
    connection: Connection, item_number: ItemNumber, merchant: str | None = None
) -> Sequence[ReceiptPaper]:
    """Every receipt of the parcel, also one taken back, the earliest first; NotFound for another merchant's parcel."""
    shop = load_merchant(connection, load_consignment(connection, item_number, merchant).merchant_id).name
    found = store.load_receipts(connection, [item_number])
    confirmed = store.load_confirmed(connection, [one.receipt_id for one in found])
    given_back = store.load_given_back(connection, [item_number]).get(item_number, 0) if found else 0
    return [
        ReceiptPaper(
            receipt=one,
            shop=shop,
            confirmed_poisha=min(one.digital_poisha, confirmed.get(one.receipt_id, 0)),
            given_back_poisha=given_back if one.standing else 0,
        )
        for one in found
    ]


def receipt_in_hand(connection: Connection, item_number: ItemNumber) -> ReceiptPaper:
    """The receipt of the parcel that stands; NotFound while nothing was paid for it at a hand-over."""
    for paper in receipt_papers(connection, item_number):
        if paper.receipt.standing:
            return paper
    raise NotFound(
        "nothing was paid for this parcel at a hand-over", field="item_number", remedy="ask again once it was paid"
    )


def receipt_pdf(facts: Facts, paper: ReceiptPaper) -> bytes:
    """The receipt as PDF, A6, in English and Bangla."""
    one = paper.receipt
    office = facts.offices.get(one.office) if one.office in facts.offices else None
    lines = [
        ("In cash", "নগদ", one.cash_poisha),
        ("By digital payment", "ডিজিটাল পেমেন্টে", paper.confirmed_poisha),
        ("Given back", "ফেরত দেওয়া হয়েছে", -paper.given_back_poisha),
    ]
    return printing.pdf(
        "receipt",
        {
            "number": paper.number,
            "item_text": spaced(one.item_number),
            "shop": breakable(paper.shop),
            "office": f"{office.name_en} {one.office} · {office.name_bn}" if office else one.office,
            "when_en": local_time(one.taken_at),
            "when_bn": local_time(one.taken_at, "bn"),
            "lines": [_line(*line) for line in lines if line[2]],
            "total": _line("Received", "গৃহীত", paper.received_poisha - paper.given_back_poisha),
            "awaited": _line("Awaited", "পাওয়ার অপেক্ষায়", paper.awaited_poisha) if paper.awaited_poisha else None,
            "stands": one.standing,
        },
    )


def _line(en: str, bn: str, amount_poisha: int) -> dict[str, str]:
    return {"en": en, "bn": bn, "amount_en": taka(amount_poisha), "amount_bn": taka(amount_poisha, "bn")}
