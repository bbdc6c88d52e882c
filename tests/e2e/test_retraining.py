"""From corrections to the next model, and to its arena against the one before it."""

import asyncio
import sys
from typing import Any

import msgspec
import orjson
import pytest

from app.run import Bot
from bot.audit import Entry
from bot.collections.collection import Collection, Example
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.store.collections import SqlCollectionStore
from bot.store.schedules import SqlScheduleStore
from handlers.scheduled_training.listeners import ScheduledTrainingListeners
from sandbox.seed import ANA
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.test_settings import modal, shown
from tests.e2e.world import MODEL, World, examples, until

PARENT, CHILD = f"ft:{MODEL}:acme:voice:abc11111", f"ft:{MODEL}:acme:voice-2:abc22222"
RIGHT = ["We close at six.", "We open at nine."]


async def corrected(w: World, thread_ts: str, right: str) -> None:
    """Ben asks the model of the thread, and says what would have been right."""
    asked = await w.person.say("ben", w.channel, "When?", thread_ts=thread_ts)
    answer = await w.person.wait_message(
        w.channel, thread_ts=thread_ts, action_id="answer_feedback", after=asked["ts"], author=w.bot_user, timeout=60
    )
    await w.person.click("ben", w.channel, answer["ts"], "answer_feedback", value="Bad answer")
    view = await w.person.wait_view("ben", 60, callback_id="answer_correct")
    await w.submit(view, "Corrections of", "ben", **{"text/0": right})


def messages_in(file: bytes) -> list[str]:
    return [orjson.loads(line)["messages"][-1]["content"] for line in file.splitlines()]


async def test_corrections_become_the_next_model_which_meets_its_parent(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop(), suffix="voice")
        first = await w.job_at_provider()
        w.provider.run(first, steps=2)
        parent = w.provider.succeed(first)
        ended = await w.wait_card("job_chat")
        assert "next_model_arena" not in str(ended["blocks"]), "its base model is no parent"
        await w.person.command("ben", w.channel, "/finetune", f"chat {parent}")
        chat = await w.wait_chat()
        for right in RIGHT:
            await corrected(w, chat["ts"], right)

        await w.person.command("ana", w.channel, "/finetune", "datasets Corrections")
        shown_set = await w.person.wait_ephemeral("ana", w.channel, "Corrections of voice", timeout=60)
        await w.person.click("ana", w.channel, shown_set["ts"], "next_model")
        view = await modal(w, lambda view: "suffix" in str(view))
        assert parent in shown(view)
        assert await w.person.submit("ana", view["id"], {}) == {}
        await until(lambda: len(w.provider.jobs) == 2)
        second = await w.job_at_provider()
        job = w.provider.jobs[second]
        assert (job["model"], job["user_provided_suffix"]) == (parent, "voice-2")
        _, content = w.provider.files[job["training_file"]]
        assert sorted(messages_in(content)) == sorted([*messages_in(examples(12)), *RIGHT])

        w.provider.run(second, steps=2)
        child = w.provider.succeed(second)
        offered = await w.person.wait_message(w.channel, contains="voice-2", action_id="next_model_arena", timeout=60)
        for user in ("ana", "ben"):
            await w.person.click(user, w.channel, offered["ts"], "next_model_arena")
            await w.person.wait_ephemeral(user, w.channel, contains="in this message", timeout=60)
        card = await w.person.wait_message(w.channel, action_id="arena_reveal", timeout=60)
        await w.settled(bot)
        cards = [one for one in await w.person.messages(w.channel) if "arena_reveal" in str(one.get("blocks"))]
        assert [one["ts"] for one in cards] == [card["ts"]], "once, whoever presses"
        assert {chat["model"] for chat in w.provider.chats[-4:]} == {parent, child}


async def planted(bot: Bot, thread_ts: str) -> None:
    """A training set of answers of a model, and a job that has made the next one after it already."""
    services = bot.services
    [channel] = [one.channel for one in await services.datasets.latest(9)]
    [dataset] = await services.datasets.latest(9)
    store = SqlCollectionStore(services.database)
    made = Collection("col-1", "House voice", ANA, services.team, channel, False, 1.0)
    await store.create(made, Entry("made", 1.0, ANA, "create collection", made.id))
    for number, line in enumerate(examples(12, "Arr!").decode().splitlines()):
        new = Example(f"ex-{number}", made.id, line, "thread", channel, "1.0", False, (ANA,), ANA, 1.0, PARENT)
        await store.add(new, Entry(new.id, 1.0, ANA, "add example", made.id))
    origin = Origin(services.team, channel, False, thread_ts)
    first = Job("job-voice", states.SUCCEEDED, "acme", MODEL, ANA, origin, 1.0, suffix="voice", dataset_id=dataset.id)
    first = msgspec.structs.replace(first, fine_tuned_model=PARENT, provider_job_id="ftjob-voice", finished_at=2.0)
    following = msgspec.structs.replace(
        first,
        id="job-next",
        base_model=PARENT,
        suffix="voice-2",
        fine_tuned_model=CHILD,
        parent=PARENT,
        provider_job_id="ftjob-next",
    )
    for job in (first, following):
        assert await services.jobs.insert(job, JobUpdate(job, followed=False))
        await services.cards.abandon(job.id)


