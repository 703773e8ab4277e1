"""The recipient's own view, by a link or by a code; the merchant's and the staff's views of the same parcel."""

import re
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from post_logistics.channels.messages import load_messages
from post_logistics.channels.sms import Sms
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.faces.visiting import make_links
from post_logistics.operations.telling.texting import Texting, send_sms
from tests.api.client import Api, refused, taken
from tests.printing.test_papers import texts

TOKEN = "abcdefghijklmnopqrstuv"
BANGLA = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


class Sent:
    """A gateway that takes every text and remembers it."""

    def __init__(self) -> None:
        self.texts: list[Sms] = []

    def send(self, batch: Sequence[Sms]) -> list[str]:
        self.texts += batch
        return [""] * len(batch)


def link_to(api: Api, item: str) -> str:
    token = f"{TOKEN}-{item}"
    with api.engine.database.transaction() as connection:
        make_links(connection, {item: token}, api.at)
    return token


def code_for(api: Api, item: str) -> str:
    with api.engine.database.transaction() as connection:
        return issue_code(connection, item, "view", api.at, Random(7), key=api.engine.facts.advice_key)


def failed(api: Api, item: str) -> None:
    rider = "1216-R12"
    api.with_rider(item, rider)
    api.claims(api.scan(item, "attempt_failed", holder=f"rider:{rider}", reason="no_answer", note="Rude, 01799887766"))


def test_a_link_opens_the_recipients_view_without_a_key(api: Api) -> None:
    item = api.item(api.shop())
    failed(api, item)
    answer = api.client.get(f"/v1/recipients/{link_to(api, item)}", headers={"Accept-Language": "bn"})
    view = taken(answer)
    assert (view["item_number"], view["to_pay_poisha"], view["to_pay"]) == (item, 100_000, "৳১,০০০.০০")
    assert view["sender_name"].startswith("Shop ") and view["phone_ending"] == "78"
    assert [one["reason_text"] for one in view["attempts"]] == ["ফোনে সাড়া পাওয়া যায়নি"]
    assert answer.headers["cache-control"] == "no-store"
    assert not [word for word in ("কৃষ্ণা", "1712345678", "House 5", "Rude", "1799887766", "R12") if word in answer.text]


def test_a_link_gives_the_receipt_as_soon_as_there_is_one(api: Api) -> None:
    item, rider = api.item(api.shop()), "1216-R12"
    link = f"/v1/recipients/{link_to(api, item)}"
    assert taken(api.client.get(link))["receipt_at"] is None
    for path in (f"{link}/receipt", f"{link}/receipt.pdf", "/v1/recipients/nothing/receipt"):
        refused(api.client.get(path), 404)
    api.with_rider(item, rider)
    api.claims(api.scan(item, "delivered_claimed", holder=f"rider:{rider}", collected_poisha=100_000))
    assert taken(api.client.get(link))["receipt_at"] == f"{link}/receipt"
    answer = api.client.get(f"{link}/receipt")
    receipt = taken(answer)
    assert (receipt["cash_poisha"], receipt["digital_poisha"], receipt["awaited_poisha"]) == (100_000, 0, 0)
    assert "Tk 1,000.00 received" in receipt["text_en"] and "৳১,০০০.০০ গৃহীত" in receipt["text_bn"]
    assert not [word for word in ("কৃষ্ণা", "1712345678", "House 5", rider) if word in answer.text]
    paper = api.client.get(f"{link}/receipt.pdf")
    assert paper.headers["content-type"] == "application/pdf" and paper.headers["cache-control"] == "no-store"
    (page,) = texts(paper.content)
    assert receipt["number"] in page and "1,000.00" in page


def test_a_link_that_is_none_and_one_that_has_expired_are_answered_alike(api: Api) -> None:
    token = link_to(api, api.item(api.shop()))
    api.at += timedelta(days=61)
    expired = refused(api.client.get(f"/v1/recipients/{token}"), 404)
    absent = refused(api.client.get("/v1/recipients/nothing"), 404)
    api.at -= timedelta(days=61)
    assert expired == absent


def test_asking_for_a_code_is_answered_alike_for_any_number(api: Api) -> None:
    item = api.item(api.shop())
    hit = taken(api.client.post("/v1/recipients/codes", json={"item_number": item}), 202)
    miss = taken(api.client.post("/v1/recipients/codes", json={"item_number": "DP000000005BD"}), 202)
    again = taken(api.client.post("/v1/recipients/codes", json={"item_number": item}), 202)
    assert hit == miss == again
    refused(api.client.post("/v1/recipients/codes", json={"item_number": "DP000000006BD"}), 422)


def test_a_code_opens_the_view_once_and_its_token_for_an_hour(api: Api) -> None:
    item = api.item(api.shop())
    visit = {"item_number": item.lower(), "code": code_for(api, item).translate(BANGLA)}
    view = taken(api.client.post("/v1/recipients/visits", json=visit))
    assert view["item_number"] == item and len(view["token"]) == 22
    assert taken(api.client.get(f"/v1/recipients/{view['token']}")) == view
    refused(api.client.post("/v1/recipients/visits", json=visit), 404)
    api.at += timedelta(minutes=61)
    refused(api.client.get(f"/v1/recipients/{view['token']}"), 404)
    api.at -= timedelta(minutes=61)


