"""Whether the server lives and whether it can take work, without a key and without a word about anyone."""

from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from post_logistics.settings import Settings
from post_logistics.storage.jobs import QUEUE
from tests.api.client import Api, refused, taken


def test_both_answer_without_a_key(api: Api) -> None:
    assert taken(api.client.get("/healthz"))["status"] == "ok"
    ready = taken(api.client.get("/readyz"))
    assert ready == {"status": "ready", "database": True, "schema_at_head": True, "facts": True, "jobs_on_time": True}


def test_another_version_s_schema_is_not_ready_and_says_so(api: Api) -> None:
    with api.engine.database.transaction() as connection:
        (before,) = connection.execute(text("select version_num from alembic_version")).one()
        connection.execute(text("update alembic_version set version_num = '0001'"))
    try:
        problem = refused(api.client.get("/readyz"), 503, "unavailable")
        assert "schema" in problem["detail"]
        assert taken(api.client.get("/healthz"))  # it lives all the same: to kill it would mend nothing
    finally:
        with api.engine.database.transaction() as connection:
            connection.execute(text("update alembic_version set version_num = :before"), {"before": before})


def test_work_that_is_late_is_told_and_no_reason_to_turn_requests_away(api: Api) -> None:
    due = api.at - timedelta(minutes=11)
    with api.engine.database.transaction() as connection:
        job_id = connection.execute(
            text("insert into procrastinate_jobs (queue_name, task_name) values (:queue, 'late') returning id"),
            {"queue": QUEUE},
        ).scalar_one()
        connection.execute(
            text("update procrastinate_events set at = :due where job_id = :job_id"), {"due": due, "job_id": job_id}
        )
    try:
        ready = taken(api.client.get("/readyz"))
        assert (ready["status"], ready["jobs_on_time"]) == ("late", False)
        api.at -= timedelta(minutes=2)  # nine minutes are not yet too long
        assert taken(api.client.get("/readyz"))["status"] == "ready"
    finally:
        with api.engine.database.transaction() as connection:
            connection.execute(text("delete from procrastinate_jobs where task_name = 'late'"))


def test_a_server_that_drains_lives_on_and_takes_nothing_new(settings: Settings) -> None:
    drains = False
    app = create_app(settings.model_copy(update={"schema_name": "api"}), draining=lambda: drains)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/v1/tracking/nothing").status_code == 422
        drains = True
        for path in ("/v1/tracking/nothing", "/readyz", "/docs", "/no/such/path"):
            answer = client.get(path)
            problem = refused(answer, 503, "unavailable")
            assert problem["detail"].startswith("this server is being stopped")
            assert answer.headers["connection"] == "close" and int(answer.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics", headers={"Authorization": "Bearer development"}).status_code == 200
        drains = False
        assert client.get("/readyz").status_code == 200