async def until_file(w: World, thread_ts: str) -> None:
    async with asyncio.timeout(60):
        while not any(one.get("files") for one in await w.person.messages(w.channel, thread_ts)):
            await asyncio.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_killed_between_its_steps_it_does_everything_once(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await planted(bot, report["thread_ts"])
    w.provider.tuned += [PARENT, CHILD]
    async with bot_process(w) as process:
        await w.person.command("ana", w.channel, "/finetune", "datasets House")
        opened = await w.person.wait_ephemeral("ana", w.channel, "House voice", timeout=60)
        # Said, but the bot never hears that it was.
        await w.person.fault("chat.postMessage", "drop")
        await w.person.click("ana", w.channel, opened["ts"], "next_model")
        said = await w.person.wait_message(w.channel, payload={"id": "*/next-model"}, timeout=60)
        await kill(w, process)
    await w.person.fault("files.completeUploadExternal", "drop")
    async with bot_process(w) as process:
        await until_file(w, said["ts"])
        await kill(w, process)
    async with bot_process(w) as process:
        made = await w.person.wait_message(w.channel, thread_ts=said["ts"], action_id="start_job", timeout=60)
        assert len(await w.person.messages(w.channel, said["ts"])) == 3, "the message, the file, its report"
        # The window is gone; the report's button opens it as it would have been.
        await w.person.click("ana", w.channel, made["ts"], "start_job")
        view = await w.person.wait_view("ana", 60, callback_id="start_job")
        assert PARENT in shown(view)
        assert "voice-2" in shown(view)
        await w.person.command("ana", w.channel, "/finetune", "status job-next")
        status = await w.person.wait_ephemeral("ana", w.channel, "voice-2", timeout=60)
        await w.person.click("ana", w.channel, status["ts"], "next_model_arena")
        await w.person.wait_message(w.channel, action_id="arena_reveal", timeout=60)
        await kill(w, process)
    async with bot_process(w):
        await until(lambda: len(w.provider.chats) >= 20)
        await w.person.command("ben", w.channel, "/finetune", "status job-next")
        status = await w.person.wait_ephemeral("ben", w.channel, "voice-2", timeout=60)
        await w.person.click("ben", w.channel, status["ts"], "next_model_arena")
        await w.person.wait_ephemeral("ben", w.channel, contains="in this message", timeout=60)
    posted = await w.person.messages(w.channel)
    assert sum("arena_reveal" in str(one.get("blocks")) for one in posted) == 1
    assert sum("next-model" in str(one.get("metadata")) for one in posted) == 1


async def test_what_grows_is_trained_on_regularly_until_somebody_stops_it(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot() as bot:
        report = await w.drop()
        await planted(bot, report["thread_ts"])
        w.provider.tuned += [PARENT, CHILD]
        services, store = bot.services, SqlScheduleStore(bot.services.database)
        await w.person.command("ana", w.channel, "/finetune", "retrain House")
        view = await w.person.wait_view("ana", 60, callback_id="retraining_schedule")
        refused = await w.person.submit("ana", view["id"], {"other": "0 6 * *"})
        assert "is no time that comes" in refused["other"]
        assert await w.person.submit("ana", view["id"], {"other": "0 6 * * 1"}) == {}
        told = await w.person.wait_message(w.channel, action_id="retraining_stop", timeout=60)
        (schedule,) = await store.all()
        assert (schedule.times, schedule.at_least, schedule.zone) == ("0 6 * * 1", 10, "Europe/London")

        # A week later.
        before = msgspec.structs.replace(schedule, done_until=schedule.done_until - 7 * 86_400)
        await store.set(before, Entry("back", 1.0, ANA, "schedule training", "col-1"))
        runs: Any = bot.listeners[ScheduledTrainingListeners]
        await runs.runs.tick()
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["model"] == PARENT
        said = await w.person.wait_message(w.channel, payload={"id": "*/next-model"}, timeout=60)
        assert "12 examples are new" in said["plain"]
        await w.person.wait_message(w.channel, thread_ts=said["ts"], action_id="start_job", timeout=60)
        await w.settled(bot)
        await w.person.command("ben", w.channel, "/finetune", "retrain")
        listed = await w.person.wait_ephemeral("ben", w.channel, contains="本频道中的定期训练", timeout=60)
        assert "上次" in listed["plain"]
        assert "retraining_stop" not in str(listed["blocks"]), "it is Ana's"

        await w.person.click("ana", w.channel, told["ts"], "retraining_stop")
        await w.person.wait_message(w.channel, contains="has ended the regular training", timeout=60)
        assert await store.all() == []
        acts = [entry.action for entry in await services.audit.about("col-1")]
        assert acts[-3:] == ["export collection", "scheduled training", "unschedule training"]
