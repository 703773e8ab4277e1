from post_logistics.cod import proof
from post_logistics.cod.accounts import CHART, AccountKind, Side
from post_logistics.cod.postings import POSTINGS, Code


def test_every_code_has_a_row_and_a_text_in_both_languages() -> None:
    assert list(POSTINGS) == list(Code)
    for posting in POSTINGS.values():
        assert posting.text_en.isascii()
        assert any("ঀ" <= c <= "৿" for c in posting.text_bn)


def test_no_two_reasons_move_money_between_the_same_accounts() -> None:
    assert len({(posting.debit, posting.credit) for posting in POSTINGS.values()}) == len(POSTINGS)


def test_every_kind_of_account_can_be_reached_and_every_holding_can_be_left() -> None:
    assert {p.debit for p in POSTINGS.values()} | {p.credit for p in POSTINGS.values()} == set(AccountKind)
    for kind, facts in CHART.items():
        if facts.side is Side.ASSET:
            assert any(p.credit is kind for p in POSTINGS.values()), f"nothing ever leaves {kind}"


def test_the_independent_proof_states_the_same_rules() -> None:
    assert {f"{code}: {p.credit} to {p.debit}" for code, p in POSTINGS.items()} == proof.ALLOWED
    never = {kind.value for kind, facts in CHART.items() if not facts.may_go_negative}
    assert never == proof.NEVER_IN_CREDIT | proof.NEVER_IN_DEBIT
    assert {CHART[AccountKind(kind)].side for kind in proof.NEVER_IN_CREDIT} == {Side.ASSET}
