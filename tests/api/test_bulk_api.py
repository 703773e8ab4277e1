"""Many orders at once: a verdict for each, files that are booked meanwhile, and lists that show what is wanted."""

import csv
import io
from typing import Any

import pytest

from api.jobs import JobOut
from post_logistics.operations.orders.order_jobs import work_off
from post_logistics.storage.orders.jobs import load_unfinished
from tests.api.client import Api, order, refused, taken

HEADER = "order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka\n"
ROW = '{ref},Rahima,{phone},"House 5, Road 3, Mirpur-10, Dhaka",1.2,500\n'
ASYNC = {"Prefer": "respond-async"}


def bulk(api: Api, shop: str, *orders: Any, **more: Any) -> Any:
    options = {"headers": more.pop("headers", {})}
    return taken(api.post("/v1/consignments/bulk", {"orders": orders, **more}, merchant=shop, **options))


def outcomes(answer: Any) -> list[str]:
    return [one["outcome"] for one in answer["verdicts"]]


def test_each_order_of_a_batch_has_its_own_verdict(api: Api) -> None:
    shop = api.shop()
    wrong_phone, taken_before = order("B", recipient_phone="123456"), order("C")
    api.item(shop, "C")
    misread: Any = {"order_ref": "D", "weight_g": "1500", "colour": "red"}
    unclear = order("E", recipient_address="House 5, Road 3, Taltola, Dhaka")
    answer = bulk(api, shop, order("A"), wrong_phone, taken_before, misread, unclear, "what?", order("A"))
    assert outcomes(answer) == ["booked", "rejected", "duplicate", "rejected", "to_decide", "rejected", "rejected"]
    assert [one["row"] for one in answer["verdicts"]] == [1, 2, 3, 4, 5, 6, 7]
    assert answer["verdicts"][1]["problems"][0]["field"] == "recipient_phone"
    assert {"weight_g", "colour", "recipient_name"} <= {one["field"] for one in answer["verdicts"][3]["problems"]}
    assert answer["verdicts"][3]["order_ref"] == "D"
    assert len(answer["verdicts"][4]["choices"]) > 1 and answer["verdicts"][4]["question"]["bn"]
    assert "row 1" in answer["verdicts"][6]["problems"][0]["reason"]
    assert all(p["remedy"] for one in answer["verdicts"] for p in one["problems"])
    counts = {name: answer[name] for name in ("booked", "duplicate", "to_decide", "rejected")}
    assert counts == {"booked": 1, "duplicate": 1, "to_decide": 1, "rejected": 4}


def test_a_batch_sent_twice_is_booked_once_and_a_single_booking_is_the_same_one(api: Api) -> None:
    shop = api.shop()
    first = bulk(api, shop, order("A"), order("B"))
    again = bulk(api, shop, order("B"), order("A"))
    assert outcomes(again) == ["duplicate", "duplicate"]
    numbers = [one["item_number"] for one in first["verdicts"]]
    assert [one["item_number"] for one in again["verdicts"]] == numbers[::-1]
    assert api.item(shop, "A") == numbers[0]
    assert outcomes(bulk(api, shop, order("A", cod_poisha=1))) == ["rejected"]


def test_a_dry_run_books_nothing(api: Api) -> None:
    shop = api.shop()
    assert outcomes(bulk(api, shop, order("A"), dry_run=True)) == ["booked"]
    assert taken(api.get("/v1/consignments", merchant=shop))["consignments"] == []


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_orders(api: Api, count: int) -> None:
    asked = {"orders": [order(f"R-{n}") for n in range(count)]}
    assert refused(api.post("/v1/consignments/bulk", asked, merchant=api.shop()), 422)["field"] == "orders"


def test_500_orders_are_booked_in_one_go(api: Api) -> None:
    answer = bulk(api, api.shop(), *(order(f"R-{n}") for n in range(500)))
    assert answer["booked"] == 500
    assert len({one["item_number"] for one in answer["verdicts"]}) == 500


def test_verdicts_are_told_in_bangla(api: Api) -> None:
    answer = bulk(api, api.shop(), order("A", weight_g=10**6), headers={"Accept-Language": "bn-BD,bn;q=0.9"})
    problem = answer["verdicts"][0]["problems"][0]
    assert problem["field"] == "weight_g"
    assert "পার্সেলের সর্বোচ্চ ওজন" in problem["reason"]


# Files


def send(api: Api, shop: str, *rows: tuple[str, str], prefer: str = "respond-async", **form: Any) -> Any:
    text = HEADER + "".join(ROW.format(ref=ref, phone=phone) for ref, phone in rows)
    files = {"file": ("orders.csv", text.encode(), "text/csv")}
    headers = {"Prefer": prefer} if prefer else {}
    return api.request("POST", "/v1/consignments/files", merchant=shop, files=files, data=form, headers=headers)


def let_the_worker_work(api: Api) -> None:
    engine = api.engine
    with engine.database.transaction() as connection:
        waiting = load_unfinished(connection)
    for job_id in waiting:
        work_off(engine.database, engine.facts, engine.numbers, job_id, lambda: api.at)


GOOD, BAD = "01712345678", "12"


