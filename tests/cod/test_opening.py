import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.accounts import CHART, AccountKind, Owner, account
from post_logistics.cod.ledger import balances
from post_logistics.cod.opening import EQUITY, fingerprint, opening_transfers, read_opening
from post_logistics.cod.proof import check_books
from post_logistics.errors import Unacceptable
from post_logistics.units import taka_plain
from tests.cod.settled_day import NOON

OLD_BOOKS = 'account,balance\noffice_till:1215,"1,250.50"\nmerchant_payable:shajgoj,-১২০০\nfee_revenue,−50.50\n'
KINDS = [kind for kind in AccountKind if kind is not AccountKind.OPENING_BALANCES]


def test_a_table_is_read_with_commas_bangla_digits_and_the_typographers_minus() -> None:
    wanted = {"office_till:1215": 1_250_50, "merchant_payable:shajgoj": -1_200_00, "fee_revenue": -50_50}
    for text in (OLD_BOOKS, "\ufeff" + OLD_BOOKS, OLD_BOOKS.replace("\n", "\r\n"), OLD_BOOKS + "losses,0\n"):
        assert read_opening(text) == wanted


@pytest.mark.parametrize(
    ("text", "row", "field"),
    [
        ("", None, "account"),
        ("balance,account\n", None, "account"),
        ("account,balance\npetty_cash:1215,5\n", 1, "account"),
        ("account,balance\nsettlement_bank,5\noffice_till,-5\n", 2, "account"),
        ("account,balance\nsettlement_bank,5\nsettlement_bank,7\n", 2, "account"),
        ("account,balance\nsettlement_bank\n", 1, "account"),
        ("account,balance\nsettlement_bank,5,6\n", 1, "account"),
        ("account,balance\nsettlement_bank,1.001\n", 1, "balance"),
        ("account,balance\nsettlement_bank,much\n", 1, "balance"),
        ("account,balance\nsettlement_bank,1e30\n", 1, "balance"),
        ("account,balance\noffice_till:1215,-5\nsettlement_bank,5\n", 1, "balance"),
        ("account,balance\nmerchant_payable:shajgoj,5\n", 1, "balance"),
        ("account,balance\nsettlement_bank,5\nfee_revenue,-4.99\n", None, "balance"),
        ('account,balance\n"settlement_bank,5\n', 1, None),
    ],
    ids=str,
)
def test_a_mistake_is_named_with_its_row_and_column(text: str, row: int | None, field: str | None) -> None:
    with pytest.raises(Unacceptable) as refused:
        read_opening(text)
    assert (refused.value.row, refused.value.field) == (row, field)
    assert refused.value.remedy


def test_a_table_out_by_one_poisha_says_so() -> None:
    with pytest.raises(Unacceptable, match=r"the debits are Tk 0\.01 more"):
        read_opening("account,balance\nsettlement_bank,5\nfee_revenue,-4.99\n")


@given(st.dictionaries(st.sampled_from(KINDS), st.integers(1, 10**12), max_size=12))
def test_what_is_opened_is_what_stands_and_is_proven(amounts: dict[AccountKind, int]) -> None:
    sums = {}
    for kind, poisha in amounts.items():
        name = account(kind, "" if CHART[kind].owner is Owner.NONE else "x1")
        sums[name] = poisha if CHART[kind].side.grows_by_debits else -poisha
    if left_over := -sum(sums.values()):
        sums[EQUITY] = left_over
    file = io.StringIO()
    csv.writer(file).writerows([("account", "balance"), *((name, taka_plain(poisha)) for name, poisha in sums.items())])
    read = read_opening(file.getvalue())
    made = list(opening_transfers(read, NOON))
    assert {name: poisha for name, poisha in balances(made).items() if poisha} == sums == read
    assert check_books(made) == ()
    assert fingerprint(read) == fingerprint(dict(reversed(list(read.items()))))
