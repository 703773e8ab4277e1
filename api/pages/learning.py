"""The lesson that whoever asks for a page is in, for the panel that stands on every page of practice."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import Request

from api.context import Engine
from post_logistics.operations.training.learning import Progress, look
from post_logistics.storage.errors import Unavailable

LEARNER: Final = "learner"
"""The cookie that says who learns."""


def learner_of(request: Request) -> UUID | None:
    """Who learns in this browser; None if nobody has said so."""
    try:
        return UUID(request.cookies.get(LEARNER, ""))
    except ValueError:
        return None


def lesson_of(engine: Engine, request: Request, at: datetime) -> Progress | None:
    """The lesson that they are in; None where work is real, and while nobody can be looked up."""
    learner_id = learner_of(request)
    if engine.practice is None or learner_id is None:
        return None
    try:
        with engine.practice.records.transaction() as records, engine.database.transaction() as world:
            return look(records, world, engine.practice.lessons, learner_id, at)
    except Unavailable:
        return None
