"""Who may come in, and what they did: people and their roles, keys, shops' stores, shifts, and the audit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from post_logistics.storage.schema.base import Instant, fact, metadata

people = Table(
    "people",
    metadata,
    Column("person_id", Text, primary_key=True),  # the name they sign in with
    fact("name", Text),
    fact("password_hash", Text),  # argon2id; empty: no password has been set
    fact("must_change", Boolean),  # whether somebody else knows the password
    fact("totp_secret", LargeBinary),  # encrypted; empty: no second factor
    fact("totp_step", BigInteger),  # the last step whose code was taken: a code works once
    fact("totp_proven", Boolean),  # whether a first code has shown that the secret arrived
    fact("made_by", Text),
    fact("made_at", Instant),
    Column("left_at", Instant),
    CheckConstraint("person_id ~ '^[a-z][a-z0-9.-]{1,39}$'", name="person_id"),
)

memberships = Table(  # a role of a person: in a shop, in an office, or in the post
    "memberships",
    metadata,
    Column("membership_id", BigInteger, Identity(), primary_key=True),
    fact("person_id", Text, ForeignKey("people.person_id")),
    fact("role", Text),
    Column("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    Column("office", Text),
    fact("holder", Text),  # the rider or the agent that the person is; empty for others
    fact("given_by", Text),
    fact("given_at", Instant),
    Column("ended_by", Text),
    Column("ended_at", Instant),
    CheckConstraint(
        "case when role = 'merchant' then merchant_id is not null and office is null "
        "when role in ('counter', 'manager', 'rider', 'agent') then merchant_id is null and office is not null "
        "when role in ('finance', 'administrator', 'auditor') then merchant_id is null and office is null "
        "else false end",
        name="bound",
    ),
    CheckConstraint("(holder <> '') = (role in ('rider', 'agent'))", name="holder"),
    Index(
        "uq_memberships_standing",
        "person_id",
        "role",
        text("coalesce(merchant_id, office, '')"),
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
)

keys = Table(  # what lets a request in; its secret is kept nowhere
    "keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    fact("kind", Text),
    fact("secret_hash", LargeBinary),  # SHA-256 of a secret that was drawn, never chosen
    fact("name", Text),  # for people
    Column("person_id", Text, ForeignKey("people.person_id")),
    Column("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    Column("office", Text),
    Column("role", Text),  # of a key that is nobody's: a program of an office or of the post
    fact("scopes", ARRAY(Text)),  # empty: all that the roles may do
    fact("second_factor", Boolean),  # whether it was made by somebody who gave two
    Column("parent", Text, ForeignKey("keys.key_id")),  # the key that it was issued for, and ends with
    fact("made_by", Text),
    fact("made_at", Instant),
    Column("expires_at", Instant),
    Column("retired_at", Instant),
    CheckConstraint(
        "kind in ('native', 'session', 'steadfast', 'pathao', 'pathao_user', 'redx', 'token', 'refresh')", name="kind"
    ),
    CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash"),
    CheckConstraint("num_nonnulls(merchant_id, office) <= 1", name="one_place"),
    CheckConstraint("person_id is not null or merchant_id is not null or role is not null", name="for_somebody"),
    Index("ix_keys_merchant_id", "merchant_id", postgresql_where=text("retired_at is null")),
    Index("ix_keys_person_id", "person_id", postgresql_where=text("retired_at is null")),
    Index("ix_keys_parent", "parent", postgresql_where=text("parent is not null")),
)

sign_in_failures = Table(  # per person and network: whoever fails delays himself, and nobody else
    "sign_in_failures",
    metadata,
    Column("person_id", Text, primary_key=True),  # as it was typed, known or not
    Column("network", Text, primary_key=True),
    fact("failures", Integer),
    fact("last_at", Instant),
)

shifts = Table(
    "shifts",
    metadata,
    Column("shift_id", BigInteger, Identity(), primary_key=True),
    fact("person_id", Text, ForeignKey("people.person_id")),
    fact("office", Text),
    fact("opened_at", Instant),
    Column("closed_at", Instant),
    CheckConstraint("closed_at >= opened_at", name="closed"),
    Index("uq_shifts_open", "person_id", unique=True, postgresql_where=text("closed_at is null")),
    Index("ix_shifts_office", "office", "opened_at"),
)

stores = Table(  # where a shop's parcels are picked up
    "stores",
    metadata,
    Column("store_id", Integer, Identity(start=100001), primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("name", Text),
    fact("contact_name", Text),
    fact("contact_phone", Text),
    fact("address", Text),
    fact("postcode", Text),
    fact("is_default", Boolean),
    fact("made_at", Instant),
    Column("closed_at", Instant),
    Index(
        "uq_stores_name",
        "merchant_id",
        "name",
        unique=True,
        postgresql_where=text("closed_at is null"),
    ),
    Index("uq_stores_default", "merchant_id", unique=True, postgresql_where=text("is_default and closed_at is null")),
)

kept_answers = Table(  # under a key of the client's: the same request is done once
    "kept_answers",
    metadata,
    Column("owner", Text, primary_key=True),  # for whom it was asked
    Column("key", Text, primary_key=True),
    fact("digest", LargeBinary),  # of what was asked
    fact("status", Integer),
    fact("media_type", Text),
    fact("body", LargeBinary),
    fact("at", Instant),
    Index("ix_kept_answers_at", "at", postgresql_using="brin"),
)

audit = Table(  # who did what, kept in the transaction that did it
    "audit",
    metadata,
    Column("audit_id", BigInteger, Identity(), primary_key=True),
    fact("at", Instant),
    fact("actor", Text),  # a person, or the key of a program
    fact("merchant_id", Text),
    fact("office", Text),
    fact("operation", Text),
    fact("about", ARRAY(Text)),  # identifiers, never a name or a telephone number
    Index("ix_audit_at", "at", "audit_id"),
    Index("ix_audit_actor", "actor", "at"),
    Index("ix_audit_about", "about", postgresql_using="gin"),
)

audit_seals = Table(  # the chain: what the audit said until then cannot be changed without every later hash telling
    "audit_seals",
    metadata,
    Column("until", Instant, primary_key=True),
    fact("rows", BigInteger),
    fact("previous_hash", Text),
    fact("hash", Text),
    fact("sealed_at", Instant),
)

REFUSE_SEALED_AUDIT = """
CREATE OR REPLACE FUNCTION refuse_sealed_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1818584936);
    IF EXISTS (SELECT FROM new_rows WHERE at < (SELECT max(until) FROM audit_seals)) THEN
        RAISE EXCEPTION 'the audit is sealed until %', (SELECT max(until) FROM audit_seals)
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""

KEEP_SEALED_AUDIT = """
CREATE TRIGGER keep_sealed AFTER INSERT ON audit REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed_audit()
"""
