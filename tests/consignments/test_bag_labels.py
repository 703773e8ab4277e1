"""The papers of bags read back: one page, every word, a bar code that scans."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pypdfium2
import pytest
import zxingcpp

from post_logistics.consignments.bag_labels import BagLabel, bag_labels_pdf, bag_manifest_pdf, departure_manifest_pdf
from post_logistics.consignments.manifests import Departure, ManifestLine
from post_logistics.consignments.receptacles import sealed
from post_logistics.network.offices import Offices, load_offices
from post_logistics.settings import Settings
from post_logistics.units import DHAKA, Postcode

KEY = "BD1205BD1216CCC60001001"
NUMBER = sealed(KEY, 12_340, is_last=True, is_registered=True)
LABEL = BagLabel(NUMBER, "S-1042", 12_340, 142, datetime(2026, 11, 22, 20, 5, tzinfo=DHAKA))
WORST = replace(LABEL, seal="S" * 40, weight_g=999_949, things=4999)


@pytest.fixture(scope="module")
def offices(settings: Settings) -> Offices:
    return load_offices(settings.facts_dir)


def pages(pdf: bytes) -> list[tuple[str, np.ndarray]]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [(page.get_textpage().get_text_bounded(), page.render(scale=300 / 72).to_numpy()) for page in document]
    finally:
        document.close()


def codes(page: np.ndarray) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(page)]


@pytest.mark.parametrize("label", [LABEL, WORST], ids=["usual", "worst"])
def test_a_label_is_one_page_a6_and_scans_as_all_29_characters(offices: Offices, label: BagLabel) -> None:
    ((text, picture),) = pages(bag_labels_pdf(offices, [label]))
    assert codes(picture) == [NUMBER.printed]
    assert picture.shape[:2] == pytest.approx((148 / 25.4 * 300, 105 / 25.4 * 300), abs=2)
    for word in (
        "1216",
        "Mirpur",
        "মিরপুর",
        "1205",
        "New Market",
        "নিউমার্কেট",
        label.seal[:8],
        "BD1205 BD1216 CCC6 0001",
    ):
        assert word in text


def test_a_label_shows_last_and_registered_only_where_they_are_true(offices: Offices) -> None:
    plain = replace(LABEL, number=sealed(KEY, 12_340, is_last=False, is_registered=False))
    (marked, _), (bare, _) = pages(bag_labels_pdf(offices, [LABEL, plain]))
    assert "শেষ ব্যাগ" in marked and "registered" in marked
    assert "শেষ ব্যাগ" not in bare and "registered" not in bare


def test_every_office_fits_on_the_label_as_destination(offices: Offices) -> None:
    longest = sorted(offices.values(), key=lambda office: len(office.name_en) + len(office.name_bn))[-5:]
    numbers = [sealed(f"BD1205BD{one.postcode}CCC60001001", 100, is_last=True, is_registered=True) for one in longest]
    assert len(pages(bag_labels_pdf(offices, [replace(WORST, number=number) for number in numbers]))) == len(longest)


def test_a_manifest_lists_everything_over_as_many_pages_as_it_takes(offices: Offices) -> None:
    inner = ManifestLine(KEY[:-1] + "2", Postcode("1216"), None, True, 20)
    items = [ManifestLine(f"DP{n:08d}9BD", Postcode("1216"), 1500, n % 2 == 0) for n in range(120)]
    found = pages(bag_manifest_pdf(offices, LABEL, [inner, *items]))
    assert len(found) > 1
    assert codes(found[0][1]) == [NUMBER.printed]
    whole = "\n".join(text for text, _ in found)
    assert whole.count("Mirpur TSO") >= 122
    assert "DP 0000 0119 9 BD" in whole and "BD1205 BD1216 CCC6 0001 002" in whole
    assert "Lines · সারি 121" in whole and "ডাকবস্তু 140" in whole and "180 kg" in whole


def test_a_dispatch_list_says_when_it_leaves_and_leaves_out_what_nobody_knows(offices: Offices) -> None:
    departure = Departure(
        vehicle="DM-TA-11/20261122T0320Z",
        origin=Postcode("1205"),
        destination=Postcode("1215"),
        depart_at=datetime(2026, 11, 22, 9, 20, tzinfo=DHAKA),
        arrive_at=None,
    )
    ((text, _),) = pages(departure_manifest_pdf(offices, departure, []))
    assert "22 Nov 2026, 09:20" in text and "ডাক প্রেরণ তালিকা" in text and departure.vehicle in text
