"""Municipalities: where their wards are."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ward_points (
    place_id TEXT NOT NULL,
    lat_deg DOUBLE PRECISION NOT NULL,
    lon_deg DOUBLE PRECISION NOT NULL,
    precision_m INTEGER NOT NULL,
    doors INTEGER NOT NULL,
    learned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ward_points PRIMARY KEY (place_id),
    CONSTRAINT ck_ward_points_point CHECK (lat_deg between -90 and 90 and lon_deg between -180 and 180),
    CONSTRAINT ck_ward_points_positive CHECK (precision_m > 0 and doors > 0)
);

ALTER TABLE webhook_endpoints DROP CONSTRAINT ck_webhook_endpoints_dialect;
ALTER TABLE webhook_endpoints ADD CONSTRAINT ck_webhook_endpoints_dialect
    CHECK (dialect in ('native', 'steadfast', 'pathao', 'redx', 'easypost', 'eksheba', 'municipal'));
"""


def upgrade() -> None:
    op.execute(TABLES or "SELECT 1")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
