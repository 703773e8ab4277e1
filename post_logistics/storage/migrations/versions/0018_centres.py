"""Digital centres: services, shifts, and who sent what was booked there."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE centre_services (
    service_id UUID NOT NULL,
    centre TEXT NOT NULL,
    service TEXT NOT NULL
        CONSTRAINT ck_centre_services_service CHECK (service in ('booking', 'drop_off', 'hand_over', 'payment')),
    item_number TEXT NOT NULL CONSTRAINT fk_centre_services_item_number REFERENCES consignments (item_number),
    cash_poisha BIGINT NOT NULL CONSTRAINT ck_centre_services_cash_poisha CHECK (cash_poisha >= 0),
    by TEXT NOT NULL,
    device_id TEXT NOT NULL,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    why TEXT NOT NULL,
    CONSTRAINT pk_centre_services PRIMARY KEY (service_id),
    CONSTRAINT ck_centre_services_happened_at CHECK (happened_at <= recorded_at)
);
CREATE INDEX ix_centre_services_item_number ON centre_services (item_number);
CREATE INDEX ix_centre_services_centre_happened_at ON centre_services (centre, happened_at);

CREATE TABLE centre_shifts (
    shift_id UUID NOT NULL,
    centre TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    device_id TEXT NOT NULL,
    opening_poisha BIGINT NOT NULL CONSTRAINT ck_centre_shifts_opening_poisha CHECK (opening_poisha >= 0),
    pieces JSONB NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_centre_shifts PRIMARY KEY (shift_id),
    CONSTRAINT ck_centre_shifts_opened_at CHECK (opened_at <= recorded_at)
);
CREATE INDEX ix_centre_shifts_centre_opened_at ON centre_shifts (centre, opened_at);

CREATE TABLE centre_shift_closes (
    shift_id UUID NOT NULL CONSTRAINT fk_centre_shift_closes_shift_id REFERENCES centre_shifts (shift_id),
    close_id UUID NOT NULL CONSTRAINT uq_centre_shift_closes_close_id UNIQUE,
    closed_by TEXT NOT NULL,
    device_id TEXT NOT NULL,
    expected_poisha BIGINT NOT NULL,
    counted_poisha BIGINT NOT NULL CONSTRAINT ck_centre_shift_closes_counted_poisha CHECK (counted_poisha >= 0),
    pieces JSONB NOT NULL,
    reason TEXT NOT NULL,
    from_float_poisha BIGINT NOT NULL
        CONSTRAINT ck_centre_shift_closes_from_float_poisha CHECK (from_float_poisha >= 0),
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_centre_shift_closes PRIMARY KEY (shift_id),
    CONSTRAINT ck_centre_shift_closes_reason CHECK ((reason = '') = (counted_poisha = expected_poisha)),
    CONSTRAINT ck_centre_shift_closes_from_float
        CHECK (from_float_poisha <= greatest(expected_poisha - counted_poisha, 0)),
    CONSTRAINT ck_centre_shift_closes_closed_at CHECK (closed_at <= recorded_at)
);

CREATE TABLE walk_in_senders (
    item_number TEXT NOT NULL CONSTRAINT fk_walk_in_senders_item_number REFERENCES consignments (item_number),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    CONSTRAINT pk_walk_in_senders PRIMARY KEY (item_number)
);
"""
KEPT = ("centre_services", "centre_shifts", "centre_shift_closes")


def upgrade() -> None:
    op.execute(TABLES)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
