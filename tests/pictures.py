"""Pictures of docs/: taken where FINETUNE_PICTURES names a folder (scripts/pictures).

With FINETUNE_LANGUAGE=zh the person and the bot speak Chinese; the page's own words stay English.
"""

import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.browser import chromium
from texts.language import Language

PICTURES: Final = os.environ.get("FINETUNE_PICTURES")
LANGUAGE: Final = Language(os.environ.get("FINETUNE_LANGUAGE") or Language.ENGLISH)
IN_CHINESE: Final = LANGUAGE is Language.CHINESE
USER, PERSON = {Language.ENGLISH: ("ana", "Ana Reed"), Language.CHINESE: ("mei", "Mei Lin")}[LANGUAGE]

_FLOATING: Final = ".newest, .tools { display: none !important }"
"""What stands over messages and belongs to none."""


async def picture(page: Page, name: str, *, still: bool = False) -> None:
    """Of the whole window. `still`: as it is, not scrolled to the newest messages."""
    if PICTURES:
        if not still:
            await page.evaluate("document.querySelectorAll('.newest').forEach(button => button.click())")
        await page.wait_for_timeout(400)
        _keep(await page.screenshot(), name)


async def picture_of(shown: Locator, name: str) -> None:
    """Of a message or a window alone."""
    await expect(shown).to_be_visible()
    await shown.scroll_into_view_if_needed()
    await shown.page.mouse.move(0, 0)
    await shown.page.wait_for_timeout(400)
    _keep(await shown.screenshot(style=_FLOATING), name)


@asynccontextmanager
async def looking(url: str, *, width: int = 1280, height: int = 2400) -> AsyncIterator[Page]:
    """The channel #support-model, as the person sees it; high enough for a long message."""
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        await page.goto(url)
        await page.get_by_role("link", name=PERSON).click()
        await page.get_by_role("link", name="support-model", exact=True).click()
        yield page


async def message(page: Page, posted: dict[str, Any]) -> Locator:
    """On the page; its thread is opened where it stands in one."""
    ts, root = posted["ts"], posted.get("thread_ts")
    if root in (None, ts):
        return page.locator(f"#m-{_id(ts)}")
    if await page.locator("body").get_attribute("data-thread") != root:
        await page.locator(f"#m-{_id(root)}-replies").click()
    return page.locator(f"#t-{_id(ts)}")


def _id(ts: str) -> str:
    return ts.replace(".", "-")


def _keep(png: bytes, name: str) -> None:
    """In 256 colours: a third of the size, and nobody sees it."""
    taken = Image.open(io.BytesIO(png)).convert("RGB")
    taken.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(Path(str(PICTURES)) / f"{name}.png", optimize=True)
