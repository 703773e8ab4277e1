"""Reports over HTTP: who may have which, in which form, of which month."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest

from tests.api.client import Api, refused, taken
from tests.closes import counted

RIDER = "1216-R17"
MONTH = {"month": "2026-11"}


@pytest.fixture
def shop(api: Api) -> str:
    """A merchant for whose parcel a rider was paid Tk 1,000."""
    shop = api.shop()
    item = api.item(shop)
    api.with_rider(item, RIDER)
    api.at += timedelta(minutes=1)
    (verdict,) = api.claims(api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=100_000))
    assert verdict["outcome"] == "accepted", verdict
    close = {"office": "1216", "closed_on": "2026-11-22", "rider": RIDER}
    taken(api.post("/v1/day-closes/riders", {**close, **counted(100_000)}))
    return shop


def test_a_merchant_has_its_own_remittance_and_the_post_everybodys(api: Api, shop: str) -> None:
    other = api.shop()
    own = taken(api.get("/v1/reports/remittance", params=MONTH, merchant=shop))
    (row,) = own["tables"]["accounts"]["rows"]
    assert (row["merchant"], row["collected_poisha"], row["closing_poisha"]) == (shop, 100_000, 100_000)
    assert taken(api.get("/v1/reports/remittance", params=MONTH, merchant=other))["tables"]["accounts"]["rows"] == []
    every = taken(api.get("/v1/reports/remittance", params=MONTH))
    assert row in every["tables"]["accounts"]["rows"]
    one = taken(api.get("/v1/reports/remittance", params={**MONTH, "merchant": shop}))
    assert one["tables"] == own["tables"]


def test_a_stranger_does_not_exist_and_other_reports_are_the_posts(api: Api, shop: str) -> None:
    refused(api.get("/v1/reports/remittance", params={**MONTH, "merchant": shop}, merchant=api.shop()), 404)
    refused(api.get("/v1/reports/remittance", params={**MONTH, "merchant": "nobody"}), 404)
    refused(api.get("/v1/reports/remittance", merchant="nobody"), 404)
    for name in ("ageing", "profitability", "central-bank"):
        refused(api.get(f"/v1/reports/{name}", merchant=shop), 403)
        refused(api.get(f"/v1/reports/{name}", office="1216"), 403)
    refused(api.get("/v1/reports/weather"), 422)


@pytest.mark.parametrize(
    ("format", "kind", "begins"),
    [
        ("json", "application/json", b"{"),
        ("csv", "text/csv", b"merchant,"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("pdf", "application/pdf", b"%PDF"),
        ("zip", "application/zip", b"PK"),
    ],
)
def test_every_form_is_a_file_with_a_name(api: Api, shop: str, format: str, kind: str, begins: bytes) -> None:
    answer = api.get("/v1/reports/remittance", params={**MONTH, "format": format}, merchant=shop)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert (
        f'filename="remittance-2026-11{"-accounts" if format == "csv" else ""}.{format}"'
        in (answer.headers["content-disposition"])
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(begins)


def test_a_table_is_chosen_by_its_name(api: Api, shop: str) -> None:
    asked = {**MONTH, "format": "csv", "table": "speed"}
    (row,) = csv.DictReader(StringIO(api.get("/v1/reports/remittance", params=asked, merchant=shop).text))
    assert (row["parts"], row["waiting_taka"]) == ("1", "1000.00")
    problem = refused(api.get("/v1/reports/remittance", params={**asked, "table": "sums"}, merchant=shop), 422)
    assert "accounts, speed, days" in problem["remedy"]


def test_months_are_understood_in_bangla_and_refused_where_they_are_none(api: Api, shop: str) -> None:
    asked = taken(api.get("/v1/reports/central-bank", params={"month": "২০২৬-q৪"}))
    assert (asked["period"], asked["as_of_on"]) == ("2026-Q4", "2026-11-22")
    assert taken(api.get("/v1/reports/profitability"))["period"] == "2026-10"
    assert taken(api.get("/v1/reports/ageing"))["tables"]["by_merchant"]["rows"]
    for wrong in ("November", "2026-13", "2027-01"):
        refused(api.get("/v1/reports/profitability", params={"month": wrong}), 422)
    refused(api.get("/v1/reports/ageing", params=MONTH), 422)


def test_the_central_banks_pack_is_one_file(api: Api, shop: str) -> None:
    answer = api.get("/v1/reports/central-bank", params={**MONTH, "format": "zip"})
    with ZipFile(BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("central-bank-2026-11.json"))
        assert {"central-bank-2026-11.pdf", "matching.csv", "suspense.csv", "SHA256SUMS"} <= set(archive.namelist())
    assert {"dearest_in_cash_poisha", "matched_2026-11_bps"} <= {one["name"] for one in told["figures"]}
