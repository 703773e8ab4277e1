"""The months that are kept, and forgetting over HTTP."""

from datetime import timedelta

from tests.api.client import Api, refused, taken


def test_the_post_sees_which_months_there_are(api: Api) -> None:
    api.item(api.shop())
    months = taken(api.get("/v1/storage/months"))["months"]
    scans = [one for one in months if one["table_name"] == "scans"]
    assert "2026-11-01" in [one["month"] for one in scans]
    assert all(one["size_bytes"] > 0 and not one["detached"] for one in scans)


def test_recipients_are_forgotten_page_by_page_until_there_are_no_more(api: Api) -> None:
    shop = api.shop()
    items = [api.item(shop, f"R-{n}") for n in range(3)]
    api.at += timedelta(days=800)
    after: str | None = ""
    forgotten = pages = 0
    while after is not None:
        page = taken(api.post("/v1/storage/forgettings", {"after": after, "limit": 2}))
        after, forgotten, pages = page["next"], forgotten + page["recipients"], pages + 1
    assert forgotten >= 3 and pages >= 2
    for item in items:
        answer = api.get(f"/v1/consignments/{item}")
        assert "ক্ষত্রী" not in answer.text and "1712345678" not in answer.text
    assert taken(api.post("/v1/storage/forgettings", {"after": ""}))["recipients"] == 0


def test_a_limit_beyond_a_batch_is_refused(api: Api) -> None:
    refused(api.post("/v1/storage/forgettings", {"after": "", "limit": 10_001}), 422)
