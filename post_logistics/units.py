"""Identifiers, and the one place where text becomes a quantity and a quantity becomes text.

Quantities are ``int`` in the unit their name ends with (``cod_poisha``, ``weight_g``); people write them in taka and
kilograms, with Latin or Bangla digits. 1 taka = 100 poisha.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NewType
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

DHAKA = ZoneInfo("Asia/Dhaka")

Postcode = NewType("Postcode", str)
"""Four Latin digits; the key of an office of delivery."""
ItemNumber = NewType("ItemNumber", str)
"""UPU S10 item identifier, 13 characters, e.g. ``DP473124829BD``."""
MerchantId = NewType("MerchantId", str)
RiderId = NewType("RiderId", str)

Language = Literal["en", "bn"]

_LOCALE = {"en": "en_IN", "bn": "bn_BD"}
"""Bangladesh groups digits as lakh and crore in both languages; English has that grouping in ``en_IN``."""
_DAY = {"en": "d MMM y", "bn": "d MMMM y"}
"""Months in short, but not in Bangla, where their short forms are not in use."""
_TO_BANGLA = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
_GROUPED = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{2,3})*,\d{3}(?![\d,])")
"""A number grouped by thousands or by lakhs; ``1,5`` is not, for it can be read in two ways."""


def latin_digits(text: str) -> str:
    """The same text with every decimal digit of any script written 0-9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)


def bangla_digits(text: str) -> str:
    """The same text with 0-9 written ০-৯."""
    return text.translate(_TO_BANGLA)


def _scaled(text: str, scale: int, unit: str) -> int:
    plain = _GROUPED.sub(lambda number: number.group().replace(",", ""), latin_digits(text)).strip()
    try:
        scaled = Decimal(plain) * scale
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a number of {unit}") from None
    if not scaled.is_finite():
        raise ValueError(f"{text!r} is not a number of {unit}")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than 1/{scale} {unit}")
    return int(scaled)


def poisha_from_taka(text: str) -> int:
    """Poisha for an amount written in taka: ``1,250.50`` and ``১২৫০.৫`` are 125050. ValueError if it is neither."""
    return _scaled(
        re.sub(r"^\s*(?:tk\.?|bdt|৳)\s*|\s*(?:/-|tk\.?|taka|bdt|৳|টাকা)\s*$", "", text, flags=re.I), 100, "taka"
    )


def grams_from_kg(text: str) -> int:
    """Grams for a weight written in kilograms: ``1.5``, ``১.৫ কেজি`` are 1500. ValueError if it is neither."""
    return _scaled(re.sub(r"\s*(?:kgs?\.?|কেজি)\s*$", "", text, flags=re.I), 1000, "kg")


def taka(amount_poisha: int, language: Language = "en") -> str:
    """Poisha as people read it, to the poisha: ``Tk 1,25,000.50`` or ``৳১,২৫,০০০.৫০``."""
    number = format_decimal(Decimal(amount_poisha) / 100, format="#,##,##0.00", locale=_LOCALE[language])
    return f"Tk {number}" if language == "en" else f"৳{bangla_digits(number)}"


def taka_plain(amount_poisha: int) -> str:
    """Poisha as a plain decimal number of taka for files and ledgers: ``125000.50``."""
    sign = "-" if amount_poisha < 0 else ""
    return f"{sign}{abs(amount_poisha) // 100}.{abs(amount_poisha) % 100:02d}"


def taka_number(amount_poisha: int) -> int | float:
    """Poisha as a number of taka, whole where it is: for other people's JSON, never for arithmetic."""
    return amount_poisha // 100 if amount_poisha % 100 == 0 else amount_poisha / 100


def kilograms(weight_g: int, language: Language = "en") -> str:
    """Grams as people read a weight: ``1.5 kg`` or ``১.৫ কেজি``."""
    number = f"{Decimal(weight_g) / 1000:f}"
    return f"{number} kg" if language == "en" else f"{bangla_digits(number)} কেজি"


def local_time(at: datetime, language: Language = "en") -> str:
    """An instant as people in Bangladesh read it, e.g. ``22 Nov 2026, 14:05``."""
    text = format_datetime(at, f"{_DAY[language]}, HH:mm", tzinfo=DHAKA, locale=_LOCALE[language])
    return bangla_digits(text) if language == "bn" else text


def local_day(on: date, language: Language = "en") -> str:
    """A day as people in Bangladesh read it, e.g. ``22 Nov 2026``."""
    text = format_date(on, _DAY[language], locale=_LOCALE[language])
    return bangla_digits(text) if language == "bn" else text
