"""An item number as one integer, and as eight hexadecimal digits: for programs without room for thirteen characters.

Nothing is kept: the integer is the serial and the place of the service indicator in a list that never changes, so
either can be worked out of the other. All of them fit into 32 bits; those of indicator ``DP`` into 31.
"""

from string import ascii_uppercase
from typing import Final

from post_logistics.consignments.numbers import SERIALS, item_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.units import ItemNumber, latin_digits

_INDICATORS: Final = (*(f"D{letter}" for letter in ascii_uppercase), *(f"P{letter}" for letter in "ABCDEFGHIJKLMNOP"))
"""Of the indicators for domestic use as many as 32 bits have room for. Never reorder them."""
_CODE_DIGITS: Final = 8


def short_number(item: ItemNumber) -> int:
    """The integer of an item number; Unacceptable for an indicator that has none."""
    if item[:2] not in _INDICATORS or not item.endswith("BD"):
        raise Unacceptable(
            f"{item} has no short number", field="item_number", remedy="use the item number itself, through /v1"
        )
    return _INDICATORS.index(item[:2]) * SERIALS + int(item[2:10])


def item_of_short(number: int) -> ItemNumber:
    """The item number of an integer; NotFound if there can be none: it answers like one that was never issued."""
    block, serial = divmod(number, SERIALS)
    if not 0 <= block < len(_INDICATORS):
        raise NotFound(f"no consignment {number}", field="consignment_id", remedy="copy it from the order's answer")
    return item_number(_INDICATORS[block], serial)


def short_code(item: ItemNumber) -> str:
    """Eight capital hexadecimal digits for an item number."""
    return f"{short_number(item):0{_CODE_DIGITS}X}"


def item_of_code(code: str) -> ItemNumber:
    """The item number of such a code, in either case; NotFound if there can be none."""
    digits = latin_digits(code).strip().upper()
    if len(digits) != _CODE_DIGITS or set(digits) - set("0123456789ABCDEF"):
        raise NotFound(f"no consignment {code}", field="tracking_code", remedy="copy it from the order's answer")
    return item_of_short(int(digits, 16))
