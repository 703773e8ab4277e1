"""What tells a made-up world from a real one: a remark on its schema, which nothing but practice writes."""

from typing import Final, Literal

from sqlalchemy import Connection, text

SCHEMA: Final = "practice"
_REMARK: Final = "made up, for training"

Standing = Literal["empty", "made up", "real"]


def mark_made_up(connection: Connection) -> None:
    """From now on everything in the schema of practice is known to be made up."""
    connection.execute(text(f"comment on schema {SCHEMA} is '{_REMARK}'"))


def standing(connection: Connection) -> Standing:
    """What the schema of practice holds."""
    remark = text("select obj_description(to_regnamespace(:schema), 'pg_namespace')")
    if connection.execute(remark, {"schema": SCHEMA}).scalar() == _REMARK:
        return "made up"
    return "real" if connection.execute(text("select exists (select from merchants)")).scalar() else "empty"
