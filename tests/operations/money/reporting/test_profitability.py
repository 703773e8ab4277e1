"""What merchants bring in: earned as the ledger has it, spent as the model says, reckoned by hand."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.costs import load_costs
from post_logistics.cod.ledger import reverse
from post_logistics.cod.postings import Code
from post_logistics.cod.reports import Report
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting import make_report
from post_logistics.operations.money.settling import settle_batch
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import DHAKA
from tests.operations.money.paying import of, parcels, shop

AT = datetime(2026, 11, 22, 12, tzinfo=DHAKA)


def settle(connection: Connection, facts: Facts, *ids: str, at: datetime = AT) -> None:
    every = load_merchants(connection)
    cleared = {one.item_number for one in load_transfers(connection) if one.item_number}
    settle_batch(connection, facts, [every[one] for one in ids], at.date(), at, cleared=cleared)


def profitability(connection: Connection, facts: Facts, month: str = "2026-11") -> Report:
    return make_report(connection, facts, "profitability", datetime(2027, 2, 1, tzinfo=DHAKA), written=month)


def rows(report: Report, name: str = "merchants") -> dict[str, dict[str, Any]]:
    sheet = report.sheet(name)
    return {str(row[0]): dict(zip((c.name for c in sheet.columns), row, strict=True)) for row in sheet.rows}


def test_a_merchant_is_reckoned_by_hand(connection: Connection, facts: Facts) -> None:
    """Two delivered, one of them at the third try, and one that went back; from 1205 to 1216, 1.5 kg each."""
    shop(connection, "shop-a", AT)
    items = parcels(connection, "shop-a", [100_000, 50_000], AT)
    (back,) = parcels(connection, "shop-a", [0], AT, first=7_100_500, state="returned")
    connection.execute(text("update journeys set attempts = 2 where item_number = any(:i)"), {"i": [items[1], back]})
    settle(connection, facts, "shop-a")
    one, model = rows(profitability(connection, facts))["shop-a"], load_costs(facts.facts_dir).on(date(2026, 11, 30))
    assert (one["parcels"], one["returned"], one["tries"]) == (3, 1, 1 + 3 + 2)
    assert (one["postage_poisha"], one["cod_fee_poisha"], one["corrected_poisha"]) == (4_500, 1_500, 0)
    assert one["earned_poisha"] == 6_000 == of(connection, AccountKind.FEE_REVENUE)
    assert one["handling_poisha"] == 3 * model.parcel_poisha
    ways, kilograms = 4, 6  # there and, for one, back
    assert one["carriage_poisha"] == ways * model.sent_on_poisha + kilograms * model.sent_on_per_kg_poisha
    assert one["tries_poisha"] == 6 * model.try_poisha
    assert one["returns_poisha"] == model.return_poisha
    assert one["cash_cost_poisha"] == 2 * model.cash_poisha + 150_000 * model.cash_bps // 10_000
    assert (one["digital_cost_poisha"], one["payout_cost_poisha"], one["claims_poisha"]) == (0, model.payout_poisha, 0)
    spent = sum(value for name, value in one.items() if name in {
        "handling_poisha", "carriage_poisha", "tries_poisha", "returns_poisha", "cash_cost_poisha",
        "digital_cost_poisha", "payout_cost_poisha", "claims_poisha",
    })  # fmt: skip
    assert (one["cost_poisha"], one["margin_poisha"]) == (spent, 6_000 - spent)


def test_what_was_earned_is_what_the_ledger_has_month_by_month(connection: Connection, facts: Facts) -> None:
    for n, name in enumerate(("shop-a", "shop-b")):
        shop(connection, name, AT)
        parcels(connection, name, [70_000 + n, 30_001], AT, first=7_100_000 + 100 * n)
    settle(connection, facts, "shop-a")
    settle(connection, facts, "shop-b", at=datetime(2026, 12, 1, tzinfo=DHAKA))
    november, december = (rows(profitability(connection, facts, month)) for month in ("2026-11", "2026-12"))
    assert (list(november), list(december)) == (["shop-a"], ["shop-b"])
    earned = november["shop-a"]["earned_poisha"] + december["shop-b"]["earned_poisha"]
    assert earned == of(connection, AccountKind.FEE_REVENUE)


def test_a_charge_that_was_taken_back_is_a_correction_in_its_month(connection: Connection, facts: Facts) -> None:
    shop(connection, "shop-a", AT)
    parcels(connection, "shop-a", [100_000], AT)
    settle(connection, facts, "shop-a")
    (fee,) = (one for one in load_transfers(connection) if one.code is Code.FEE)
    append_transfers(connection, [reverse(fee, at=datetime(2026, 12, 3, tzinfo=DHAKA), cause="charged twice")])
    november, december = (rows(profitability(connection, facts, month)) for month in ("2026-11", "2026-12"))
    assert november["shop-a"]["corrected_poisha"] == 0
    assert december["shop-a"]["corrected_poisha"] == december["shop-a"]["margin_poisha"] == -fee.amount_poisha
    assert december["shop-a"]["margin_bps"] is None


def test_what_the_scales_say_counts_and_not_what_was_booked(connection: Connection, facts: Facts) -> None:
    shop(connection, "shop-a", AT)
    (item,) = parcels(connection, "shop-a", [100_000], AT)
    settle(connection, facts, "shop-a")
    booked = rows(profitability(connection, facts))["shop-a"]["carriage_poisha"]
    connection.execute(
        text(
            "insert into weighings (weighing_id, item_number, weight_g, booked_weight_g, tariff_version, "
            "postage_poisha, vat_poisha, difference_poisha, office, device_id, weighed_at) "
            "values (gen_random_uuid(), :item, 4500, 1500, '2025-04-01', 1500, 100, 0, '1205', 'scales', :at)"
        ),
        {"item": item, "at": AT},
    )
    per_kg = load_costs(facts.facts_dir).on(date(2026, 11, 30)).sent_on_per_kg_poisha
    assert rows(profitability(connection, facts))["shop-a"]["carriage_poisha"] == booked + 3 * per_kg


def test_the_model_is_part_of_the_report_and_says_that_it_is_assumed(connection: Connection, facts: Facts) -> None:
    shop(connection, "shop-a", AT)
    parcels(connection, "shop-a", [100_000], AT)
    settle(connection, facts, "shop-a")
    report = profitability(connection, facts)
    model = rows(report, "model")
    assert model["Each try at the door"]["amount"] == "Tk 22.00"
    assert {row["basis"] for row in model.values()} == {"assumption · অনুমান", ""}
    assert {one.name for one in report.charts} == {"margins", "costs"}
