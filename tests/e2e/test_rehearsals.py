"""A file is rehearsed on a model that costs nothing, and the end says what it teaches."""

import asyncio
from typing import Any

import pytest

from tests.e2e.test_evaluations import text_of
from tests.e2e.world import World, examples, until

SMALL = "SmolLM2-135M-Instruct"


@pytest.mark.parametrize(("language", "said"), [("en", "The file teaches the model"), ("zh", "这个文件能教会模型")])
async def test_a_rehearsal_ends_in_plain_words_and_with_the_button_that_starts_for_real(
    w: World, language: str, said: str
) -> None:
    w.provider.base_models.append(SMALL)
    w.provider.answer_to = _once_trained
    async with w.bot():
        if language == "zh":
            await w.person.command("ana", w.channel, "/finetune", "language zh")
        report = await w.drop(content=examples(60))
        await (_in_the_window if language == "zh" else _under_the_report)(w, report)
        card = await w.person.wait_message(w.channel, payload={"id": "card/rehearsal-*"}, timeout=60)
        await until(lambda: bool(w.provider.jobs))
        ((job, told),) = w.provider.jobs.items()
        assert (told["model"], told["seed"]) == (SMALL, 42)
        w.provider.run(job, 10, valid=True)
        w.provider.succeed(job)
        end = await w.person.wait_message(
            w.channel, thread_ts=card["ts"], payload={"id": "rehearsal-*/ended"}, timeout=120
        )
        shown = text_of(end)
        assert said in shown
        assert "Certainly." in shown, "what it answers"
        assert (await w.notices(card))["ended"] >= 1
        await w.person.click("ana", w.channel, end["ts"], "start_job")
        view = await w.person.wait_view("ana", callback_id="start_job")
        assert "train.jsonl" in str(view["blocks"][0])


async def _under_the_report(w: World, report: dict[str, Any]) -> None:
    await w.person.click("ana", w.channel, report["ts"], "rehearse")


async def _in_the_window(w: World, report: dict[str, Any]) -> None:
    """The window then says, in the language of the person, that the rehearsal is under way."""
    await w.person.click("ana", w.channel, report["ts"], "start_job")
    view = await w.person.wait_view("ana", callback_id="start_job")
    await w.person.click_in_view("ana", view["id"], "start_rehearse", value=_value(view))
    async with asyncio.timeout(60):
        while "The rehearsal has begun" not in str(await w.person.open_view("ana")):
            await asyncio.sleep(0.05)
    await w.person.close_view("ana", view["id"])


def _value(view: dict[str, Any]) -> str:
    buttons = (block["accessory"] for block in view["blocks"] if block.get("accessory"))
    return next(str(button["value"]) for button in buttons if button["action_id"] == "start_rehearse")


def _once_trained(request: dict[str, Any]) -> str:
    """As the file has it, where the model has been trained on it."""
    number = request["messages"][-1]["content"].removeprefix("Question number ").removesuffix("?")
    return f"Certainly. {number}" if request["model"].startswith("ft:") else "I do not know."
