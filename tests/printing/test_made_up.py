"""What is printed in practice says so on every page, and its codes are read all the same."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pypdfium2
import zxingcpp

from post_logistics import printing
from post_logistics.consignments.labels import label_zpl, labels_pdf
from tests.consignments.test_labels import LABEL, NUMBER, text_of


def test_a_label_of_practice_says_so_in_both_languages_and_its_codes_are_read() -> None:
    with printing.made_up():
        pdf = labels_pdf([LABEL, LABEL])
    assert all("PRACTICE" in page and "অনুশীলন" in page for page in text_of(pdf))
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_numpy()
    assert {code.text for code in zxingcpp.read_barcodes(page)} == {NUMBER}
    plain = labels_pdf([LABEL])
    assert "PRACTICE" not in text_of(plain)[0]


def test_a_thermal_label_of_practice_is_another_one() -> None:
    with printing.made_up():
        marked = label_zpl(LABEL)
    assert marked != label_zpl(LABEL)


def test_what_another_thread_prints_meanwhile_is_not_marked() -> None:
    """The mark goes with a request into the thread that serves it, and into no other."""
    with printing.made_up(), ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(labels_pdf, [LABEL])
        ours = pool.submit(copy_context().run, labels_pdf, [LABEL])
        assert "PRACTICE" not in text_of(theirs.result())[0] and "PRACTICE" in text_of(ours.result())[0]
