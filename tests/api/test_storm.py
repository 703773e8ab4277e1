"""Many keys, each sent many times at once: one consignment each, equal answers, and never an error of ours."""

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from sqlalchemy import text

from tests.api.client import Api, order

AT_ONCE: Final = 32
KEYS: Final = 12
SOAKED: Final = int(os.environ.get("POST_LOGISTICS_STORM_KEYS", "10000"))


def storm(api: Api, keys: int) -> None:
    """Every key so many times at once, and whatever that may not bring about."""
    shop = api.shop()
    bodies: dict[str, set[bytes]] = defaultdict(set)
    fresh: dict[str, int] = defaultdict(int)

    def send(key: str) -> None:
        headers = {"Idempotency-Key": key}
        while (answer := api.post("/v1/consignments", order(key), merchant=shop, headers=headers)).status_code == 503:
            assert answer.headers["Retry-After"] and "too many requests" in answer.text, answer.text
        assert answer.status_code == 201, answer.text
        bodies[key].add(answer.content)
        fresh[key] += "idempotent-replayed" not in answer.headers

    with ThreadPoolExecutor(AT_ONCE) as many:
        for n in range(keys):
            list(many.map(send, [f"K-{n}"] * AT_ONCE))
    assert len(bodies) == keys
    assert all(len(answers) == 1 for answers in bodies.values())
    assert set(fresh.values()) == {1}
    with api.engine.database.transaction() as connection:
        stored = connection.execute(text("select count(*) from consignments where merchant_id = :shop"), {"shop": shop})
        assert stored.scalar_one() == keys


def test_every_key_books_once_however_often_it_comes_at_once(api: Api) -> None:
    storm(api, KEYS)


@pytest.mark.soak
def test_ten_thousand_keys_book_once_each(api: Api) -> None:
    storm(api, SOAKED)
