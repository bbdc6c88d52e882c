"""Each command alone and each page of Home in a picture of its own, to look the whole product through: taken where
FINETUNE_PICTURES names a folder (scripts/surfaces)."""

from typing import Any

import pytest
from playwright.async_api import Page

from app.run import Bot
from handlers.commands import COMMANDS
from handlers.home import blocks
from tests.e2e.world import World, examples, until
from tests.moving import made_before
from tests.pictures import LANGUAGE, PICTURES, USER, looking, message, picture_of

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")


async def test_each_command_and_each_page_of_home_in_a_picture(w: World) -> None:
    await made_before(w, ("support", "tickets", "house-voice", "mails"))
    w.provider.shutdown_dates = dict.fromkeys(w.provider.tuned, "2027-01-14")
    async with w.bot(finetune_language=LANGUAGE) as bot:
        await w.drop("replies.jsonl", examples(40), USER)
        await w.person.command(USER, w.channel, "/finetune", "start replies.jsonl suffix=replies confirm=yes")
        w.provider.run(await w.job_at_provider(), 4)
        await w.settled(bot)
        async with looking(w.sandbox.page_url, width=1100, height=1400) as page:
            for command in COMMANDS:
                await _picture_of(w, bot, page, command.name)
        async with looking(w.sandbox.page_url, width=1100, height=1400) as page:
            await _home(w, page)


async def _picture_of(w: World, bot: Bot, page: Page, command: str) -> None:
    """Of the modal that it opens, or of what it answers."""
    before = await _told(w)
    await w.person.command(USER, w.channel, "/finetune", command)
    await until(lambda: not bot.worker.busy)
    if (view := await w.person.open_view(USER)) is not None:
        await picture_of(page.get_by_role("dialog"), f"command-{command}")
        await w.person.close_view(USER, view["id"])
    elif new := [one for one in await _told(w) if one not in before]:
        await picture_of(await message(page, new[-1]), f"command-{command}")
    else:
        raise AssertionError(f"nothing is to be seen of {command}")


async def _told(w: World) -> list[dict[str, Any]]:
    """What the person reads, what they alone see last."""
    return [*await w.person.messages(w.channel), *await w.person.ephemerals(USER)]


async def _home(w: World, page: Page) -> None:
    await page.get_by_role("link", name="Finetune Bot").click()
    await page.get_by_role("link", name="Home").click()
    view = await w.person.wait_home(USER, timeout=60)
    for tab in (blocks.JOBS, blocks.MODELS, blocks.DATA, blocks.SPENDING, blocks.MY_SETTINGS):
        await w.person.click_in_view(USER, view["id"], tab)
        await page.wait_for_timeout(1000)
        await picture_of(page.locator("#home"), tab.replace("_", "-"))
