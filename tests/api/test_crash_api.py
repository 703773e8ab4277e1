"""The processes that answer are killed at any point, or their database: what was acknowledged is kept, once."""

import os
from typing import Final

import pytest
from sqlalchemy import Connection, text

from post_logistics.cod.proof import check_books
from post_logistics.storage.money.ledger import load_transfers
from tests.api.crash import after_crashes
from tests.operations.crash import _NEVER, Journal, tally

KILLS: Final = 40
SOAKED: Final = int(os.environ.get("POST_LOGISTICS_KILLS", "1000"))

_ALSO_NEVER: Final = {
    "a booking without its audit, or with two": "select merchant_id from consignments group by merchant_id "
    "having count(*) <> (select count(*) from audit where operation = 'book' "
    "and audit.merchant_id = consignments.merchant_id)",
    "a key without its answer": "select key from kept_answers where status = 0",
}


def findings(connection: Connection, journals: list[Journal]) -> list[str]:
    """Everything that is wrong in the database, given what its clients were told."""
    never = (_NEVER | _ALSO_NEVER).items()
    wrong = [f"{what}: {list(rows)}" for what, sql in never if (rows := connection.execute(text(sql)).all())]
    booked = {row.order_ref: row.item_number for row in connection.execute(text("select * from consignments"))}
    scanned = {(row.device_id, row.sequence) for row in connection.execute(text("select * from scans"))}
    paid = {row.item_number for row in connection.execute(text("select item_number from transfers"))}
    answered = {row.key for row in connection.execute(text("select key from kept_answers"))}
    for journal in journals:
        acknowledged = journal.acknowledged()
        for key, body in acknowledged.items():
            what, _, name = key.rpartition(" ")
            shop, n = map(int, name.split("."))
            item = booked.get(f"K{name}", "")
            kept = {
                "book": item != "" and item in body,
                "hand out": {(f"counter-{shop}", 2 * n), (f"counter-{shop}", 2 * n + 1)} <= scanned,
                "collect": (f"rider-{shop}", n) in scanned and item in paid,
            }[what]
            if not kept or key not in answered:
                wrong.append(f"{key} was acknowledged and is not there")
        wrong += [
            f"{line['key']} told again was answered {line}"
            for line in journal.lines("again")
            if line["answer"] != acknowledged[line["key"]] or not line["replayed"]
        ]
    tried = {line["key"] for journal in journals for line in journal.lines("try")}
    wrong += [f"{reference} was never asked for" for reference in booked if f"book {reference[1:]}" not in tried]
    return [*wrong, *check_books(load_transfers(connection))]


def check(seed: int, kills: int) -> str:
    """Proves a run right, and that it tested anything; gives back how much."""
    with after_crashes(seed, kills) as (database, journals), database.transaction() as connection:
        assert findings(connection, journals) == []
        runs = [tally(journal) for journal in journals]
        told_again = sum(len(journal.lines("again")) for journal in journals)
    acknowledged, retries, replays = (sum(getattr(r, n) for r in runs) for n in ("acknowledged", "retries", "replays"))
    assert retries > 0, "no request was ever repeated: nothing was tested"
    assert replays > 0, "no answer was ever lost: nothing was tested"
    assert told_again == acknowledged
    return f"{kills} kills, seed {seed}: {acknowledged} acknowledged, {retries} retries, {replays} replays"


def test_what_was_acknowledged_survives_every_kill() -> None:
    print(check(1, KILLS))


@pytest.mark.soak
def test_what_was_acknowledged_survives_a_thousand_kills() -> None:
    print(check(2, SOAKED))


def test_red_control_a_key_kept_before_its_work_is_caught() -> None:
    with after_crashes(1, 1, red=True) as (database, journals), database.transaction() as connection:
        wrong = findings(connection, journals)
    assert any("was acknowledged and is not there" in what for what in wrong)
