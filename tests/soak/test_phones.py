"""The usual way to write a mobile number is read without the library; here the library is asked all the same."""

from random import Random

import phonenumbers
import pytest

from post_logistics.consignments.phones import parse_phones

SEED, NUMBERS = 1, 20_000


@pytest.mark.soak
def test_the_library_reads_every_usual_mobile_number_alike() -> None:
    chance = Random(SEED)
    for _ in range(NUMBERS):
        digits = f"1{chance.randint(3, 9)}{chance.randrange(10**8):08d}"
        written = chance.choice(("0", "880", "+880")) + digits
        asked = phonenumbers.parse(written, "BD")
        assert phonenumbers.is_valid_number(asked)
        assert parse_phones(written) == (phonenumbers.format_number(asked, phonenumbers.PhoneNumberFormat.E164),)
