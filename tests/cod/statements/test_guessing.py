"""A first look at an unknown statement: what it shows is proposed with its evidence, what it cannot show is asked."""

import io
from pathlib import Path

import pytest

from post_logistics.cod.statements.guessing import Proposal, guess
from post_logistics.cod.statements.layout import layout_from_toml
from post_logistics.cod.statements.profiles import load_known_columns
from post_logistics.cod.statements.reading import StatementReader
from post_logistics.errors import Unacceptable
from tests.cod.statements.banks import HEADER, LINES, STATEMENT, table

KNOWN = load_known_columns(Path(__file__).resolve().parents[3] / "data")


def look(content: str, provider: str | None = None) -> Proposal:
    return guess(io.BytesIO(content.encode()), "statement", KNOWN, provider=provider)


def test_a_statement_with_known_names_is_proposed_whole_and_read_by_the_proposal() -> None:
    proposal = look(STATEMENT)
    layout = proposal.layout()
    assert layout is not None
    assert {field: names[0] for field, names in layout.columns.items()} == {
        "booked_on": "Date",
        "reference": "Slip No",
        "description": "Particulars",
        "debit": "Debit",
        "credit": "Credit",
        "balance": "Balance",
    }
    assert (layout.dates, proposal.header_row, proposal.unread) == (("DD/MM/YYYY",), 3, ())
    assert sum(map(len, StatementReader(io.BytesIO(STATEMENT.encode()), "x", layout, "b"))) == 3
    assert layout_from_toml(proposal.toml()) == layout


def test_every_finding_says_how_sure_it_is_and_why_in_both_languages() -> None:
    for found in look(STATEMENT).findings:
        assert 0 < found.sure_percent < 100
        assert found.en.isascii()
        assert any("\u0980" <= letter <= "\u09ff" for letter in found.bn)
    assert {found.field: found.sure_percent for found in look(STATEMENT).findings}["balance"] == 99


def test_a_day_that_can_be_two_days_is_asked_and_not_decided() -> None:
    ambiguous = STATEMENT.replace("22/11", "03/04").replace("23/11", "04/04")
    proposal = look(ambiguous)
    assert proposal.layout() is None
    (question,) = proposal.questions
    assert (question.about, question.choices) == ("dates", ("DD/MM/YYYY", "MM/DD/YYYY"))
    assert "3 Apr 2026" in question.en
    assert "4 Mar 2026" in question.en
    assert "৩ এপ্রিল ২০২৬" in question.bn
    with pytest.raises(Unacceptable) as refused:
        layout_from_toml(proposal.toml())
    assert refused.value.field == "dates"


def test_one_day_after_the_twelfth_answers_the_question() -> None:
    proposal = look(STATEMENT.replace("22/11/2026,SB-1", "03/04/2026,SB-1"))
    assert not proposal.questions


@pytest.mark.parametrize("names", ["a,b,c,d,e,f", "Date,Slip No,Particulars,Credit,Debit,Balance"])
def test_balances_prove_which_columns_are_money_in_and_out_whatever_they_are_called(names: str) -> None:
    lines = (*LINES, '23/11/2026,SB-3,cash,,"1,000.00","1,33,806.50"')
    layout = look(table(names, *lines)).layout()
    assert layout is not None
    cells = names.split(",")
    assert (layout.columns["debit"], layout.columns["credit"], layout.columns["balance"]) == (
        (cells[3],),
        (cells[4],),
        (cells[5],),
    )


def test_an_amount_without_a_sign_is_asked_about_unless_balances_prove_what_it_is() -> None:
    rows = ("22-11-2026,AB1,5.00", "22-11-2026,AB2,7.00", "22-11-2026,AB3,9.00")
    proposal = look(table("Time,Trx ID,Amount", *rows).replace("Time", "Date"))
    assert [question.about for question in proposal.questions] == ["positive_is"]
    with pytest.raises(Unacceptable) as refused:
        layout_from_toml(proposal.toml())
    assert refused.value.field == "positive_is"
    falling = ("22-11-2026,5.00,95.00", "22-11-2026,7.00,88.00", "22-11-2026,9.00,79.00")
    layout = look(table("Date,Amount,Balance", *falling)).layout()
    assert layout is not None
    assert layout.positive_is == "debit"


def test_a_word_for_the_direction_that_nobody_knows_is_asked_about() -> None:
    header, rows = "Date,Trx ID,Amount,Type", ["22-11-2026,A1,5.00,In", "22-11-2026,A2,7.00,Out"]
    layout = look(table(header, *rows), provider="bkash").layout()
    assert layout is not None
    assert (layout.columns["direction"], layout.provider) == (("Type",), "bkash")
    (question,) = look(table(header, *rows, "22-11-2026,A3,1.00,Levy")).questions
    assert "Levy" in question.en


def test_a_number_that_lines_share_is_no_number_of_the_bank_s() -> None:
    header, rows = "Date,Trx ID,Amount", ["22-11-2026,A1,5.00", "22-11-2026,A1,-0.10", "22-11-2026,A2,7.00"]
    shared = look(table(header, *rows)).layout()
    assert shared is not None
    assert "id" not in shared.columns
    assert shared.columns["reference"] == ("Trx ID",)
    own = look(table(header, rows[0], rows[2], "22-11-2026,A3,-7.00")).layout()
    assert own is not None
    assert own.columns["id"] == own.columns["reference"] == ("Trx ID",)


@pytest.mark.parametrize("content", ["a letter\nto nobody", HEADER, "x,y\n1,2\n"])
def test_what_is_no_statement_is_refused(content: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        look(content)
    assert refused.value.remedy
