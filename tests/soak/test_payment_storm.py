"""Ten thousand payments at four gateways, each called about three times, shuffled: no posting is wrong or double."""

from datetime import timedelta
from typing import Any

import pytest

from post_logistics.operations.facts import Facts
from post_logistics.storage.database import open_scratch
from tests.operations.conftest import Story
from tests.operations.money.storm import storm

pytestmark = pytest.mark.soak
PAYMENTS = 10_000


def test_ten_thousand_payments_and_thirty_thousand_callbacks(settings: Any, facts: Facts, morning: Any) -> None:
    with open_scratch(settings.model_copy(update={"schema_name": "big_storm"})) as database:
        with database.transaction() as connection:
            story = Story(connection, morning)
            items = story.book(*[100_000] * PAYMENTS)
        found = storm(database, settings, facts, items, story.at + timedelta(hours=1), seed=9, faults=100)
    print(found)
    assert found.wrong == [], found
