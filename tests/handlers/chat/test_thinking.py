"""The sign that a model thinks."""

import asyncio

from handlers.chat.thinking import ThinkingStatus


async def test_nothing_waits_for_the_sign_but_the_first_words_for_one_that_is_on_its_way() -> None:
    carried_out, calls = asyncio.Event(), []

    async def show() -> None:
        calls.append("asked")
        await carried_out.wait()
        calls.append("shown")

    status = ThinkingStatus(show)
    status.begin()
    await asyncio.sleep(0)
    assert calls == ["asked"]
    words = asyncio.create_task(status.end())
    await asyncio.sleep(0)
    assert not words.done()
    carried_out.set()
    await words
    assert calls == ["asked", "shown"]


async def test_a_sign_that_hangs_holds_up_the_words_for_a_moment_only() -> None:
    status = ThinkingStatus(asyncio.Event().wait)  # type: ignore[arg-type]
    status.begin()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await status.end()


async def test_after_the_words_no_sign_is_shown() -> None:
    calls = []

    async def show() -> None:
        calls.append("shown")

    status = ThinkingStatus(show)
    status.begin()
    await status.end()
    assert calls == []
    silent = ThinkingStatus(None)
    silent.begin()
    await silent.end()
