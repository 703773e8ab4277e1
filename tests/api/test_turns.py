"""However many ask at once, somebody's work goes on; and whoever would wait too long is told so at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import HTTPException

from api.turns import AT_ONCE, WAITING, Turns
from post_logistics.storage.database import POOL_SIZE
from tests.api.client import Api


def test_no_more_than_so_many_have_a_turn_at_once_and_all_get_theirs() -> None:
    async def many() -> tuple[int, list[int]]:
        turns, inside, most, done = Turns(at_once=3), 0, 0, []

        async def one(number: int) -> None:
            nonlocal inside, most
            async with turns.take():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                done.append(number)

        await asyncio.gather(*(one(number) for number in range(50)))
        return most, done

    most, done = asyncio.run(many())
    assert most == 3
    assert done == list(range(50))  # nobody is overtaken


def test_one_too_many_is_told_at_once_to_come_again() -> None:
    async def crowded() -> None:
        turns, go = Turns(at_once=1, waiting=2), asyncio.Event()

        async def one() -> None:
            async with turns.take():
                await go.wait()

        held = [asyncio.create_task(one()) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPException) as told:
            async with turns.take():
                pass
        assert told.value.status_code == 503
        go.set()
        await asyncio.gather(*held)
        async with turns.take():
            pass

    asyncio.run(crowded())


def test_whoever_gives_up_waiting_or_fails_takes_no_turn_away() -> None:
    async def impatient() -> None:
        turns = Turns(at_once=1, waiting=1)
        for _ in range(3):
            async with turns.take():
                waiting = asyncio.create_task(turns.take().__aenter__())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            with pytest.raises(ZeroDivisionError):
                async with turns.take():
                    raise ZeroDivisionError
        async with turns.take():
            pass

    asyncio.run(impatient())


def test_there_are_connections_left_for_those_without_a_turn() -> None:
    assert 0 < AT_ONCE < POOL_SIZE < WAITING


def test_more_requests_than_threads_do_not_stand_in_each_others_way(api: Api) -> None:
    """Each holds a connection while it waits for a thread: with one for every turn they would wait for ever."""
    shop = api.shop()
    with ThreadPoolExecutor(80) as many:
        answers = list(many.map(lambda n: api.book(shop, f"R-{n}"), range(80)))
    assert {answer.status_code for answer in answers} == {201}
