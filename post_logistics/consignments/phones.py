"""Telephone numbers as customers and spreadsheets write them, as E.164."""

import re
from decimal import Decimal

import phonenumbers

from post_logistics.consignments.entries import entry
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits

_FIELD_CHARS = 100
_REMEDY = "write 11 digits, such as 01712345678, and format the column as Text"
_AS_NUMBER = re.compile(r"\d+\.0+|(?P<short>\d(?:\.(?P<fraction>\d+))?)E\+?\d{1,2}", re.I)
"""A number cell that went through a spreadsheet: 1712345678.0, 1.712345678E9."""
_RUN = re.compile(r"\+?\(?\d[\d\s().\-\u2010-\u2015]*\d")
"""Digits as one writes a number; anything else between two runs parts two numbers."""
_MOBILE = re.compile(r"(?:880|0)1[3-9]\d{8}")
_USUAL = re.compile(r"(?:\+?880|0)(1[3-9]\d{8})")
"""A mobile number as nearly everybody writes it: no library need be asked about it, only tests/soak does."""
_TWO_NUMBERS_DIGITS = 20
"""No number has as many digits, two mobile numbers without anything between them have more."""


def parse_phones(text: str) -> tuple[str, ...]:
    """Every number in the field as E.164, in order and at least one; Unacceptable when one of them is no number.

    A leading zero or the country code may be missing. Bangladesh numbers only: the postman has to ring the recipient.
    """
    line = _unspoilt(latin_digits(entry(text, _FIELD_CHARS)))
    if not line:
        raise Unacceptable("is missing", remedy=_REMEDY)
    runs = [part for run in _RUN.findall(line) for part in _parted(run)]
    if not runs:
        raise Unacceptable("there is no telephone number in it", remedy=_REMEDY)
    return tuple(dict.fromkeys(_e164(run) for run in runs))


def _unspoilt(line: str) -> str:
    """A number cell written out again; Unacceptable when the spreadsheet has dropped digits of it."""
    number = _AS_NUMBER.fullmatch(line)
    if number is None:
        return line
    # A spreadsheet that shortens a number keeps six digits at most: 1.71235E+09.
    if number["short"] and len(number["fraction"] or "") < 6:
        raise Unacceptable("the spreadsheet has dropped digits of the number", remedy=_REMEDY)
    return str(int(Decimal(line)))


def _parted(run: str) -> list[str]:
    """One number, or those that were written without a sign between them."""
    digits = re.sub(r"\D", "", run)
    numbers: list[str] = _MOBILE.findall(digits)
    return numbers if len(digits) >= _TWO_NUMBERS_DIGITS and "".join(numbers) == digits else [run]


def _e164(run: str) -> str:
    usual = _USUAL.fullmatch(run)
    if usual:
        return f"+880{usual[1]}"
    digits = len(re.sub(r"\D", "", run))
    try:
        number = phonenumbers.parse(run, "BD")
    except phonenumbers.NumberParseException:
        raise Unacceptable(f"{digits} digits are no telephone number", remedy=_REMEDY) from None
    if number.country_code != 880:
        raise Unacceptable(
            "the number is not of Bangladesh", remedy="give a number at which the recipient answers in Bangladesh"
        )
    if not phonenumbers.is_valid_number(number):
        raise Unacceptable(f"{digits} digits, but no number of Bangladesh is like that", remedy=_REMEDY)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
