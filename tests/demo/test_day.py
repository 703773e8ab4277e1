"""The main job: the sample orders through a whole day, whose parcels and poisha must add up."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from post_logistics.demo.run import run_demo
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings

DAY = date(2026, 11, 22)
DATA = Path(__file__).resolve().parents[2] / "data"


def run(settings: Settings, orders: Path | None, out: Path, seed: int = 1) -> dict[str, Any]:
    quiet = Progress(console=Console(quiet=True))
    return run_demo(settings.model_copy(update={"schema_name": "demo"}), orders, out, DAY, seed, quiet)


@pytest.fixture(scope="module")
def day(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    out = tmp_path_factory.mktemp("demo")
    yield run(settings, None, out), out


def test_every_parcel_is_accounted_for(day: tuple[dict[str, Any], Path]) -> None:
    summary, _ = day
    assert summary["orders"] == summary["booked"] + len(summary["rejected"])
    finished = summary["delivered"] + summary["partially_delivered"] + summary["returned"]
    assert summary["booked"] == finished + len(summary["in_custody"])
    assert all(one["holder"] for one in summary["in_custody"])
    assert summary["plan_violations"] == []
    assert min(summary[name] for name in ("delivered", "partially_delivered", "failed", "refused", "returned")) > 0


def test_every_poisha_is_accounted_for(day: tuple[dict[str, Any], Path]) -> None:
    summary, out = day
    paid = summary["cod_paid_out_poisha"] + summary["fees_poisha"] + summary["vat_poisha"]
    assert summary["cod_collected_poisha"] == paid + summary["cod_in_office_poisha"]
    assert summary["ledger_balanced"] is True
    assert summary["cash_held_poisha"]["rider_cash"] == 0
    check = [Path(sys.executable).with_name("bean-check"), out / "ledger.beancount"]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_the_tours_are_shorter_than_nobody_planning(day: tuple[dict[str, Any], Path]) -> None:
    summary, _ = day
    assert 0 < summary["distance_m"] < summary["distance_m_before_optimisation"]


def test_the_bad_rows_of_the_sample_are_refused_for_what_is_wrong_with_them(day: tuple[dict[str, Any], Path]) -> None:
    summary, out = day
    with (DATA / "samples" / "expected.csv").open(encoding="utf-8") as file:
        expected = {
            int(r["row"]): set(r["rejected_field"].split(";")) for r in csv.DictReader(file) if r["rejected_field"]
        }
    found = {one["row"]: {problem["field"] for problem in one["problems"]} for one in summary["rejected"]}
    assert found == expected
    with (out / "rejected.csv").open(encoding="utf-8-sig") as file:
        assert {int(row["row"]) for row in csv.DictReader(file)} == set(expected)


def test_every_paper_of_the_day_is_there(day: tuple[dict[str, Any], Path]) -> None:
    summary, out = day
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == summary
    for name in ("labels.pdf", "runsheets.pdf"):
        assert (out / name).read_bytes().startswith(b"%PDF")
    advices = list((out / "payout-advices").glob("*.pdf"))
    assert len(advices) == 7
    page = (out / "map.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_same_file_day_and_seed_give_the_same_summary(
    day: tuple[dict[str, Any], Path], settings: Settings, tmp_path: Path
) -> None:
    first, _ = day
    second = run(settings, None, tmp_path)
    assert first | {"elapsed_s": 0} == second | {"elapsed_s": 0}


HEADER = (
    "merchant,store_address,order_ref,recipient_name,recipient_phone,recipient_address,"
    "weight_kg,cod_taka,declared_value_taka,description,note\n"
)


def test_a_file_of_bad_rows_alone_is_a_day_of_nothing(settings: Settings, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "Shop,New Market Dhaka,1,,,nowhere at all,0,-1,,,\n", encoding="utf-8")
    summary = run(settings, orders, tmp_path / "out")
    assert (summary["booked"], summary["tours"], summary["cod_collected_poisha"]) == (0, 0, 0)
    assert {p["field"] for p in summary["rejected"][0]["problems"]} >= {
        "recipient_name",
        "recipient_phone",
        "weight_kg",
    }


def test_one_order_makes_a_whole_day(settings: Settings, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    row = 'দোকান,নিউমার্কেট ঢাকা,১,কৃষ্ণা,০১৭১২৩৪৫৬৭৮,"বাসা ৫, রোড ৩, মিরপুর ১০, ঢাকা",১.৫,১২৫০,,বই,\n'
    orders.write_text(HEADER + row, encoding="utf-8")
    summary = run(settings, orders, tmp_path / "out")
    assert (summary["booked"], summary["tours"], summary["stops"], summary["pickup_tours"]) == (1, 1, 1, 1)
    assert summary["cod_due_poisha"] == 125_000


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"a,b\n1,2\n", HEADER.encode(), b"\xd0\xcf\x11\xe0junk", b"PK\x03\x04junk"],
    ids=repr,
)
def test_a_file_that_is_no_order_file_is_refused_whole(settings: Settings, tmp_path: Path, content: bytes) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_bytes(content)
    with pytest.raises(Unacceptable) as caught:
        run(settings, orders, tmp_path / "out")
    assert caught.value.remedy
