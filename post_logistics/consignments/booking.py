"""What may be posted: an order as the merchant asks for it, the rules it must keep, and the consignment it becomes."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from post_logistics.consignments import entries
from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Unacceptable
from post_logistics.units import ItemNumber, MerchantId, Postcode, kilograms, taka

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a merchant asks for, read but not yet placed. ``recipient_phone`` is E.164.

    ``weight_assumed``: the order file had no column for the weight, so it is a guess until the counter weighs.
    """

    merchant: str
    store_address: str
    order_ref: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    description: str
    note: str
    weight_assumed: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field of an order, and what to do about it."""

    field: str
    reason: str
    remedy: str


class OrderRefused(Unacceptable):
    """An order that cannot be taken, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem], row: int | None = None) -> None:
        first, *others = problems
        super().__init__(
            "; ".join([first.reason, *(f"{other.field}: {other.reason}" for other in others)]),
            field=first.field,
            row=row,
            remedy=first.remedy,
            problems=[asdict(problem) for problem in problems],
        )
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRules:
    """The limits in ``data/booking.toml``, where their sources stand."""

    max_weight_g: int
    max_cod_poisha: int
    max_declared_value_poisha: int
    min_address_chars: int
    registered_over_g: int
    assumed_weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """One parcel as booked: what was asked, what it costs, where it goes and why there.

    ``booked_at`` is aware UTC; ``resolved_by`` explains in words how the address was found.
    """

    item_number: ItemNumber
    merchant_id: MerchantId
    store_address: str
    order_ref: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    description: str
    note: str
    service: str
    tariff_version: str
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    pickup_office: Postcode
    delivery_office: Postcode
    delivery_postcode: Postcode
    place_id: str
    lat_deg: float
    lon_deg: float
    precision_m: int
    resolved_by: str
    promised_on: date
    booked_at: datetime


def load_booking_rules(facts_dir: Path) -> BookingRules:
    """The rules in ``booking.toml``; Unacceptable names the key that is wrong."""
    return fact_of(BookingRules, read_facts(facts_dir / "booking.toml"), "booking.toml")


def parse_order(fields: Mapping[str, str], row: int | None, rules: BookingRules, *, phone_needed: bool = True) -> Order:
    """The order in a row of texts by field name; OrderRefused carries every problem of the row at once.

    A field that is not there is empty. An empty ``cod_taka`` or ``declared_value_taka`` is 0; a ``weight_kg`` that is
    empty is a problem, but where there is none at all the assumed weight is taken. Of several telephone numbers the
    first is the recipient's, the others go into the note. Without ``phone_needed`` there may be none.
    """
    problems: list[Problem] = []

    def read(field: str, parse: Callable[[str], Value], otherwise: Value) -> Value:
        try:
            return parse(fields.get(field, ""))
        except Unacceptable as refusal:
            problems.append(Problem(field, refusal.message, refusal.remedy or ""))
            return otherwise

    def text(field: str, max_chars: int, parse: Callable[[str, int], str] = entries.required_words) -> str:
        return read(field, lambda written: parse(written, max_chars), "")

    weight_assumed = "weight_kg" not in fields
    no_phones: tuple[str, ...] = ("",)
    asked = phone_needed or fields.get("recipient_phone", "").strip()
    phone, *other_phones = read("recipient_phone", parse_phones, no_phones) if asked else no_phones
    notes = [text("note", 500, entries.entry), *(f"Other phone: {other}" for other in other_phones)]
    order = Order(
        merchant=text("merchant", 100, entries.required_entry),
        store_address=text("store_address", 300),
        order_ref=text("order_ref", 64, entries.required_entry),
        recipient_name=text("recipient_name", 100),
        recipient_phone=phone,
        recipient_address=text("recipient_address", 300),
        weight_g=rules.assumed_weight_g if weight_assumed else read("weight_kg", entries.weight_g, 0),
        cod_poisha=read("cod_taka", entries.amount_poisha, 0),
        declared_value_poisha=read("declared_value_taka", entries.amount_poisha, 0),
        description=text("description", 300, entries.entry),
        note="; ".join(filter(None, notes)),
        weight_assumed=weight_assumed,
    )
    # What could not be read stands as empty or 0, breaks no limit, and so is reported once.
    problems += _over_limits(order, rules)
    if problems:
        raise OrderRefused(problems, row)
    return order


def check_rules(order: Order, rules: BookingRules, *, registered: bool) -> tuple[Problem, ...]:
    """Every rule an order breaks when it is posted by a service that is registered or not; none if it may be booked."""
    problems = list(_over_limits(order, rules))
    if must_register(order, rules) and not registered:
        problems.append(
            Problem(
                "service",
                f"registration is compulsory over {kilograms(rules.registered_over_g)} and for insured or COD parcels",
                "choose a registered service, such as Speed Post parcel",
            )
        )
    return tuple(problems)


def must_register(order: Order, rules: BookingRules) -> bool:
    """Whether the item must be registered: heavy, insured or value-payable (department's rule)."""
    return order.weight_g > rules.registered_over_g or order.cod_poisha > 0 or order.declared_value_poisha > 0


def _over_limits(order: Order, rules: BookingRules) -> Iterator[Problem]:
    if order.weight_g > rules.max_weight_g:
        yield Problem(
            "weight_kg",
            f"{kilograms(order.weight_g)} is over the {kilograms(rules.max_weight_g)} a parcel may weigh",
            "send it in several parcels; if grams were meant, write for example 500 g",
        )
    for field, amount_poisha, most_poisha in (
        ("cod_taka", order.cod_poisha, rules.max_cod_poisha),
        ("declared_value_taka", order.declared_value_poisha, rules.max_declared_value_poisha),
    ):
        if amount_poisha > most_poisha:
            yield Problem(
                field, f"{taka(amount_poisha)} is over the limit of {taka(most_poisha)}", "write at most that"
            )
    if 0 < len(order.recipient_address) < rules.min_address_chars:
        yield Problem(
            "recipient_address",
            f"an address of {len(order.recipient_address)} characters is too short to be found",
            "write house, road, area and postcode",
        )


def fingerprint(order: Order, postcode: str = "", service: str = "") -> str:
    """64 hexadecimal digits that stay the same as long as nothing in the order changes, across runs and machines.

    The same reference with another fingerprint is another order under a used reference. ``postcode``: the one given
    beside the address, if any; ``service``: the one asked for, if it is not the usual.
    """
    facts = {one.name: getattr(order, one.name) for one in fields(order)}
    facts |= {"recipient_postcode": postcode} if postcode else {}
    facts |= {"service": service} if service else {}
    content = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
