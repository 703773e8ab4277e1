"""Work that is done later: files of orders."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE jobs (
    job_id UUID NOT NULL,
    merchant_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    content BYTEA,
    dry_run BOOLEAN NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_jobs_state CHECK (state in ('queued', 'running', 'done', 'failed')),
    dialect TEXT NOT NULL,
    rows_total INTEGER,
    booked INTEGER NOT NULL CONSTRAINT ck_jobs_booked CHECK (booked >= 0),
    duplicate INTEGER NOT NULL CONSTRAINT ck_jobs_duplicate CHECK (duplicate >= 0),
    to_decide INTEGER NOT NULL CONSTRAINT ck_jobs_to_decide CHECK (to_decide >= 0),
    rejected INTEGER NOT NULL CONSTRAINT ck_jobs_rejected CHECK (rejected >= 0),
    attempts SMALLINT NOT NULL,
    problem JSONB,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_jobs PRIMARY KEY (job_id),
    CONSTRAINT ck_jobs_content CHECK ((content is not null) = (state in ('queued', 'running'))),
    CONSTRAINT ck_jobs_finished CHECK ((finished_at is null) = (state in ('queued', 'running'))),
    CONSTRAINT ck_jobs_problem CHECK ((problem is not null) = (state = 'failed')),
    CONSTRAINT ck_jobs_progress CHECK (booked + duplicate + to_decide + rejected <= coalesce(rows_total, 0)),
    CONSTRAINT fk_jobs_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);

CREATE UNIQUE INDEX ux_jobs_unfinished ON jobs (merchant_id, digest, dry_run) WHERE state in ('queued', 'running');
CREATE INDEX ix_jobs_merchant_id_made_at_job_id ON jobs (merchant_id, made_at, job_id);
CREATE INDEX ix_jobs_made_at ON jobs (made_at);

CREATE TABLE job_rows (
    job_id UUID NOT NULL,
    row INTEGER NOT NULL,
    order_ref TEXT NOT NULL,
    outcome TEXT NOT NULL,
    item_number TEXT NOT NULL,
    problems JSONB NOT NULL,
    question JSONB,
    choices JSONB NOT NULL,
    CONSTRAINT pk_job_rows PRIMARY KEY (job_id, row),
    CONSTRAINT fk_job_rows_job_id FOREIGN KEY(job_id) REFERENCES jobs (job_id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
