"""At the counter: the sealed lists that are expected, and what was found of the one that is handed in."""

import re
from typing import Final
from uuid import UUID

from fastapi import Response

from api.context import InTransaction
from api.pages.forms import NOTHING, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.slices import Slice
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.documents.receiving import Counted, receive
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.manifests import ManifestReceipt, load_expected
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import Postcode, latin_digits

router = Slice(include_in_schema=False)

FIELDS: Final = ("counted", "short", "excess")
_BETWEEN: Final = re.compile(r"[\n,;]+")


def _office(found: OurVisit) -> Postcode:
    if found.who.office is None:
        raise NotFound("you are signed in for no office", remedy="sign in as somebody of the office")
    return found.who.office


@router.get("/station/manifests")
def page_manifests(found: OurVisit, connection: InTransaction) -> Response:
    """The lists that issuers have sealed for this office and not handed in yet."""
    return _expected(found, connection, NOTHING, None)


def _expected(found: Visit, connection: Connection, typed: Typed, about: UUID | None) -> Response:
    return page(
        found,
        "station/manifests.html",
        typed.status,
        manifests=load_expected(connection, _office(found)),
        issuers=load_merchants(connection),
        typed=typed,
        about=about,
    )


@router.post("/station/manifests/{manifest_id}")
def page_manifest_received(manifest_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """It was counted and compared: everything that is there is accepted."""
    receipt = attempt(connection, lambda: _received(found, connection, manifest_id, said))
    if isinstance(receipt, NotFound):
        raise receipt
    if isinstance(receipt, PostError):
        return _expected(found, connection, refused(found, said, receipt, FIELDS), manifest_id)
    return go("/station/manifests", found, said="The list is received, and its documents are accepted.")


def _received(found: Visit, connection: Connection, manifest_id: UUID, said: Form) -> ManifestReceipt:
    counted = latin_digits(said.get("counted", "").strip())
    if not counted.isascii() or not counted.isdigit() or len(counted) > 7:
        raise Unacceptable("this is no number of documents", field="counted", remedy="count them and write the number")
    here = Counted(
        counted=int(counted),
        seal_intact="seal_intact" in said,
        short=_numbers(said.get("short", "")),
        excess=_numbers(said.get("excess", "")),
    )
    return receive(connection, manifest_id, _office(found), here, found.who.actor, found.at)


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in _BETWEEN.split(text) if one.strip())
