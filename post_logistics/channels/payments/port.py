"""What a provider of payments is told, what it answers, and all that it must be able to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from post_logistics.cod.payments import CURRENCY, Word


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment that a provider is asked to take. ``back_url``: where the payer's browser comes back to."""

    payment_id: str
    amount_poisha: int
    item_number: str
    made_at: datetime
    expires_at: datetime
    back_url: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the payer pays: a page, and the text of a QR code. ``why``: none was made, and the reason.

    ``session_ref`` is the provider's name for the asking, ``provider_ref`` its name for the money, if it has one yet.
    """

    url: str = ""
    qr: str = ""
    provider_ref: str = ""
    session_ref: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """By what a provider knows a payment that it was asked for.

    ``wanted``: it may still be paid; a provider that takes money only when told to is not told so otherwise.
    ``returned_poisha``: what has gone back of it before, or may have. ``asked_before``: this very refund may have been
    asked for, and its answer lost.
    """

    payment_id: str
    made_at: datetime
    expires_at: datetime
    session_ref: str = ""
    provider_ref: str = ""
    wanted: bool = True
    returned_poisha: int = 0
    asked_before: bool = True


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a provider answers to a refund: done, refused for good, or (neither) ask again."""

    done: bool
    refused: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a provider, or of the browser that it sends back, as it came. Names of headers are in small letters."""

    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileLine:
    """A payment in a provider's daily file. ``payment_id``: ours, as the provider names it; may be empty."""

    payment_id: str
    provider_ref: str
    amount_poisha: int
    fee_poisha: int = 0
    currency: str = CURRENCY
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DailyFile:
    """What a provider says it took on a day. ``why``: there is no such file now, and the reason."""

    lines: tuple[FileLine, ...] = ()
    why: str = ""


class PaymentProvider(Protocol):
    """Whatever takes payments. Nothing here raises for what the other side or the network does."""

    @property
    def name(self) -> str:
        """Its name in the books: Latin letters, digits and dashes."""
        ...

    def offer(self, wanted: Wanted) -> Offer:
        """Where the payer pays; asked again for the same payment, no second one can be paid."""
        ...

    def status(self, asked: Handle) -> Word:
        """What has become of a payment."""
        ...

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Gives money back to who paid; the same refund once, however often it is asked."""
        ...

    def called(self, call: Call) -> str | None:
        """Which payment a call is about, by our id or one of the provider's; None if it names none or is not the
        provider's. What else it says is not believed."""
        ...

    def daily_file(self, on: date) -> DailyFile | None:
        """All that the provider took on a day; None if it tells so of no day, and is asked payment by payment."""
        ...
