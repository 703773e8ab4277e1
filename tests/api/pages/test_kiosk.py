"""The kiosk over HTTP, as a browser without scripts uses it: typed, shown, paid, printed, posted; own forms only."""

import re
from typing import Any

import pytest
from httpx2 import Response

from api.context import form_key
from post_logistics.access.roles import Role
from tests.api.client import Api
from tests.api.pages.test_station import opened, session_of
from tests.operations.counter.test_view_cards import WORDS, photograph

IN_ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def clerk(api: Api) -> str:
    return session_of(api, Role.COUNTER)


def sent(api: Api, session: str, path: str, fields: dict[str, str], picture: bytes = b"") -> Response:
    files: Any = {"picture": ("me.jpg", picture, "image/jpeg")} if picture else {"picture": ("", b"")}
    given = {"form_key": form_key(session)} | fields
    headers = {"Cookie": f"session={session}"} | IN_ENGLISH
    return api.client.post(path, data=given, files=files, headers=headers)


def pressed(api: Api, session: str, path: str, **fields: str) -> Response:
    headers = {"Cookie": f"session={session}"} | IN_ENGLISH
    return api.client.post(path, data={"form_key": form_key(session)} | fields, headers=headers)


def address_of(answer: Response) -> str:
    found = re.search(r'action="(/kiosk/[0-9a-f-]{36})"', answer.text)
    assert found
    return found[1]


def made(api: Api, session: str, **changes: str) -> str:
    card = address_of(opened(api, session, "/kiosk"))
    assert sent(api, session, card, WORDS | changes, photograph()).headers["location"] == card
    return card


def test_a_card_is_made_paid_printed_and_posted_without_scripts(api: Api, clerk: str) -> None:
    card = made(api, clerk)
    page = opened(api, clerk, card, **IN_ENGLISH).text
    assert "Delivered by" in page and "Mirpur" in page and "Tk 5.75 received: book and print" in page
    for side in ("picture", "address"):
        answer = opened(api, clerk, f"{card}/{side}.png")
        assert answer.headers["content-type"] == "image/png" and answer.headers["cache-control"] == "private, no-store"
    assert sent(api, clerk, card, WORDS | {"message": "Other words"}).status_code == 303, "the picture is kept"

    for _ in range(2):  # pressed twice
        paid = pressed(api, clerk, f"{card}/paid")
        assert paid.status_code == 303
    page = opened(api, clerk, card, **IN_ENGLISH).text
    (number,) = set(re.findall(r"[A-Z]{2}[0-9]{9}BD", page))
    pdf = opened(api, clerk, f"{card}/card.pdf")
    assert pdf.content.startswith(b"%PDF") and "inline" in pdf.headers["content-disposition"]

    wrong = pressed(api, clerk, f"{card}/posted", scanned=api.item(api.shop()))
    assert wrong.status_code == 422 and f"That is not {number}" in wrong.text
    done = pressed(api, clerk, f"{card}/posted", scanned=number)
    assert done.headers["location"].startswith("/kiosk?said=")
    page = opened(api, clerk, card, **IN_ENGLISH).text
    assert "It is on its way." in page and "card.pdf" not in page
    assert opened(api, clerk, f"{card}/picture.png").status_code == 404


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(api: Api, clerk: str) -> None:
    card = address_of(opened(api, clerk, "/kiosk"))
    wrong = sent(api, clerk, card, WORDS | {"message": "I ☃ you", "recipient_phone": "12"}, b"<svg/>")
    assert wrong.status_code == 422
    assert 'id="message-error">&#39;☃&#39; cannot be printed' in wrong.text
    assert 'id="recipient_phone-error"' in wrong.text and "I ☃ you" in wrong.text and "রহিমা" in wrong.text
    unread = sent(api, clerk, card, WORDS, b"<svg/>")
    assert unread.status_code == 422 and 'id="picture-error">The picture cannot be read' in unread.text
    large = sent(api, clerk, card, WORDS, photograph() + bytes(6_000_000))
    assert large.status_code == 422 and "larger than 6 MB" in large.text
    in_bangla = api.client.post(
        card,
        data={"form_key": form_key(clerk)} | WORDS,
        files={"picture": ("a.jpg", b"GIF89a", "image/jpeg")},
        headers={"Cookie": f"session={clerk}; language=bn"},
    )
    assert "ছবিটি পড়া যাচ্ছে না" in in_bangla.text


def test_an_unsure_address_is_asked_about_with_the_offices_to_choose_from(api: Api, clerk: str) -> None:
    card = made(api, clerk, recipient_address="House 5, College Road")
    page = opened(api, clerk, card, **IN_ENGLISH).text
    assert "The address does not tell the office yet" in page and "book and print" not in page
    assert pressed(api, clerk, f"{card}/paid").status_code == 422
    sure = {"recipient_address": "House 5, College Road", "recipient_postcode": "1216"}
    assert sent(api, clerk, card, WORDS | sure).status_code == 303
    assert "book and print" in opened(api, clerk, card, **IN_ENGLISH).text


def test_a_card_that_was_not_printed_is_taken_back(api: Api, clerk: str) -> None:
    card = made(api, clerk)
    pressed(api, clerk, f"{card}/paid")
    for _ in range(2):
        assert "return+the+money" in pressed(api, clerk, f"{card}/taken-back").headers["location"].replace("%20", "+")
    assert "It was taken back." in opened(api, clerk, card, **IN_ENGLISH).text
    assert pressed(api, clerk, f"{card}/posted").status_code == 422


def test_a_form_of_another_session_or_site_is_not_taken(api: Api, clerk: str) -> None:
    card = made(api, clerk)
    headers = {"Cookie": f"session={clerk}"}
    assert api.client.post(f"{card}/paid", data={"form_key": "x"}, headers=headers).status_code == 403
    own = {"form_key": form_key(clerk)}
    strange = headers | {"Sec-Fetch-Site": "cross-site"}
    assert api.client.post(f"{card}/paid", data=own, headers=strange).status_code == 403


def test_the_kiosk_is_for_the_people_of_a_counter_and_a_card_for_those_of_its_own(api: Api, clerk: str) -> None:
    card = made(api, clerk)
    assert api.client.get("/kiosk").headers["location"] == "/sign-in?next=/kiosk"
    assert opened(api, session_of(api, Role.RIDER), "/kiosk").status_code == 403
    stranger = session_of(api, Role.MANAGER, "1205")
    for path in (card, f"{card}/picture.png", f"{card}/card.pdf"):
        assert opened(api, stranger, path).status_code == 404
    for step in ("paid", "posted", "taken-back"):
        assert pressed(api, stranger, f"{card}/{step}").status_code == 404
    assert opened(api, clerk, card, **IN_ENGLISH).text.count("book and print") == 1
