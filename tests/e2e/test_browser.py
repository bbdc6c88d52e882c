"""`finetune-bot try` as a new user meets it: in a real browser, with real processes, from a file to a chat.

With FINETUNE_PICTURES set to a folder the real small model is trained and the README's pictures are taken
(scripts/pictures does that); otherwise a tiny random model goes the same way in seconds.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from browser import chromium
from playwright.async_api import Page, expect
from ports import free_port
from tiny_model import MODEL_ID, build_tiny_model

from app.trying import BASE_MODEL, Trial

PICTURES = os.environ.get("FINETUNE_PICTURES")
TRAINING_MS = 900_000 if PICTURES else 60_000


@contextmanager
def trial(folder: Path) -> Iterator[str]:
    """Everything that `finetune-bot try` starts; the address of the page."""
    environment = {} if PICTURES else {"TRAINER_BASE_MODELS": str(build_tiny_model(folder / "model"))}
    made = Trial(
        folder / "try",
        port=free_port(),
        base_model=BASE_MODEL if PICTURES else MODEL_ID,
        trainer_environment=environment,
    )
    made.prepare(reset=False)
    with made.started() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium() as browser:
        with trial(tmp_path) as url:
            scheme = "light"
            page = await browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
            await page.goto(url)
            yield page


@pytest.mark.browser
async def test_a_new_user_drops_a_sample_trains_a_model_and_talks_to_it(page: Page) -> None:
    await page.get_by_role("link", name="support-model").click()
    await expect(page.get_by_label("Message #support-model")).to_be_visible()

    # Drop a sample file, and read its report in the thread.
    await page.locator("summary", has_text="Sample files").click()
    offered = page.locator(".samples button")
    await expect(offered.first).to_contain_text("house-voice.jsonl")
    await expect(offered.first).to_contain_text("Begin with this one.")
    await expect(page.locator(".samples button[value='questions.csv']")).to_contain_text("to be converted")
    await offered.first.click()
    await page.get_by_text("1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_text("is ready for training")).to_be_visible(timeout=20_000)
    await _picture(page, "report")

    # Start, with a mistake first: the window says so under the field and stays open.
    await thread.get_by_role("button", name="Start fine-tuning").click()
    window = page.get_by_role("dialog")
    await window.get_by_label("Name of the new model").fill("bike-shop")
    await window.get_by_label("Epochs").fill("many")
    await window.get_by_role("button", name="Start", exact=True).click()
    await expect(window.get_by_text("1 to 50")).not_to_have_count(0)
    await expect(window).to_be_visible()
    await _picture(page, "settings")
    await window.get_by_label("Epochs").fill("auto")
    await window.get_by_role("button", name="Start", exact=True).click()
    await expect(window).to_have_count(0)

    # Watch it train: a progress bar and a chart on the card.
    channel = page.get_by_role("main")
    await expect(channel.get_by_text("Training").first).to_be_visible(timeout=60_000)
    await expect(channel.get_by_alt_text("Line chart").first).to_be_visible(timeout=TRAINING_MS)
    await thread.get_by_role("link", name="its own thread").click()
    card = channel.get_by_role("article").filter(has_text="Started by")
    if PICTURES:
        await expect(card.get_by_text("epoch 5")).to_be_visible(timeout=TRAINING_MS)
    await _picture(page, "training")

    # Be told that it is done, and talk to it.
    await expect(thread.get_by_text("Your model is ready")).to_be_visible(timeout=TRAINING_MS)
    chat = thread.get_by_role("button", name="Chat").last
    await chat.scroll_into_view_if_needed()
    await _picture(page, "ready")
    await chat.click()
    await expect(channel.get_by_text("This thread talks to")).to_be_visible(timeout=20_000)
    await thread.get_by_role("link", name="in this thread").click()
    await expect(thread.get_by_text("This thread talks to")).to_be_visible()
    reply = page.get_by_label("Reply in the thread")
    await reply.fill("What time do you open?")
    await reply.press("Enter")
    answer = thread.get_by_role("article").nth(2)
    await expect(answer).to_be_visible(timeout=60_000)
    await expect(answer.locator(".streaming")).to_have_count(0, timeout=60_000)
    if PICTURES:
        await expect(answer).to_contain_text("Happy pedalling!", timeout=30_000)
        await _picture(page, "chat")
        await page.emulate_media(color_scheme="dark")
        await _picture(page, "chat-dark")


async def _picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")
