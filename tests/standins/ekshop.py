"""ekShop, as far as its interface is known: orders pushed as form data, listed by date, moved from 2 to 3, messaged.

Names of fields are those of ``data/partners.toml``. An order is at 1 (being prepared), 2 (left the warehouse), 3 (on
delivery), 4 (delivered) or 5 (cancelled); a carrier may only move 2 to 3.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from urllib.parse import urlencode

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

PUSH: Final = "push"
"""What `misbehave` names for orders on their way to us."""
LIST, STATE, MESSAGE = "/logistics/orders", "/logistics/order-state", "/logistics/order-message"
_MOST_CHARS: Final = 100
_PAGE: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Order:
    """An order as ekShop keeps it: by its own names, and what the carrier said of it."""

    fields: dict[str, str]
    day: date
    messages: list[str] = field(default_factory=list)
    moved: int = 0
    """How often its state was moved."""


class EkShop(Standin):
    """The marketplace. ``push_url`` and ``secret``: where it sends orders, and how it proves that they are its own."""

    name = "ekshop"

    def __init__(self, *, token: str = "ekshop-token", secret: str = "ekshop-push-secret") -> None:
        super().__init__()
        self.token, self.secret = token, secret
        self.push_url = ""
        self.page_size = _PAGE
        self.orders: dict[str, Order] = {}

    # What buyers and sellers do

    def place(self, code: str, day: date, **fields: str) -> Order:
        """An order that has left the warehouse, for a home in Mirpur, Tk 1,250 to be paid."""
        known = {
            "order_code": code,
            "order_state": "2",
            "customer_name": "রহিমা খাতুন",
            "customer_phone": "01712345678",
            "address": "House 5, Road 3, Mirpur-10",
            "district": "Dhaka 1216",
            "weight": "0.5",
            "total_amount": "1250",
            "payment_status": "cod",
            "product_name": "নকশি কাঁথা",
        }
        self.orders[code] = Order(known | fields, day)
        return self.orders[code]

    def push(self, *codes: str) -> list[int]:
        """Sends these orders to the carrier, one message each; the statuses that came back."""
        return tell(self, PUSH, [self._message(self.orders[code].fields) for code in codes])

    def _message(self, fields: Mapping[str, str]) -> Told:
        secret = "not-the-secret" if self.fault_for(PUSH, {Fault.WRONG_SIGNATURE}) else self.secret
        said = self._told(fields, PUSH)
        return Told(self.push_url, urlencode(said).encode(), {"Content-Type": _FORM, "X-Api-Key": secret})

    def _told(self, fields: Mapping[str, str], where: str) -> dict[str, str]:
        wrong = self.fault_for(where, {Fault.WRONG_AMOUNT})
        return dict(fields) | ({"total_amount": "1"} if wrong else {})

    # What the carrier asks

    def answer(self, asked: Asked) -> Answer:
        """A list, a move or a message."""
        if asked.headers.get("x-api-key") != self.token:
            return Answer({"error": "unauthorised"}, 401)
        ways = {LIST: self._list, STATE: self._move, MESSAGE: self._say}
        return ways[asked.path](asked.form()) if asked.path in ways else Answer({"error": "no such way"}, 404)

    def _list(self, form: Mapping[str, str]) -> Answer:
        found = [
            self._told(one.fields, LIST) for one in self.orders.values() if one.day.isoformat() == form.get("date")
        ]
        if self.fault_for(LIST, {Fault.OUT_OF_ORDER}):
            found.reverse()
        if self.fault_for(LIST, {Fault.TWICE}):
            found = [one for one in found for _ in range(2)]
        page = int(form.get("page", "1"))
        begins = (page - 1) * self.page_size
        return Answer({"page": page, "orders": found[begins : begins + self.page_size]})

    def _move(self, form: Mapping[str, str]) -> Answer:
        order = self.orders.get(form.get("order_code", ""))
        if order is None:
            return Answer({"error": "no such order"}, 404)
        if form.get("order_state") == order.fields["order_state"] == "3":
            return Answer({"error": "it is on delivery already"}, 409)
        if (order.fields["order_state"], form.get("order_state")) != ("2", "3"):
            return Answer({"error": "a carrier moves 2 to 3 only"}, 422)
        order.fields["order_state"] = "3"
        order.moved += 1
        return Answer({"ok": True})

    def _say(self, form: Mapping[str, str]) -> Answer:
        order, text = self.orders.get(form.get("order_code", "")), form.get("message", "")
        if order is None:
            return Answer({"error": "no such order"}, 404)
        if not text or len(text) > _MOST_CHARS or unicodedata.category(text[0]).startswith("M"):
            return Answer({"error": f"a message has 1 to {_MOST_CHARS} characters"}, 422)
        order.messages.append(text)
        return Answer({"ok": True})


def make() -> Standin:
    """ekShop with an order of today's kind, for trying things by hand."""
    standin = EkShop()
    standin.place("EK-1001", date(2026, 11, 22))
    return standin
