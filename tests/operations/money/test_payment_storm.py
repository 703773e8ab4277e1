"""Callbacks in any order, three times each, from four gateways that fail: what was paid is posted, once."""

from datetime import timedelta
from typing import Any

from post_logistics.operations.facts import Facts
from post_logistics.storage.database import open_scratch
from tests.operations.conftest import Story
from tests.operations.money.storm import storm


def test_three_hundred_callbacks_post_what_was_paid_and_nothing_else(settings: Any, facts: Facts, morning: Any) -> None:
    with open_scratch(settings.model_copy(update={"schema_name": "storm"})) as database:
        with database.transaction() as connection:
            story = Story(connection, morning)
            items = story.book(*[100_000] * 100)
        found = storm(database, settings, facts, items, story.at + timedelta(hours=1), seed=9, faults=3)
    assert found.wrong == [], found
    assert (found.payments, found.calls) == (100, 300)
