"""Steps of workflows: what comes of one, who may run it, and that nothing is done twice."""

import asyncio
from typing import Any

from bot.store.workflow_steps import SqlStepOutputs
from sandbox.seed import BEN, GENERAL, LEADS, SUPPORT
from tests.e2e.test_changed_messages import TUNED
from tests.e2e.world import PATIENCE, World, until

TOLD = "functions.completeSuccess"


async def ran(w: World, user: str, step: str, **inputs: str) -> dict[str, Any]:
    """A step that has ended."""
    execution = await w.person.run_step(user, step, {"channel": w.channel, **inputs})
    return await w.person.wait_step(execution["id"])


async def test_a_workflow_starts_a_job_of_who_runs_it_and_ends_at_once_with_its_id_state_and_card(w: World) -> None:
    async with w.bot() as bot:
        await w.drop(user="ana")
        ended = await ran(w, "ben", "start_fine_tune", settings="epochs=3")
        assert ended["status"] == "completed", ended["error"]
        (job,) = await bot.services.jobs.latest(9)
        assert (job.requester, job.hyperparameters.n_epochs, job.origin.channel) == (BEN, 3, SUPPORT)
        card = await w.wait_card("job_cancel")
        assert ended["outputs"]["job"] == job.id
        assert ended["outputs"]["state"] == "submitting"
        assert card["ts"].replace(".", "") in ended["outputs"]["link"]


async def test_a_workflow_asks_a_model_once_and_the_answer_calls_nobody_and_is_posted_nowhere(w: World) -> None:
    w.provider.tuned.append(TUNED)
    w.provider.answer = "Ask <!channel>, or a<b."
    async with w.bot() as bot:
        before = await w.person.messages(w.channel)
        # Slack's answer is lost: nobody knows whether it took the outputs.
        await w.person.fault(TOLD, "drop")
        ended = await ran(w, "ana", "ask_model", model=TUNED, question="Whom shall I ask?")
        assert ended["outputs"] == {"answer": "Ask &lt;!channel>, or a<b.", "model": TUNED}
        await until(lambda: not bot.worker.busy)
        (event,) = await w.person.deliveries(name="function_executed")
        await w.person.redeliver(event["id"])
        await until(lambda: not bot.worker.busy)
        assert [chat["messages"][-1]["content"] for chat in w.provider.chats] == ["Whom shall I ask?"]
        assert await w.person.messages(w.channel) == before


async def test_a_question_that_was_answered_before_a_crash_is_not_asked_again(w: World) -> None:
    w.provider.tuned.append(TUNED)
    async with w.bot() as bot:
        await w.person.fault(TOLD, "timeout", 600)
        inputs = {"channel": w.channel, "model": TUNED, "question": "Who are you?"}
        execution = await w.person.run_step("ana", "ask_model", inputs)
        kept = SqlStepOutputs(bot.services.database)
        async with asyncio.timeout(PATIENCE):
            while await kept.get(f"step/{execution['id']}") is None:
                await asyncio.sleep(0.01)
    await w.person.clear_faults()
    async with w.bot() as bot:
        ended = await w.person.wait_step(execution["id"])
        assert ended["outputs"]["answer"] == w.provider.answer
        await until(lambda: not bot.worker.busy)
        assert await SqlStepOutputs(bot.services.database).get(f"step/{execution['id']}") is None
    assert len(w.provider.chats) == 1


async def test_a_step_does_only_what_its_runner_may_and_nothing_in_private_channels(w: World) -> None:
    w.provider.tuned.append(TUNED)
    await w.person.create_channel("ana", "new")
    async with w.bot(finetune_allow_guests=True) as bot:
        await w.drop()
        for user, inputs, why in (
            ("ana", {"channel": LEADS}, "public channels only"),
            ("gil", {}, "not in the channel"),
            ("sam", {"channel": GENERAL}, "people of this workspace"),
            ("ana", {"model": "gpt-nobody-has"}, "gpt-nobody-has"),
            ("ana", {"channel": "#new"}, "/invite"),
            ("ana", {"settings": "epoch=3"}, "epoch=3"),
        ):
            ended = await ran(w, user, "start_fine_tune", **inputs)
            assert ended["status"] == "failed", ended
            assert why in ended["error"], ended
        assert await bot.services.jobs.latest(9) == []
        assert "no current one" in (await ran(w, "ana", "ask_model", question="Who?"))["error"]
        assert not w.provider.chats
