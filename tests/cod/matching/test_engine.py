"""Each rule on a statement of a few lines: what it finds, and what it leaves alone."""

from typing import Any

import pytest

from post_logistics.cod.matching.columns import REASONS, RULES, EntryKind, Rule
from post_logistics.cod.matching.rules import Fee, Rules
from post_logistics.cod.matching.sentences import NEXT_STEPS, REASON_TEXTS, RULE_TEXTS, facts_of, why_matched
from tests.cod.matching.worlds import World

DIGITAL: dict[str, Any] = {"kind": EntryKind.COLLECTION, "owner": "bkash"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("reference", "text", "rule"),
    [
        ("SB-004217", "CASH DEPOSIT", "reference"),
        ("sb 004217", "", "reference"),
        ("SB/০০৪২১৭", "নগদ জমা", "reference"),
        ("", "cash dep slip no SB-004217 mirpur", "in_text"),
        ("", "SLIP:sb00-4217/2026", "in_text"),
        ("FT26110301", "BY CASH SB004217", "in_text"),
        ("", "CASH ০০৪২১৭ MIRPUR", "in_text"),
        ("SLIP004217", "", "in_text"),
    ],
)
def test_a_reference_is_recognised_however_it_is_written(world: World, reference: str, text: str, rule: str) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.line("L", 12_345_00, reference, text)
    assert world.found() == {("L",): (rule, ("E",))}


@pytest.mark.parametrize("text", ["SB-1004217", "SB-0042170", "10042171", "SB-00421", "ASB004217X", ""])
def test_a_reference_is_not_seen_in_a_longer_number(world: World, text: str) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.entry("F", 12_345_00, "ZZ-990000")
    world.line("L", 12_345_00, "", text)
    assert world.found() == {}


@pytest.mark.parametrize(("on", "reason"), [(1, ""), (62, ""), (63, "outside_window"), (-1, "outside_window"), (0, "")])
def test_the_window_has_its_ends(world: World, on: int, reason: str) -> None:
    world.entry("E", 100_00, "SB-004217", on=2)
    world.line("L", 100_00, "SB-004217", on=on)
    assert world.waits() == ({"L": reason} if reason else {})


def test_an_amount_that_differs_is_for_a_person(world: World) -> None:
    world.entry("E", 1_000_00, "SB-004217")
    world.line("L", 1_501_00, "SB-004217")
    assert (world.found(), world.waits()) == ({}, {"L": "amount_differs"})
    world.line("L", 1_500_00, "SB-004217")
    assert world.waits() == {"L": "to_confirm"}
    proposal = world.run().proposals[0]
    assert (proposal.rule, proposal.entries, proposal.difference_poisha) == (Rule.TOLERANCE, (0,), 500_00)


def test_what_may_be_taken_without_a_person_is_a_rule() -> None:
    world = World(Rules(tolerance_poisha=500_00, tolerance_needs_person=False))
    world.entry("E", 1_000_00, "SB-004217")
    world.line("L", 999_00, "SB-004217")
    assert world.found() == {("L",): ("tolerance", ("E",))}
    assert world.run().difference_poisha.tolist() == [-1_00]


def test_a_line_told_twice_is_one_entry_and_a_duplicate(world: World) -> None:
    world.entry("E", 100_00, "SB-004217")
    world.entry("F", 100_00, "SB-009999")
    world.line("later", 100_00, "SB-004217", on=5)
    world.line("first", 100_00, "SB-004217", on=3)
    assert world.found() == {("first",): ("reference", ("E",))}
    assert world.waits() == {"later": "duplicate"}


def test_a_line_told_again_on_a_later_statement_is_a_duplicate(world: World) -> None:
    world.entry("E", 100_00, "SB-004217", come=True)
    world.line("old", 100_00, "SB-004217", known=True)
    world.line("new", 100_00, "SB-004217", on=4)
    assert (world.found(), world.waits()) == ({}, {"new": "duplicate"})


@pytest.mark.parametrize("reference", ["SB-004271", "SB-004218", "SB-104217", "BS-004217", "S-B004217"])
def test_one_slip_of_the_pen_is_forgiven(world: World, reference: str) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.line("L", 12_345_00, reference)
    assert next(iter(world.found().values()))[1] == ("E",)


@pytest.mark.parametrize("reference", ["SB-014271", "SC-004217", "XB-004217", "SB-7"])
def test_two_slips_are_not(world: World, reference: str) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.line("L", 12_345_00, reference, "")
    assert world.found() == {}


