"""Killed at any point, the process or its database: what was acknowledged is kept, once, and nothing is half-done."""

from tests.operations.crash import after_crashes, findings, tally

SEED, KILLS = 1, 12


def test_what_was_acknowledged_survives_every_kill() -> None:
    with after_crashes(SEED, KILLS) as (database, journal), database.transaction() as connection:
        assert findings(connection, journal) == []
        run, told_again = tally(journal), journal.lines("again")
    assert run.acknowledged > KILLS
    assert run.retries > 0, "no request was ever repeated: nothing was tested"
    assert run.replays > 0, "no answer was ever lost: nothing was tested"
    assert told_again  # how many depends on the machine; none would mean that nothing was tested


def test_red_control_a_key_kept_before_its_work_is_caught() -> None:
    with after_crashes(SEED, 1, red=True) as (database, journal), database.transaction() as connection:
        wrong = findings(connection, journal)
    assert any(what.startswith("a claim without its cash") for what in wrong)
    assert any(what.startswith("collect 0 was acknowledged") for what in wrong)
