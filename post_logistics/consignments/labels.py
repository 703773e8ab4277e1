"""The label of a parcel: A6 as PDF for any printer, ZPL for thermal ones. Its codes hold the item number."""

import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image

from post_logistics import printing
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.symbols import code128_svg, qr_svg
from post_logistics.network.offices import PostOffice
from post_logistics.units import DHAKA, ItemNumber, kilograms, local_day, taka

_LONGEST_WORD = 14
"""Longer runs without a space may be broken at the edge of the paper."""

_DOTS_PER_MM = 8
"""203 dpi, the usual thermal printer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Everything that is printed on a label. ``cod_en`` and ``cod_bn`` are empty for a prepaid parcel."""

    item_number: ItemNumber
    merchant: str
    store_address: str
    order_ref: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    delivery_postcode: str
    delivery_en: str
    delivery_bn: str
    pickup_code: str
    pickup_en: str
    service_en: str
    service_bn: str
    registered: bool
    weight: str
    cod_en: str
    cod_bn: str
    booked_on: str


def spaced(item_number: str) -> str:
    """An item number in the groups in which people read it: ``DP 4731 2482 9 BD``."""
    n = item_number
    return f"{n[:2]} {n[2:6]} {n[6:10]} {n[10]} {n[11:]}"


def phone_text(phone: str) -> str:
    """A number in E.164 as people in Bangladesh dial it: ``01712-345678``."""
    local = phone.removeprefix("+88")
    return f"{local[:5]}-{local[5:]}" if local.startswith("01") and len(local) == 11 else phone


def breakable(text: str) -> str:
    """The same text, with places to break in words too long for a line."""
    return " ".join(
        "\u200b".join(word[i : i + _LONGEST_WORD] for i in range(0, len(word), _LONGEST_WORD)) for word in text.split()
    )


def label_of(
    consignment: Consignment, pickup: PostOffice, delivery: PostOffice, merchant: str, service: tuple[str, str, bool]
) -> Label:
    """The label of a consignment. ``service``: its name in English and Bangla, and whether it is registered."""
    cod_poisha = consignment.cod_poisha
    return Label(
        item_number=consignment.item_number,
        merchant=breakable(merchant),
        store_address=breakable(consignment.store_address),
        order_ref=breakable(consignment.order_ref),
        recipient_name=breakable(consignment.recipient_name),
        recipient_phone=phone_text(consignment.recipient_phone),
        recipient_address=breakable(consignment.recipient_address),
        delivery_postcode=delivery.postcode,
        delivery_en=delivery.name_en,
        delivery_bn=delivery.name_bn,
        pickup_code=pickup.postcode,
        pickup_en=pickup.name_en,
        service_en=service[0],
        service_bn=service[1],
        registered=service[2],
        weight=kilograms(consignment.weight_g),
        cod_en=taka(cod_poisha) if cod_poisha else "",
        cod_bn=taka(cod_poisha, "bn") if cod_poisha else "",
        booked_on=local_day(consignment.booked_at.astimezone(DHAKA).date()),
    )


def labels_pdf(labels: Iterable[Label], *, sheet: bool = False) -> bytes:
    """One PDF with an A6 page for each label, in their order; as ``sheet``, four to a page of A4."""
    return printing.pdf("labels", {"sheet": sheet, "labels": [_printed(label) for label in labels]})


def _printed(label: Label) -> dict[str, Any]:
    number = label.item_number
    codes = {"barcode_svg": code128_svg(number), "qr_svg": qr_svg(number)}
    return asdict(label) | codes | {"item_text": spaced(number)}


def label_zpl(label: Label) -> bytes:
    """The label as ZPL II for a thermal printer of 203 dpi and paper of 100 x 150 mm.

    Codes and Latin text are the printer's own; names and addresses, in whatever script, come as one bitmap.
    """
    number, (width, height) = label.item_number, (92, 60)
    address = printing.pages(
        "thermal",
        asdict(label) | {"width_mm": width, "height_mm": height},
        ppi=_DOTS_PER_MM * 25.4,
    )[0]
    collect = f"COD {label.cod_en}" if label.cod_en else "PREPAID"
    registered = "  R" if label.registered else ""
    return "\n".join(
        [
            "^XA^CI28^PW800^LL1200^LH0,0",
            f"^FO32,30^A0N,34,34^FH^FD{_field('Bangladesh Post Office  Post e-Commerce')}^FS",
            f"^FO32,72^A0N,28,28^FH^FD{_field(label.service_en + registered)}^FS",
            "^FO32,110^GB736,3,3^FS",
            f"^FO32,128{_bitmap(address)}^FS",
            "^FO32,622^GB736,3,3^FS",
            f"^FO32,644^A0N,110,110^FD{_field(label.delivery_postcode)}^FS",
            f"^FO32,762^A0N,34,34^FH^FD{_field(label.delivery_en)}^FS",
            f"^FO330,660^A0N,56,56^FH^FD{_field(collect)}^FS",
            f"^FO330,730^A0N,28,28^FH^FD{_field(f'{label.weight}   from {label.pickup_code}   {label.booked_on}')}^FS",
            f"^FO330,768^A0N,26,26^FH^FD{_field('Ref ' + label.order_ref)}^FS",
            f"^FO32,830^BY3,3,170^BCN,170,N,N,N^FD{number}^FS",
            f"^FO32,1020^A0N,52,52^FD{spaced(number)}^FS",
            f"^FO600,830^BQN,2,7^FDMA,{number}^FS",
            "^XZ",
            "",
        ]
    ).encode()


def _field(text: str) -> str:
    """Text as ZPL field data: the characters that command the printer go by their number."""
    return "".join(f"_{ord(c):02X}" if c in "^~_\\" else c for c in text.replace("\u200b", ""))


def _bitmap(png: bytes) -> str:
    """A picture as a ZPL graphic field: one bit a dot, black where the picture is dark."""
    with Image.open(io.BytesIO(png)) as picture:
        dark = picture.convert("L").point(lambda value: 255 if value < 128 else 0).convert("1")
    row_bytes = (dark.width + 7) // 8
    bits = dark.tobytes()
    return f"^GFA,{len(bits)},{len(bits)},{row_bytes},{bits.hex().upper()}"
