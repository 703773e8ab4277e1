"""A dialect that is written wrongly is named with its block and key, before anything is done with it."""

from pathlib import Path

import pytest

from post_logistics.channels.partners.book import load_partners
from post_logistics.errors import Unacceptable

DATA = Path(__file__).resolve().parents[3] / "data" / "partners.toml"


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ('encoding = "form"\nrecords', 'encoding = "xml"\nrecords', "encoding"),
        ('header = "X-Api-Key"\nuser', 'header = ""\nuser', "header"),
        ('user = "sample"', 'user = ""', "user"),
        ('amounts_in = "taka"', 'amounts_in = "euro"', "amounts_in"),
        ('2 = "send"', '2 = "perhaps"', "2"),
        ('cod_taka = ["total_amount"]', "", "cod_taka"),
        ('note = ["note"]', 'colour = ["note"]', "colour"),
        ('code = "order_code"', 'code = ""', "code"),
        ("page_size = 100", "page_size = 0", "page_size"),
        ('path = "/logistics/orders"', 'path = "https://elsewhere.example/"', "path"),
        ('text = "{item}: {text}"', 'text = "{item}: {phone}"', "text"),
        ('"accepted", "out_for_delivery", "attempt_failed"', '"booked"', "on"),
        ("most_chars = 100", 'most_chars = "100"', "most_chars"),
        ("[ekshop.message]", "[ekshop.chat]", "chat"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    text = DATA.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "partners.toml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Unacceptable) as refusal:
        load_partners(tmp_path)
    assert refusal.value.field == key and refusal.value.remedy and "partners.toml" in refusal.value.message
