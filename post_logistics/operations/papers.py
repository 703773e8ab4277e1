"""What is printed and exported: labels, run sheets, payout advices, the ledger. Data in, pages out."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from post_logistics.cod.beancount import export
from post_logistics.cod.settlement import Settlement
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.labels import Label, label_of, label_zpl, labels_pdf
from post_logistics.operations.facts import Facts
from post_logistics.operations.run_sheets import RunSheet
from post_logistics.storage.consignments import load_consignments
from post_logistics.storage.database import Connection
from post_logistics.storage.ledger import load_transfers
from post_logistics.storage.merchants import load_merchants


def labels(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> list[Label]:
    """The labels of the consignments, in their order."""
    merchants = load_merchants(connection)
    return [
        label_of(
            one,
            facts.offices.get(one.pickup_office),
            facts.offices.get(one.delivery_office),
            merchants[one.merchant_id].name,
        )
        for one in consignments
    ]


def labels_for(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> bytes:
    """The labels as one PDF, an A6 page each."""
    return labels_pdf(labels(connection, facts, consignments))


def zpl_for(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> bytes:
    """The labels as ZPL for a thermal printer."""
    return b"".join(label_zpl(label) for label in labels(connection, facts, consignments))


def ledger_text(connection: Connection) -> str:
    """Every transfer as a Beancount file."""
    return export(load_transfers(connection))
