"""Correcting what an address means: said, confirmed, used, taken back."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.corrections import LONGEST_PHRASE, Correction, Learned, learned, phrase_of
from post_logistics.network.resolve import Resolver
from post_logistics.network.wording import COMMON_WORDS
from post_logistics.storage.database import Connection
from post_logistics.storage.orders import corrections as store
from post_logistics.units import Postcode

_NAMESPACE = UUID("8a1f0c52-7f0e-4f3e-9a58-2f0b6d0e7c11")
_FRESH = timedelta(seconds=10)
"""So long a correction may take to reach the other processes."""


class Lessons:
    """The phrases in use, read again when they may be out of date."""

    def __init__(self) -> None:
        self._known: Learned = {}
        self._read_at: datetime | None = None

    def known(self, connection: Connection, at: datetime) -> Learned:
        """The phrases in use, at most ten seconds old."""
        if self._read_at is None or abs(at - self._read_at) >= _FRESH:
            self._known = learned(store.load_corrections(connection))
            self._read_at = at
        return self._known

    def forget(self) -> None:
        """Makes the next look read again."""
        self._read_at = None


def correct(
    connection: Connection, resolver: Resolver, lessons: Lessons, text: str, postcode: str, said_by: str, at: datetime
) -> Correction:
    """Keeps that somebody says the phrase is delivered by this office. The same again is the same correction.

    Unacceptable if the phrase tells no place, or nothing but places that the tables know; NotFound if there is no such
    office.
    """
    phrase = phrase_of(text)
    if COMMON_WORDS.issuperset(phrase.split()):
        raise Unacceptable(
            "the phrase has no words that tell a place",
            field="phrase",
            remedy="write the area as it stands in the address, for example Kabir Nagar Mirpur",
        )
    if len(phrase.split()) > LONGEST_PHRASE:
        raise Unacceptable(
            f"the phrase has more than {LONGEST_PHRASE} words",
            field="phrase",
            remedy="write only the area, not the door",
        )
    office = resolver.offices.get(postcode).postcode
    _refuse_known_places(resolver, text, office)
    said = store.load_corrections(connection, phrase)
    standing = _standing(said, said_by)
    if standing is not None and standing.postcode == office:
        return standing
    new = [_taken_back(standing, said_by, at)] if standing is not None else []
    made = Correction(
        correction_id=uuid5(_NAMESPACE, f"{phrase}|{office}|{said_by}|{len(said)}"),
        phrase=phrase,
        postcode=Postcode(office),
        said_by=said_by,
        said_at=at,
    )
    store.append_corrections(connection, [*new, made])
    lessons.forget()
    return made


def withdraw(
    connection: Connection, lessons: Lessons, correction_id: UUID, said_by: str, at: datetime, *, others_too: bool
) -> Correction:
    """Takes a correction back; twice is once. Conflict for somebody else's unless ``others_too``."""
    standing = store.load_correction(connection, correction_id)
    if standing.withdraws is not None:
        raise Conflict("this takes a correction back itself", field="correction_id", remedy="correct the phrase anew")
    if standing.said_by != said_by and not others_too:
        raise Conflict("this was said by somebody else", field="correction_id", remedy="ask the post to take it back")
    taken_back = _taken_back(standing, said_by, at)
    store.append_corrections(connection, [taken_back])
    lessons.forget()
    return taken_back


def _refuse_known_places(resolver: Resolver, text: str, office: Postcode) -> None:
    """Two people must not be able to send all of Mirpur elsewhere: what has a row in a table is corrected there."""
    known = resolver.sole_places(text)
    if known and office not in {code for place in known for code in (place.postcode, *place.other_postcodes)}:
        raise Unacceptable(
            f"the phrase says no more than {known[0].name_en}, which the tables know",
            field="phrase",
            remedy="add the words that tell it apart, or correct data/places.csv",
        )


def _standing(said: list[Correction], said_by: str) -> Correction | None:
    """What is left standing of one person's corrections among all those of a phrase."""
    withdrawn = {one.withdraws for one in said}
    mine = (one for one in said if one.said_by == said_by and one.withdraws is None)
    return next((one for one in mine if one.correction_id not in withdrawn), None)


def _taken_back(one: Correction, said_by: str, at: datetime) -> Correction:
    return Correction(
        correction_id=uuid5(_NAMESPACE, f"withdraws {one.correction_id}"),
        phrase=one.phrase,
        postcode=one.postcode,
        said_by=said_by,
        said_at=at,
        withdraws=one.correction_id,
    )
