"""The doctor looks at everything, says what is wrong with its remedy, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from post_logistics.operations.keeping.backing_up import back_up
from post_logistics.operations.keeping.doctoring import Finding, Verdict, examine
from post_logistics.settings import OUR_SECRETS, Settings
from post_logistics.storage.database import Database, open_as_it_is, open_database
from post_logistics.storage.jobs import QUEUE
from post_logistics.storage.keeping.vitals import load_vitals
from post_logistics.storage.roles import limit_role


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def well(settings: Settings, shared_database: Database) -> Settings:
    """Settings with which all is well, on a laptop."""
    return settings.model_copy(update={"schema_name": "tests"})


def found(settings: Settings, **changes: Any) -> dict[str, Finding]:
    """What is found but for the facts, which take a second to load."""
    return {one.what: one for one in examine(settings.model_copy(update=changes), now, without={"facts"})}


def test_a_laptop_that_is_well_has_nothing_bad(well: Settings) -> None:
    all_of_it = {one.what: one for one in examine(well, now)}
    assert {one for one in all_of_it.values() if one.verdict is Verdict.BAD} == set()
    assert {"python", "packages", "facts", "database", "clock", "durability", "schema", "jobs", "backups"} <= set(
        all_of_it
    )
    assert all(one.remedy for one in all_of_it.values() if one.verdict is not Verdict.GOOD)


class TestEachComplaint:
    """One thing is wrong, and that is what is said."""

    def test_no_database_answers(self, well: Settings) -> None:
        at = SecretStr("postgresql://post:s3cret@127.0.0.1:1/post")
        database = found(well, database_url=at)["database"]
        assert database.verdict is Verdict.BAD and "does not answer" in database.said
        assert "s3cret" not in str(database)

    def test_an_address_that_is_none(self, well: Settings) -> None:
        assert found(well, database_url=SecretStr("sqlite:///x.db"))["database"].verdict is Verdict.BAD

    def test_no_database_yet(self, well: Settings, tmp_path: Path) -> None:
        database = found(well, database_url=None, data_dir=tmp_path)["database"]
        assert database.verdict is Verdict.GOOD and "none yet" in database.said
        assert list(tmp_path.iterdir()) == []  # nothing was made

    def test_a_schema_that_is_empty_stays_so(self, well: Settings) -> None:
        assert "is empty" in found(well, schema_name="no_such_schema")["schema"].said
        with open_as_it_is(well) as database, database.transaction() as connection:
            assert connection.execute(text("select to_regnamespace('no_such_schema')")).scalar() is None

    @pytest.mark.parametrize(("revision", "verdict"), [("0001", Verdict.WARNING), ("9999", Verdict.BAD)])
    def test_a_schema_of_another_version(self, well: Settings, revision: str, verdict: Verdict) -> None:
        with open_as_it_is(well) as database:
            with database.transaction() as connection:
                before = connection.execute(text("select version_num from alembic_version")).scalar_one()
                connection.execute(text("update alembic_version set version_num = :to"), {"to": revision})
            try:
                schema = found(well)["schema"]
            finally:
                with database.transaction() as connection:
                    connection.execute(text("update alembic_version set version_num = :to"), {"to": before})
        assert schema.verdict is verdict and revision in schema.said and schema.remedy

    @pytest.mark.parametrize("seconds", [-5, 5, 86_400])
    def test_a_clock_that_is_wrong(self, well: Settings, seconds: int) -> None:
        findings = {one.what: one for one in examine(well, lambda: now() + timedelta(seconds=seconds), {"facts"})}
        assert findings["clock"].verdict is Verdict.BAD and str(abs(seconds)) in findings["clock"].said

    def test_work_that_is_late(self, well: Settings) -> None:
        with open_as_it_is(well) as database:
            with database.transaction() as connection:
                job_id = connection.execute(
                    text("insert into procrastinate_jobs (queue_name, task_name) values (:q, 'late') returning id"),
                    {"q": QUEUE},
                ).scalar_one()
                connection.execute(text("update procrastinate_events set at = at - interval '1 hour'"))
            try:
                jobs = found(well)["jobs"]
                with database.transaction() as connection:
                    vitals = load_vitals(connection, now())
                    earlier = load_vitals(connection, now() - timedelta(hours=2))
            finally:
                with database.transaction() as connection:
                    connection.execute(text("delete from procrastinate_jobs where id = :id"), {"id": job_id})
        assert jobs.verdict is Verdict.WARNING and "worker" in jobs.remedy
        assert vitals.queues["jobs"].waiting == 1 and 3500 < vitals.queues["jobs"].oldest_s < 3800
        assert earlier.queues["jobs"].oldest_s == 0  # a clock that goes back makes nothing late

    def test_a_place_that_cannot_be_written_to(self, well: Settings) -> None:
        assert found(well, backup_dir=Path("/proc/backups"))["disk of backups"].verdict is Verdict.BAD

    @pytest.mark.parametrize(("hours", "verdict"), [(1, Verdict.GOOD), (25, Verdict.GOOD), (27, Verdict.WARNING)])
    def test_backups_that_are_old(self, well: Settings, tmp_path: Path, hours: int, verdict: Verdict) -> None:
        assert found(well, backup_dir=tmp_path / "none")["backups"].verdict is Verdict.WARNING
        file = tmp_path / "x.dump"
        file.touch()
        findings = examine(
            well.model_copy(update={"backup_dir": tmp_path, "database_url": None, "data_dir": tmp_path}),
            lambda: now() + timedelta(hours=hours),
            without={"facts"},
        )
        assert findings[-1].what == "backups" and findings[-1].verdict is verdict

    def test_secrets_of_development_are_bad_in_production_alone(self, well: Settings) -> None:
        assert found(well)["setting api_key"].verdict is Verdict.WARNING
        assert found(well, environment="production")["setting api_key"].verdict is Verdict.BAD


def test_facts_that_are_wrong_are_named_and_the_rest_is_looked_at(well: Settings, tmp_path: Path) -> None:
    wrong = well.model_copy(update={"facts_dir": tmp_path, "cache_dir": None})
    findings = {one.what: one for one in examine(wrong, now)}
    assert findings["facts"].verdict is Verdict.BAD and findings["facts"].remedy
    assert findings["database"].verdict is Verdict.GOOD


def test_a_server_with_roles_as_the_guide_makes_them_is_fit_for_production(settings: Settings, tmp_path: Path) -> None:
    """The owner brings the schema up to date; the servers' login adds facts, and backs up what it may not change."""
    assert settings.database_url is not None
    url = make_url(settings.database_url.get_secret_value())
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    script = (Path(__file__).parents[3] / "deploy" / "roles.sh").read_text()
    statements = script.split("<<'SQL'\n")[1].split("\nSQL")[0].replace(":'owner'", "'o'").replace(":'server'", "'s'")
    with engine.connect() as connection:
        for statement in statements.split(";"):
            if statement.strip():
                connection.execute(text(statement))
    engine.dispose()

    def of(user: str, password: str) -> Settings:
        own = url.set(username=user, password=password, database="post").render_as_string(hide_password=False)
        secrets = {name: SecretStr(f"{name} {'x' * 40}") for name in OUR_SECRETS}
        changes = {"database_url": SecretStr(own), "schema_name": "public", "environment": "production", **secrets}
        return settings.model_copy(update=changes)

    owner, server = of("post_owner", "o"), of("post_server", "s")
    with open_database(owner) as database, database.transaction() as connection:
        limit_role(connection, "post_application")
    with open_database(server) as database:
        with database.transaction() as connection:
            connection.execute(text("select ensure_months(array['2031-05-05'::timestamptz])"))
        made = back_up(database, tmp_path / "x.dump", now())
    assert made.rows["scans"] == 0 and "merchants" in made.rows
    findings = found(server)
    assert {one.what for one in findings.values() if one.verdict is Verdict.BAD} == set()
    assert findings["rights"].verdict is Verdict.GOOD
    assert findings["settings"].verdict is Verdict.GOOD
    as_owner = found(owner)["rights"]
    assert as_owner.verdict is Verdict.WARNING and "owns the tables" in as_owner.said