def test_a_slip_that_could_mean_two_entries_means_none(world: World) -> None:
    world.entry("E", 100_00, "SB-004217")
    world.entry("F", 100_00, "SB-004219")
    world.line("L", 100_00, "SB-004218")
    assert (world.found(), world.waits()) == ({}, {"L": "several_candidates"})
    world.entry("F", 100_00, "SB-004219", come=True)
    assert (world.found(), world.waits()) == ({}, {"L": "several_candidates"})


def test_a_slip_that_hits_anothers_reference_takes_nobodys_place(world: World) -> None:
    """The line of E is misread as F's; F's own line has not come yet, or has. Nobody can tell."""
    world.entry("E", 100_00, "SB-004217")
    world.entry("F", 100_00, "SB-004218")
    world.line("of E", 100_00, "SB-004218")
    assert (world.found(), world.waits()) == ({}, {"of E": "several_candidates"})
    world.line("of F", 100_00, "SB-004218", on=5)
    assert (world.found(), set(world.waits())) == ({}, {"of E", "of F"})
    world.line("really E", 100_00, "SB-004217")
    assert world.found()[("really E",)] == ("reference", ("E",))


def test_a_reference_cut_off_is_recognised(world: World) -> None:
    world.entry("E", 12_345_00, "SB-00421733")
    world.line("L", 12_345_00, "SB-004217")
    assert world.found() == {("L",): ("nearly", ("E",))}
    world.entry("F", 12_345_00, "SB-00421744")
    assert world.waits() == {"L": "several_candidates"}


def test_one_line_that_names_several_slips_is_their_sum(world: World) -> None:
    world.entry("E", 100_00, "SB-004217")
    world.entry("F", 250_00, "SB-008811")
    world.line("L", 350_00, "", "SLIPS SB-004217, SB-008811")
    assert world.found() == {("L",): ("several_references", ("E", "F"))}


def test_a_deposit_split_over_lines_is_made_up_of_them(world: World) -> None:
    world.entry("E", 1_000_00, "SB-004217")
    world.line("a", 500_00, "SB-004217")
    world.line("b", 500_00, "SB-004217")
    assert world.found() == {("a", "b"): ("split_reference", ("E",))}
    world.line("c", 500_00, "SB-004217")
    assert not world.found()


def test_an_owner_and_an_amount_are_enough_where_nothing_else_fits(world: World) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.entry("F", 12_345_00, "SB-009999", owner="1000")
    world.line("L", 12_345_00, "", "CASH DEPOSIT BPO 1216")
    assert world.found() == {("L",): ("amount", ("E",))}


@pytest.mark.parametrize("come", [False, True])
def test_two_of_an_amount_are_told_apart_by_a_person(world: World, come: bool) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.entry("F", 12_345_00, "SB-009999", come=come)
    world.line("L", 12_345_00, "", "CASH DEPOSIT BPO 1216")
    assert (world.found(), world.waits()) == ({}, {"L": "several_candidates"})


def test_an_amount_alone_is_only_proposed(world: World) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.line("L", 12_345_00)
    assert (world.found(), world.waits()) == ({}, {"L": "to_confirm"})
    world.line("M", 12_345_00, on=4)
    assert set(world.waits().values()) == {"several_candidates"}


def test_a_reference_that_nobody_knows_is_not_matched_by_amount(world: World) -> None:
    world.entry("E", 12_345_00, "SB-004217")
    world.line("L", 12_345_00, "SB-777777", "CASH DEPOSIT BPO 1216")
    assert (world.found(), world.waits()) == ({}, {"L": "to_confirm"})


def test_an_unnamed_sum_is_taken_only_if_it_is_the_only_one(world: World) -> None:
    for name, amount in (("A", 1_000_00), ("B", 2_500_00), ("C", 7_000_00)):
        world.entry(name, amount, f"SB-{amount}")
    world.line("L", 3_500_00, "", "CASH DEPOSIT BPO 1216")
    assert world.found() == {("L",): ("sum", ("A", "B"))}
    world.entry("D", 3_500_00 - 7_00, "SB-D")
    world.entry("E", 7_00, "SB-E")
    assert (world.found(), world.waits()) == ({}, {"L": "not_unique_sum"})


def test_a_sum_does_not_take_what_another_line_may_be(world: World) -> None:
    world.entry("A", 1_000_00, "SB-1A")
    world.entry("B", 2_500_00, "SB-2B")
    world.entry("A again", 1_000_00, "SB-3C")
    world.line("single", 1_000_00, "", "CASH DEPOSIT BPO 1216")
    world.line("sum", 3_500_00, "", "CASH DEPOSIT BPO 1216")
    assert world.found() == {}


