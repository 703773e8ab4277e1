"""What the audit says is sealed hour by hour; what is changed afterwards is found, and nothing is slipped in."""

from datetime import datetime, timedelta

import pytest
from psycopg.errors import RestrictViolation
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from post_logistics.operations.access.auditing import prove_audit, seal_audit
from post_logistics.storage.access.audit import Act, append_act, load_acts


def act(at: datetime, *about: str) -> Act:
    return Act(at=at, actor="rahima", merchant_id="", office="1216", operation="scans", about=list(about))


@pytest.fixture(autouse=True)
def some_hours(connection: Connection, morning: datetime) -> None:
    for n in range(6):
        append_act(connection, act(morning + timedelta(minutes=30 * n), f"item-{n}", "1216"))


def test_the_chain_holds(connection: Connection, morning: datetime) -> None:
    for hours in (2, 2, 4, 6):
        seal_audit(connection, morning + timedelta(hours=hours, minutes=10))
    proof = prove_audit(connection)
    assert (proof.seals, proof.rows, proof.broken) == (3, 6, [])


@pytest.mark.parametrize(
    "tampered",
    [
        "update audit set actor = 'nobody' where about @> '{item-1}'",
        "delete from audit where about @> '{item-1}'",
        "update audit_seals set rows = rows + 1 where until = (select min(until) from audit_seals)",
    ],
)
def test_red_control_whatever_is_changed_is_found(connection: Connection, morning: datetime, tampered: str) -> None:
    seal_audit(connection, morning + timedelta(hours=2))
    seal_audit(connection, morning + timedelta(hours=5))
    connection.execute(text("set local session_replication_role = replica"))  # past the triggers
    connection.execute(text(tampered))
    assert prove_audit(connection).broken


def test_nothing_is_changed_and_nothing_slipped_in(connection: Connection, morning: datetime) -> None:
    seal_audit(connection, morning + timedelta(hours=4))
    for statement in ("update audit set actor = 'nobody'", "delete from audit", "truncate audit"):
        with pytest.raises(DBAPIError), connection.begin_nested():
            connection.execute(text(statement))
    with pytest.raises(RestrictViolation), connection.begin_nested():
        append_act(connection, act(morning + timedelta(hours=2)))
    append_act(connection, act(morning + timedelta(hours=3)))


def test_the_trail_is_read_by_who_what_and_about(connection: Connection, morning: datetime) -> None:
    assert [one.about[0] for one in load_acts(connection, before=None, limit=2)] == ["item-5", "item-4"]
    assert [one.about[0] for one in load_acts(connection, before=None, limit=9, about="item-3")] == ["item-3"]
    assert load_acts(connection, before=None, limit=9, actor="nobody") == []
    (last, *_) = load_acts(connection, before=None, limit=9, operation="scans", office="1216")
    assert len(load_acts(connection, before=last.audit_id, limit=9)) == 5
