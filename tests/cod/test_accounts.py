import pytest

from post_logistics.cod.accounts import CHART, Account, AccountKind, Owner, account, parse
from post_logistics.errors import Unacceptable


def test_every_kind_of_account_is_described_in_both_languages() -> None:
    assert set(CHART) == set(AccountKind)
    for facts in CHART.values():
        assert facts.text_en.isascii()
        assert any("ঀ" <= c <= "৿" for c in facts.text_bn)


@pytest.mark.parametrize("kind", AccountKind)
def test_what_is_written_is_read_back(kind: AccountKind) -> None:
    owner = "" if CHART[kind].owner is Owner.NONE else "1215-R02"
    assert parse(account(kind, owner)) == (kind, owner)


def test_an_account_is_written_as_kind_and_owner() -> None:
    assert account(AccountKind.RIDER_CASH, "1215-R02") == "rider_cash:1215-R02"
    assert account(AccountKind.SETTLEMENT_BANK) == "settlement_bank"


@pytest.mark.parametrize("owner", ["", " ", "1215 R02", "১২১৫", "a:b", "-x", "x" * 65, "shajgoj\n"])
def test_an_owner_that_is_no_id_is_refused(owner: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        account(AccountKind.MERCHANT_PAYABLE, owner)
    assert refused.value.field == "owner"


def test_an_account_of_the_whole_post_has_no_owner() -> None:
    with pytest.raises(Unacceptable):
        account(AccountKind.FEE_REVENUE, "1215")


@pytest.mark.parametrize("text", ["", "petty_cash:1215", "rider_cash", "settlement_bank:", "settlement_bank:x", ":x"])
def test_text_that_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable):
        parse(Account(text))
