"""What production refuses, each with its name and its remedy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from post_logistics.errors import Unacceptable
from post_logistics.settings import OUR_SECRETS, SECRETS, Settings

DATABASE = "postgresql://post@127.0.0.1/post"


def settings(**given: Any) -> Settings:
    """Settings whatever the environment says, fit for production but for what is given."""
    secrets = {name: f"{name}-{'x' * 40}" for name in OUR_SECRETS}
    fit = {"environment": "production", "database_url": DATABASE}
    return Settings(_env_file=None, **secrets | fit | given)


def test_settings_that_are_fit_are_taken_as_they_are() -> None:
    fit = settings()
    assert fit.for_production() is fit
    assert list(fit.unfit()) == []


@pytest.mark.parametrize("name", OUR_SECRETS)
@pytest.mark.parametrize("secret", ["development", "short", "x" * 31])
def test_a_secret_that_is_known_or_can_be_guessed_is_refused(name: str, secret: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        settings(**{name: secret}).for_production()
    assert refused.value.field == name
    assert f"POST_LOGISTICS_{name.upper()}" in str(refused.value.remedy)
    assert secret == "development" or secret not in str(refused.value)


def test_two_secrets_are_never_one() -> None:
    with pytest.raises(Unacceptable, match="the same secret as api_key"):
        settings(api_key="y" * 40, number_key="y" * 40).for_production()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"database_url": None}, "database_url"),
        ({"hosted": {"url": "https://pay.example"}}, "hosted.key"),
        ({"hosted": {"url": "http://pay.example", "key": "k"}}, "hosted.url"),
        ({"hosted": {"url": "https://pay.example", "key": "k"}}, "public_url"),
        ({"ekpay": {"merchant_id": "bdpost"}}, "ekpay.key"),
    ],
)
def test_what_else_production_needs(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        settings(**given).for_production()
    assert refused.value.field == field


def test_a_laptop_needs_nothing() -> None:
    laptop = Settings(_env_file=None)  # type: ignore[call-arg]
    assert laptop.for_production() is laptop
    assert {name for name, _, _ in laptop.unfit()} >= {"api_key", "advice_key", "number_key", "database_url"}


def test_no_secret_is_shown_by_accident() -> None:
    shown = repr(settings(hosted={"url": "https://pay.example", "key": "s3cret"}))
    assert "s3cret" not in shown and "xxxx" not in shown


def test_every_secret_is_looked_at() -> None:
    kinds = set(_secrets_of(Settings, ""))
    assert kinds - {"database_url"} == set(SECRETS)


def _secrets_of(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if kind is SecretStr:
                yield prefix + name
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _secrets_of(kind, f"{name}.")


def test_a_gateway_is_set_by_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POST_LOGISTICS_EKPAY__MERCHANT_ID", "bdpost")
    monkeypatch.setenv("POST_LOGISTICS_EKPAY__KEY", "s3cret")
    said = Settings(_env_file=None)  # type: ignore[call-arg]
    assert said.ekpay and (said.ekpay.merchant_id, said.ekpay.url) == ("bdpost", "https://pg.ekpay.gov.bd")
    assert said.secrets()["ekpay.key"] == "s3cret" and list(said.gateways()) == ["ekpay"]
    assert {name for name, *_ in said.unfit()} & {"ekpay.key", "ekpay.url"} == set()


def test_a_file_of_settings_in_the_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("POST_LOGISTICS_DRAIN_S=7\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POST_LOGISTICS_DRAIN_S", raising=False)
    assert Settings().drain_s == 7
