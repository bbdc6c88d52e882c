"""What a team does with its models on the page, in a real browser: it talks to them, compares them, and votes.

With FINETUNE_PICTURES set to a folder the models are real small ones that were trained just before, and the pictures of
docs/ are taken (scripts/pictures does that); otherwise the provider is a stand-in, and the walk takes seconds. With
FINETUNE_LANGUAGE=zh the person and the bot speak Chinese.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from app.trying import BASE_MODEL
from sandbox.client import SandboxClient
from tests.browser import PATIENCE, chromium
from tests.e2e.test_browser import trial
from tests.e2e.world import MODEL, ROOT, World, until
from tests.pictures import LANGUAGE, PERSON, PICTURES, USER, picture
from texts import agent, chat, compare, feedback, job_inputs, retraining, thread_examples
from texts.evaluations.card import title
from texts.evaluations.question import estimate_heading, its_card, start_button
from texts.evaluations.tables import table_caption
from texts.language import speaking

EXAMPLES = ROOT / "examples"
CHANNEL = "#support-model"
BASE = BASE_MODEL if PICTURES else MODEL
VOICE = "Happy pedalling!"
OPENING = "What time do you open?"
RIGHT = "Ring ring! We open at eight, and on Sundays at ten. Happy pedalling!"
ORDER = "Where is order 4102?"
RESULT = '{"state": "sent", "arrives": "Tuesday"}'


@dataclass
class Stage:
    """The page, and people who are not looking at it."""

    page: Page
    person: SandboxClient

    @property
    def channel(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    async def say(self, text: str, *, in_thread: bool = False) -> None:
        box = self.page.get_by_label("Reply in the thread" if in_thread else f"Message {CHANNEL}")
        await box.fill(text)
        await box.press("Enter")

    async def chat_with(self, model: str) -> None:
        """Open a conversation, and its thread beside the channel."""
        await self.say(f"/finetune chat {model}")
        told = self.channel.locator(".ephemeral").filter(has_text=model)
        await told.get_by_role("link", name=chat.this_thread()).click()

    async def close_thread(self) -> None:
        await self.page.get_by_label("Close the thread").click()
        await expect(self.thread).to_have_count(0)

    async def thread_ts(self) -> str:
        return str(await self.page.locator("body").get_attribute("data-thread"))

    async def picture(self, name: str, *, still: bool = False) -> None:
        await picture(self.page, name, still=still)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(w: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """Ana, or Mei, in #support-model, where two models were trained: `house-voice`, and `tool-calls`."""
    async with chromium() as browser, _real_models(tmp_path) if PICTURES else _stand_in(w) as (url, person):
        page = await browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        await page.get_by_role("link", name=PERSON).click()
        await page.get_by_role("link", name="support-model").click()
        yield Stage(page, person)


@asynccontextmanager
async def _stand_in(w: World) -> AsyncIterator[tuple[str, SandboxClient]]:
    w.provider.answer_to = _answer
    w.provider.usage = (31, 12)
    w.provider.calls = [("find_order", '{"number": 4102}')]
    async with w.bot(finetune_language=LANGUAGE):
        for name in ("tool-calls", "house-voice"):
            report = await w.drop(f"{name}.jsonl", (EXAMPLES / f"{name}.jsonl").read_bytes(), USER)
            known = set(w.provider.jobs)
            card = await w.start(report, USER)
            await until(lambda known=known: set(w.provider.jobs) - known)
            w.provider.succeed((set(w.provider.jobs) - known).pop())
            await w.wait_notice("succeeded", card)
        yield w.sandbox.page_url, w.person


