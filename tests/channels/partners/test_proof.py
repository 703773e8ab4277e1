"""A message is the partner's if it shows the secret as was agreed, and not otherwise."""

import base64
import hmac
from pathlib import Path

import pytest

from post_logistics.channels.partners.book import load_partners
from post_logistics.channels.partners.proof import is_from

PARTNERS = load_partners(Path(__file__).resolve().parents[3] / "data")
SECRET, BODY = "a-secret-of-some-length", b"order_code=1"
DIGEST = hmac.digest(SECRET.encode(), BODY, "sha256")
RIGHT = [
    ("ekshop", {"x-api-key": SECRET}),
    ("ekshop", {"x-api-key": f"Bearer {SECRET}"}),
    ("nested-sample", {"x-signature": DIGEST.hex()}),
    ("nested-sample", {"x-signature": f"sha256={DIGEST.hex()}"}),
    ("nested-sample", {"x-signature": base64.b64encode(DIGEST).decode()}),
    ("csv-sample", {"authorization": "Basic " + base64.b64encode(f"sample:{SECRET}".encode()).decode()}),
]


@pytest.mark.parametrize(("name", "headers"), RIGHT)
def test_the_secret_opens_and_nothing_else_does(name: str, headers: dict[str, str]) -> None:
    push = PARTNERS[name].push
    assert is_from(push, SECRET, headers, BODY)
    assert not is_from(push, SECRET + "x", headers, BODY)
    assert not is_from(push, SECRET, {}, BODY)
    for header, value in headers.items():
        for wrong in ("", value[:-1], value + "x", "ক" * 64, "0" * 64, "\udcff"):
            assert not is_from(push, SECRET, {header: wrong}, BODY)


def test_a_signature_is_of_these_bytes_and_no_others() -> None:
    assert not is_from(PARTNERS["nested-sample"].push, SECRET, {"x-signature": DIGEST.hex()}, BODY + b" ")
