"""Plans of tours before anybody has approved them."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE plan_drafts (
    draft_id UUID NOT NULL,
    office TEXT NOT NULL,
    service_on DATE NOT NULL,
    number SMALLINT NOT NULL CONSTRAINT ck_plan_drafts_number CHECK (number > 0),
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    method TEXT NOT NULL CONSTRAINT ck_plan_drafts_method CHECK (method in ('anew', 'kept')),
    riders JSONB NOT NULL,
    leave_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seconds SMALLINT NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_plan_drafts_state CHECK (state in ('searching', 'ready', 'failed', 'approved')),
    problem JSONB,
    distance_before_m BIGINT NOT NULL,
    sheets JSONB NOT NULL,
    unserved JSONB NOT NULL,
    edits SMALLINT NOT NULL,
    CONSTRAINT pk_plan_drafts PRIMARY KEY (draft_id),
    CONSTRAINT uq_plan_drafts_office_service_on_number UNIQUE (office, service_on, number),
    CONSTRAINT ck_plan_drafts_problem CHECK ((problem is not null) = (state = 'failed'))
);

CREATE INDEX ix_plan_drafts_service_on ON plan_drafts (service_on);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
