"""A worker as a process of its own, to be killed.

python -m tests.operations.worker DATABASE_URL SCHEMA SMS_FILE
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from types import SimpleNamespace
from typing import Any

from post_logistics.channels.messages import load_messages
from post_logistics.channels.partners.book import load_partners
from post_logistics.channels.sms import FileSms
from post_logistics.cod.rules import load_cod_rules
from post_logistics.cod.whereabouts import load_money_rules
from post_logistics.consignments.lifecycle_rules import load_lifecycle_rules
from post_logistics.network.collection_points import load_collection_points
from post_logistics.network.offices import load_offices
from post_logistics.operations.jobs import Work, run_always
from post_logistics.operations.telling.texting import Texting
from post_logistics.operations.telling.webhooks import Sending
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_database
from post_logistics.tracking.claims import load_claim_rules
from post_logistics.tracking.proofs import load_proof_rules
from post_logistics.units import DHAKA

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"


def work(database: Database, sms: Path, chance: Random) -> Work:
    """A worker's work, with no more facts than it needs."""
    clock = partial(datetime.now, DHAKA)
    offices, book = load_offices(DATA), load_messages(DATA)
    facts: Any = SimpleNamespace(
        offices=offices,
        advice_key=b"key",
        number_key=b"another key",
        lifecycle_rules=load_lifecycle_rules(DATA),
        proof_rules=load_proof_rules(DATA),
        claim_rules=load_claim_rules(DATA),
        points=load_collection_points(DATA),
        cod_rules=load_cod_rules(DATA),
        money_rules=load_money_rules(DATA),
        partners=load_partners(DATA),
    )
    return Work(
        database=database,
        facts=facts,
        facts_dir=DATA,
        book=book,
        sending=Sending(clock=clock, chance=chance, development=True),
        texting=Texting(offices=offices, book=book, gateway=FileSms(sms), clock=clock, chance=chance, code_key=b"key"),
        clock=clock,
    )


@contextmanager
def opened(url: str, schema: str) -> Iterator[Database]:
    settings = Settings(_env_file=None, database_url=url, schema_name=schema, facts_dir=DATA)  # type: ignore[call-arg]
    with open_database(settings) as database:
        yield database


if __name__ == "__main__":
    with opened(sys.argv[1], sys.argv[2]) as database:
        run_always(work(database, Path(sys.argv[3]), SystemRandom()), concurrency=2)
