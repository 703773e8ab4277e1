"""What a day came to, in numbers that must add up: ``summary.json``."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from post_logistics.cod.accounts import AccountKind, parse
from post_logistics.cod.ledger import breaches, standing, trial_balance
from post_logistics.cod.postings import COLLECTIONS
from post_logistics.demo.day import Day
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.orders.booking import Outcome, Verdict
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.orders.consignments import load_booked
from post_logistics.tracking.journey import fold_many
from post_logistics.tracking.lifecycle import State
from post_logistics.tracking.reasons import Reason

_FINISHED = {
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partially_delivered",
    State.RETURNED: "returned",
    State.CANCELLED: "cancelled",
}


def summarise(connection: Connection, day: Day, rows: int) -> dict[str, Any]:
    """The summary of a day; AssertionError if its books do not close, for then something is broken."""
    summary = _parcels(connection, day, rows) | _tours(day) | _money(connection)
    finished = sum(summary[name] for name in ("delivered", "partially_delivered", "returned"))
    assert summary["booked"] == finished + len(summary["in_custody"]), "parcels do not add up"
    assert summary["cod_collected_poisha"] == (
        summary["cod_paid_out_poisha"]
        + summary["fees_poisha"]
        + summary["vat_poisha"]
        + summary["cod_in_office_poisha"]
    ), "money does not add up"
    return summary | {"elapsed_s": day.elapsed_s}


def _parcels(connection: Connection, day: Day, rows: int) -> dict[str, Any]:
    standings = load_standings(connection)
    finished = Counter(_FINISHED[s.state] for s in standings if s.state in _FINISHED)
    attempts = [
        journey.attempts[-1].reason
        for journey in fold_many(load_scans(connection, [s.item_number for s in standings])).values()
        if journey.attempts
    ]
    refused = sum(reason is Reason.REFUSED_BY_RECIPIENT for reason in attempts)
    booked = load_booked(connection)
    return {
        "date": day.on.isoformat(),
        "seed": day.seed,
        "orders": rows,
        "booked": sum(verdict.outcome is Outcome.BOOKED for verdict in day.verdicts),
        "rejected": [_rejected(verdict) for verdict in day.verdicts if verdict.problems],
        "to_decide": sum(verdict.outcome is Outcome.TO_DECIDE for verdict in day.verdicts),
        "delivered": finished["delivered"],
        "partially_delivered": finished["partially_delivered"],
        "failed": len(attempts) - refused,
        "refused": refused,
        "returned": finished["returned"],
        "in_custody": [
            {"item_number": s.item_number, "state": s.state.value, "holder": s.holder}
            for s in standings
            if s.state not in _FINISHED
        ],
        "parcels_by_office": dict(sorted(Counter(c.delivery_office for c in booked).items())),
        "cod_due_poisha": sum(c.cod_poisha for c in booked),
    }


def _rejected(verdict: Verdict) -> dict[str, Any]:
    """One entry a row: its first problem, and all of them."""
    first = verdict.problems[0]
    return {
        "row": verdict.row,
        "order_ref": verdict.order_ref,
        "field": first.field,
        "reason": first.reason,
        "problems": [asdict(problem) for problem in verdict.problems],
    }


def _tours(day: Day) -> dict[str, Any]:
    sheets = [sheet for plan in day.plans for sheet in plan.sheets]
    return {
        "tours": len(sheets),
        "stops": sum(len(sheet.stops) for sheet in sheets),
        "pickup_tours": sum(len(plan.sheets) for plan in day.pickups),
        "unserved": [one for plan in (*day.pickups, *day.plans) for one in plan.unserved],
        "distance_m": sum(plan.distance_m for plan in day.plans),
        "distance_m_before_optimisation": sum(plan.distance_before_m for plan in day.plans),
        "plan_violations": [one for plan in (*day.pickups, *day.plans) for one in plan.violations],
    }


def _money(connection: Connection) -> dict[str, Any]:
    transfers = load_transfers(connection)
    sums: dict[Any, int] = {}
    by_code: Counter[str] = Counter()
    for one in transfers:
        sums[one.debit] = sums.get(one.debit, 0) + one.amount_poisha
        sums[one.credit] = sums.get(one.credit, 0) - one.amount_poisha
        by_code[one.code.value] += one.amount_poisha if one.reverses is None else -one.amount_poisha
    by_kind: Counter[AccountKind] = Counter()
    for account in sums:
        by_kind[parse(account)[0]] += standing(sums, account)
    return {
        "cod_collected_poisha": sum(by_code[c] for c in COLLECTIONS),
        "cod_in_office_poisha": by_kind[AccountKind.MERCHANT_PAYABLE],
        "cod_paid_out_poisha": by_code["pay_out"],
        "fees_poisha": by_code["take_fee"],
        "vat_poisha": by_code["take_vat"],
        "fees_due_poisha": by_kind[AccountKind.MERCHANT_FEES_DUE],
        "vat_due_poisha": by_kind[AccountKind.MERCHANT_VAT_DUE],
        "shortages_poisha": by_kind[AccountKind.RIDER_DEBT] + by_kind[AccountKind.OFFICE_DEBT],
        "cash_held_poisha": {
            kind.value: by_kind[kind]
            for kind in (
                AccountKind.RIDER_CASH,
                AccountKind.OFFICE_TILL,
                AccountKind.BANK_IN_TRANSIT,
                AccountKind.SETTLEMENT_BANK,
            )
        },
        "ledger_balanced": trial_balance(sums).balanced
        and not breaches(sums)
        and not any(check.violated for check in prove_books(connection)),
    }
