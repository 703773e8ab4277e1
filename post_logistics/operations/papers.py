"""What is printed and exported: labels, run sheets, payout advices, the ledger. Data in, pages out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from post_logistics import printing
from post_logistics.cod.beancount import export
from post_logistics.cod.settlement import Settlement, SettlementLine, WaitReason
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.labels import Label, breakable, label_of, label_zpl, labels_pdf, phone_text, spaced
from post_logistics.consignments.order_files import write_table
from post_logistics.consignments.symbols import code128_svg
from post_logistics.operations.facts import Facts
from post_logistics.operations.run_sheets import RunSheet
from post_logistics.storage.consignments import load_consignments
from post_logistics.storage.database import Connection
from post_logistics.storage.ledger import load_transfers
from post_logistics.storage.merchants import load_merchants
from post_logistics.units import DHAKA, kilograms, local_day, taka, taka_plain


def labels(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> list[Label]:
    """The labels of the consignments, in their order."""
    merchants = load_merchants(connection)
    return [
        label_of(
            one,
            facts.offices.get(one.pickup_office),
            facts.offices.get(one.delivery_office),
            merchants[one.merchant_id].name,
            _service(facts, one),
        )
        for one in consignments
    ]


def _service(facts: Facts, one: Consignment) -> tuple[str, str, bool]:
    service = facts.tariffs.service(one.service, one.booked_at.astimezone(DHAKA).date())
    return service.name_en, service.name_bn, service.registered


def labels_for(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> bytes:
    """The labels as one PDF, an A6 page each."""
    return labels_pdf(labels(connection, facts, consignments))


def zpl_for(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> bytes:
    """The labels as ZPL for a thermal printer."""
    return b"".join(label_zpl(label) for label in labels(connection, facts, consignments))


def run_sheets_pdf(connection: Connection, facts: Facts, sheets: Sequence[RunSheet]) -> bytes:
    """The run sheets as one PDF, each tour from a new page: with names, phones and cash, for the rider's eyes."""
    consignments = load_consignments(connection, [item for sheet in sheets for item in sheet.items])
    return printing.pdf("runsheets", {"sheets": [_sheet(facts, sheet, consignments) for sheet in sheets]})


def _sheet(facts: Facts, sheet: RunSheet, consignments: Mapping[str, Consignment]) -> dict[str, Any]:
    office = facts.offices.get(sheet.office)
    return {
        "rider": sheet.rider_id,
        "vehicle": sheet.vehicle,
        "office_en": office.name_en,
        "office_bn": office.name_bn,
        "day": local_day(sheet.service_on),
        "leave": _clock(sheet.depart_at),
        "back": _clock(sheet.return_at),
        "stops_n": len(sheet.stops),
        "parcels_n": sheet.parcels,
        "weight": kilograms(sheet.weight_g),
        "distance": f"{sheet.distance_m / 1000:.1f} km",
        "cash": taka(sheet.cash_poisha),
        "stops": [
            {
                "n": n,
                "arrive": _clock(stop.arrive_at),
                "place": stop.place,
                "parcels": [_parcel(consignments[item]) for item in stop.item_numbers],
            }
            for n, stop in enumerate(sheet.stops, 1)
        ],
    }


def _parcel(one: Consignment) -> dict[str, str]:
    return {
        "item_text": spaced(one.item_number),
        "barcode_svg": code128_svg(one.item_number),
        "name": breakable(one.recipient_name),
        "phone": phone_text(one.recipient_phone),
        "address": breakable(one.recipient_address),
        "note": breakable(one.note),
        "cod": taka(one.cod_poisha) if one.cod_poisha else "",
    }


def _clock(at: datetime) -> str:
    return at.astimezone(DHAKA).strftime("%H:%M")


_WAITING = {
    WaitReason.NOT_FINISHED: "on its way · পথে আছে",
    WaitReason.NOT_IN_BANK: "not confirmed by the bank yet · ব্যাংকে নিশ্চিত হয়নি",
    WaitReason.NEEDS_ACCOUNT: "needs your bank account · আপনার ব্যাংক হিসাব প্রয়োজন",
}


def advice_pdf(settlement: Settlement, merchant: str) -> bytes:
    """The payout advice of a settlement: every parcel, product money and service charges apart."""
    due_poisha = settlement.fees_due_poisha + settlement.vat_due_poisha
    account = settlement.payout_account
    return printing.pdf(
        "advice",
        {
            "settlement_id": settlement.settlement_id,
            "merchant": merchant,
            "day": local_day(settlement.settled_on),
            "account": f"•••• {account[-4:]}" if account else "cash · নগদ",
            "reference": settlement.verification_reference,
            "lines": [_line(line) for line in settlement.lines],
            "waiting": [
                {
                    "item_text": spaced(one.item_number),
                    "order_ref": one.order_ref,
                    "collected": _amount(one.collected_poisha),
                    "reason": _WAITING[one.reason],
                }
                for one in settlement.waiting
            ],
            "brought_forward": _amount(settlement.brought_forward_poisha),
            "principal": _amount(settlement.principal_poisha),
            "fees": _amount(settlement.fees_taken_poisha),
            "vat": _amount(settlement.vat_taken_poisha),
            "payout": taka(settlement.payout_poisha),
            "carried_forward": _amount(settlement.carried_forward_poisha),
            "still_due": taka(due_poisha) if due_poisha > 0 else "",
        },
    )


def _line(line: SettlementLine) -> dict[str, str]:
    net_poisha = line.collected_poisha - line.fee_poisha - line.vat_poisha
    return {
        "item_text": spaced(line.item_number),
        "order_ref": breakable(line.order_ref),
        "outcome": line.outcome.replace("_", " "),
        "collected": _amount(line.collected_poisha),
        "postage": _amount(line.postage_poisha),
        "cod_fee": _amount(line.cod_fee_poisha),
        "vat": _amount(line.vat_poisha),
        "net": _amount(net_poisha),
    }


def _amount(amount_poisha: int) -> str:
    return taka(amount_poisha).removeprefix("Tk ")


ADVICE_COLUMNS = (
    "item_number",
    "order_ref",
    "outcome",
    "collected_taka",
    "postage_taka",
    "cod_fee_taka",
    "vat_taka",
    "settlement_id",
    "verification_reference",
)


def write_advices(connection: Connection, settlements: Iterable[Settlement], folder: Path) -> None:
    """Writes each advice into the folder, as PDF for people and as CSV for a merchant's books."""
    merchants = load_merchants(connection)
    folder.mkdir(parents=True, exist_ok=True)
    for one in settlements:
        path = folder / f"{one.settlement_id}.pdf"
        path.write_bytes(advice_pdf(one, merchants[one.merchant].name))
        rows = [
            (
                line.item_number,
                line.order_ref,
                line.outcome,
                *map(taka_plain, (line.collected_poisha, line.postage_poisha, line.cod_fee_poisha, line.vat_poisha)),
                one.settlement_id,
                one.verification_reference,
            )
            for line in one.lines
        ]
        write_table(path.with_suffix(".csv"), ADVICE_COLUMNS, rows)


def ledger_text(connection: Connection) -> str:
    """Every transfer as a Beancount file."""
    return export(load_transfers(connection))
