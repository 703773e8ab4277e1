"""Payout files: what a bank reads is what was ordered, column by column, and its totals prove it."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from post_logistics.cod.payout_files import layout_named, load_payout_layouts, payout_file
from post_logistics.cod.payouts import NEXT, Payout, PayoutKind, PayoutState, before
from post_logistics.cod.terms import Institution, PayoutAccount
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, MerchantId

DATA = Path(__file__).resolve().parents[2] / "data"
ON, AT = date(2026, 11, 22), datetime(2026, 11, 22, 9, tzinfo=DHAKA)
KEPT = PayoutAccount(
    merchant=MerchantId("a"),
    version=1,
    kind=Institution.BANK,
    bank="BRAC Bank",
    branch="Gulshan",
    routing_number="060261726",
    number="150120034455",
    holder="Nakshi, Ghar",
    why="x",
    set_by="x",
    set_at=AT,
    good_from=AT,
)


def payout(payout_id: str, amount_poisha: int) -> Payout:
    return Payout(
        payout_id=payout_id,
        merchant=MerchantId("a"),
        kind=PayoutKind.SETTLEMENT,
        amount_poisha=amount_poisha,
        account=KEPT.text,
        account_version=1,
        state=PayoutState.APPROVED,
        needs_approval=False,
        ordered_by="x",
        ordered_at=AT,
    )


TWO = [(payout("a-1", 1_250_50), KEPT), (payout("a-2", 5), KEPT)]


def test_a_csv_file_quotes_what_has_commas_and_ends_with_its_totals() -> None:
    made = payout_file(layout_named(DATA, "settlement-bank"), TWO, file_id="f", paid_on=ON)
    lines = made.content.decode().split("\r\n")
    assert lines[1] == '1,a-1,2026-11-22,060261726,150120034455,"Nakshi, Ghar",BRAC Bank,Gulshan,1250.50'
    assert lines[3] == "TOTAL,f,2,300240068910,1250.55"
    assert (made.count, made.total_poisha, made.hash_total) == (2, 1_250_55, 300_240_068_910)


def test_every_line_of_a_fixed_file_is_as_wide_as_its_columns() -> None:
    layout = layout_named(DATA, "fixed-transfer")
    *rows, totals, end = payout_file(layout, TWO, file_id="f", paid_on=ON).content.decode().split("\r\n")
    assert {len(row) for row in rows} == {sum(column.width for column in layout.columns)}
    assert rows[0][:16] == "D000001060261726"
    assert (totals, end) == ("T000002000000000125055000300240068910", "")


@pytest.mark.parametrize(("change", "field"), [({"holder": "নকশী ঘর"}, "holder"), ({"number": "1" * 35}, "account")])
def test_what_does_not_fit_a_layout_is_refused_by_name(change: dict[str, str], field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        payout_file(
            layout_named(DATA, "fixed-transfer"), [(TWO[0][0], replace(KEPT, **change))], file_id="f", paid_on=ON
        )  # type: ignore[arg-type]
    assert refused.value.field == field


GOOD = """
[layouts.x]
title = "X"
format = "fixed"
kind = "bank"
encoding = "ascii"
delimiter = ""
header = false
columns = [{name = "amount", fact = "amount_poisha", width = 10}]
"""


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"fixed"', '"pdf"', "format"),
        ('"ascii"', '"latin-99"', "encoding"),
        ("width = 10", "width = 0", "width"),
        ("amount_poisha", "salary", "fact"),
        ("header = false", "", "header"),
        ("header = false", "header = 0", "header"),
        ('title = "X"', 'title = "X"\nfooter = true', "footer"),
        ('columns = [{name = "amount", fact = "amount_poisha", width = 10}]', "columns = []", "columns"),
        (GOOD, "", "layouts"),
    ],
)
def test_a_wrong_layout_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    (tmp_path / "payout_layouts.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(Unacceptable) as refused:
        load_payout_layouts(tmp_path)
    assert refused.value.field == field


def test_every_state_of_a_payout_has_a_row_and_none_is_come_to_twice() -> None:
    assert NEXT.keys() == set(PayoutState)
    assert before(PayoutState.ORDERED) == ()
    for first in PayoutState:
        reached, edge = set[PayoutState](), set(NEXT[first])
        while edge:
            reached |= edge
            edge = {after for state in edge for after in NEXT[state]} - reached
        assert first not in reached
