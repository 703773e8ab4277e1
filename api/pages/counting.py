"""Cash counted on a page: notes and coins piece by piece, what is wrong with a count, and why it may be off."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from api.pages.forms import told
from api.pages.shell import Visit
from post_logistics.cod.counting import VARIANCE_TEXTS, Count, Variance
from post_logistics.errors import PostError, Unacceptable
from post_logistics.units import latin_digits, taka

_MOST_PIECES: Final = 10**6


def count_of(said: Mapping[str, str], worths: Iterable[int], counted_by: str) -> Count:
    """The count that a form says; ``worths``: the notes and coins of the day in poisha, in fields ``n_WORTH``."""
    pieces = _pieces(said, worths)
    return Count(
        counted_poisha=_sum(pieces),
        pieces=pieces,
        counted_by=counted_by,
        countersigned_by=said.get("countersigned_by", "").strip()[:80],
        reason=Variance(said["reason"]) if said.get("reason") in set(Variance) else None,
    )


def _pieces(said: Mapping[str, str], worths: Iterable[int]) -> dict[int, int]:
    """Poisha of a note or coin -> how many of it were written down."""
    found = {worth: whole(said.get(f"n_{worth}", ""), f"n_{worth}") for worth in worths}
    return {worth: many for worth, many in found.items() if many}


def _sum(pieces: Mapping[int, int]) -> int:
    return sum(worth * many for worth, many in pieces.items())


def whole(text: str, field: str) -> int:
    """The number of pieces, in Bangla or Latin digits; Unacceptable if it is none."""
    plain = latin_digits(text.strip() or "0")
    if not (plain.isascii() and plain.isdigit() and int(plain[:9]) <= _MOST_PIECES):
        raise Unacceptable(f"{text[:20]!r} is no number of notes", field=field, remedy="count, and write whole numbers")
    return int(plain)


def problems_of(
    found: Visit, worths: Iterable[int], books_poisha: int, said: Mapping[str, str], error: PostError
) -> dict[str, str]:
    """What is wrong with a count against so much by the books, beside its field where the form has it."""
    if error.field != "reason":
        return {error.field if error.field == "countersigned_by" else "": told(found, error)}
    over_poisha = _sum(_pieces(said, worths)) - books_poisha
    amount = taka(abs(over_poisha), found.language)
    if over_poisha < 0:
        text = "{amount} are missing. Count again; if it stays so, choose a reason that explains it."
    elif over_poisha:
        text = "{amount} are too much. Count again; if it stays so, choose a reason that explains it."
    else:
        text = "It is what the books say: there is nothing to explain."
    return {"reason": found.say(text, amount=amount)}


def worths_on(found: Visit, on: date) -> tuple[int, ...]:
    """The notes and coins that are money on that day, in poisha."""
    return found.engine.facts.cod_rules.on(on).denominations_poisha


def variances(found: Visit) -> list[tuple[str, str]]:
    """The reasons to choose from, the first for a count that fits."""
    bangla = found.language == "bn"
    return [("", found.say("It is what the books say"))] + [
        (reason.value, words[bangla]) for reason, words in VARIANCE_TEXTS.items()
    ]
