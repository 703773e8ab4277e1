"""The gateways of the settings: each is there once its account is named whole, and remembers what it has learned."""

from pathlib import Path
from typing import Any

import pytest

from post_logistics.channels.payments.choosing import payment_providers
from post_logistics.channels.payments.port import PaymentProvider
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from tests.standins.nagad import private_pem, public_pem

SET = {
    "BKASH__USERNAME": "merchant",
    "BKASH__PASSWORD": "p" * 12,
    "BKASH__APP_KEY": "app-key",
    "BKASH__APP_SECRET": "s" * 12,
    "NAGAD__MERCHANT_ID": "683002007104225",
    "NAGAD__ACCOUNT_NUMBER": "01711428036",
    "NAGAD__SERVER_ADDRESS": "203.0.113.7",
    "SSLCOMMERZ__STORE_ID": "postbox",
    "SSLCOMMERZ__STORE_PASSWORD": "q" * 12,
    "SSLCOMMERZ__PHONE": "01700000000",
    "SSLCOMMERZ__EMAIL": "payments@post.example",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The variables that set up all three, in force."""
    keys = {"NAGAD__PRIVATE_KEY": private_pem("merchant"), "NAGAD__GATEWAY_KEY": public_pem("gateway")}
    more = {"PUBLIC_URL": "https://post.example", "DATA_DIR": str(tmp_path)}
    found = {f"POST_LOGISTICS_{name}": value for name, value in (SET | keys | more).items()}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


def providers(**given: Any) -> dict[str, PaymentProvider]:
    return payment_providers(settings(**given))


def test_an_account_in_the_environment_is_a_provider(environment: dict[str, str]) -> None:
    found = providers(environment="production")
    assert list(found) == ["bkash", "nagad", "sslcommerz"]
    assert [one.name for one in found.values()] == list(found)
    assert list(providers(environment="production", payment_order="sslcommerz")) == ["sslcommerz", "bkash", "nagad"]


def test_what_a_gateway_remembers_outlasts_a_request(environment: dict[str, str]) -> None:
    assert providers()["bkash"] is providers()["bkash"]
    assert providers()["bkash"] is not providers(bkash={"username": "another"})["bkash"]


@pytest.mark.parametrize("missing", [*sorted(SET), "NAGAD__PRIVATE_KEY", "NAGAD__GATEWAY_KEY"])
def test_production_wants_all_of_an_account(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(f"POST_LOGISTICS_{missing}")
    unfit = {name: remedy for name, _, remedy in settings(environment="production").unfit()}
    assert f"POST_LOGISTICS_{missing}" in unfit[missing.lower().replace("__", ".")]
    monkeypatch.setenv(f"POST_LOGISTICS_{missing}", environment[f"POST_LOGISTICS_{missing}"])
    assert missing.lower().replace("__", ".") not in {name for name, _, _ in settings(environment="production").unfit()}


@pytest.mark.parametrize("name", ["bkash", "nagad", "sslcommerz"])
def test_production_speaks_of_money_over_https_only(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"POST_LOGISTICS_{name.upper()}__URL", "http://gateway.example")
    assert f"{name}.url" in {one for one, _, _ in settings(environment="production").unfit()}


def test_no_secret_of_an_account_is_shown(environment: dict[str, str]) -> None:
    found = settings()
    shown = repr(found) + repr(providers())
    for secret in ("p" * 12, "s" * 12, "q" * 12, private_pem("merchant").splitlines()[1]):
        assert secret not in shown and any(secret in one for one in found.secrets().values())


def test_a_key_that_is_none_is_told_by_the_name_of_its_setting(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POST_LOGISTICS_NAGAD__PRIVATE_KEY", "none")
    with pytest.raises(Unacceptable) as refused:
        providers()
    assert refused.value.field == "nagad.private_key"
