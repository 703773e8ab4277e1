"""Cash counted and paid in, for tests to which only the amount matters."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import Slip
from post_logistics.cod.rules import load_cod_rules
from post_logistics.settings import Settings

RULES = load_cod_rules(Settings().facts_dir).on(date(2026, 11, 22))


def count(
    amount_poisha: int, reason: Variance | None = None, *, counted_by: str = "clerk", countersigned_by: str = "witness"
) -> Count:
    """That amount on the table, signed for by two."""
    return Count.in_fewest(amount_poisha, RULES, counted_by, countersigned_by, reason)


def count_of(expected_poisha: int, counted_poisha: int) -> Count:
    """A count of what may differ from what is expected: nobody knows why."""
    return count(counted_poisha, None if expected_poisha == counted_poisha else Variance.NOT_KNOWN)


def slip(slip_number: str, at: datetime) -> Slip:
    """The slip of a bank, stamped at that time."""
    return Slip(
        slip_number=slip_number, bank="Sonali Bank", branch="Mirpur", deposited_at=at, paid_in_by="postmaster-1216"
    )


def counted(amount_poisha: int, **changes: Any) -> Mapping[str, Any]:
    """What an office tells the API of cash on its table."""
    pieces = {str(worth): many for worth, many in count(amount_poisha).pieces.items()}
    return {
        "counted_poisha": amount_poisha,
        "pieces": pieces,
        "counted_by": "clerk-1216",
        "countersigned_by": "postmaster-1216",
        **changes,
    }


def paid_in(close_id: str, slip_number: str, at: datetime) -> Mapping[str, Any]:
    """What an office tells the API of a slip."""
    return {
        "close_id": close_id,
        "slip_number": slip_number,
        "bank": "Sonali Bank",
        "branch": "Mirpur",
        "deposited_at": at.isoformat(),
        "paid_in_by": "postmaster-1216",
    }
