"""`finetune-bot try` as a new user meets it: in a real browser, with real processes, from a file to a chat.

With FINETUNE_PICTURES set to a folder the real small model is trained and the pictures of docs/ are taken
(scripts/pictures does that); otherwise a tiny random model goes the same way in seconds. With FINETUNE_LANGUAGE=zh the
person and the bot speak Chinese; the page's own words stay English.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.trying import BASE_MODEL, Trial
from tests.browser import chromium
from tests.pictures import LANGUAGE, PERSON, PICTURES, picture
from tests.ports import free_port
from tests.tiny_model import MODEL_ID, build_tiny_model
from texts import chat, job_inputs, jobs, notices, start
from texts.datasets import report
from texts.errors.job_requests import not_whole_number
from texts.language import speaking

TRAINING_MS = 900_000 if PICTURES else 300_000


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
            page = await browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
            await page.goto(url)
            yield page


@pytest.mark.browser
async def test_a_new_user_drops_a_sample_trains_a_model_and_talks_to_it(page: Page) -> None:
    with speaking(LANGUAGE):
        await _walk(page)


async def _walk(page: Page) -> None:
    await page.get_by_role("link", name=PERSON).click()
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
    await expect(thread.get_by_text(report.ready("house-voice.jsonl"))).to_be_visible()
    await picture(page, "report")

    # Start, with a mistake first: the modal says so under the field and stays open.
    await thread.get_by_role("button", name=report.start_button()).click()
    modal = page.get_by_role("dialog")
    name, epochs = job_inputs.suffix_input(None)[0], job_inputs.epochs_input(None)[0]
    await modal.get_by_label(name).fill("bike-shop")
    await modal.get_by_label(epochs).fill("many")
    await modal.get_by_role("button", name=start.start_button(), exact=True).click()
    await expect(modal.get_by_text(not_whole_number("epochs", 1, 50), exact=True)).to_be_visible()
    await picture(page, "settings")
    await modal.get_by_label(epochs).fill("auto")
    await modal.get_by_role("button", name=start.start_button(), exact=True).click()
    await expect(modal).to_have_count(0)

    # Watch it train: a progress bar and a chart on the card.
    channel = page.get_by_role("main")
    card = channel.get_by_role("article").filter(has_text=jobs.started_by(f"@{PERSON}"))
    await expect(card.get_by_text(str(jobs.state("running")))).to_be_visible()
    await expect(card.locator("img")).to_be_visible(timeout=TRAINING_MS)
    await thread.get_by_role("link", name=notices.its_own_thread()).click()
    if PICTURES:
        half = "▰" * 10
        await expect(card.get_by_text(half)).to_be_visible(timeout=TRAINING_MS)
    await picture(page, "training")

    # Be told that it is done, and talk to it. The card's chart comes up to the last step, as in the thread.
    ready = thread.get_by_role("article").filter(has_text=notices.ready(f"@{PERSON}", "bike-shop"))
    await expect(ready).to_be_visible(timeout=TRAINING_MS)
    whole = await ready.locator("img").get_attribute("alt")
    await expect(card.locator("img")).to_have_attribute("alt", str(whole))
    button = ready.get_by_role("button", name=jobs.chat_button())
    await button.scroll_into_view_if_needed()
    await picture(page, "ready")
    await button.click()
    opened = chat.opened(f"@{PERSON}", "bike-shop")
    await expect(channel.get_by_text(opened)).to_be_visible()
    await thread.get_by_role("link", name=chat.this_thread()).click()
    await expect(thread.get_by_text(opened)).to_be_visible()
    reply = page.get_by_label("Reply in the thread")
    await reply.fill("What time do you open?")
    await reply.press("Enter")
    answer = thread.get_by_role("article").nth(2)
    await expect(answer).to_be_visible()
    await expect(answer.locator(".streaming")).to_have_count(0)
    if PICTURES:
        await expect(answer).to_contain_text("Happy pedalling!")
        await picture(page, "chat")
        await page.emulate_media(color_scheme="dark")
        await picture(page, "chat-dark")
