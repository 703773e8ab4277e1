"""What one holder answers for at this moment, and all offices on one screen."""

from datetime import datetime

from post_logistics.errors import Unacceptable
from post_logistics.storage.custody import due as store
from post_logistics.storage.custody.due import Board, OfficeLine
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode, latin_digits

HANDS = ("rider", "vehicle", "agent")
"""Who has a board besides the offices."""


def office_board(connection: Connection, office: Postcode, at: datetime) -> Board:
    """What lies at the office, what is late and wrong there, and what is on its way to it."""
    return store.load_office_board(connection, office, at)


def hands_board(connection: Connection, kind: str, name: str, at: datetime, seen_from: Postcode | None = None) -> Board:
    """What that rider, vehicle or agent has. ``seen_from`` an office: only what was last there or is bound for it, so
    that the board of a stranger is as empty as that of nobody."""
    if kind not in HANDS:
        raise Unacceptable(f"{kind} has no board", field="kind", remedy=f"write one of: office, {', '.join(HANDS)}")
    return store.load_hands_board(connection, f"{kind}:{latin_digits(name)}", at, seen_from)


def offices_board(connection: Connection) -> list[OfficeLine]:
    """A line for every office that has something or something wrong, the one with most overdue first."""
    return store.load_office_lines(connection)