def test_a_code_that_was_asked_for_comes_by_text_and_opens_the_view(api: Api) -> None:
    item, sent = api.item(api.shop()), Sent()
    engine = api.engine
    texting = Texting(
        offices=engine.facts.offices,
        book=load_messages(engine.settings.facts_dir),
        gateway=sent,
        clock=lambda: api.at,
        chance=Random(7),
        code_key=engine.facts.advice_key,
    )
    for _ in range(3):  # an impatient recipient is sent one
        api.client.post("/v1/recipients/codes", json={"item_number": item}, headers={"Accept-Language": "bn"})
    send_sms(engine.database, texting)
    (sms,) = [sms for sms in sent.texts if item in sms.text]
    assert sms.phone == "+8801712345678" and "কোড" in sms.text
    code = re.findall(r"\b[0-9]{6}\b", sms.text.replace(item, ""))[0]
    view = taken(api.client.post("/v1/recipients/visits", json={"item_number": item, "code": code}))
    assert view["item_number"] == item


def test_a_wrong_code_and_an_unknown_parcel_are_answered_alike(api: Api) -> None:
    item = api.item(api.shop())
    wrong = str((int(code_for(api, item)) + 1) % 1_000_000).zfill(6)
    answers = [
        refused(api.client.post("/v1/recipients/visits", json={"item_number": number, "code": code}), 404)
        for number, code in ((item, wrong), ("DP000000005BD", wrong), (item, "x"), (item, "০"))
    ]
    assert all(answer == answers[0] for answer in answers)


def test_wrong_codes_are_counted_although_they_are_refused(api: Api) -> None:
    item = api.item(api.shop())
    code = code_for(api, item)
    for n in range(1, 6):
        guess = str((int(code) + n) % 1_000_000).zfill(6)
        refused(api.client.post("/v1/recipients/visits", json={"item_number": item, "code": guess}), 404)
    refused(api.client.post("/v1/recipients/visits", json={"item_number": item, "code": code}), 404)


def test_the_recipient_contests_a_failed_attempt_once(api: Api) -> None:
    item = api.item(api.shop())
    failed(api, item)
    token = link_to(api, item)
    (attempt,) = taken(api.client.get(f"/v1/recipients/{token}"))["attempts"]
    said = {"scan_id": attempt["scan_id"], "said": "আমি সারাদিন বাসায় ছিলাম।"}
    first = taken(api.client.post(attempt["contest_at"], json=said), 201)
    assert taken(api.client.post(attempt["contest_at"], json=said), 201) == first
    (attempt,) = taken(api.client.get(f"/v1/recipients/{token}"))["attempts"]
    assert (attempt["contested"], attempt["contest_at"]) == (True, None)


def test_nobody_contests_somebody_elses_attempt(api: Api) -> None:
    mine, theirs = api.item(api.shop()), api.item(api.shop())
    failed(api, theirs)
    (attempt,) = taken(api.client.get(f"/v1/recipients/{link_to(api, theirs)}"))["attempts"]
    said = {"scan_id": attempt["scan_id"], "said": "x"}
    refused(api.client.post(f"/v1/recipients/{link_to(api, mine)}/contests", json=said), 404)
    refused(api.client.post("/v1/recipients/nothing/contests", json=said), 404)


def test_a_merchant_sees_the_journey_of_its_own_parcel_with_reasons(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    item = api.item(owner)
    failed(api, item)
    journey = taken(api.get(f"/v1/consignments/{item}/journey", merchant=owner))
    last = journey["timeline"][-1]
    assert (last["event"], last["reason"], last["blame"]) == ("attempt_failed", "no_answer", "recipient")
    assert (journey["order_ref"], journey["attempts"]) == ("R-1", 1)
    theirs = refused(api.get(f"/v1/consignments/{item}/journey", merchant=stranger), 404)
    absent = refused(api.get("/v1/consignments/DP000000005BD/journey", merchant=stranger), 404)
    assert theirs["detail"].replace(item, "DP000000005BD") == absent["detail"]


def test_staff_see_everything_but_the_recipient(api: Api) -> None:
    item = api.item(api.shop())
    failed(api, item)
    answer = api.get(f"/v1/items/{item}", office="1230")
    view: dict[str, Any] = taken(answer)
    assert (view["state"], view["holder"], view["destination"]) == ("attempt_failed", "rider:1216-R12", "1216")
    assert view["scans"][-1]["note"] == "Rude, 01799887766"
    assert view["scans"][-1]["device_id"] == "counter-1216"
    assert view["due"] == "at_delivery_office" and view["due_at"] > view["since"]
    assert not [word for word in ("কৃষ্ণা", "1712345678", "House 5") if word in answer.text]


@pytest.mark.parametrize("path", ["/v1/items/{}", "/v1/consignments/{}/journey"])
def test_the_views_of_the_post_and_of_merchants_need_the_key(api: Api, path: str) -> None:
    assert api.client.get(path.format(api.item(api.shop()))).status_code == 401


def test_the_public_view_says_when_the_parcel_is_expected(api: Api) -> None:
    item = api.item(api.shop())
    page = taken(api.client.get(f"/v1/tracking/{item}"))
    assert page["expected_on"] >= api.at.date().isoformat()