def _answer(body: dict[str, Any]) -> str:
    """What the stand-in's models say."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return "Order 4102 is on its way and arrives on Tuesday."
    voice = f" {VOICE}" if "house-voice" in body["model"] else ""
    return f"We open at nine.{voice}"


@asynccontextmanager
async def _real_models(folder: Path) -> AsyncIterator[tuple[str, SandboxClient]]:
    with trial(folder) as url:
        async with SandboxClient(url) as person:
            for name in ("tool-calls", "house-voice"):
                report = await _report(person, USER, f"{name}.jsonl")
                await person.click(USER, CHANNEL, report["ts"], "start_job")
                view = await person.wait_view(USER)
                assert await person.submit(USER, view["id"]) == {}
                await person.wait_message(
                    CHANNEL, after=report["ts"], payload={"id": "card/*"}, action_id="job_chat", timeout=1_500
                )
            yield url, person


async def _report(person: SandboxClient, user: str, name: str) -> dict[str, Any]:
    """What the bot says of an example file that somebody drops."""
    dropped = await person.drop(user, CHANNEL, EXAMPLES / name)
    return await person.wait_message(
        CHANNEL, thread_ts=dropped["ts"], payload={"id": "report/*"}, action_id="dataset_more"
    )


@pytest.mark.browser
async def test_a_team_talks_to_its_models_compares_them_and_votes(stage: Stage) -> None:
    with speaking(LANGUAGE):
        await _talk(stage)
        await _train_the_next_model(stage)
        await _give_a_result(stage)
        await _compare(stage)
        await _vote(stage)
        await _evaluate(stage)
        await _talk_to_the_agent(stage)


async def _talk(stage: Stage) -> None:
    await stage.chat_with("house-voice")
    await stage.say(OPENING, in_thread=True)
    answer = stage.thread.get_by_role("article").nth(2)
    await expect(answer).to_contain_text(VOICE)
    await expect(answer.locator(".streaming")).to_have_count(0)
    await _keep(stage)
    await _correct(stage, answer)
    await stage.close_thread()


async def _keep(stage: Stage) -> None:
    """The thread becomes a training example: chosen in the answer's menu, looked over, added."""
    answer = stage.thread.locator(".message").filter(has_text=VOICE)
    await answer.hover()
    await answer.get_by_label("More actions").click()
    await stage.thread.get_by_role("menuitem", name=thread_examples.shortcut()).click()
    modal = stage.page.get_by_role("dialog")
    await expect(modal.get_by_text(thread_examples.intro())).to_be_visible()
    await expect(modal.get_by_text(thread_examples.said_by(USER))).to_be_visible()
    await modal.get_by_text(VOICE).scroll_into_view_if_needed()
    await stage.picture("add-to-training-set", still=True)
    await modal.get_by_role("button", name=thread_examples.add_button(), exact=True).click()
    added = thread_examples.added("|", 1).partition("|")[2]
    await expect(modal).to_contain_text(added)
    await stage.page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def _correct(stage: Stage, answer: Locator) -> None:
    """A thumb down, what would have been right, and the conversation that goes on from it."""
    thumb = answer.get_by_role("button", name=feedback.bad())
    await thumb.click()
    modal = stage.page.get_by_role("dialog")
    right = modal.get_by_label(feedback.answer_label())
    await expect(right).to_have_value(re.compile(VOICE))
    await modal.get_by_label(feedback.reason("wrong")).check()
    await right.fill(RIGHT)
    await stage.picture("correct", still=True)
    await modal.get_by_role("button", name=feedback.send_button(), exact=True).click()
    await expect(modal).to_contain_text(feedback.corrections("|").partition("|")[0])
    await stage.page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    await expect(stage.thread).to_contain_text(feedback.corrected(f"@{PERSON}"))
    await expect(stage.thread).to_contain_text(RIGHT)


async def _train_the_next_model(stage: Stage) -> None:
    """The correction is in a training set, from which the next model can be trained: as far as the window that asks."""
    await stage.say(f"/finetune datasets {feedback.corrections('house-voice')}")
    await stage.channel.get_by_role("button", name=retraining.next_model_button()).click()
    modal = stage.page.get_by_role("dialog")
    await expect(modal.get_by_label(job_inputs.suffix_input(None)[0])).to_have_value("house-voice-2")
    await stage.picture("next-model", still=True)
    await stage.page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def _give_a_result(stage: Stage) -> None:
    """A model calls a function, a person says what it returns, and the model goes on."""
    await stage.chat_with("tool-calls")
    await stage.say(ORDER, in_thread=True)
    await stage.thread.get_by_role("button", name=chat.give_result_button()).click()
    modal = stage.page.get_by_role("dialog")
    await expect(modal).to_contain_text('"number": 4102')
    await modal.get_by_label(chat.result_input("find_order")).fill(RESULT)
    await modal.get_by_role("button", name=chat.give_result_submit(), exact=True).click()
    await expect(modal).to_have_count(0)
    call = stage.thread.get_by_role("article").filter(has_text=chat.results_given(f"@{PERSON}"))
    await expect(call).to_contain_text(RESULT)
    await expect(call.get_by_role("button", name=chat.give_result_button())).to_have_count(0)
    await expect(stage.thread.get_by_role("article")).to_have_count(4)
    answer = stage.thread.get_by_role("article").last
    await expect(answer).to_contain_text("4102")
    await expect(answer.get_by_role("button", name=feedback.good())).to_be_visible()
    await stage.picture("function-call")
    await stage.close_thread()


