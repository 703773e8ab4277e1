"""What a customer of a digital centre is given, on paper and on the telephone: number, parcel, sum, nobody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from post_logistics import printing
from post_logistics.channels.messages import RECEIPT_PAID, RECEIPT_POSTED
from post_logistics.cod.tenders import receipt_number
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.labels import breakable, spaced
from post_logistics.errors import NotFound
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.telling.relaying import SEND_SMS
from post_logistics.storage.centres.services import Given, load_given
from post_logistics.storage.database import Connection
from post_logistics.storage.jobs import defer
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.telling.sms import SmsMessage, append_sms
from post_logistics.units import ItemNumber, Language, bangla_digits, local_time, taka

_TEXT: Final = "receipt:"
_SENT: Final[Mapping[CentreService, str]] = {
    CentreService.BOOKING: RECEIPT_POSTED,
    CentreService.PAYMENT: RECEIPT_PAID,
}
"""Services after which a receipt goes to a telephone. Whoever was handed a parcel is told so with the news of it."""
_WORDS: Final[Mapping[CentreService, tuple[str, str]]] = {
    CentreService.BOOKING: ("Parcel posted", "পার্সেল পাঠানো"),
    CentreService.DROP_OFF: ("Parcel taken in", "পার্সেল গ্রহণ"),
    CentreService.HAND_OVER: ("Paid at the hand-over", "হস্তান্তরের সময় পরিশোধ"),
    CentreService.PAYMENT: ("Paid ahead for the parcel", "পার্সেলের মূল্য আগাম পরিশোধ"),
}


@dataclass(frozen=True, slots=True)
class ServicePaper:
    """One service as its customer may have it."""

    given: Given
    point: CollectionPoint
    shop: str
    consignment: Consignment

    @property
    def number(self) -> str:
        """Such as ``7K2M-93QF-X1ZD``."""
        return receipt_number(self.given.service_id)

    @property
    def lines(self) -> list[tuple[str, str, int]]:
        """English, Bangla and poisha of each part of what was paid."""
        words = _WORDS[self.given.service]
        if self.given.service is not CentreService.BOOKING:
            return [(*words, self.given.cash_poisha)]
        vat_poisha = self.consignment.vat_poisha
        return [("Postage", "ডাকমাশুল", self.given.cash_poisha - vat_poisha), ("VAT", "ভ্যাট", vat_poisha)]

    def text(self, language: Language) -> str:
        """The receipt in a sentence."""
        one, bangla = self.given, language == "bn"
        what = _WORDS[one.service][bangla]
        when, paid = local_time(one.happened_at, language), taka(one.cash_poisha, language)
        if bangla:
            return f"রসিদ {self.number}: {what} {bangla_digits(one.item_number)}, {paid}, {when}, {self.point.name_bn}।"
        return f"Receipt {self.number}: {what} {one.item_number}, {paid}, {when}, {self.point.name_en}."

    def pdf(self) -> bytes:
        """The receipt, A6, in English and Bangla."""
        one = self.given
        return printing.pdf(
            "receipt",
            {
                "number": self.number,
                "item_text": spaced(ItemNumber(one.item_number)),
                "shop": breakable(self.shop),
                "office": f"{self.point.name_en} {self.point.office} · {self.point.name_bn}",
                "when_en": local_time(one.happened_at),
                "when_bn": local_time(one.happened_at, "bn"),
                "lines": [_line(*line) for line in self.lines],
                "total": _line("Received", "গৃহীত", one.cash_poisha),
                "awaited": None,
                "stands": True,
            },
        )


def _line(en: str, bn: str, amount_poisha: int) -> dict[str, str]:
    return {"en": en, "bn": bn, "amount_en": taka(amount_poisha), "amount_bn": taka(amount_poisha, "bn")}


def service_paper(connection: Connection, point: CollectionPoint, service_id: UUID) -> ServicePaper:
    """The receipt of a service; NotFound if there is none, or it is another centre's: the two answer alike."""
    given = load_given(connection, [service_id]).get(service_id)
    if given is None or given.centre != point.point_id:
        raise NotFound(f"no service {service_id}", field="act_id", remedy="copy it from the answer to the act")
    consignment = load_consignment(connection, given.item_number)
    return ServicePaper(given, point, load_merchant(connection, consignment.merchant_id).name, consignment)


def send_receipt(connection: Connection, point: CollectionPoint, given: Given, language: Language) -> None:
    """A receipt goes to the telephone of who posted, or for whom somebody paid. Told again, it is the same text."""
    event = _SENT.get(given.service)
    if event is None or not given.cash_poisha:
        return
    message = SmsMessage(
        sms_id=f"{_TEXT}{given.service_id}",
        item_number=given.item_number,
        event=event,
        language=language,
        office=point.office,
        segments=2 if language == "bn" else 1,
        status="waiting",
        made_at=given.recorded_at,
        not_before=given.recorded_at,
        tries=0,
        last_answer="",
    )
    if append_sms(connection, [message]):
        defer(connection, SEND_SMS, {"": given.recorded_at})


def receipts_by_text(connection: Connection, sms_ids: Sequence[str]) -> dict[str, Given]:
    """Text -> the service whose receipt it is, of those texts that are receipts."""
    ids = [UUID(one.removeprefix(_TEXT)) for one in sms_ids if one.startswith(_TEXT)]
    return {f"{_TEXT}{known}": given for known, given in load_given(connection, ids).items()} if ids else {}
