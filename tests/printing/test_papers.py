"""Run sheets and payout advices: every page headed, every code readable, long lists over several pages."""

from typing import Any

import pypdfium2
import zxingcpp

from post_logistics import printing
from post_logistics.consignments.symbols import code128_svg


def stop(n: int) -> dict[str, Any]:
    number = f"DP{n:08d}9BD"
    parcel = {
        "item_text": number,
        "barcode_svg": code128_svg(number),
        "name": "মোঃ কৃষ্ণ",
        "phone": "01712-345678",
        "address": "House 12, Road 5, Section 10, Block C, Mirpur, Dhaka 1216, near the cinema",
        "note": "call first" if n == 1 else "",
        "cod": "Tk 1,250.00" if n % 3 else "",
    }
    return {"n": n, "arrive": "13:00", "place": "Mirpur Section 10", "parcels": [parcel]}


def sheet(rider: str, stops: int) -> dict[str, Any]:
    return {
        "rider": rider,
        "vehicle": "Motorcycle",
        "office_en": "Mirpur TSO",
        "office_bn": "মিরপুর টিএসও",
        "day": "22 Nov 2026",
        "leave": "12:30",
        "back": "18:05",
        "stops_n": stops,
        "parcels_n": stops,
        "weight": "23.4 kg",
        "distance": "31.2 km",
        "cash": "Tk 43,250.00",
        "stops": [stop(n) for n in range(1, stops + 1)],
    }


def advice(lines: int) -> dict[str, Any]:
    line = {
        "order_ref": "WEB-1",
        "outcome": "delivered",
        "collected": "1,250.00",
        "postage": "15.00",
        "cod_fee": "12.50",
        "vat": "4.13",
        "net": "1,218.37",
    }
    return {
        "settlement_id": "shop-2026-11-23",
        "merchant": "চমক গ্যাজেট",
        "day": "23 Nov 2026",
        "account": "•••• 4821",
        "reference": "ABCD-EFGH-2345",
        "lines": [line | {"item_text": f"DP {n}"} for n in range(lines)],
        "waiting": [],
        "claims": [{"item_text": "DP 1", "amount": "700.00"}],
        "brought_forward": "0.00",
        "principal": "37,500.00",
        "compensation": "700.00",
        "advance": "",
        "fees": "825.00",
        "vat": "123.90",
        "payout": "Tk 36,551.10",
        "carried_forward": "0.00",
        "still_due": "",
    }


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def test_every_tour_begins_on_a_page_of_its_own_and_every_page_has_its_heading() -> None:
    pages = texts(printing.pdf("runsheets", {"sheets": [sheet("1216-R01", 30), sheet("1216-R02", 2)]}))
    assert len(pages) > 2
    assert "1216-R01" in pages[0]
    assert "1216-R02" in pages[-1]
    assert all("Item" in page for page in pages)


def test_the_codes_on_a_run_sheet_read_back() -> None:
    document = pypdfium2.PdfDocument(printing.pdf("runsheets", {"sheets": [sheet("1216-R01", 5)]}))
    found = zxingcpp.read_barcodes(document[0].render(scale=300 / 72).to_numpy())
    document.close()
    assert {code.text for code in found} == {f"DP{n:08d}9BD" for n in range(1, 6)}


def test_a_day_without_tours_is_still_a_paper() -> None:
    assert printing.pdf("runsheets", {"sheets": []}).startswith(b"%PDF")


def test_a_long_advice_goes_over_pages_and_keeps_its_heading() -> None:
    pages = texts(printing.pdf("advice", advice(120)))
    assert len(pages) >= 3
    assert all("COD fee" in page and "ABCD-EFGH-2345" in page for page in pages)


def test_an_advice_says_how_to_tell_that_it_is_true() -> None:
    (page,) = texts(printing.pdf("advice", advice(3)))
    assert "ABCD-EFGH-2345" in page
    assert "Tk 36,551.10" in page
    assert "never ask for a PIN" in page
