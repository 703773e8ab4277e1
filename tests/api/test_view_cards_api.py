"""View cards over HTTP: made, looked at, paid, printed and posted by the counter of one office, each step once."""

from base64 import b64encode
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp

from tests.api.client import Api, refused, taken
from tests.operations.counter.test_view_cards import WORDS, photograph

HERE, ELSEWHERE = "1216", "1205"
PICTURE = b64encode(photograph()).decode()


@pytest.fixture
def card() -> str:
    return f"/v1/view-cards/{uuid4()}"


def test_a_card_from_its_picture_to_the_post(api: Api, card: str) -> None:
    made = taken(api.request("PUT", card, json=WORDS | {"picture_base64": PICTURE}, office=HERE))
    assert (made["is_ready"], made["delivery_office"], made["total_poisha"]) == (True, "1216", 575)
    assert made["item_number"] is None and "রহিমা" not in str(made)
    for side in ("picture", "address"):
        png = api.get(f"{card}/{side}.png", office=HERE)
        assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
        assert png.headers["cache-control"] == "no-store"
    refused(api.get(f"{card}/card.pdf", office=HERE), 409)

    paid = [taken(api.post(f"{card}/payment", office=HERE)) for _ in range(2)]
    assert paid[0] == paid[1] and paid[0]["state"] == "booked"
    pdf = api.get(f"{card}/card.pdf", office=HERE)
    assert pdf.headers["content-type"] == "application/pdf"
    page = pypdfium2.PdfDocument(pdf.content)[1]
    (code,) = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert code.text == paid[0]["item_number"]

    other = api.item(api.shop())
    problem = refused(api.post(f"{card}/posting", {"scanned": other}, office=HERE), 422)
    assert problem["field"] == "scanned"
    posted = taken(api.post(f"{card}/posting", {"scanned": code.text.lower()}, office=HERE))
    assert posted["state"] == "accepted" and not posted["has_picture"]
    refused(api.get(f"{card}/card.pdf", office=HERE), 404)
    refused(api.request("DELETE", f"{card}/payment", office=HERE), 409)
    assert taken(api.get(f"/v1/tracking/{code.text}"))["state"] == "accepted"


def test_a_card_taken_back_gives_its_money_back(api: Api, card: str) -> None:
    taken(api.request("PUT", card, json=WORDS | {"picture_base64": PICTURE}, office=HERE))
    taken(api.post(f"{card}/payment", office=HERE))
    back = [taken(api.request("DELETE", f"{card}/payment", office=HERE)) for _ in range(2)]
    assert back[0]["state"] == back[1]["state"] == "cancelled"
    refused(api.post(f"{card}/posting", {}, office=HERE), 409)


def test_an_unsure_address_is_asked_about(api: Api, card: str) -> None:
    unsure = WORDS | {"recipient_address": "House 5, College Road", "picture_base64": PICTURE}
    made = taken(api.request("PUT", card, json=unsure, office=HERE))
    assert made["delivery_office"] is None and made["question"]["bn"] and not made["is_ready"]
    problem = refused(api.post(f"{card}/payment", office=HERE), 422)
    assert made["question"]["en"] in problem["remedy"]
    sure = taken(api.request("PUT", card, json=unsure | {"recipient_postcode": "1216"}, office=HERE))
    assert sure["is_ready"] and sure["delivery_office"] == "1216"


def test_every_wrong_word_is_named(api: Api, card: str) -> None:
    problem = refused(
        api.request("PUT", card, json=WORDS | {"message": "😀", "recipient_phone": "12"}, office=HERE), 422
    )
    assert [one["field"] for one in problem["problems"]] == ["message", "recipient_phone"]
    told = refused(
        api.request("PUT", card, json=WORDS | {"message": "😀"}, office=HERE, headers={"Accept-Language": "bn"}),
        422,
    )
    assert "ছাপা যায় না" in told["detail"]
    bad = refused(api.request("PUT", card, json=WORDS | {"picture_base64": "AAAA"}, office=HERE), 422)
    assert bad["field"] == "picture" and bad["detail"] == "the picture cannot be read"
    refused(api.request("PUT", card, json=WORDS | {"picture_base64": "not base64!"}, office=HERE), 422)


def test_a_card_belongs_to_its_counter(api: Api, card: str) -> None:
    taken(api.request("PUT", card, json=WORDS | {"picture_base64": PICTURE}, office=HERE))
    for method, path, body in (
        ("GET", card, None),
        ("GET", f"{card}/address.png", None),
        ("POST", f"{card}/payment", None),
        ("PUT", card, WORDS),
        ("POST", f"{card}/posting", {}),
        ("DELETE", f"{card}/payment", None),
        ("GET", f"{card}/card.pdf", None),
    ):
        refused(api.request(method, path, json=body, office=ELSEWHERE), 404)
    assert refused(api.get(card), 422)["field"] == "Post-Office"
    refused(api.get(card, merchant=api.shop()), 403)