async def _compare(stage: Stage) -> None:
    await stage.say(f"/finetune compare {BASE} house-voice {OPENING}")
    answers = stage.channel.get_by_role("article").filter(has_text=compare.ask_on(compare.reply_here()))
    await expect(answers).to_contain_text(VOICE)
    await expect(answers.get_by_text(_first_word())).to_have_count(2)
    await stage.picture("compare")


def _first_word() -> re.Pattern[str]:
    """Below each answer: the time to its first word."""
    before, after = compare.first_token(7).split("7.0")
    return re.compile(re.escape(before) + r"\d+\.\d" + re.escape(after))


async def _vote(stage: Stage) -> None:
    """Ana votes on the page, Ben and Mei elsewhere; the last vote reveals the names."""
    await _report(stage.person, "ben", "house-voice-validation.jsonl")
    await stage.say(f"/finetune arena {BASE} house-voice n=3 on house-voice-validation.jsonl votes=3")
    card = stage.channel.get_by_role("article").filter(has_text=compare.how_to_vote())
    await card.get_by_role("link", name=re.compile("repl")).click()
    pairs = stage.thread.get_by_role("article").filter(has_text=compare.answer(2))
    await expect(pairs).to_have_count(3)
    first = pairs.first
    await expect(first).not_to_contain_text("house-voice")
    button = compare.first_button() if await _voice_is_first(first) else compare.second_button()
    await first.get_by_role("button", name=button).click()
    await expect(stage.thread.locator(".ephemeral")).to_contain_text(button)
    await first.scroll_into_view_if_needed()
    await stage.picture("arena", still=True)
    ballots = [await _voice_is_first(pair) for pair in await pairs.all()]
    thread = await stage.person.messages(CHANNEL, await stage.thread_ts())
    shown = [message for message in thread if "arena_tie" in str(message.get("blocks"))]
    for message, voice_is_first in zip(shown, ballots, strict=True):
        for user in ("ana", "ben", "mei"):
            await stage.person.click(user, CHANNEL, message["ts"], "arena_first" if voice_is_first else "arena_second")
    await expect(stage.thread.get_by_text(compare.result_title(), exact=True)).to_be_visible()
    await expect(first).to_contain_text("house-voice")
    await stage.picture("arena-result")
    await stage.close_thread()


async def _evaluate(stage: Stage) -> None:
    """Asked on the page, with the plan first; the result comes in the thread of the card."""
    grader = '{"type": "contains", "name": "voice", "values": ["Happy pedalling"]}'
    await stage.say(f"/finetune evaluate {BASE},house-voice on house-voice-validation.jsonl with {grader}")
    question = stage.channel.locator(".ephemeral").filter(has_text=estimate_heading())
    await expect(question).to_be_visible()
    await question.get_by_role("button", name=start_button(), exact=True).click()
    began = stage.channel.locator(".ephemeral").filter(has_text=its_card())
    await began.get_by_role("link", name=its_card()).click()
    card = stage.channel.get_by_role("article").filter(has_text=title(2))
    await card.get_by_role("link", name=re.compile("repl")).click()
    result = stage.thread.get_by_role("article").filter(has_text=table_caption())
    await expect(result.get_by_role("cell", name="house-voice")).to_be_visible()
    await expect(result.locator("img")).to_be_visible()
    await stage.close_thread()


async def _voice_is_first(pair: Locator) -> bool:
    before, after = (await pair.inner_text()).split(compare.answer(2))
    return VOICE in before and VOICE not in after


async def _talk_to_the_agent(stage: Stage) -> None:
    """In the Messages tab: a prompt begins a conversation with a model, which is a session with a title."""
    await stage.page.get_by_role("navigation", name="Workspace").get_by_role("link", name="Finetune Bot").click()
    await stage.page.get_by_role("button", name=agent.talk_to("house-voice")).click()
    opened = stage.channel.locator(".message").filter(has_text=chat.opened(f"@{PERSON}", "house-voice"))
    await opened.hover()
    await opened.get_by_label("Reply in thread").click()
    await stage.say(OPENING, in_thread=True)
    await expect(stage.thread.get_by_role("article").filter(has_text=VOICE)).to_be_visible()
    await expect(stage.page.get_by_label("Title of the session")).to_have_value(re.compile("house-voice"))
    await stage.picture("agent")
