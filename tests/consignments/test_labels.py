"""What is printed reads back: bar codes, pages, and text that is never taken for markup."""

import io
import re
from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from post_logistics import printing
from post_logistics.consignments.labels import Label, breakable, label_zpl, labels_pdf, phone_text, spaced
from post_logistics.consignments.numbers import item_number
from post_logistics.consignments.symbols import code128_svg, qr_svg
from post_logistics.units import ItemNumber

NUMBER = ItemNumber("DP473124829BD")
MM_PER_INCH = 25.4

LABEL = Label(
    item_number=NUMBER,
    merchant="Chomok Gadget · চমক গ্যাজেট",
    store_address="Shop 12, Level 6, Bashundhara City, Panthapath, Dhaka 1205",
    order_ref="WEB-1001",
    recipient_name="মোঃ ক্ষুদিরাম কৃষ্ণ স্ত্রী",
    recipient_phone="01712-345678",
    recipient_address="বাসা ১২, রোড ৫, সেকশন ১০, ব্লক সি, মিরপুর, ঢাকা ১২১৬ (ব্রাহ্মণবাড়িয়া বেকারির পাশে)",
    delivery_postcode="1216",
    delivery_en="Mirpur TSO",
    delivery_bn="মিরপুর টিএসও",
    pickup_code="1205",
    pickup_en="New Market TSO",
    service_en="Speed Post parcel",
    service_bn="স্পিড পোস্ট পার্সেল",
    registered=True,
    weight="1.25 kg",
    cod_en="Tk 50,000.00",
    cod_bn="৳৫০,০০০.০০",
    booked_on="22 Nov 2026",
)
WORST = replace(
    LABEL,
    merchant=breakable("দীর্ঘ নামের দোকান " * 5),
    store_address=breakable("Level 6, Shop 12, " * 16),
    order_ref=breakable("R" * 64),
    recipient_name=breakable("মোহাম্মদ ক্ষিতীন্দ্রনাথ " * 4),
    recipient_address=breakable("W" * 60 + " " + "ব্রাহ্মণবাড়িয়া রোড, লক্ষ্মীপুর, " * 8),
    delivery_en="Mohammadpur Housing Estate Town Sub Office",
    delivery_bn="মোহাম্মদপুর হাউজিং এস্টেট টাউন সাব অফিস",
)
EVIL = replace(LABEL, recipient_address='#panic() $x$ *b* _i_ @a <b> \\ ] " `#let` 王 😀', recipient_name="= Heading")


def rasters(pdf: bytes, dpi: int = 300) -> list[np.ndarray]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72).to_numpy() for page in document]
    finally:
        document.close()


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


@pytest.mark.parametrize(
    "label", [LABEL, WORST, EVIL, replace(LABEL, cod_en="", cod_bn="")], ids=["usual", "worst", "evil", "prepaid"]
)
def test_both_codes_of_a_label_read_back_as_its_number(label: Label) -> None:
    (page,) = rasters(labels_pdf([label]))
    found = zxingcpp.read_barcodes(page)
    assert {(code.format.name, code.text) for code in found} >= {("Code128", NUMBER), ("QRCode", NUMBER)}


def test_every_label_has_its_page_of_a6_however_much_is_on_it() -> None:
    document = pypdfium2.PdfDocument(labels_pdf([LABEL, WORST, EVIL] * 5))
    sizes = {tuple(round(points / 72 * MM_PER_INCH) for points in page.get_size()) for page in document}
    assert len(document) == 15
    assert sizes == {(105, 148)}
    document.close()


def test_what_a_user_writes_is_printed_as_it_stands() -> None:
    (text,) = text_of(labels_pdf([EVIL]))
    assert "#panic() $x$ *b* _i_ @a <b> \\ ]" in text
    assert "= Heading" in text


def test_a_prepaid_label_says_so_and_shows_no_amount() -> None:
    (text,) = text_of(labels_pdf([replace(LABEL, cod_en="", cod_bn="")]))
    assert "PREPAID" in text
    assert "Tk" not in text


def test_the_same_label_gives_the_same_bytes() -> None:
    assert labels_pdf([LABEL, WORST]) == labels_pdf([LABEL, WORST])


def test_only_our_font_is_on_the_paper() -> None:
    fonts = set(re.findall(rb"/FontName\s*/(?:[A-Z]{6}\+)?([A-Za-z-]+)", labels_pdf([LABEL])))
    assert fonts
    assert all(name.startswith(b"HindSiliguri") for name in fonts)


