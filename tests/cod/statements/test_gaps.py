"""Where the files of a source do not join."""

from datetime import UTC, date, datetime

from post_logistics.cod.statements.files import StatementFile, gaps


def file(first: int, last: int, opening: int | None = None, closing: int | None = None, new: int = 10) -> StatementFile:
    return StatementFile(
        file_id=f"{first}-{last}",
        source="bank",
        version=1,
        file_name=f"{first}-{last}.csv",
        rows=10,
        new_rows=new,
        first_on=date(2026, 11, first),
        last_on=date(2026, 11, last),
        opening_poisha=opening,
        closing_poisha=closing,
        imported_by="x",
        imported_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_files_whose_balances_join_have_no_gap_however_many_days_lie_between() -> None:
    assert not gaps([file(1, 3, 0, 500), file(9, 12, 500, 700)])


def test_a_closing_that_is_not_the_next_opening_is_a_gap_with_its_amount() -> None:
    (gap,) = gaps([file(9, 12, 800, 900), file(1, 3, 0, 500)])
    assert (gap.after_file, gap.before_file, gap.missing_poisha) == ("1-3.csv", "9-12.csv", 300)


def test_without_balances_days_without_a_file_are_a_gap() -> None:
    assert not gaps([file(1, 3), file(4, 6)])
    assert [gap.missing_poisha for gap in gaps([file(1, 3), file(5, 6)])] == [None]


def test_overlapping_and_contained_files_have_no_gap() -> None:
    assert not gaps([file(1, 5, 0, 500), file(3, 8, 200, 800, new=4), file(2, 4, 1, 2)])


def test_two_files_of_one_day_join_by_a_shared_line_or_by_their_balances() -> None:
    assert not gaps([file(1, 3, 0, 500), file(3, 5, 400, 900, new=8)])
    assert not gaps([file(1, 3, 0, 500), file(3, 5, 500, 900)])
    assert gaps([file(1, 3, 0, 500), file(3, 5, 600, 900)])