def test_lines_that_make_up_one_entry_are_found_without_a_reference(world: World) -> None:
    world.entry("E", 1_000_00, "SB-004217")
    world.line("a", 400_00, "", "CASH DEPOSIT BPO 1216")
    world.line("b", 600_00, "", "CASH DEPOSIT BPO 1216")
    assert world.found() == {("a", "b"): ("split", ("E",))}


def test_a_provider_pays_a_day_less_its_fee(world: World) -> None:
    amounts = [990_00, 990_00, 1_250_50]
    for place, amount in enumerate(amounts):
        world.entry(f"E{place}", amount, f"TRX{place}", **DIGITAL)
    world.entry("next day", 990_00, "TRX9", on=3, **DIGITAL)
    net = sum(amount - (amount * 150 + 5_000) // 10_000 for amount in amounts)
    world.line("L", net, "BK-20261102", "BKASH SETTLEMENT")
    assert world.found() == {("L",): ("group", ("E0", "E1", "E2"))}
    assert world.run().difference_poisha.tolist() == [net - sum(amounts)]
    world.line("L", net - 1, "", "BKASH SETTLEMENT")
    assert world.found() == {}


def fee(amount: int) -> int:
    return (amount * 150 + 5_000) // 10_000


@pytest.mark.parametrize(
    ("refunds", "kept", "found"),
    [
        ({"R": 2}, 300_00, ("A", "B", "R")),  # of the same day
        ({"R": 2}, 0, ("A", "B")),  # it is kept of a later lump
        ({"R": 1}, 300_00, ("A", "B", "R")),  # the provider kept it of the next lump
        ({"R": 1, "S": 2}, 600_00, ("A", "B", "R", "S")),
    ],
)
def test_a_provider_keeps_its_refunds_of_what_it_pays(
    world: World, refunds: dict[str, int], kept: int, found: tuple[str, ...]
) -> None:
    for name, amount in (("A", 990_00), ("B", 1_250_50)):
        world.entry(name, amount, f"TRX-{name}1", **DIGITAL)
    for name, on in refunds.items():
        world.entry(name, -300_00, f"REF-{name}1", on=on, **DIGITAL)
    world.line("L", 990_00 + 1_250_50 - fee(990_00) - fee(1_250_50) - kept, "", "BKASH SETTLEMENT")
    assert world.found() == {("L",): ("group", found)}


def test_a_refund_can_be_kept_of_the_days_after_or_be_told_by_itself(world: World) -> None:
    world.entry("refund", -300_00, "REF-1A", on=2, **DIGITAL)
    world.line("L", -300_00, "", "BKASH REFUND ADJUSTMENT", on=3)
    assert world.found() == {("L",): ("amount", ("refund",))}
    world.line("L", -300_00, "REF 1A", "ADJUSTMENT", on=3)
    assert world.found() == {("L",): ("reference", ("refund",))}


def test_where_the_fee_is_of_the_whole_it_may_be_of_what_came_in_before_refunds() -> None:
    world = World(Rules(fees={"bkash": Fee(bps=100, per="lump")}))
    world.entry("A", 1_000_00, "TRX-A", **DIGITAL)
    world.entry("R", -300_00, "REF-R", **DIGITAL)
    for amount in (693_00, 690_00):
        world.line("L", amount, "", "BKASH SETTLEMENT")
        assert world.found() == {("L",): ("group", ("A", "R"))}


def test_a_lump_may_come_weeks_late_and_a_single_payment_may_not(world: World) -> None:
    for name, amount in (("A", 990_00), ("B", 1_250_50)):
        world.entry(name, amount, f"TRX-{name}1", on=2, **DIGITAL)
    net = 990_00 + 1_250_50 - fee(990_00) - fee(1_250_50)
    for on, found in ((9, True), (10, True), (32, True), (33, False)):
        world.line("L", net, "", "BKASH SETTLEMENT", on=on)
        assert bool(world.found()) is found
    del world.entries["B"]
    world.line("L", 990_00 - fee(990_00), "", "BKASH SETTLEMENT", on=10)
    assert world.found() == {}


def test_two_lumps_that_both_fit_a_late_line_are_neither(world: World) -> None:
    for on in (2, 12):
        for name, amount in ((f"A{on}", 990_00), (f"B{on}", 1_250_50)):
            world.entry(name, amount, f"TRX-{name}", on=on, **DIGITAL)
    world.line("L", 990_00 + 1_250_50 - fee(990_00) - fee(1_250_50), "", "BKASH SETTLEMENT", on=13)
    assert (world.found(), world.waits()) == ({}, {"L": "several_candidates"})


def test_a_deduction_from_pay_is_known_by_its_reference_and_never_by_its_amount(world: World) -> None:
    world.entry("D", 500_00, "3f0c3f5e-0000-4000-8000-000000000001", also="1216-R01", kind=EntryKind.DEDUCTION)
    world.line("L", 500_00, "", "CASH DEPOSIT BPO 1216")
    assert (world.found(), world.waits()) == ({}, {"L": "no_candidate"})
    world.line("L", 500_00, "", "SALARY DEDUCTION 1216-R01 NOV")
    assert world.found() == {("L",): ("in_text", ("D",))}


def test_a_batch_by_its_name_comes_first(world: World) -> None:
    world.entry("a", 10_000_00, "PAY-A", owner="m1", kind=EntryKind.PAYOUT, group="file-2026-11-02")
    world.entry("b", 10_000_00, "PAY-B", owner="m2", kind=EntryKind.PAYOUT, group="file-2026-11-02")
    for entry in world.entries.values():
        entry["amount"] *= -1
    world.line("L", -20_000_00, "", "BULK EFT FILE-2026-11-02")
    assert world.found() == {("L",): ("group", ("a", "b"))}


def test_a_payout_leaves_and_comes_back(world: World) -> None:
    world.entry("out", -5_000_00, "shajgoj-2026-11-02", owner="shajgoj", kind=EntryKind.PAYOUT)
    world.entry("back", 5_000_00, "shajgoj-2026-11-02", owner="shajgoj", kind=EntryKind.RETURN)
    world.line("debit", -5_000_00, "SHAJGOJ20261102", "EFT OUT")
    world.line("credit", 5_000_00, "", "EFT RETURN shajgoj-2026-11-02 ACCOUNT CLOSED", on=5)
    world.line("stranger", 5_000_00, "", "EFT FROM SHAJGOJ", on=5)
    assert world.found() == {("debit",): ("reference", ("out",)), ("credit",): ("in_text", ("back",))}
    assert world.waits() == {"stranger": "no_candidate"}


def test_the_banks_own_lines_need_no_entry(world: World) -> None:
    world.line("charge", -57_50, "", "BANK CHARGE NOV")
    world.line("interest", 1_234, "", "Interest credited")
    world.line("refund", 57_50, "", "BANK CHARGE REVERSED")
    assert world.found() == {("charge",): ("charge", ()), ("interest",): ("interest", ())}
    assert world.waits() == {"refund": "no_candidate"}


def test_nothing_is_matched_with_nothing(world: World) -> None:
    assert (world.found(), world.waits()) == ({}, {})
    world.line("L", 1)
    assert world.waits() == {"L": "no_candidate"}
    world = World()
    world.entry("E", 1, "X")
    assert world.found() == {}


def test_every_rule_reason_and_kind_has_its_words_in_both_languages(world: World) -> None:
    assert set(RULE_TEXTS) == set(RULES)
    assert set(REASON_TEXTS) == set(NEXT_STEPS) == set(REASONS)
    world.entry("E", 12_345_00, "SB-004217", also="DP000000005BD")
    world.line("L", 12_345_00, "", "DP 0000 00005 BD")
    lines, entries, _ = world.columns()
    facts = facts_of(lines, entries, [0], [0])
    assert facts["reference"] == "DP000000005BD"
    for rule in RULES:
        for language in ("en", "bn"):
            said = why_matched(rule, facts | {"by": "rahima", "why": "the slip", "written": "x"}, language)  # type: ignore[arg-type]
            assert "{" not in said and said.endswith((".", "।", "slip"))
    assert why_matched(Rule.IN_TEXT, facts) == (
        "The reference DP000000005BD of this deposit stands in the line's text, and the amount is the same, "
        "Tk 12,345.00; it was due from 2 Nov 2026 and booked on 3 Nov 2026."
    )


def test_a_fee_is_rounded_as_agreed() -> None:
    assert [Fee(bps=150, rounding=how).of(1_01) for how in ("half_up", "up", "down")] == [2, 2, 1]
    assert Fee(bps=0, fixed_poisha=5_00).of(100_00) == 5_00


def test_an_amount_beyond_all_reason_is_taken_for_nobody_elses(world: World) -> None:
    world.entry("huge", 1_000_00 + 2**43, "SB-1A", owner="1216")
    world.entry("other", 7_00, "SB-2B", owner="1217")
    world.line("L", 1_000_00, "", "CASH DEPOSIT BPO 1217")
    world.line("M", 1_000_00 + 2**43, "", "CASH DEPOSIT BPO 1216")
    assert world.found() == {}
