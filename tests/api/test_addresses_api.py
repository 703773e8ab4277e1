"""Addresses over HTTP: one, many, what is asked where they are unclear, and what people teach."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api, refused, taken

RESOLVE = "/v1/addresses/resolve"
CORRECTIONS = "/v1/addresses/corrections"
MIRPUR = "House 5, Road 3, Block C, Mirpur-10, Dhaka"
UNCLEAR = "House 5, Taltola, Dhaka"
_WORDS = (f"Quasar {a}{b} Chattar" for a in ("bo", "ki", "lu", "me", "po") for b in ("dran", "fex", "glim", "tozz"))


@pytest.fixture
def phrase() -> str:
    """Words that name no place, taught to nobody yet."""
    return next(_WORDS)


def resolved(api: Api, text: str, **known: Any) -> Any:
    return taken(api.post(RESOLVE, {"text": text, **known}))


def teach(api: Api, phrase: str, postcode: str, who: str) -> Any:
    return taken(api.post(CORRECTIONS, {"phrase": phrase, "postcode": postcode}, merchant=who), 201)


def test_an_address_is_answered_with_its_office_its_parts_and_no_question(api: Api) -> None:
    found = resolved(api, MIRPUR)
    assert (found["postcode"], found["office_en"], found["delivery_office"]) == ("1216", "Mirpur TSO", "1216")
    assert (found["thana"], found["district"], found["division"]) == ("Mirpur", "Dhaka", "Dhaka")
    assert found["office_bn"] == "মিরপুর টিএসও"
    assert (found["parts"]["house"], found["parts"]["road"], found["parts"]["block"]) == ("5", "3", "C")
    assert found["parts"]["flat"] == ""
    assert found["confidence"] >= 0.9
    assert found["question"] is None
    assert found["evidence"]
    assert found["rule"] == "place"


def test_an_unclear_address_is_answered_with_its_alternatives_and_a_question_in_both_languages(api: Api) -> None:
    found = resolved(api, UNCLEAR)
    assert found["confidence"] < 0.6
    assert [one["postcode"] for one in found["alternatives"]] == ["1219"]
    assert found["question"]["en"].startswith("Where is it: ")
    assert found["question"]["bn"].startswith("এটি কোথায়: ")


@pytest.mark.parametrize("who", [{}, {"merchant": "a-shop"}, {"office": "1216"}], ids=str)
def test_whoever_has_the_key_may_ask(api: Api, who: dict[str, str]) -> None:
    assert taken(api.post(RESOLVE, {"text": MIRPUR}, **who))["postcode"] == "1216"
    refused(api.post(RESOLVE, {"text": MIRPUR}, headers={"Authorization": "Bearer nobody"}), 401)


@pytest.mark.parametrize("text", ["near the tree", "গাছের কাছে", "Dhaka", "...", "১২১৬"])
def test_an_address_that_tells_nothing_is_refused_with_the_question(api: Api, text: str) -> None:
    problem = refused(api.post(RESOLVE, {"text": text}), 422)
    assert problem["question_en"].endswith("?")
    assert problem["question_bn"].endswith("?")
    assert problem["choices"] == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 501}, "text"),
        ({}, "text"),
        ({"text": MIRPUR, "lat_deg": 91, "lon_deg": 0}, "lat_deg"),
        ({"text": MIRPUR, "lon_deg": "east"}, "lon_deg"),
        ({"text": MIRPUR, "thana": "x" * 101}, "thana"),
        ({"text": MIRPUR, "city": "Dhaka"}, "city"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_refused_with_its_field(api: Api, asked: dict[str, Any], field: str) -> None:
    assert refused(api.post(RESOLVE, asked), 422)["field"] == field


def test_what_is_known_besides_the_text_settles_it(api: Api) -> None:
    assert resolved(api, UNCLEAR)["confidence"] < 0.6
    for known in ({"postcode": "1219"}, {"area": "Khilgaon"}, {"thana": "Khilgaon"}):
        found = resolved(api, "House 5, Taltola", **known)
        assert found["postcode"] == "1219", known
        assert found["confidence"] >= 0.6, known
    assert resolved(api, "Rajapur", district="Feni")["district"] == "Feni"
    assert resolved(api, "Mirpur", district="কুষ্টিয়া")["postcode"] == "7030"


def test_a_pin_where_the_text_tells_nothing_finds_the_office_that_delivers_there(api: Api) -> None:
    found = resolved(api, "near the tree", lat_deg=23.8069, lon_deg=90.3687)
    assert (found["postcode"], found["rule"], found["delivery_office"]) == ("1216", "coordinates", "1216")
    assert (found["lat_deg"], found["lon_deg"]) == (23.8069, 90.3687)
    assert found["question"] is not None
    refused(api.post(RESOLVE, {"text": "near the tree", "lat_deg": 0, "lon_deg": 0}), 422)


def test_a_pin_near_the_place_is_taken_as_the_door_and_one_far_away_is_doubted(api: Api) -> None:
    near = resolved(api, MIRPUR, lat_deg=23.8071, lon_deg=90.3690)
    assert (near["lat_deg"], near["lon_deg"], near["precision_m"]) == (23.8071, 90.3690, 100)
    far = resolved(api, MIRPUR, lat_deg=22.3569, lon_deg=91.7832)
    assert far["postcode"] == "1216"
    assert far["lat_deg"] != 22.3569
    assert far["confidence"] < near["confidence"]
    assert any("km away" in sentence for sentence in far["evidence"])


@pytest.mark.parametrize("text", ["Savar Bus Stand, Savar 1340", "জিন্দাবাজার, সিলেট ৩১০০", "Mirpur, Kushtia"])
def test_outside_the_service_there_is_an_office_but_none_that_delivers(api: Api, text: str) -> None:
    found = resolved(api, text)
    assert found["postcode"]
    assert found["delivery_office"] is None


def test_in_a_batch_one_that_tells_nothing_takes_no_other_with_it(api: Api) -> None:
    texts = [MIRPUR, "near the tree", "মিরপুর-১০, ঢাকা", "Mirpur, Kushtia"]
    asked = [{"text": text} for text in texts] + [{"text": "Rajapur", "district": "Feni"}]
    results = taken(api.post(f"{RESOLVE}/batch", {"addresses": asked}))["results"]
    assert [one["resolved"] and one["resolved"]["postcode"] for one in results] == [
        "1216",
        None,
        "1216",
        "7030",
        "3923",
    ]
    assert results[0]["resolved"] == resolved(api, MIRPUR)
    assert results[1]["unresolved"]["question"]["bn"].endswith("?")
    assert results[1]["unresolved"]["reason"]
    assert all(one["unresolved"] is None for one in results if one["resolved"])


def test_a_batch_holds_a_thousand_addresses_and_no_more(api: Api) -> None:
    full = taken(api.post(f"{RESOLVE}/batch", {"addresses": [{"text": "Mirpur 10, Dhaka"}] * 1000}))["results"]
    assert {one["resolved"]["postcode"] for one in full} == {"1216"} and len(full) == 1000
    assert refused(api.post(f"{RESOLVE}/batch", {"addresses": [{"text": "x"}] * 1001}), 422)["field"] == "addresses"
    refused(api.post(f"{RESOLVE}/batch", {"addresses": []}), 422)


def test_one_bad_address_of_a_batch_is_named(api: Api) -> None:
    problem = refused(api.post(f"{RESOLVE}/batch", {"addresses": [{"text": MIRPUR}, {"text": ""}]}), 422)
    assert problem["field"].startswith("addresses")


def test_what_two_merchants_teach_is_used_by_everybody(api: Api, phrase: str) -> None:
    refused(api.post(RESOLVE, {"text": phrase}), 422)
    first = teach(api, f"House 5, {phrase}", "1216", "shop-a")
    assert (first["said_by"], first["postcode"], first["in_use"]) == ("merchant:shop-a", "1216", False)
    assert first["phrase"] == phrase.casefold()
    assert teach(api, phrase.upper(), "1216", "shop-b")["in_use"] is True
    found = resolved(api, f"House 9, {phrase}, Dhaka")
    assert (found["postcode"], found["rule"]) == ("1216", "learned")
    (in_batch,) = taken(api.post(f"{RESOLVE}/batch", {"addresses": [{"text": phrase}]}))["results"]
    assert in_batch["resolved"]["postcode"] == "1216"


def test_the_same_correction_again_is_one(api: Api, phrase: str) -> None:
    assert teach(api, phrase, "1216", "shop-a") == teach(api, phrase, "1216", "shop-a")
    assert len(taken(api.get(CORRECTIONS, params={"phrase": phrase}))) == 1


def test_the_post_an_office_and_a_merchant_are_three_people(api: Api, phrase: str) -> None:
    asked = {"phrase": phrase, "postcode": "1216"}
    said = [taken(api.post(CORRECTIONS, asked, **who), 201) for who in ({}, {"office": "1216"}, {"merchant": "shop-a"})]
    assert [one["said_by"] for one in said] == ["post", "office:1216", "merchant:shop-a"]
    assert [one["in_use"] for one in said] == [False, True, True]


def test_what_was_said_is_listed_with_what_was_taken_back(api: Api, phrase: str) -> None:
    mine = teach(api, phrase, "1216", "shop-a")
    teach(api, phrase, "1207", "shop-b")
    back = taken(api.post(f"{CORRECTIONS}/{mine['correction_id']}/withdraw", merchant="shop-a"))
    assert back["withdraws"] == mine["correction_id"]
    listed = taken(api.get(CORRECTIONS, params={"phrase": f"House 1, {phrase}"}, office="1216"))
    assert sorted(one["said_by"] for one in listed) == ["merchant:shop-a", "merchant:shop-a", "merchant:shop-b"]
    assert {one["phrase"] for one in listed} == {phrase.casefold()}
    assert not any(one["in_use"] for one in listed)
    assert [one["withdraws"] for one in listed].count(mine["correction_id"]) == 1


def test_what_is_withdrawn_is_used_no_more_and_twice_is_once(api: Api, phrase: str) -> None:
    mine = teach(api, phrase, "1216", "shop-a")
    teach(api, phrase, "1216", "shop-b")
    assert resolved(api, phrase)["postcode"] == "1216"
    path = f"{CORRECTIONS}/{mine['correction_id']}/withdraw"
    first, again = (taken(api.post(path, merchant="shop-a")) for _ in range(2))
    assert first == again
    refused(api.post(RESOLVE, {"text": phrase}), 422)


def test_what_another_said_may_only_the_post_withdraw(api: Api, phrase: str) -> None:
    mine = teach(api, phrase, "1216", "shop-a")
    path = f"{CORRECTIONS}/{mine['correction_id']}/withdraw"
    refused(api.post(path, merchant="shop-b"), 409, "conflict")
    refused(api.post(path, office="1216"), 409, "conflict")
    taken(api.post(path))
    assert teach(api, phrase, "1216", "shop-a")["correction_id"] != mine["correction_id"]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"phrase": "Quasar Chattar", "postcode": "9999"}, 404, "postcode"),
        ({"phrase": "House 5, Road 3", "postcode": "1216"}, 422, "phrase"),
        ({"phrase": "ab", "postcode": "1216"}, 422, "phrase"),
        ({"phrase": "long " * 50, "postcode": "1216"}, 422, "phrase"),
        ({"phrase": "Quasar Chattar"}, 422, "postcode"),
        ({"phrase": "Quasar Chattar", "postcode": "1216", "said_by": "post"}, 422, "said_by"),
    ],
    ids=str,
)
def test_a_correction_that_is_none_is_refused_with_its_field(
    api: Api, asked: dict[str, str], status: int, field: str
) -> None:
    assert refused(api.post(CORRECTIONS, asked, merchant="shop-a"), status)["field"] == field


def test_a_correction_that_nobody_made_is_not_found(api: Api) -> None:
    refused(api.post(f"{CORRECTIONS}/{uuid4()}/withdraw"), 404)
    refused(api.post(f"{CORRECTIONS}/7/withdraw"), 422)


def test_a_booking_with_an_unclear_address_asks_and_the_choice_books_it(api: Api) -> None:
    shop = api.shop()
    problem = refused(api.book(shop, recipient_address=UNCLEAR), 422)
    assert problem["field"] == "recipient_address"
    assert problem["question_en"] == resolved(api, UNCLEAR)["question"]["en"]
    assert problem["question_bn"] == resolved(api, UNCLEAR)["question"]["bn"]
    assert problem["choices"] == ["1207", "1219"]
    assert taken(api.get("/v1/consignments", merchant=shop))["consignments"] == []
    for number, choice in enumerate(problem["choices"]):
        made = taken(api.book(shop, f"C-{number}", recipient_address=UNCLEAR, recipient_postcode=choice), 201)
        assert (made["delivery_postcode"], made["delivery_office"]) == (choice, choice)


@pytest.mark.parametrize("address", ["near the tree", "beside the red house"])
def test_a_booking_with_an_address_that_tells_nothing_asks_without_choices(api: Api, address: str) -> None:
    problem = refused(api.book(api.shop(), recipient_address=address), 422)
    assert problem["question_en"] and problem["question_bn"]
    assert problem["choices"] == []


def test_a_booking_on_a_mere_sound_is_not_sure_and_says_so(api: Api) -> None:
    """`blue gate` sounds like Balughat."""
    found = resolved(api, "beside the blue gate")
    assert found["confidence"] < 0.9
    assert "Balughat" in found["question"]["en"]


def test_the_same_reference_with_another_choice_is_another_order(api: Api) -> None:
    shop = api.shop()
    taken(api.book(shop, recipient_address=UNCLEAR, recipient_postcode="1207"), 201)
    assert refused(api.book(shop, recipient_address=UNCLEAR, recipient_postcode="1219"), 409)["field"] == "order_ref"


def test_a_booking_uses_what_was_taught(api: Api, phrase: str) -> None:
    shop = api.shop()
    refused(api.book(shop, recipient_address=f"House 5, {phrase}"), 422)
    for who in ("shop-a", "shop-b"):
        teach(api, phrase, "1216", who)
    assert taken(api.book(shop, recipient_address=f"House 5, {phrase}"), 201)["delivery_postcode"] == "1216"
