"""What there is around the pages where a world is made up: the records of the learners, and prints that say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.context import Practice
from post_logistics import printing
from post_logistics.operations.training.certificates import forget_learners
from post_logistics.operations.training.lessons import load_lessons
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.units import DHAKA

RECORDS: Final = "public"
"""The schema of the records, in the database of practice. The made-up world has a schema of its own, and is dropped."""


@contextmanager
def practising(anew: Callable[[datetime], None], settings: Settings) -> Iterator[Practice]:
    """Lessons and records, open until the server stops; who learned here long ago is forgotten."""
    lessons = load_lessons(settings.facts_dir)
    with open_database(settings.model_copy(update={"schema_name": RECORDS})) as records:
        with records.transaction() as connection:
            forget_learners(connection, settings.facts_dir, datetime.now(DHAKA))
        yield Practice(anew, records, lessons)


class MadeUp:
    """Whatever is printed for an answer says that it is made up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the application."""
        with printing.made_up():
            await self.app(scope, receive, send)