def test_conjuncts_are_shaped_and_not_spelled_out() -> None:
    """ক্ষ is one sign: far narrower than ক, hasanta and ষ side by side."""

    def ink_width(text: str) -> int:
        page = printing.pages(
            "thermal",
            {
                "width_mm": 92,
                "height_mm": 60,
                "recipient_name": text,
                "recipient_phone": "",
                "recipient_address": "",
                "delivery_bn": "",
                "merchant": "",
                "store_address": "",
            },
            ppi=203,
        )[0]
        dark = np.asarray(Image.open(io.BytesIO(page)).convert("L"))[:60] < 128
        return int(np.flatnonzero(dark.any(axis=0)).max())

    assert ink_width("ক্ষ") < 0.8 * ink_width("ক্\u200cষ")
    assert ink_width("কৃ") < 0.8 * ink_width("কঋ")


def test_bars_are_wide_enough_for_any_scanner() -> None:
    modules = int(re.search(r'viewBox="0 0 (\d+)', code128_svg(NUMBER)).group(1))  # type: ignore[union-attr]
    assert 94 / modules >= 0.33  # millimetres a module, the quiet zones included
    assert code128_svg(NUMBER).startswith("<svg")
    assert qr_svg(NUMBER).count("M") > 50


def zpl_text() -> str:
    return label_zpl(replace(LABEL, order_ref="a^XZ~b_c\\d")).decode()


def test_a_thermal_label_is_one_whole_format_with_both_codes() -> None:
    zpl = zpl_text()
    assert zpl.startswith("^XA") and zpl.rstrip().endswith("^XZ")
    assert zpl.count("^XZ") == 1
    assert re.search(rf"\^BC[^\^]*\^FD{NUMBER}\^FS", zpl)
    assert re.search(rf"\^BQ[^\^]*\^FDMA,{NUMBER}\^FS", zpl)


def test_what_commands_a_printer_is_neutralised() -> None:
    assert "a_5EXZ_7Eb_5Fc_5Cd" in zpl_text()


def test_the_picture_on_a_thermal_label_is_of_the_size_it_says() -> None:
    total, again, row_bytes, data = re.search(r"\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)", zpl_text()).groups()  # type: ignore[union-attr]
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(data), np.uint8)).reshape(-1, int(row_bytes) * 8)
    assert total == again == str(len(data) // 2)
    assert bits.shape == (480, 736)
    assert 0.01 < bits.mean() < 0.3


def test_the_codes_of_a_thermal_label_do_not_touch() -> None:
    zpl = zpl_text()
    left, module = 32, 3
    modules = int(re.search(r'viewBox="0 0 (\d+)', code128_svg(NUMBER)).group(1)) - 20  # type: ignore[union-attr]
    qr_left = int(re.search(r"\^FO(\d+),\d+\^BQ", zpl).group(1))  # type: ignore[union-attr]
    assert left + module * modules + 10 * module <= qr_left
    assert qr_left + 7 * 25 <= 800


def test_any_number_reads_back_from_its_codes() -> None:
    numbers = [item_number("DP", serial) for serial in (0, 1, 10_000_000, 55_555_555, 89_999_999, 12_345_678)]
    labels = [replace(LABEL, item_number=number) for number in numbers]
    for number, page in zip(numbers, rasters(labels_pdf(labels), dpi=200), strict=True):
        assert {code.text for code in zxingcpp.read_barcodes(page)} == {number}


def test_numbers_are_grouped_as_people_read_them() -> None:
    assert spaced(NUMBER) == "DP 4731 2482 9 BD"
    assert phone_text("+8801712345678") == "01712-345678"
    assert phone_text("+88029555555") == "+88029555555"
    assert breakable("a" * 30 + "  b") == "a" * 14 + "\u200b" + "a" * 14 + "\u200b" + "aa b"


def test_labels_are_printed_four_to_a_sheet_of_a4_each_of_them_whole() -> None:
    document = pypdfium2.PdfDocument(labels_pdf([LABEL, WORST, EVIL] * 3, sheet=True))
    assert len(document) == 3
    assert [round(points / 72 * 25.4) for points in document[0].get_size()] == [210, 297]
    text = document[0].get_textpage().get_text_range()
    assert text.count(spaced(LABEL.item_number)) >= 2
