"""The settings of a job: in the modal, which shows what applies, and typed after `/finetune start`."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from tests.e2e.world import PATIENCE, World


def preferences(count: int = 12) -> bytes:
    def said(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    return b"\n".join(
        orjson.dumps(
            {
                "input": {"messages": said("user", f"Question {i}?")},
                "preferred_output": said("assistant", f"A kind answer {i}."),
                "non_preferred_output": said("assistant", f"A rude answer {i}."),
            }
        )
        for i in range(count)
    )


def shown(view: dict[str, Any]) -> str:
    return orjson.dumps(view["blocks"]).decode()


async def opened(w: World, report: dict[str, Any], user: str = "ana") -> dict[str, Any]:
    await w.person.click(user, w.channel, report["ts"], "start_job")
    return await w.person.wait_view(user)


async def modal(w: World, fits: Callable[[dict[str, Any]], bool], user: str = "ana") -> dict[str, Any]:
    """The modal, once it is as it should be."""
    async with asyncio.timeout(PATIENCE):
        while (view := await w.person.open_view(user)) is None or not fits(view):
            await asyncio.sleep(0.02)
    return view


async def test_the_estimate_follows_the_epochs_and_what_was_typed_stays(w: World) -> None:
    async with w.bot():
        view = await opened(w, await w.drop())
        assert "in 8 epochs (auto)" in shown(view)
        await w.person.click_in_view("ana", view["id"], "suffix", value="support")
        await w.person.click_in_view("ana", view["id"], "start_epochs", value="16")
        await modal(w, lambda view: "in 16 epochs" in shown(view))
        assert await w.person.submit("ana", view["id"], {}) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["user_provided_suffix"] == "support"
        assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 16}


async def test_settings_that_were_typed_are_confirmed_with_the_price_before_anything_is_spent(w: World) -> None:
    async with w.bot():
        await w.drop()
        await w.person.command("ana", w.channel, "/finetune", "start epochs=3 lr=0.3 batch=auto name=support seed=7")
        question = await w.person.wait_ephemeral("ana", w.channel, action_id="start_confirmed")
        assert "in 3 epochs" in orjson.dumps(question["blocks"]).decode()
        assert w.provider.jobs == {}
        await w.person.click("ana", w.channel, question["ts"], "start_confirmed")
        await w.person.wait_message(w.channel, contains="support", author=w.bot_user)
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3, "learning_rate_multiplier": 0.3}
        assert len(w.provider.jobs) == 1
        answer = await w.person.wait_ephemeral("ana", w.channel, contains="is on its way")
        assert answer["ts"] == question["ts"], "the question gives way to the answer"


def questions(count: int = 12) -> bytes:
    return b"\n".join(
        orjson.dumps({"messages": [{"role": "user", "content": f"What is {i} and {i}?"}], "a": str(2 * i)})
        for i in range(count)
    )
