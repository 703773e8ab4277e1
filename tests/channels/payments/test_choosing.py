"""Which providers there are: those that the settings name, in the order that they say; practice in development."""

from pathlib import Path

import pytest

from post_logistics.channels.payments.choosing import payment_providers, practice
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.settings import EkPay, Hosted, Settings


def test_production_practises_on_nobody(tmp_path: Path) -> None:
    said = Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
    assert list(payment_providers(said)) == ["practice"]
    assert practice(payment_providers(said)).folder == tmp_path / "practice-payments"
    real = said.model_copy(update={"environment": "production"})
    assert payment_providers(real) == {}
    with pytest.raises(Conflict):
        practice(payment_providers(real))
    both = real.model_copy(
        update={"hosted": Hosted(url="https://pay.example", name="own"), "ekpay": EkPay(merchant_id="bdpost")}
    )
    assert list(payment_providers(both)) == ["ekpay", "own"]
    assert list(payment_providers(both.model_copy(update={"payment_order": "own"}))) == ["own", "ekpay"]
    with pytest.raises(Unacceptable, match="nobody called bkash"):
        payment_providers(both.model_copy(update={"payment_order": "bkash,own"}))
