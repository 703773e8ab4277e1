"""Who did what, when, and about which thing; as a table to keep; and whether the audit is what it was."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal

from fastapi import Depends, Path, Query, Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.forms import PAGE, day_of, kept
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics.operations.access.auditing import prove_audit
from post_logistics.printing.tables import table_text
from post_logistics.storage.access.audit import KeptAct, last_seal, load_acts
from post_logistics.storage.database import Connection
from post_logistics.units import DHAKA, latin_digits

router = Slice(include_in_schema=False)

_Text = Annotated[str, Query(max_length=120)]
_Day = Annotated[str, Query(max_length=10)]
_FIELDS: Final = ("actor", "operation", "merchant_id", "office", "about")
_COLUMNS: Final = ("audit_id", "at", "actor", "operation", "merchant_id", "office", "about")
_MOST_ROWS: Final = 100_000
_AT_ONCE: Final = 5_000


class Asked:
    """What is looked for: by whom, what, for whom, about what, and in which days, both included."""

    def __init__(
        self,
        actor: _Text = "",
        operation: _Text = "",
        merchant_id: _Text = "",
        office: _Text = "",
        about: _Text = "",
        from_on: _Day = "",
        to_on: _Day = "",
    ) -> None:
        texts = (actor, operation, merchant_id, office, about)
        self.texts = {name: text.strip() for name, text in zip(_FIELDS, texts, strict=True)}
        self.days = {"from_on": from_on, "to_on": to_on}

    def acts(self, connection: Connection, before: int | None, limit: int) -> list[KeptAct]:
        """A page of what was done, the latest first."""
        first, last = (day_of(text, name) for name, text in self.days.items())
        wanted = self.texts | {"office": latin_digits(self.texts["office"])}
        return load_acts(
            connection,
            before=before,
            limit=limit,
            since=datetime.combine(first, time(), DHAKA) if first else None,
            until=datetime.combine(last + timedelta(days=1), time(), DHAKA) if last else None,
            **wanted,
        )


AskedFor = Annotated[Asked, Depends(Asked)]


@router.get("/admin/audit")
def page_admin_audit(
    found: OurVisit,
    asked: AskedFor,
    connection: InTransaction,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """A page of what was done, the latest first."""
    rows = asked.acts(connection, before, PAGE)
    return shown(
        found,
        "audit.html",
        rows=rows,
        asked=asked.texts | asked.days,
        more=rows[-1].audit_id if len(rows) == PAGE else "",
        seal=last_seal(connection),
    )


@router.get("/admin/audit/proof")
def page_admin_audit_proof(found: OurVisit, connection: InTransaction) -> Response:
    """The chain of seals, recomputed from the rows that are there."""
    return shown(found, "audit_proof.html", proof=prove_audit(connection), seal=last_seal(connection))


@router.get("/admin/audit/table.{kind}")
def page_admin_audit_table(
    kind: Annotated[Literal["csv"], Path()], found: OurVisit, asked: AskedFor, connection: InTransaction
) -> Response:
    """The same as a table to keep, of at most a hundred thousand rows."""
    rows = map(_row, _all(connection, asked))
    return kept(table_text(_COLUMNS, rows).encode("utf-8-sig"), "text/csv; charset=utf-8", f"audit.{kind}")


def _row(one: KeptAct) -> tuple[object, ...]:
    at, about = one.at.astimezone(DHAKA).isoformat(), " ".join(one.about)
    return one.audit_id, at, one.actor, one.operation, one.merchant_id, one.office, about


def _all(connection: Connection, asked: Asked) -> Iterator[KeptAct]:
    before: int | None = None
    for _ in range(_MOST_ROWS // _AT_ONCE):
        rows = asked.acts(connection, before, _AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        before = rows[-1].audit_id
