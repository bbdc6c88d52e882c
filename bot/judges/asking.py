"""Asking about many things side by side."""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_AT_ONCE: Final = 16


async def each(work: Sequence[Coroutine[None, None, T]]) -> list[T]:
    """What each gives, some at a time; the first failure ends all, and is raised."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(waiting: Awaitable[T]) -> T:
        async with room:
            return await waiting

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(waiting)) for waiting in work]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
