"""The rights of the application on the server: it adds facts and reads them, and cannot take one away.

Triggers refuse a change of a fact to everybody; but who owns a table can switch its triggers off. In production the
tables belong to one role, with which the schema is brought up to date and months are let go, and the application works
with another, which owns nothing.
"""

import re

from sqlalchemy import Connection, text

from post_logistics.errors import Unacceptable
from post_logistics.storage.schema import APPEND_ONLY, FORGETTABLE

_LOCKED = {"consignments": "item_number"}
"""A fact that is locked while it is worked on: the server asks for the right to change a column of it. Its trigger, out
of the application's reach, refuses the change."""
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,40}")
_MAKE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END $$
"""
_RIGHTS = (
    "REVOKE ALL ON SCHEMA {schema} FROM {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}, PUBLIC",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT UPDATE, DELETE ON {others} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
    "ALTER FUNCTION ensure_months(timestamptz[]) SECURITY DEFINER SET search_path = {schema}, pg_temp",
)
"""The last lets the application have a month made before its first scan comes: that and nothing else, as the owner."""
_OTHERS = """
    select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname = current_schema()
    and tablename <> 'alembic_version' and tablename <> all(:facts) and not exists (
        select from pg_inherits where inhrelid = format('%I.%I', schemaname, tablename)::regclass)
"""
_POWERS = """
    select rolname from pg_roles where rolname = :role and (
        rolsuper or rolcreaterole or rolbypassrls
        or pg_has_role(:role, (select nspowner from pg_namespace where nspname = current_schema()), 'member')
        or exists (select from pg_class where relnamespace = current_schema()::regnamespace
                   and pg_has_role(:role, relowner, 'member')))
"""


def limit_role(connection: Connection, role: str) -> None:
    """Makes the role if there is none, and leaves it the rights of an application in this schema, and no others.

    Run it as the owner of the tables, after every migration. A login of the application is then granted the role.
    Unacceptable for a name that cannot be a role's, and for a role with powers that no grant can limit.
    """
    if not _ROLE.fullmatch(role):
        raise Unacceptable(
            f"{role!r} cannot name a role", field="role", remedy="use lower-case Latin letters, digits and underscores"
        )
    connection.execute(text(_MAKE.format(role=role)))
    if connection.execute(text(_POWERS), {"role": role}).first():
        raise Unacceptable(
            f"{role} owns the tables or may do anything", field="role", remedy="name a role that owns nothing"
        )
    schema = str(connection.execute(text("select quote_ident(current_schema())")).scalar_one())
    others = connection.execute(text(_OTHERS), {"facts": list(APPEND_ONLY)}).scalar_one()
    for statement in _RIGHTS:
        connection.execute(text(statement.format(role=role, schema=schema, others=others)))
    for table, column in [*_LOCKED.items(), *((table, column) for table, (column, _) in FORGETTABLE.items())]:
        connection.execute(text(f"GRANT UPDATE ({column}) ON {table} TO {role}"))
    connection.execute(text(f"REVOKE INSERT ON alembic_version FROM {role}"))
