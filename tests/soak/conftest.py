"""What the long tests share."""

import pytest

from post_logistics.operations.facts import Facts, load_facts
from post_logistics.settings import Settings


@pytest.fixture(scope="session")
def facts(settings: Settings) -> Facts:
    return load_facts(settings)
