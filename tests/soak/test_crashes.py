"""Many kills, one after another: see tests/operations/crash.py."""

import pytest

from tests.operations.crash import after_crashes, findings, tally

SEED, KILLS = 2, 200


@pytest.mark.soak
def test_what_was_acknowledged_survives_two_hundred_kills() -> None:
    with after_crashes(SEED, KILLS) as (database, journal), database.transaction() as connection:
        assert findings(connection, journal) == []
        run = tally(journal)
    print(f"seed {SEED}, {KILLS} kills: {run}")
    assert run.retries > KILLS // 4
    assert run.replays > KILLS // 8
