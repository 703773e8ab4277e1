"""Custody of every parcel: devices, uploads, scans by month, bags, what is due, what went wrong, who is told."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are facts: add a new one that corrects it', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

ENSURE_MONTHS = """
CREATE OR REPLACE FUNCTION ensure_months(wanted timestamptz[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    month timestamptz;
    name text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['scans', 'uploads'] LOOP
        FOR month IN SELECT DISTINCT date_trunc('month', one, 'Asia/Dhaka') FROM unnest(wanted) AS one ORDER BY 1 LOOP
            name := parent || '_' || to_char(month AT TIME ZONE 'Asia/Dhaka', 'YYYYMM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
            EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, month,
                           ((month AT TIME ZONE 'Asia/Dhaka') + interval '1 month') AT TIME ZONE 'Asia/Dhaka');
        END LOOP;
    END LOOP;
END $$
"""

CUSTODY = """
CREATE OR REPLACE VIEW custody AS
SELECT i.item_number, i.state, i.holder, i.office, i.destination, i.since, i.receptacle, false AS is_bag,
       coalesce(b.state NOT IN ('open', 'opened'), false) AS in_closed_bag
FROM journeys i LEFT JOIN receptacles b USING (receptacle)
WHERE i.state NOT IN ('issued', 'booked', 'pickup_requested', 'pickup_assigned', 'cancelled', 'delivered',
                      'partially_delivered', 'returned')
UNION ALL
SELECT i.receptacle, i.state, i.holder, i.office, i.destination, i.since, i.outer_receptacle, true,
       coalesce(b.state NOT IN ('open', 'opened') AND b.outer_receptacle IS DISTINCT FROM i.receptacle, false)
FROM receptacles i LEFT JOIN receptacles b ON b.receptacle = i.outer_receptacle
WHERE i.state NOT IN ('open', 'opened')
"""

CUSTODY_DUE = """
CREATE OR REPLACE VIEW custody_due AS
SELECT c.item_number, c.state, c.holder, c.office, c.destination, c.since, c.receptacle, r.event,
       CASE WHEN r.until IS NULL THEN ready.at
            ELSE date_bin('1 day', ready.at - interval '1 microsecond', r.until) + interval '1 day' END AS due_at,
       CASE WHEN on_leg.leg_id IS NULL THEN c.office ELSE coalesce(l.destination, c.destination) END AS concerns
FROM custody c
JOIN due_rules r ON r.state = c.state AND r.holder_kind = CASE WHEN c.holder = 'office:' || c.destination
    THEN 'destination' ELSE split_part(c.holder, ':', 1) END
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.holder LIKE 'vehicle:%' THEN split_part(substr(c.holder, 9), '/', 1) END AS leg_id,
           CASE WHEN c.holder LIKE 'vehicle:%/%' AND pg_input_is_valid(split_part(c.holder, '/', 2), 'timestamptz')
                THEN least(split_part(c.holder, '/', 2)::timestamptz, c.since + interval '1 day') END AS depart_at
) on_leg
LEFT JOIN leg_times l ON l.leg_id = on_leg.leg_id
CROSS JOIN LATERAL (
    SELECT greatest(c.since, on_leg.depart_at) + make_interval(mins => r.minutes + CASE WHEN on_leg.leg_id IS NULL
        THEN 0 ELSE coalesce(greatest(l.slow_minutes, l.planned_minutes), r.leg_minutes) END) AS at
) ready
WHERE NOT c.in_closed_bag
"""

JOURNEYS = """
ALTER TABLE journeys ADD COLUMN destination TEXT, ADD COLUMN receptacle TEXT,
    ADD COLUMN last_at TIMESTAMP WITH TIME ZONE, ADD COLUMN version INTEGER;
UPDATE journeys j SET destination = c.delivery_office, last_at = greatest(j.since, s.last_at), version = 1
    FROM consignments c LEFT JOIN (SELECT item_number, max(recorded_at) AS last_at FROM scans GROUP BY 1) s
    USING (item_number) WHERE c.item_number = j.item_number;
ALTER TABLE journeys ALTER destination SET NOT NULL, ALTER last_at SET NOT NULL, ALTER version SET NOT NULL;
ALTER TABLE journeys SET (fillfactor = 80);
CREATE INDEX ix_journeys_receptacle ON journeys (receptacle) WHERE receptacle is not null;
CREATE INDEX ix_journeys_custody ON journeys (state, since) WHERE state not in ('issued', 'booked', 'pickup_requested', 'pickup_assigned', 'cancelled',
    'delivered', 'partially_delivered', 'returned');
CREATE INDEX ix_journeys_coming ON journeys (destination) WHERE state = 'dispatched';
ALTER TABLE recipients ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE;
CREATE TEMPORARY TABLE scans_0002 ON COMMIT DROP AS SELECT * FROM scans;
DROP TABLE scans;
"""

TABLES = """
CREATE TABLE devices (
    device_id TEXT NOT NULL,
    office TEXT,
    name TEXT DEFAULT '' NOT NULL,
    public_key JSONB,
    enrolled_at TIMESTAMP WITH TIME ZONE,
    retired_at TIMESTAMP WITH TIME ZONE,
    received INT8MULTIRANGE DEFAULT '{}' NOT NULL,
    clock_offset_s BIGINT DEFAULT '0' NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (device_id),
    CONSTRAINT ck_devices_device_id CHECK (device_id !~ ':')
);

CREATE TABLE uploads (
    upload_id UUID NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    device_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    body_gzip BYTEA NOT NULL,
    CONSTRAINT pk_uploads PRIMARY KEY (upload_id, received_at)
)
 PARTITION BY RANGE (received_at);
CREATE INDEX ix_uploads_device_id ON uploads (device_id);

CREATE TABLE scans (
    item_number TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    scan_id UUID NOT NULL,
    event TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    clock_offset_s BIGINT NOT NULL,
    device_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    office TEXT NOT NULL,
    holder TEXT NOT NULL,
    reason TEXT,
    note TEXT NOT NULL,
    receptacle TEXT,
    voids UUID,
    CONSTRAINT pk_scans PRIMARY KEY (item_number, recorded_at, scan_id),
    CONSTRAINT ck_scans_sequence CHECK (sequence >= 0)
)
 PARTITION BY RANGE (recorded_at);
CREATE INDEX ix_scans_voids ON scans (voids) WHERE voids is not null;
CREATE INDEX ix_scans_receptacle ON scans (receptacle) WHERE receptacle is not null;
CREATE INDEX ix_scans_recorded_at ON scans USING brin (recorded_at);

CREATE TABLE bag_numbers (
    request_id UUID NOT NULL,
    series TEXT NOT NULL CONSTRAINT ck_bag_numbers_series CHECK (series ~ '^[A-Z0-9]{20}$'),
    first_serial SMALLINT NOT NULL,
    last_serial SMALLINT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_bag_numbers PRIMARY KEY (request_id),
    CONSTRAINT uq_bag_numbers_series_first_serial UNIQUE (series, first_serial),
    CONSTRAINT ck_bag_numbers_serials CHECK (1 <= first_serial and first_serial <= last_serial and last_serial <= 999)
);

CREATE TABLE dispatches (
    vehicle TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    depart_at TIMESTAMP WITH TIME ZONE NOT NULL,
    arrive_at TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_dispatches PRIMARY KEY (vehicle)
);
CREATE INDEX ix_dispatches_destination_depart_at ON dispatches (destination, depart_at);
CREATE INDEX ix_dispatches_origin_depart_at ON dispatches (origin, depart_at);

CREATE TABLE receptacles (
    receptacle TEXT NOT NULL CONSTRAINT ck_receptacles_receptacle CHECK (receptacle ~ '^[A-Z0-9]{23}$'),
    printed_number TEXT,
    seal TEXT,
    weight_g INTEGER,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    holder TEXT NOT NULL,
    office TEXT NOT NULL,
    destination TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    misfits SMALLINT NOT NULL,
    outer_receptacle TEXT,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_receptacles PRIMARY KEY (receptacle),
    CONSTRAINT uq_receptacles_printed_number UNIQUE (printed_number)
);
CREATE INDEX ix_receptacles_holder_state ON receptacles (holder, state);
CREATE INDEX ix_receptacles_outer ON receptacles (outer_receptacle) WHERE outer_receptacle is not null;
CREATE INDEX ix_receptacles_custody ON receptacles (state, since) WHERE state not in ('open', 'opened');
CREATE INDEX ix_receptacles_coming ON receptacles (destination) WHERE state = 'dispatched';

CREATE TABLE item_aliases (
    alias TEXT NOT NULL CONSTRAINT ck_item_aliases_alias CHECK (alias ~ '^[A-Z]{2}[0-9]{9}[A-Z]{2}$'),
    item_number TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_item_aliases_kind CHECK (kind in ('return', 'relabel')),
    cause TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_item_aliases PRIMARY KEY (alias),
    CONSTRAINT uq_item_aliases_cause UNIQUE (cause),
    CONSTRAINT fk_item_aliases_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_item_aliases_item_number ON item_aliases (item_number);
CREATE UNIQUE INDEX uq_item_aliases_one_return ON item_aliases (item_number) WHERE kind = 'return';

CREATE TABLE linked_consignments (
    item_number TEXT NOT NULL,
    because_of TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_linked_consignments_kind CHECK (kind in ('rest', 'exchange')),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_linked_consignments PRIMARY KEY (item_number),
    CONSTRAINT fk_linked_consignments_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT fk_linked_consignments_because_of FOREIGN KEY(because_of) REFERENCES consignments (item_number)
);
CREATE INDEX ix_linked_consignments_because_of ON linked_consignments (because_of);
CREATE UNIQUE INDEX uq_linked_consignments_one_each ON linked_consignments (because_of, kind);

CREATE TABLE pickup_requests (
    request_id UUID NOT NULL,
    merchant_id TEXT NOT NULL,
    store_address TEXT NOT NULL,
    office TEXT NOT NULL,
    ready_from TIMESTAMP WITH TIME ZONE NOT NULL,
    ready_until TIMESTAMP WITH TIME ZONE NOT NULL,
    item_numbers JSONB NOT NULL,
    note TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_pickup_requests PRIMARY KEY (request_id),
    CONSTRAINT ck_pickup_requests_window CHECK (ready_from < ready_until),
    CONSTRAINT fk_pickup_requests_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);
CREATE INDEX ix_pickup_requests_office_ready_from ON pickup_requests (office, ready_from);

CREATE TABLE weighings (
    weighing_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    weight_g INTEGER NOT NULL CONSTRAINT ck_weighings_weight_g CHECK (weight_g > 0),
    booked_weight_g INTEGER NOT NULL,
    tariff_version TEXT NOT NULL,
    postage_poisha BIGINT NOT NULL CONSTRAINT ck_weighings_postage_poisha CHECK (postage_poisha >= 0),
    vat_poisha BIGINT NOT NULL CONSTRAINT ck_weighings_vat_poisha CHECK (vat_poisha >= 0),
    difference_poisha BIGINT NOT NULL,
    office TEXT NOT NULL,
    device_id TEXT NOT NULL,
    weighed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_weighings PRIMARY KEY (weighing_id),
    CONSTRAINT fk_weighings_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_weighings_item_number ON weighings (item_number);

CREATE TABLE redirections (
    redirection_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    from_office TEXT NOT NULL,
    to_office TEXT NOT NULL,
    to_postcode TEXT NOT NULL,
    to_place TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    redirected_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_redirections PRIMARY KEY (redirection_id),
    CONSTRAINT fk_redirections_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_redirections_item_number ON redirections (item_number);

CREATE TABLE holds (
    hold_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    office TEXT NOT NULL,
    until_on DATE NOT NULL,
    CONSTRAINT pk_holds PRIMARY KEY (hold_id),
    CONSTRAINT fk_holds_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_holds_item_number ON holds (item_number);
CREATE INDEX ix_holds_office_until_on ON holds (office, until_on);

CREATE TABLE proofs (
    proof_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    scan_id UUID NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_proofs_kind CHECK (kind in ('otp', 'signature', 'photo', 'call', 'place')),
    digest TEXT NOT NULL,
    office TEXT NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_s INTEGER,
    distance_m INTEGER,
    precision_m INTEGER,
    CONSTRAINT pk_proofs PRIMARY KEY (proof_id),
    CONSTRAINT fk_proofs_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_proofs_item_number ON proofs (item_number);

CREATE TABLE proof_bodies (
    proof_id UUID NOT NULL,
    media_type TEXT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT pk_proof_bodies PRIMARY KEY (proof_id),
    CONSTRAINT fk_proof_bodies_proof_id FOREIGN KEY(proof_id) REFERENCES proofs (proof_id)
);

CREATE TABLE one_time_codes (
    item_number TEXT NOT NULL,
    purpose TEXT NOT NULL CONSTRAINT ck_one_time_codes_purpose CHECK (purpose in ('delivery', 'view')),
    code_hash TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries SMALLINT NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    day_began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issues SMALLINT NOT NULL,
    wrong SMALLINT NOT NULL,
    CONSTRAINT pk_one_time_codes PRIMARY KEY (item_number, purpose),
    CONSTRAINT fk_one_time_codes_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE TABLE recipient_links (
    token_hash TEXT NOT NULL,
    item_number TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_recipient_links PRIMARY KEY (token_hash),
    CONSTRAINT fk_recipient_links_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_recipient_links_item_number ON recipient_links (item_number);

CREATE TABLE claims (
    claim_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_claims_kind CHECK (kind in ('loss', 'damage', 'short', 'delay')),
    claimed_poisha BIGINT NOT NULL CONSTRAINT ck_claims_claimed_poisha CHECK (claimed_poisha >= 0),
    claimed_by TEXT NOT NULL,
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_on DATE NOT NULL,
    CONSTRAINT pk_claims PRIMARY KEY (claim_id),
    CONSTRAINT fk_claims_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE UNIQUE INDEX uq_claims_one_each ON claims (item_number, kind);

CREATE TABLE claim_steps (
    claim_id UUID NOT NULL,
    number SMALLINT NOT NULL,
    step TEXT NOT NULL,
    amount_poisha BIGINT,
    by TEXT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_claim_steps PRIMARY KEY (claim_id, number),
    CONSTRAINT fk_claim_steps_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE TABLE due_rules (
    state TEXT NOT NULL,
    holder_kind TEXT NOT NULL,
    event TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    leg_minutes INTEGER NOT NULL,
    CONSTRAINT pk_due_rules PRIMARY KEY (state, holder_kind)
);

CREATE TABLE leg_times (
    leg_id TEXT NOT NULL,
    destination TEXT,
    planned_minutes INTEGER NOT NULL,
    usual_minutes INTEGER,
    slow_minutes INTEGER,
    samples INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_leg_times PRIMARY KEY (leg_id)
);

CREATE TABLE leg_runs (
    leg_id TEXT NOT NULL,
    depart_at TIMESTAMP WITH TIME ZONE NOT NULL,
    minutes INTEGER NOT NULL,
    late_minutes INTEGER NOT NULL,
    things INTEGER NOT NULL,
    CONSTRAINT pk_leg_runs PRIMARY KEY (leg_id, depart_at)
);

CREATE TABLE office_days (
    on_day DATE NOT NULL,
    office TEXT NOT NULL,
    what TEXT NOT NULL,
    times INTEGER NOT NULL,
    good INTEGER NOT NULL,
    CONSTRAINT pk_office_days PRIMARY KEY (on_day, office, what),
    CONSTRAINT ck_office_days_good CHECK (0 <= good and good <= times)
);

CREATE TABLE exceptions (
    exception_id BIGSERIAL NOT NULL,
    item_number TEXT NOT NULL,
    kind TEXT NOT NULL,
    office TEXT NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    custodian TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    scan_id UUID,
    expected TEXT NOT NULL,
    expected_by TIMESTAMP WITH TIME ZONE,
    detail TEXT DEFAULT '' NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by TEXT,
    closing_note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_exceptions PRIMARY KEY (exception_id),
    CONSTRAINT ck_exceptions_kind CHECK (kind in ('overdue', 'misfit', 'short', 'excess', 'missent', 'damaged', 'contested')),
    CONSTRAINT ck_exceptions_closed CHECK ((closed_at is null) = (closed_by is null))
);
CREATE INDEX ix_exceptions_item_number ON exceptions (item_number);
CREATE INDEX ix_exceptions_office ON exceptions (office, opened_at) WHERE closed_at is null;
CREATE INDEX ix_exceptions_custodian ON exceptions (custodian) WHERE closed_at is null;
CREATE UNIQUE INDEX uq_exceptions_one_open ON exceptions (item_number, kind, coalesce(scan_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE closed_at is null;

CREATE TABLE exception_steps (
    exception_id BIGINT NOT NULL,
    number SMALLINT NOT NULL,
    step TEXT NOT NULL CONSTRAINT ck_exception_steps_step CHECK (step in ('taken', 'closed')),
    by TEXT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_exception_steps PRIMARY KEY (exception_id, number),
    CONSTRAINT fk_exception_steps_exception_id FOREIGN KEY(exception_id) REFERENCES exceptions (exception_id)
);

CREATE TABLE confirmations (
    number BIGINT NOT NULL,
    item_number TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_confirmations_kind CHECK (kind in ('delivered', 'corrected')),
    turn SMALLINT NOT NULL,
    scan_id UUID NOT NULL,
    version INTEGER NOT NULL,
    heard_at TIMESTAMP WITH TIME ZONE NOT NULL,
    corrects BIGINT,
    signed TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_confirmations PRIMARY KEY (number),
    CONSTRAINT ck_confirmations_number CHECK (number > 0),
    CONSTRAINT ck_confirmations_corrects CHECK ((kind = 'corrected') = (corrects is not null)),
    CONSTRAINT fk_confirmations_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT uq_confirmations_corrects UNIQUE (corrects),
    CONSTRAINT fk_confirmations_corrects FOREIGN KEY(corrects) REFERENCES confirmations (number)
);
CREATE UNIQUE INDEX uq_confirmations_one_each ON confirmations (item_number, turn, kind);

CREATE TABLE archives (
    table_name TEXT NOT NULL,
    month DATE NOT NULL,
    path TEXT NOT NULL,
    rows BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    detached BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_archives PRIMARY KEY (table_name, month)
);

CREATE TABLE webhook_endpoints (
    endpoint_id UUID NOT NULL,
    merchant_id TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until TIMESTAMP WITH TIME ZONE,
    events JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failures INTEGER DEFAULT '0' NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    paused_until TIMESTAMP WITH TIME ZONE,
    stopped_at TIMESTAMP WITH TIME ZONE,
    stopped_why TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_webhook_endpoints PRIMARY KEY (endpoint_id),
    CONSTRAINT fk_webhook_endpoints_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);
CREATE INDEX ix_webhook_endpoints_merchant_id ON webhook_endpoints (merchant_id);

CREATE TABLE outbox (
    number BIGINT GENERATED BY DEFAULT AS IDENTITY,
    item_number TEXT NOT NULL,
    scan_id UUID NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    office TEXT NOT NULL,
    reason TEXT,
    attempts SMALLINT NOT NULL,
    version INTEGER NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (number)
);

CREATE TABLE webhook_messages (
    message_id TEXT NOT NULL,
    endpoint_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    number BIGINT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_webhook_messages_status CHECK (status in ('waiting', 'sent', 'failed')),
    tries SMALLINT NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    give_up_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_tried_at TIMESTAMP WITH TIME ZONE,
    last_answer TEXT NOT NULL,
    CONSTRAINT pk_webhook_messages PRIMARY KEY (message_id),
    CONSTRAINT fk_webhook_messages_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (endpoint_id) ON DELETE CASCADE
);
CREATE INDEX ix_webhook_messages_endpoint_id_made_at_message_id ON webhook_messages (endpoint_id, made_at, message_id);
CREATE INDEX ix_webhook_messages_due ON webhook_messages (endpoint_id, next_try_at, number) WHERE status = 'waiting';
CREATE INDEX ix_webhook_messages_order ON webhook_messages (endpoint_id, item_number, number) WHERE status = 'waiting';

CREATE TABLE sms_messages (
    sms_id TEXT NOT NULL,
    item_number TEXT NOT NULL,
    event TEXT NOT NULL,
    language TEXT NOT NULL,
    office TEXT NOT NULL,
    segments SMALLINT NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_sms_messages_status CHECK (status in ('waiting', 'sent', 'failed', 'over_budget', 'outdated')),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    tries SMALLINT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    last_answer TEXT NOT NULL,
    CONSTRAINT pk_sms_messages PRIMARY KEY (sms_id),
    CONSTRAINT fk_sms_messages_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);
CREATE INDEX ix_sms_messages_item_number ON sms_messages (item_number);
CREATE INDEX ix_sms_messages_waiting ON sms_messages (not_before) WHERE status = 'waiting';
"""

KEPT = """
SELECT ensure_months(array(SELECT DISTINCT recorded_at FROM scans_0002));
INSERT INTO scans (item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, sequence, office,
                   holder, reason, note)
    SELECT item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, sequence, office,
           holder, reason, note FROM scans_0002;
INSERT INTO devices (device_id, received, last_seen_at)
    SELECT device_id, range_agg(int8range(sequence, sequence + 1)), max(recorded_at) FROM scans_0002
    WHERE device_id !~ ':' GROUP BY device_id;
"""

APPEND_ONLY = (
    "scans",
    "uploads",
    "bag_numbers",
    "dispatches",
    "item_aliases",
    "linked_consignments",
    "pickup_requests",
    "weighings",
    "redirections",
    "holds",
    "proofs",
    "claims",
    "claim_steps",
    "exception_steps",
    "confirmations",
)

FORGETTABLE = {
    "scans": (
        "OF note ON scans FOR EACH ROW WHEN (NEW.note <> '')",
        "OF item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, sequence, office, holder, reason, receptacle, voids",
    ),
    "claim_steps": (
        "OF note ON claim_steps FOR EACH ROW WHEN (NEW.note <> '')",
        "OF claim_id, number, step, amount_poisha, by, at",
    ),
    "exception_steps": (
        "OF note ON exception_steps FOR EACH ROW WHEN (NEW.note <> '')",
        "OF exception_id, number, step, by, at",
    ),
    "plans": (
        "OF sheets ON plans FOR EACH ROW WHEN (NEW.sheets <> '[]')",
        "OF office, kind, service_on, revision, planned_at, distance_m, distance_before_m, unserved",
    ),
}


def upgrade() -> None:
    for statement in (JOURNEYS, REFUSE_CHANGE, ENSURE_MONTHS, TABLES, CUSTODY, CUSTODY_DUE, KEPT):
        op.execute(statement)
    op.execute("DROP TRIGGER append_only ON plans")
    for table in (*APPEND_ONLY, "plans"):
        change, others = FORGETTABLE.get(table, ("", ""))
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE {others} OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        if change:
            op.execute(f"CREATE TRIGGER only_forget BEFORE UPDATE {change} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
