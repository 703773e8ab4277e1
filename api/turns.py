"""Whose turn it is: a few requests work in the database at once, others wait, and not too many.

Whoever would wait too long is told so at once, most of them by ``door.Door``.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import HTTPException

from post_logistics.storage.database import POOL_SIZE

AT_ONCE: Final = POOL_SIZE - 2
"""Fewer than there are connections. A request holds its own while it waits for a thread; were they all held so, and all
threads waiting for a connection, nobody would go on."""
WAITING: Final = 100
"""What waits longer than these would be answered to somebody who has given up."""
CROWDED: Final = "too many requests at once"


class Turns:
    """Hands out turns in the order in which they are asked for."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = waiting
        self._waiting = 0

    @property
    def crowded(self) -> bool:
        """Whether as many wait as may."""
        return self._waiting >= self._most

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """It is somebody's turn until the block ends. 503, at once, where too many wait already."""
        if self.crowded:
            raise HTTPException(503, CROWDED)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
