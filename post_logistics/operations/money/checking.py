"""The books are proven: everything is worked out again from the facts alone, and every problem is named."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import BinaryIO

from post_logistics.cod import beancount, hledger
from post_logistics.cod.proof import Check, Proof
from post_logistics.cod.proof_of_days import ProofOfDays
from post_logistics.operations.money.taka import reconciles
from post_logistics.storage.database import Connection
from post_logistics.storage.money import proving as store
from post_logistics.storage.money.ledger import stream_transfers
from post_logistics.storage.money.papers import PAPERS
from post_logistics.storage.money.sealing import load_sealed

JOURNALS = {"beancount": beancount.journal, "hledger": hledger.journal}
"""Accounting program -> how its journal is written."""


def prove_books(connection: Connection, told: Callable[[int], None] = lambda _: None) -> list[Check]:
    """Every check by name: of the transfers, of the sealed days, and of the papers behind them.

    It shares no code with what posts, sums and seals; only the last check holds the ways of collections against the
    ledger's own sums. ``told`` hears how many transfers have been read.
    """
    proof, days = Proof(), ProofOfDays(load_sealed(connection), store.stream_kept(connection))
    read = 0
    for read, each in enumerate(store.stream_moved(connection), 1):
        proof.take(each)
        days.take(each)
        if read % 10_000 == 0:
            told(read)
    told(read)
    papers = [store.ask(connection, name) for name in PAPERS]
    return [*proof.checks(), *days.checks(), *papers, reconciles(connection)]


def journal(connection: Connection, program: str) -> Iterator[str]:
    """The journal of all transfers for that accounting program (of `JOURNALS`), piece by piece."""
    return JOURNALS[program](stream_transfers(connection))


def whole_journal(connection: Connection, program: str) -> Iterator[bytes]:
    """The journal in UTF-8, in parts that need the connection no more: all is written before the first is read."""
    file: BinaryIO = TemporaryFile()  # noqa: SIM115 - `_parts` closes it
    for piece in journal(connection, program):
        file.write(piece.encode())
    file.seek(0)
    return _parts(file)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(1 << 16):
            yield part
