"""Which providers of payments there are here."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.bkash import BkashPayments
from post_logistics.channels.payments.ekpay import EkPayPayments
from post_logistics.channels.payments.hosted import HostedPayments
from post_logistics.channels.payments.nagad import NagadPayments
from post_logistics.channels.payments.port import PaymentProvider
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.channels.payments.sslcommerz import SslCommerzPayments
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.settings import Bkash, EkPay, Hosted, Nagad, Settings, SslCommerz

FOLDER: Final = "practice-payments"


def _ekpay(said: EkPay, public_url: str, road: Road) -> PaymentProvider:
    return EkPayPayments(said, f"{public_url}/v1/payments/callbacks/ekpay", road=road)


@lru_cache(maxsize=4)
def _bkash(said: Bkash, public_url: str, road: Road) -> PaymentProvider:
    """One and the same for the same account: it keeps the token of the hour."""
    return BkashPayments(said, f"{public_url}/v1/payments/callbacks/bkash", road)


@lru_cache(maxsize=4)
def _nagad(said: Nagad, public_url: str, road: Road) -> PaymentProvider:
    """One and the same for the same keys, which take a while to read."""
    return NagadPayments(said, f"{public_url}/v1/payments/callbacks/nagad", road)


def _sslcommerz(said: SslCommerz, public_url: str, road: Road) -> PaymentProvider:
    return SslCommerzPayments(said, f"{public_url}/v1/payments/callbacks/sslcommerz", road=road)


def _hosted(said: Hosted, public_url: str, road: Road) -> PaymentProvider:
    call_at = f"{public_url}/v1/payments/callbacks/{said.name}"
    return HostedPayments(said.url, said.key.get_secret_value(), call_at, said.name, road)


_MAKERS: Final[Mapping[str, Callable[[Any, str, Road], PaymentProvider]]] = {
    "ekpay": _ekpay,
    "bkash": _bkash,
    "nagad": _nagad,
    "sslcommerz": _sslcommerz,
    "hosted": _hosted,
}
"""The setting of a gateway -> what makes a provider of it."""


def payment_providers(settings: Settings) -> dict[str, PaymentProvider]:
    """Provider by name, the one for new payments first. Without one of its own, development practises on files;
    production then takes cash only."""
    road = Road(development=settings.environment == "development")
    public_url = settings.public_url.rstrip("/")
    made = [_MAKERS[name](said, public_url, road) for name, said in settings.gateways().items()]
    if settings.environment == "development":
        made.append(PracticePayments(settings.data_dir / FOLDER))
    found = {one.name: one for one in made}
    order = [name.strip() for name in settings.payment_order.split(",") if name.strip()]
    for name in order:
        if name not in found:
            raise Unacceptable(
                f"nobody called {name} takes payments here",
                field="payment_order",
                remedy=f"name some of: {', '.join(found) or 'none is set up'}",
            )
    return {name: found[name] for name in (*order, *(name for name in found if name not in order))}


def practice(providers: Mapping[str, PaymentProvider]) -> PracticePayments:
    """The provider made of files; Conflict where there is none, as in production."""
    found = providers.get("practice")
    if not isinstance(found, PracticePayments):
        raise Conflict("there is no practice provider here", field="provider", remedy="pay as a recipient does")
    return found
