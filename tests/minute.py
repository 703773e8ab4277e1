"""A minute of the worker, for tests in which somebody is to hear of it; and a line that waits for nobody long."""

from random import Random
from uuid import UUID

from post_logistics.channels.calling import Line
from post_logistics.channels.destinations import Destination
from post_logistics.channels.messages import load_messages
from post_logistics.operations.documents.advising import advise
from post_logistics.operations.faces.confirmations import confirm_deliveries, signer
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Sending, send_webhooks
from tests.api.client import Api


def impatient(to: Destination) -> Line:
    """A line that waits for an answer a moment only."""
    return Line(to, deadline_s=0.4, read_bytes=2**20)


def tell(api: Api, endpoint: UUID) -> int:
    """Passes on the news and the advices of deliveries; how many messages that endpoint took."""
    engine, at = api.engine, api.at
    with engine.database.transaction() as connection:
        relay(connection, engine.facts.offices, load_messages(engine.facts.facts_dir), at)
        confirm_deliveries(connection, signer(engine.facts.advice_key), at)
        advise(connection, engine.facts.proof_rules, signer(engine.facts.advice_key), at)
    sending = Sending(clock=lambda: api.at, chance=Random(1), development=True, dial=impatient)
    return send_webhooks(engine.database, endpoint, sending)
