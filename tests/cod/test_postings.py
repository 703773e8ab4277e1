from post_logistics.cod import proof
from post_logistics.cod.accounts import CHART, AccountKind, Side
from post_logistics.cod.postings import COLLECTIONS, POSTINGS, Code

OPENING = {Code.OPENING_DEBIT, Code.OPENING_CREDIT}


def test_every_code_has_a_row_and_a_text_in_both_languages() -> None:
    assert list(POSTINGS) == list(Code)
    for posting in POSTINGS.values():
        assert posting.text_en.isascii()
        assert any("ঀ" <= c <= "৿" for c in posting.text_bn)


def test_no_two_reasons_move_money_between_the_same_accounts() -> None:
    assert len({(posting.debit, posting.credit) for posting in POSTINGS.values()}) == len(POSTINGS)


def test_every_kind_of_account_can_be_reached_and_every_holding_can_be_left() -> None:
    named = {p.debit for p in POSTINGS.values()} | {p.credit for p in POSTINGS.values()}
    assert named - {None} == set(AccountKind)
    for kind, facts in CHART.items():
        if facts.side is Side.ASSET and kind is not AccountKind.UNIDENTIFIED_PAYMENTS:  # explained: taken back
            assert any(p.credit is kind for p in POSTINGS.values()), f"nothing ever leaves {kind}"


def test_the_independent_proof_states_the_same_rules() -> None:
    stated = {f"{code}: {p.credit} to {p.debit}" for code, p in POSTINGS.items() if p.credit and p.debit}
    assert stated == proof.ALLOWED
    assert {code for code, p in POSTINGS.items() if not (p.credit and p.debit)} == OPENING
    never = {kind.value for kind, facts in CHART.items() if not facts.may_go_negative}
    assert never == proof.NEVER_IN_CREDIT | proof.NEVER_IN_DEBIT
    assert all(CHART[AccountKind(kind)].side.grows_by_debits for kind in proof.NEVER_IN_CREDIT)
    assert not any(CHART[AccountKind(kind)].side.grows_by_debits for kind in proof.NEVER_IN_DEBIT)
    assert set(proof.COLLECTED) == COLLECTIONS | {Code.COLLECT_SHORT, Code.COLLECT_SHORT_COUNTER}


def test_the_independent_proof_counts_every_reason_that_touches_a_merchant_or_a_holding() -> None:
    moves = {code: p for code, p in POSTINGS.items() if p.credit and p.debit}
    payable = AccountKind.MERCHANT_PAYABLE
    assert {code for code, p in moves.items() if p.credit is payable} == set(proof.OWED_TO_MERCHANT)
    assert {code for code, p in moves.items() if p.debit is payable} == set(proof.TAKEN_FROM_MERCHANT)
    held = set(proof.HOLDINGS)
    assert {code for code, p in moves.items() if p.debit in held and p.credit not in held} == set(proof.CAME_IN)
    assert {code for code, p in moves.items() if p.credit in held and p.debit not in held} == set(proof.WENT_OUT)