def test_a_file_is_taken_in_at_once_and_booked_meanwhile(api: Api) -> None:
    shop = api.shop()
    answer = send(api, shop, ("A", GOOD), ("B", BAD), ("=1+2", GOOD))
    job = taken(answer, 202)
    assert answer.headers["location"] == job["url"] == f"/v1/jobs/{job['job_id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert (job["state"], job["rows_total"], job["rows_done"]) == ("queued", None, 0)
    assert taken(api.get(job["rows_url"], merchant=shop)) == {"rows": [], "next": None}
    let_the_worker_work(api)
    done = taken(api.get(job["url"], merchant=shop))
    assert (done["state"], done["rows_total"], done["rows_done"]) == ("done", 3, 3)
    assert (done["booked"], done["rejected"], done["problem"]) == (2, 1, None)
    page = taken(api.get(job["rows_url"], merchant=shop, params={"limit": 2}))
    rest = taken(api.get(job["rows_url"], merchant=shop, params={"limit": 2, "after": page["next"]}))
    assert [row["outcome"] for row in page["rows"] + rest["rows"]] == ["booked", "rejected", "booked"]
    assert rest["next"] is None
    rejected = taken(api.get(job["rows_url"], merchant=shop, params={"outcome": "rejected"}))["rows"]
    assert [(row["row"], row["problems"][0]["field"]) for row in rejected] == [(2, "recipient_phone")]
    table = api.get(job["table_url"], merchant=shop)
    assert table.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(table.text)))
    assert [line["outcome"] for line in lines] == ["booked", "rejected", "booked"]
    assert [line["order_ref"] for line in lines] == ["A", "B", "'=1+2"]


def test_who_waits_is_answered_at_once(api: Api) -> None:
    assert taken(send(api, api.shop(), ("A", GOOD), prefer=""))["booked"] == 1
    assert taken(send(api, api.shop(), ("A", GOOD), prefer="handling=lenient"))["booked"] == 1
    job = taken(send(api, api.shop(), ("A", GOOD), prefer="wait=10, Respond-Async; x=1"), 202)
    assert JobOut(**job).state == "queued"


def test_a_job_is_its_merchants_alone(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    job = taken(send(api, owner, ("A", GOOD)), 202)
    absent = "/v1/jobs/00000000-0000-4000-8000-000000000000"
    for path in ("", "/rows", "/rows.csv"):
        theirs = refused(api.get(job["url"] + path, merchant=stranger), 404)
        nobodys = refused(api.get(absent + path, merchant=stranger), 404)
        assert {**theirs, "detail": ""} == {**nobodys, "detail": ""}
    assert taken(api.get("/v1/jobs", merchant=stranger)) == {"jobs": [], "next": None}
    assert taken(api.get("/v1/jobs", merchant=owner))["jobs"][0]["job_id"] == job["job_id"]


def test_a_file_that_nobody_can_read_says_so(api: Api) -> None:
    shop = api.shop()
    files = {"file": ("orders.csv", b"<html>", "text/csv")}
    sent = api.request("POST", "/v1/consignments/files", merchant=shop, files=files, headers=ASYNC)
    let_the_worker_work(api)
    job = taken(api.get(taken(sent, 202)["url"], merchant=shop))
    assert job["state"] == "failed" and job["problem"]["field"] == "file" and job["problem"]["remedy"]


# Lists


def test_a_list_shows_what_is_wanted_and_no_more(api: Api) -> None:
    shop = api.shop()
    first = api.item(shop, "A")
    second = api.item(shop, "B", recipient_address="House 1, Road 4, Dhanmondi, Dhaka 1209")
    api.at_the_office(first)

    def found(**which: str) -> list[str]:
        page = taken(api.get("/v1/consignments", merchant=shop, params=which))
        return [one["item_number"] for one in page["consignments"]]

    assert set(found()) == {first, second}
    assert found(state="booked") == [second]
    assert found(state="at_delivery_office") == found(delivery_office="১২১৬") == [first]
    assert found(order_ref="B") == [second]
    assert found(order_ref="b") == []
    assert set(found(booked_from="2026-11-22", booked_to="2026-11-22")) == {first, second}
    assert found(booked_from="2026-11-23") == found(booked_to="2026-11-21") == []
    assert refused(api.get("/v1/consignments", merchant=shop, params={"state": "lost in space"}), 422)


def test_the_day_of_a_booking_is_the_day_in_dhaka(api: Api) -> None:
    shop = api.shop()
    api.at = api.at.replace(hour=0, minute=0)
    api.item(shop)
    page = taken(api.get("/v1/consignments", merchant=shop, params={"booked_from": "2026-11-22"}))
    assert len(page["consignments"]) == 1
    api.at = api.at.replace(hour=23, minute=59)
    page = taken(api.get("/v1/consignments", merchant=shop, params={"booked_to": "2026-11-21"}))
    assert page["consignments"] == []


def test_a_sparse_list_has_the_named_members_alone(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop)
    page = taken(api.get("/v1/consignments", merchant=shop, params={"fields": "item_number, state"}))
    assert page == {"consignments": [{"item_number": item, "state": "booked"}], "next": None}
    whole = taken(api.get("/v1/consignments", merchant=shop))["consignments"][0]
    assert whole == {**taken(api.get(f"/v1/consignments/{item}", merchant=shop)), "state": "booked"}
    wrong = refused(api.get("/v1/consignments", merchant=shop, params={"fields": "recipient_phone"}), 422)
    assert wrong["field"] == "fields" and "item_number" in wrong["remedy"]


def test_filtered_pages_lead_through_all_of_them(api: Api) -> None:
    shop = api.shop()
    made = {one["item_number"] for one in bulk(api, shop, *(order(f"R-{n}") for n in range(7)))["verdicts"]}
    found: list[str] = []
    after: dict[str, Any] = {}
    while True:
        asked = {"limit": 3, "state": "booked", "fields": "item_number"} | after
        page = taken(api.get("/v1/consignments", merchant=shop, params=asked))
        found += [one["item_number"] for one in page["consignments"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert set(found) == made and len(found) == 7
