"""The library of jobs moves in: its tables and functions, beside ours."""

from alembic import op

from post_logistics.storage.jobs_schema import jobs_steps

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LAST = "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def upgrade() -> None:
    for step in jobs_steps(LAST):
        op.get_bind().exec_driver_sql(step.replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
