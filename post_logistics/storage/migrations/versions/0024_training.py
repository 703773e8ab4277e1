"""Training: learners, their lessons and certificates."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE learners (
    learner_id UUID NOT NULL,
    name TEXT NOT NULL,
    number TEXT NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_learners PRIMARY KEY (learner_id),
    CONSTRAINT ck_learners_forgotten CHECK ((name = '') = (number = ''))
);
CREATE UNIQUE INDEX uq_learners_number ON learners (number) WHERE number <> '';

CREATE TABLE lesson_runs (
    run_id UUID NOT NULL,
    learner_id UUID NOT NULL CONSTRAINT fk_lesson_runs_learner_id REFERENCES learners (learner_id),
    lesson TEXT NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    tried SMALLINT,
    mistakes SMALLINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_lesson_runs PRIMARY KEY (run_id),
    CONSTRAINT ck_lesson_runs_one_end CHECK (finished_at is null or left_at is null)
);
CREATE UNIQUE INDEX uq_lesson_runs_open ON lesson_runs (learner_id) WHERE finished_at is null and left_at is null;
CREATE INDEX ix_lesson_runs_learner_id ON lesson_runs (learner_id, lesson);

CREATE TABLE lesson_steps (
    run_id UUID NOT NULL CONSTRAINT fk_lesson_steps_run_id REFERENCES lesson_runs (run_id),
    step SMALLINT NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE NOT NULL,
    about TEXT NOT NULL,
    CONSTRAINT pk_lesson_steps PRIMARY KEY (run_id, step),
    CONSTRAINT ck_lesson_steps_step CHECK (step > 0)
);

CREATE TABLE lesson_certificates (
    code TEXT NOT NULL CONSTRAINT ck_lesson_certificates_code CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{16}$'),
    learner_id UUID NOT NULL CONSTRAINT fk_lesson_certificates_learner_id REFERENCES learners (learner_id),
    role TEXT NOT NULL,
    lessons JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_lesson_certificates PRIMARY KEY (code),
    CONSTRAINT uq_lesson_certificates_learner_id_role UNIQUE (learner_id, role)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lesson_certificates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
