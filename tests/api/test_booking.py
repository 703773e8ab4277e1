"""Quotes, bookings told once or many times, files, lists and labels."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from time import monotonic
from typing import Any

import pytest

from post_logistics.operations.numbering import Numbers
from tests.api.client import Api, refused, taken

HEADER = "order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka"
GOOD_ROW = 'F-1,Rahima,01712345678,"House 5, Road 3, Mirpur-10, Dhaka 1216",1.5,1000'
BAD_ROW = "F-2,Karim,12,nowhere,1.5,1000"


def upload(api: Api, merchant: str, content: Any, **form: str) -> Any:
    return api.post("/v1/consignments/files", files={"file": ("orders.csv", content)}, data=form, merchant=merchant)


def test_a_quote_names_its_version_and_adds_up(api: Api) -> None:
    quote = taken(api.post("/v1/quotes", {"weight_g": 1500, "cod_poisha": 100_000}))
    assert quote["version"]
    assert sum(line["amount_poisha"] for line in quote["lines"]) == quote["total_poisha"]
    assert quote["postage_poisha"] + quote["cod_fee_poisha"] + quote["vat_poisha"] == quote["total_poisha"]


def test_a_booking_costs_what_was_quoted(api: Api) -> None:
    quote = taken(api.post("/v1/quotes", {"weight_g": 1500, "cod_poisha": 100_000}))
    booked = taken(api.book(api.shop()), 201)
    same = ("postage_poisha", "cod_fee_poisha", "vat_poisha", "service")
    assert [booked[name] for name in same] == [quote[name] for name in same]
    assert booked["tariff_version"] == quote["version"]
    assert (booked["pickup_office"], booked["delivery_office"]) == ("1205", "1216")


def test_the_same_booking_again_is_answered_the_same(api: Api) -> None:
    shop = api.shop()
    first, again = api.book(shop), api.book(shop)
    assert taken(first, 201) == taken(again, 201)
    assert len(taken(api.get("/v1/consignments", merchant=shop))["consignments"]) == 1


def test_another_order_under_a_used_reference_is_refused(api: Api) -> None:
    shop, other = api.shop(), api.shop()
    item = api.item(shop)
    assert refused(api.book(shop, cod_poisha=99_999), 409, "conflict")["field"] == "order_ref"
    assert api.item(other, cod_poisha=99_999) != item


def test_sixteen_at_once_make_one_consignment(api: Api) -> None:
    shop, together = api.shop(), Barrier(16)

    def book(_: int) -> Any:
        together.wait()
        return taken(api.book(shop), 201)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(book, range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert len(taken(api.get("/v1/consignments", merchant=shop))["consignments"]) == 1


def test_bookings_that_all_need_new_numbers_do_not_wait_for_one_another_in_vain(api: Api) -> None:
    engine, shop, together = api.engine, api.shop(), Barrier(16)
    one_at_a_time = replace(engine, numbers=Numbers(engine.database, b"one at a time", block=1))

    def book(n: int) -> str:
        together.wait()
        return api.item(shop, f"R-{n}")

    started = monotonic()
    api.client.app.state.engine = one_at_a_time  # type: ignore[attr-defined]
    try:
        with ThreadPoolExecutor(16) as pool:
            items = list(pool.map(book, range(16)))
    finally:
        api.client.app.state.engine = engine  # type: ignore[attr-defined]
    assert len(set(items)) == 16
    assert monotonic() - started < 8  # connections are waited for ten seconds


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"weight_g": 0}, 422, "weight_g"),
        ({"weight_g": 40_000}, 422, "weight_g"),
        ({"weight_g": "1500"}, 422, "weight_g"),
        ({"weight_g": True}, 422, "weight_g"),
        ({"weight_g": 1500.0}, 422, "weight_g"),
        ({"cod_poisha": -1}, 422, "cod_poisha"),
        ({"cod_poisha": 10**12}, 422, "cod_poisha"),
        ({"recipient_phone": "0123456"}, 422, "recipient_phone"),
        ({"recipient_address": "Hogwarts, Scotland"}, 422, "recipient_address"),
        ({"recipient_address": "House 5, Sylhet Sadar, Sylhet 3100"}, 422, "recipient_address"),
        ({"recipient_name": "\x00"}, 422, "recipient_name"),
        ({"recipient_name": "???"}, 422, "recipient_name"),
        ({"order_ref": ""}, 422, "order_ref"),
        ({"order_ref": "x" * 65}, 422, "order_ref"),
        ({"urgent": True}, 422, "urgent"),
    ],
    ids=str,
)
def test_a_bad_order_is_refused_with_the_name_of_its_field(
    api: Api, changes: dict[str, Any], status: int, field: str
) -> None:
    shop = api.shop()
    assert refused(api.book(shop, **changes), status)["field"] == field
    assert taken(api.get("/v1/consignments", merchant=shop))["consignments"] == []


def test_all_that_is_wrong_with_an_order_is_said_at_once_in_the_requests_own_words(api: Api) -> None:
    problem = refused(api.book(api.shop(), weight_g=40_000, cod_poisha=10**12, recipient_name="123"), 422)
    assert [one["field"] for one in problem["problems"]] == ["recipient_name", "weight_g", "cod_poisha"]


def test_a_store_elsewhere_is_where_that_parcel_is_picked_up(api: Api) -> None:
    assert taken(api.book(api.shop(), store_address="House 1, Banani, Dhaka 1213"), 201)["pickup_office"] == "1213"


def test_a_merchant_pages_through_its_consignments_latest_first(api: Api) -> None:
    shop = api.shop()
    items = [api.item(shop, f"R-{n}") for n in range(5)]
    seen: list[str] = []
    after = ""
    while after is not None:
        page = taken(api.get(f"/v1/consignments?limit=2{after}", merchant=shop))
        seen += [one["item_number"] for one in page["consignments"]]
        after = f"&after={page['next']}" if page["next"] else None  # type: ignore[assignment]
    assert sorted(seen) == sorted(items)
    assert len(seen) == 5


def test_another_merchants_item_is_no_place_to_go_on_from(api: Api) -> None:
    shop, stranger = api.shop(), api.shop()
    item = api.item(shop)
    api.item(stranger)
    assert taken(api.get(f"/v1/consignments?after={item}", merchant=stranger))["consignments"] == []


def test_a_consignment_is_found_however_its_number_is_typed(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop)
    typed = f"{item[:2].lower()} {item[2:5]}-{item[5:11]} {item[11:].lower()}"
    bangla = item.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    for written in (item, typed, bangla):
        assert taken(api.get(f"/v1/consignments/{written}", merchant=shop))["item_number"] == item


def test_labels_are_pdf_and_zpl(api: Api) -> None:
    item = api.item(api.shop())
    pdf, zpl = api.get(f"/v1/consignments/{item}/label.pdf"), api.get(f"/v1/consignments/{item}/label.zpl")
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert zpl.headers["content-type"] == "text/plain; charset=utf-8" and zpl.text.startswith("^XA")


def test_a_file_is_decided_dry_booked_once_and_recognised_again(api: Api) -> None:
    shop, file = api.shop(), "\n".join([HEADER, GOOD_ROW, BAD_ROW])
    dry = taken(upload(api, shop, file, dry_run="true"))
    assert (dry["dry_run"], dry["booked"], dry["rejected"]) == (True, 1, 1)
    assert taken(api.get("/v1/consignments", merchant=shop))["consignments"] == []
    booked, again = taken(upload(api, shop, file)), taken(upload(api, shop, file))
    assert (booked["booked"], booked["rejected"], again["duplicate"], again["booked"]) == (1, 1, 1, 0)
    assert booked["verdicts"][0]["item_number"] == again["verdicts"][0]["item_number"]
    assert [verdict["row"] for verdict in booked["verdicts"]] == [1, 2]
    assert {problem["field"] for problem in booked["verdicts"][1]["problems"]} >= {"recipient_phone"}


def test_an_order_in_a_file_and_in_a_request_is_the_same_order(api: Api) -> None:
    shop = api.shop()
    in_file = taken(upload(api, shop, f"{HEADER}\n{GOOD_ROW}"))["verdicts"][0]["item_number"]
    assert api.item(shop, "F-1", recipient_name="Rahima") == in_file


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff" * 500, b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0 old", b"a,b,c\n1,2,3", HEADER.encode()],
    ids=["empty", "noise", "no zip", "old workbook", "strange columns", "no rows"],
)
def test_a_file_that_is_no_order_file_is_refused_whole(api: Api, content: bytes) -> None:
    problem = refused(upload(api, api.shop(), content), 422)
    assert "file" in problem["field"] or problem["remedy"]


def test_a_body_without_a_file_is_refused(api: Api) -> None:
    shop = api.shop()
    assert refused(api.post("/v1/consignments/files", {"file": "x"}, merchant=shop), 422)["field"] == "file"
    broken = {"content-type": "multipart/form-data; boundary=x"}
    refused(api.post("/v1/consignments/files", content=b"--y\r\nrubbish", headers=broken, merchant=shop), 400)


def test_a_registered_merchant_is_told_again_and_listed(api: Api) -> None:
    shop = {"name": " Rupkotha  Boi ", "store_address": "Shop 12, New Market, Dhaka 1205", "payout_account": "B 1"}
    first, again = api.post("/v1/merchants", shop), api.post("/v1/merchants", shop)
    assert taken(first, 201) == taken(again, 201)
    assert first.json()["merchant_id"] == "rupkotha-boi"
    assert refused(api.post("/v1/merchants", shop | {"payout_account": "B 2"}), 409)["field"] == "name"
    pages = [taken(api.get("/v1/merchants?limit=1"))]
    while pages[-1]["next"]:
        pages.append(taken(api.get(f"/v1/merchants?limit=1&after={pages[-1]['next']}")))
    ids = [merchant["merchant_id"] for page in pages for merchant in page["merchants"]]
    assert "rupkotha-boi" in ids
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"store_address": "Sylhet Sadar, Sylhet 3100"}, "store_address"),
        ({"store_address": "12345"}, "store_address"),
        ({"name": "\x07"}, "name"),
        ({"payout_account": "\x00"}, "payout_account"),
        ({"name": ""}, "name"),
    ],
    ids=str,
)
def test_a_merchant_that_could_not_post_is_not_registered(api: Api, changes: dict[str, str], field: str) -> None:
    shop = {"name": "Unheard Of", "store_address": "New Market, Dhaka 1205"} | changes
    assert refused(api.post("/v1/merchants", shop), 422)["field"] == field
