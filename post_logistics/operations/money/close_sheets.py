"""The sheet of a close, for two people to sign: what was counted, what the books said, and whose parcels it was."""

from typing import Any

from post_logistics import printing
from post_logistics.cod.counting import VARIANCE_TEXTS, Variance
from post_logistics.cod.day_close import OfficeClose, Reopening, RiderClose
from post_logistics.consignments.labels import breakable, spaced
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.money import closes as store
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import local_day, local_time, taka


def close_sheet(connection: Connection, facts: Facts, close_id: str, office: str | None = None) -> bytes:
    """The sheet as PDF, A4, in English and Bangla. ``office``: only that office's closes are known; NotFound else."""
    close = store.load_close(connection, close_id, office)
    reopening = store.load_reopenings(connection, [close_id]).get(close_id)
    facts_of_close = _head(facts, close, reopening) | _count(close) | _money(connection, close)
    return printing.pdf("closesheet", facts_of_close | _parcels(connection, close))


def _head(facts: Facts, close: RiderClose | OfficeClose, reopening: Reopening | None) -> dict[str, Any]:
    office = facts.offices.get(close.office)
    of_rider = isinstance(close, RiderClose)
    opened = None
    if reopening is not None:
        by = f"{reopening.opened_by}, {reopening.countersigned_by}"
        opened = {"why": reopening.why, "by": by, "at": local_time(reopening.opened_at)}
    return {
        "title_en": "Rider's close" if of_rider else "Office close",
        "title_bn": "রাইডারের হিসাব বন্ধ" if of_rider else "ডাকঘরের হিসাব বন্ধ",
        "close_id": close.close_id,
        "day": local_day(close.closed_on),
        "facts": [
            {"en": "Office", "bn": "ডাকঘর", "value": f"{office.name_en} {close.office} · {office.name_bn}"},
            {"en": "Cash of", "bn": "কার টাকা", "value": close.holder.partition(":")[2]},
            {"en": "Turn", "bn": "পালা", "value": str(close.turn)},
            {"en": "Closed at", "bn": "সময়", "value": local_time(close.closed_at)},
        ],
        "opened_again": opened,
        "signatures": [
            {"en": "Counted by", "bn": "গণনাকারী", "name": close.counted_by},
            {"en": "Countersigned by", "bn": "প্রতিস্বাক্ষরকারী", "name": close.countersigned_by},
        ],
    }


def _count(close: RiderClose | OfficeClose) -> dict[str, Any]:
    difference = None
    if close.shortage_poisha:
        difference = {"en": "Missing", "bn": "ঘাটতি", "amount": f"− {_amount(close.shortage_poisha)}"}
    elif close.excess_poisha:
        difference = {"en": "Too much", "bn": "উদ্বৃত্ত", "amount": f"+ {_amount(close.excess_poisha)}"}
    reason_en, reason_bn = VARIANCE_TEXTS[close.reason or Variance.NOT_KNOWN]
    return {
        "pieces": [
            {"worth": _amount(worth), "many": str(many), "amount": _amount(worth * many)}
            for worth, many in sorted(close.pieces.items(), reverse=True)
            if many
        ],
        "expected": _amount(close.expected_poisha),
        "counted": _amount(close.counted_poisha),
        "difference": difference,
        "reason_en": reason_en,
        "reason_bn": reason_bn,
    }


def _money(connection: Connection, close: RiderClose | OfficeClose) -> dict[str, Any]:
    """Where the cash goes on to, and who brought it."""
    if isinstance(close, RiderClose):
        return {"result": [], "deposit": None, "riders": []}
    paid_in = store.load_deposits(connection, [close.close_id]).get(close.close_id)
    riders = store.load_handed_in(connection, close.close_id)
    return {
        "result": [
            {"en": "To be paid in", "bn": "ব্যাংকে জমা দিতে হবে", "value": _amount(close.to_deposit_poisha)},
            {"en": "Stays in the till", "bn": "ক্যাশে থাকবে", "value": _amount(close.kept_poisha)},
        ],
        "deposit": paid_in
        and {
            "slip": paid_in.slip_number,
            "bank": paid_in.bank,
            "branch": paid_in.branch,
            "at": local_time(paid_in.deposited_at),
            "by": paid_in.paid_in_by,
            "amount": taka(paid_in.amount_poisha),
        },
        "riders": [
            {
                "rider": one.rider,
                "turn": f"{local_day(one.closed_on)} · {one.turn}",
                "expected": _amount(one.expected_poisha),
                "counted": _amount(one.counted_poisha),
                "difference": _amount(one.counted_poisha - one.expected_poisha),
            }
            for one in riders
        ],
    }


def _parcels(connection: Connection, close: RiderClose | OfficeClose) -> dict[str, Any]:
    counted = store.load_counted(connection, close.close_id)
    names = {merchant_id: merchant.name for merchant_id, merchant in load_merchants(connection).items()}
    return {
        "parcels": [
            {
                "item_text": spaced(one.item_number),
                "order_ref": breakable(one.order_ref),
                "merchant": breakable(names.get(one.merchant_id, one.merchant_id)),
                "at": local_time(one.collected_at),
                "amount": _amount(one.amount_poisha),
            }
            for one in counted
        ],
        "parcels_total": _amount(sum(one.amount_poisha for one in counted)),
    }


def _amount(amount_poisha: int) -> str:
    return taka(amount_poisha).removeprefix("Tk ")
