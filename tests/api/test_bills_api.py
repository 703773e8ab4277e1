"""Bills over HTTP: finance draws them, a shop reads its own, any counter takes the money."""

from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.operations.money.paying import charged

BY = {"by": "Rahima"}


@pytest.fixture
def shop(api: Api) -> str:
    """A shop that owes Tk 46."""
    shop = api.shop()
    with api.engine.database.transaction() as connection:
        charged(connection, shop, 40_00, 6_00, api.at)
    return shop


def drawn(api: Api, shop: str) -> dict[str, Any]:
    return taken(api.post(f"/v1/merchants/{shop}/bills", BY), 201)


def test_a_bill_is_drawn_read_paid_and_printed(api: Api, shop: str) -> None:
    bill = drawn(api, shop)
    assert (bill["state"], bill["fees_poisha"], bill["vat_poisha"], bill["total_poisha"]) == ("open", 4000, 600, 4600)
    path = f"/v1/bills/{bill['bill_id']}"
    assert taken(api.get(path, merchant=shop)) == bill
    paid = taken(api.post(f"{path}/payment", {"office": "1216"}, office="1216"))
    assert (paid["state"], paid["paid_into"]) == ("paid", "1216")
    assert taken(api.post(f"{path}/payment", {"office": "1216"}, office="1216")) == paid
    assert "paid at 1216" in refused(api.post(f"{path}/payment", {"office": "1205"}, office="1205"), 409)["detail"]
    paper = api.get(f"{path}/paper", merchant=shop)
    assert paper.headers["content-type"] == "application/pdf" and paper.content.startswith(b"%PDF")
    assert "owes no charges" in refused(api.post(f"/v1/merchants/{shop}/bills", BY), 409)["detail"]
    account_now = taken(
        api.get(f"/v1/merchants/{shop}/account?from_on={api.at.date()}&to_on={api.at.date()}", merchant=shop)
    )
    assert account_now["closing_poisha"] == 0


def test_a_shop_sees_its_own_alone_and_a_counter_those_it_is_shown(api: Api, shop: str) -> None:
    bill, stranger = drawn(api, shop), api.shop()
    path = f"/v1/bills/{bill['bill_id']}"
    for tail in ("", "/paper"):
        assert refused(api.get(path + tail, merchant=stranger), 404)["field"] == "bill_id"
    assert taken(api.get("/v1/bills", merchant=stranger)) == {"bills": [], "next": None}
    assert [one["bill_id"] for one in taken(api.get("/v1/bills?state=open", merchant=shop))["bills"]] == [
        bill["bill_id"]
    ]
    assert taken(api.get(path, office="1205"))["bill_id"] == bill["bill_id"]
    refused(api.post(f"{path}/payment", {"office": "1216"}, office="1205"), 404)
    refused(api.post(f"{path}/payment", {"office": "1216"}, merchant=shop), 403)
    refused(api.post(f"/v1/merchants/{shop}/bills", BY, merchant=shop), 403)


def test_a_bill_is_withdrawn_with_a_reason_and_drawn_anew(api: Api, shop: str) -> None:
    bill = drawn(api, shop)
    path = f"/v1/bills/{bill['bill_id']}/withdrawal"
    assert refused(api.post(path, {**BY, "why": " "}), 422)["field"] == "why"
    assert taken(api.post(path, {**BY, "why": "the tariff was wrong"}))["state"] == "withdrawn"
    refused(api.post(f"/v1/bills/{bill['bill_id']}/payment", {"office": "1216"}, office="1216"), 409)
    again = drawn(api, shop)
    assert again["bill_id"] != bill["bill_id"] and again["total_poisha"] == 4600


def test_pages_go_on_where_the_one_before_ended(api: Api, shop: str) -> None:
    made = []
    for _ in range(3):
        made.append(drawn(api, shop)["bill_id"])
        taken(api.post(f"/v1/bills/{made[-1]}/withdrawal", {**BY, "why": "once more"}))
    seen: list[str] = []
    after = ""
    while True:
        page = taken(api.get(f"/v1/bills?limit=2&after={after}", merchant=shop))
        seen += [one["bill_id"] for one in page["bills"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert sorted(seen) == sorted(made) and len(seen) == 3
