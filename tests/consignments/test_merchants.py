"""One shop, one identifier: however it is spaced or cased, and never another shop's."""

import pytest

from post_logistics.consignments.merchants import merchant_id_of


@pytest.mark.parametrize("name", ["Book Shop", "book  shop", " BOOK SHOP "])
def test_the_same_name_gives_the_same_identifier(name: str) -> None:
    assert merchant_id_of(name) == "book-shop"


@pytest.mark.parametrize(
    "names",
    [
        ("A&B", "A B", "A+B", "A-B"),
        ("Shop #1", "Shop (1)", "Shop 1"),
        ("Bangladesh Handicrafts Emporium - Gulshan", "Bangladesh Handicrafts Emporium - Jatrabari"),
        ("বই ঘর", "বই-ঘর", "বইঘর"),
        ("!!!", "???"),
    ],
    ids=lambda names: names[0],
)
def test_two_shops_never_share_one(names: tuple[str, ...]) -> None:
    found = {merchant_id_of(name) for name in names}
    assert len(found) == len(names)
    assert all(len(one) <= 40 for one in found)
