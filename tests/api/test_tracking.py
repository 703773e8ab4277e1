"""What anybody may read: in two languages, however the number is typed, and nothing about people or money."""

import logging

import pytest

from post_logistics.storage.orders.consignments import load_consignment
from tests.api.client import Api, refused, taken

CANARY = {
    "recipient_name": "Canaria Zzyzx",
    "recipient_phone": "01799887766",
    "recipient_address": "Qwertyhouse 77, Road 3, Mirpur-10, Dhaka 1216",
    "note": "Ring Xylophonbell",
    "description": "Vuvuzela",
    "cod_poisha": 4_765_431,
    "declared_value_poisha": 3_876_543,
}
TRACES = [
    "canaria",
    "zzyzx",
    "799887766",
    "qwerty",
    "xylophon",
    "vuvuzela",
    "47654",
    "47,654",
    "38765",
    "38,765",
    "road 3",
]
BANGLA = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def traces_in(text: str) -> list[str]:
    return [trace for trace in TRACES for form in (trace, trace.translate(BANGLA)) if form in text.casefold()]


def test_tracking_and_the_log_tell_nothing_about_people_or_money(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shop, rider = api.shop(), "1216-R12"
    item = api.item(shop, **CANARY)
    api.with_rider(item, rider)
    failed = api.scan(
        item, "attempt_failed", holder=f"rider:{rider}", reason="refused_by_recipient", note="Canaria Zzyzx was rude"
    )
    again = api.scan(item, "out_for_delivery", holder=f"rider:{rider}", note="01799887766")
    paid = api.scan(item, "delivered_claimed", holder=f"rider:{rider}", collected_poisha=4_765_431)
    api.claims(failed)
    api.scans(again)
    api.claims(paid)
    for language in ("en", "bn"):
        page = api.client.get(f"/v1/tracking/{item}", headers={"Accept-Language": language})
        assert taken(page)["state"] == "delivered_claimed"
        assert traces_in(page.text) == []
        assert shop not in page.text and rider not in page.text
    assert traces_in(caplog.text) == []


def test_red_control_the_canary_would_be_heard(api: Api) -> None:
    item = api.item(api.shop(), **CANARY)
    with api.engine.database.transaction() as connection:
        booked = load_consignment(connection, item)
    assert len(traces_in(str(booked))) >= 8


def test_tracking_needs_no_key_and_takes_a_wrong_one(api: Api) -> None:
    item = api.item(api.shop())
    answer = api.client.get(f"/v1/tracking/{item}", headers={"Authorization": "Bearer wrong"})
    assert taken(answer) == taken(api.get(f"/v1/tracking/{item}"))


def test_a_number_is_understood_however_it_is_typed(api: Api) -> None:
    item = api.item(api.shop())
    for written in (item, item.lower(), f" {item[:2]} {item[2:6]} {item[6:11]}-{item[11:]} ", item.translate(BANGLA)):
        assert taken(api.client.get(f"/v1/tracking/{written}"))["item_number"] == item


@pytest.mark.parametrize("asked", ["bn", "bn-BD", "bn-BD,bn;q=0.9,en;q=0.8", "BN"])
def test_the_timeline_is_told_in_bangla_to_those_who_ask(api: Api, asked: str) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    page = taken(api.client.get(f"/v1/tracking/{item}", headers={"Accept-Language": asked}))
    assert page["delivery_office"] == "মিরপুর টিএসও"
    assert page["timeline"][0]["when"] == "২২ নভেম্বর ২০২৬, ০৬:৩০"
    spoken = [page["headline"], page["promise"], *(entry["text"] for entry in page["timeline"])]
    assert all(any("ঀ" <= letter <= "৿" for letter in text) for text in spoken)


@pytest.mark.parametrize("asked", ["en", "en-GB,bn;q=0.5", "fr", "", "*"])
def test_everybody_else_reads_english(api: Api, asked: str) -> None:
    item = api.item(api.shop())
    page = taken(api.client.get(f"/v1/tracking/{item}", headers={"Accept-Language": asked}))
    assert page["delivery_office"] == "Mirpur TSO"


@pytest.mark.parametrize(
    ("number", "status"), [("DP000000005BD", 404), ("DP000000006BD", 422), ("DP1", 422), ("x", 422), ("০", 422)]
)
def test_a_number_that_was_never_issued_is_not_found(api: Api, number: str, status: int) -> None:
    assert refused(api.client.get(f"/v1/tracking/{number}"), status)["field"] == "item_number"
