"""Documents of government offices and municipalities, and the check of who receives them."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE issuers (
    merchant_id TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_issuers_kind CHECK (kind in ('office', 'municipality')),
    code TEXT NOT NULL,
    name_bn TEXT NOT NULL,
    office TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_issuers PRIMARY KEY (merchant_id),
    CONSTRAINT uq_issuers_code UNIQUE (code),
    CONSTRAINT ck_issuers_code CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    CONSTRAINT fk_issuers_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);

CREATE TABLE manifests (
    manifest_id UUID NOT NULL,
    merchant_id TEXT NOT NULL,
    number TEXT NOT NULL,
    service_on DATE NOT NULL,
    count INTEGER NOT NULL CONSTRAINT ck_manifests_count CHECK (count > 0),
    digest TEXT NOT NULL CONSTRAINT ck_manifests_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
    sealed_by TEXT NOT NULL,
    seal_number TEXT NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_manifests PRIMARY KEY (manifest_id),
    CONSTRAINT uq_manifests_merchant_id_number UNIQUE (merchant_id, number),
    CONSTRAINT fk_manifests_merchant_id FOREIGN KEY(merchant_id) REFERENCES issuers (merchant_id)
);

CREATE INDEX ix_manifests_merchant_id_sealed_at_manifest_id ON manifests (merchant_id, sealed_at, manifest_id);

CREATE TABLE manifest_lines (
    manifest_id UUID NOT NULL,
    row INTEGER NOT NULL,
    application_number TEXT NOT NULL,
    CONSTRAINT pk_manifest_lines PRIMARY KEY (manifest_id, row),
    CONSTRAINT fk_manifest_lines_manifest_id FOREIGN KEY(manifest_id) REFERENCES manifests (manifest_id)
);

CREATE TABLE documents (
    item_number TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    application_number TEXT NOT NULL,
    application_key TEXT NOT NULL,
    manifest_id UUID NOT NULL,
    service TEXT NOT NULL,
    ward SMALLINT,
    fee_poisha BIGINT NOT NULL CONSTRAINT ck_documents_fee_poisha CHECK (fee_poisha >= 0),
    receivers JSONB NOT NULL,
    identity BOOLEAN NOT NULL,
    advice BOOLEAN NOT NULL,
    CONSTRAINT pk_documents PRIMARY KEY (item_number),
    CONSTRAINT uq_documents_merchant_id_application_number UNIQUE (merchant_id, application_number),
    CONSTRAINT fk_documents_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT fk_documents_merchant_id FOREIGN KEY(merchant_id) REFERENCES issuers (merchant_id),
    CONSTRAINT fk_documents_manifest_id FOREIGN KEY(manifest_id) REFERENCES manifests (manifest_id)
);

CREATE INDEX ix_documents_manifest_id ON documents (manifest_id);
CREATE INDEX ix_documents_application_key ON documents (application_key);

CREATE TABLE manifest_receipts (
    manifest_id UUID NOT NULL,
    office TEXT NOT NULL,
    counted INTEGER NOT NULL CONSTRAINT ck_manifest_receipts_counted CHECK (counted >= 0),
    seal_intact BOOLEAN NOT NULL,
    received_by TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_manifest_receipts PRIMARY KEY (manifest_id),
    CONSTRAINT fk_manifest_receipts_manifest_id FOREIGN KEY(manifest_id) REFERENCES manifests (manifest_id)
);

CREATE TABLE manifest_differences (
    manifest_id UUID NOT NULL,
    application_number TEXT NOT NULL,
    finding TEXT NOT NULL CONSTRAINT ck_manifest_differences_finding CHECK (finding in ('short', 'excess')),
    CONSTRAINT pk_manifest_differences PRIMARY KEY (manifest_id, application_number),
    CONSTRAINT fk_manifest_differences_manifest_id FOREIGN KEY(manifest_id) REFERENCES manifest_receipts (manifest_id)
);

CREATE TABLE document_advices (
    number BIGINT NOT NULL,
    item_number TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    signed TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_document_advices PRIMARY KEY (number),
    CONSTRAINT fk_document_advices_number FOREIGN KEY(number) REFERENCES confirmations (number),
    CONSTRAINT fk_document_advices_item_number FOREIGN KEY(item_number) REFERENCES documents (item_number),
    CONSTRAINT fk_document_advices_merchant_id FOREIGN KEY(merchant_id) REFERENCES issuers (merchant_id)
);

CREATE INDEX ix_document_advices_item_number ON document_advices (item_number);
CREATE INDEX ix_document_advices_merchant_id_number ON document_advices (merchant_id, number);

ALTER TABLE proofs ADD COLUMN identity TEXT
    CONSTRAINT ck_proofs_identity CHECK (identity in ('nid', 'birth', 'passport', 'licence', 'none'));
ALTER TABLE proofs ADD COLUMN received_by TEXT
    CONSTRAINT ck_proofs_received_by CHECK (received_by in ('addressee', 'household', 'affixed'));
ALTER TABLE proofs DROP CONSTRAINT ck_proofs_kind;
ALTER TABLE proofs ADD CONSTRAINT ck_proofs_kind
    CHECK (kind in ('otp', 'signature', 'photo', 'call', 'place', 'identity'));
ALTER TABLE webhook_endpoints DROP CONSTRAINT ck_webhook_endpoints_dialect;
ALTER TABLE webhook_endpoints ADD CONSTRAINT ck_webhook_endpoints_dialect
    CHECK (dialect in ('native', 'steadfast', 'pathao', 'redx', 'easypost', 'eksheba'));
"""

FACTS = ("manifests", "manifest_lines", "documents", "manifest_receipts", "manifest_differences", "document_advices")


def upgrade() -> None:
    op.execute(TABLES)
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
