"""Closes made before cash was counted by piece, brought to today's schema: each still stands and carries its cash."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from post_logistics.cod.counting import Variance
from post_logistics.cod.day_close import OfficeClose, RiderClose
from post_logistics.settings import Settings
from post_logistics.storage import database as module
from post_logistics.storage.database import open_database
from post_logistics.storage.money.closes import load_close, load_deposits

SCHEMA = "once_0005"
CLOSE = (
    "insert into day_closes (close_id, holder, office, closed_on, expected_poisha, counted_poisha, shortage_poisha, "
    "excess_poisha, to_deposit_poisha, counted_by, closed_at) "
    "values (:id, :holder, '1216', :at, :expected, :counted, :short, 0, :deposit, 'x', :at)"
)


def test_old_closes_stand_and_carry_what_was_taken_before_them(settings: Settings, morning: datetime) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, connect_args={"options": f"-csearch_path={SCHEMA} -ctimezone=UTC"})
    taken = [uuid4() for _ in range(3)]
    evening = morning + timedelta(hours=14)
    with engine.begin() as connection:
        connection.execute(text(f"drop schema if exists {SCHEMA} cascade"))
        connection.execute(text(f"create schema {SCHEMA}"))
        config = Config()
        config.set_main_option("script_location", str(module._MIGRATIONS))
        config.attributes |= {"connection": connection, "schema": SCHEMA}
        command.upgrade(config, "0005")
        rows = (("collect", "rider_cash", "1216-R01"), ("collect_counter", "office_till", "1216"))
        for code, kind, _ in rows:
            connection.execute(
                text("insert into postings values (:code, :kind, 'merchant_payable', false)"),
                {"code": code, "kind": kind},
            )
        for name, (code, kind, owner), at in zip(
            taken, (*rows, rows[0]), (morning, morning, evening + timedelta(hours=1)), strict=True
        ):
            connection.execute(
                text(
                    "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause) "
                    "values (:id, :code, :debit, 'merchant_payable:shop', 100000, :at, 'scan')"
                ),
                {"id": name, "code": code, "debit": f"{kind}:{owner}", "at": at},
            )
        rider = {"id": "rider-close:1216-R01:2026-11-22", "holder": "rider:1216-R01", "deposit": 0, "at": evening}
        connection.execute(text(CLOSE), rider | {"expected": 100_000, "counted": 90_000, "short": 10_000})
        office = {"id": "office-close:1216:2026-11-22", "holder": "office:1216", "deposit": 190_000}
        office |= {"at": evening + timedelta(minutes=1)}
        connection.execute(text(CLOSE), office | {"expected": 190_000, "counted": 190_000, "short": 0})
        connection.execute(
            text("insert into deposits values (:id, 'S-1', '1216', 190000, :at)"), {"id": office["id"], "at": evening}
        )
    engine.dispose()
    with open_database(settings.model_copy(update={"schema_name": SCHEMA})) as upgraded:
        with upgraded.transaction() as connection:
            closed, till = (load_close(connection, str(one["id"])) for one in (rider, office))
            assert isinstance(closed, RiderClose) and isinstance(till, OfficeClose)
            assert (closed.turn, closed.reason, till.reason) == (1, Variance.NOT_KNOWN, None)
            carried = connection.execute(
                text(
                    "select collection_id from close_collections join close_progress using (close_id) "
                    "where paid_in_close_id = :id"
                ),
                {"id": till.close_id},
            )
            assert sorted(carried.scalars()) == sorted(taken[:2])
            assert load_deposits(connection, [till.close_id])[till.close_id].recorded_at == evening
        with pytest.raises(DBAPIError, match="are facts"), upgraded.transaction() as connection:
            connection.execute(text("update day_closes set turn = 2"))
        with upgraded.transaction() as connection:
            connection.execute(text(f"drop schema {SCHEMA} cascade"))
