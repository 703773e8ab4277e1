"""An applicant finds a document by what an applicant knows: the application number, and their own telephone number."""

from datetime import datetime

from post_logistics.consignments.documents import application_key
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.offices import Offices
from post_logistics.operations.faces.looking_up import TrackingView, track_item
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import find_item
from post_logistics.units import Language

_LONGEST_NUMBER = 64


def track_document(
    connection: Connection, offices: Offices, application_number: str, phone: str, language: Language, at: datetime
) -> TrackingView:
    """What anybody may know of the document. NotFound, in the same words, for an application number that is none and
    for a telephone number that is not its applicant's."""
    key = application_key(application_number)
    if not key or len(application_number) > _LONGEST_NUMBER:
        raise Unacceptable(
            "this is no application number", field="application_number", remedy="copy it from the office's receipt"
        )
    try:
        (number, *_) = parse_phones(phone)
    except Unacceptable as error:
        raise Unacceptable(error.message, field="phone", remedy=error.remedy) from None
    item = find_item(connection, key, number)
    if item is None:
        raise NotFound(
            "no document is known by this application number and this telephone number",
            field="application_number",
            remedy="check both; the telephone number is the one that you gave to the office",
        )
    return track_item(connection, offices, item, language, at)
