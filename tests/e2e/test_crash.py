"""The bot as a process of its own, killed at the worst moments: everything goes on, nothing is lost or said twice."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.answering import text_of
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, examples, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


async def _eventually(condition: Callable[[], Awaitable[Any]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def _drop(w: World, content: bytes) -> str:
    return str((await w.person.drop_bytes("ana", w.channel, [("train.jsonl", content)]))["ts"])


async def _report(w: World, file_ts: str) -> dict[str, Any]:
    return await w.wait_report({"channel": w.channel, "ts": file_ts})


async def test_between_receiving_a_file_and_reading_it(w: World) -> None:
    async with bot_process(w) as bot:
        # The download hangs for longer than the bot lives.
        await w.person.fault("files.download", "timeout", 60)
        file_ts = await _drop(w, examples(12))
        await w.wait_report({"channel": w.channel, "ts": file_ts}, complete=False)
        await until(lambda: not w.sandbox.state.faults.as_list())  # else the next bot's download would hang
        await kill(w, bot)
    async with bot_process(w):
        await _report(w, file_ts)
        assert len(await w.person.messages(w.channel, file_ts)) == 2


async def test_between_acknowledging_a_file_and_saying_so(w: World) -> None:
    async with bot_process(w) as bot:
        # Said, but the bot never hears that it was.
        await w.person.fault("chat.postMessage", "drop")
        file_ts = await _drop(w, examples(12))
        await w.wait_report({"channel": w.channel, "ts": file_ts}, complete=False)
        await kill(w, bot)
    async with bot_process(w):
        await _report(w, file_ts)
        assert len(await w.person.messages(w.channel, file_ts)) == 2


async def test_during_a_check(w: World) -> None:
    many = examples(100_000)
    async with bot_process(w) as bot:
        file_ts = await _drop(w, many)
        await w.wait_report({"channel": w.channel, "ts": file_ts}, complete=False)
        files = w.folder / "bot" / "files"
        await until(lambda: list(files.glob("*.jsonl")), seconds=60)
        if Path("/proc").is_dir():
            await until(lambda: _children(bot.pid or 0), seconds=60)
        workers = _children(bot.pid or 0)
        await kill(w, bot)
    # The process that was checking ends with its parent.
    await until(lambda: not any(_lives(pid) for pid in workers), seconds=60)
    async with bot_process(w):
        await w.person.wait_message(w.channel, contains="100,000 examples", thread_ts=file_ts, timeout=180)
        assert len(await w.person.messages(w.channel, file_ts)) == 2


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def _submit(w: World, report: dict[str, Any]) -> None:
    await w.person.click("ana", w.channel, report["ts"], "start_job")
    view = await w.person.wait_view("ana")
    assert await w.person.submit("ana", view["id"], {}) == {}


async def test_during_submission_before_the_job_was_created(w: World) -> None:
    async with bot_process(w) as bot:
        report = await _report(w, await _drop(w, examples(12)))
        w.provider.fault("POST /files", times=100, status=503)
        await _submit(w, report)
        await until(lambda: "POST /files" in w.provider.requests)
        await kill(w, bot)
    w.provider.clear_faults()
    async with bot_process(w):
        await _taken_once(w, report)


async def test_during_submission_after_the_job_was_created(w: World) -> None:
    async with bot_process(w) as bot:
        report = await _report(w, await _drop(w, examples(12)))
        # Created, and neither the answer nor a look-up comes through before the end.
        w.provider.fault("POST /fine_tuning/jobs", lost=True)
        w.provider.fault("GET /fine_tuning/jobs", times=100, status=503)
        await _submit(w, report)
        await until(lambda: w.provider.jobs)
        await kill(w, bot)
    w.provider.clear_faults()
    async with bot_process(w):
        await _taken_once(w, report)
    assert w.provider.requests.count("POST /fine_tuning/jobs") == 1


async def _taken_once(w: World, report: dict[str, Any]) -> dict[str, Any]:
    """The card, which is the only one, of the job, which is the only one."""
    card = await w.person.wait_message(w.channel, after=report["ts"], author=w.bot_user, timeout=60)
    await w.wait_notice("accepted", card)
    assert len(w.provider.jobs) == 1
    assert len(w.provider.files) == 1
    assert len([m for m in await w.person.messages(w.channel) if m["user"] == w.bot_user]) == 1
    return card


async def test_during_training(w: World) -> None:
    async with bot_process(w) as bot:
        report = await _report(w, await _drop(w, examples(12)))
        await _submit(w, report)
        card = await _taken_once(w, report)
        (job,) = w.provider.jobs
        w.provider.run(job, steps=4)
        await w.person.wait_message(w.channel, contains="step 4 of 10", timeout=60)
        await kill(w, bot)
    w.provider.run(job, steps=6)
    w.provider.succeed(job)
    async with bot_process(w):
        await w.wait_notice("succeeded", card)
        await w.wait_card("job_chat")
        assert (await w.notices(card)).items() >= {"accepted": 1, "started": 1, "succeeded": 1}.items()
    assert len(w.provider.jobs) == 1


async def test_between_posting_a_notice_and_marking_it(w: World) -> None:
    async with bot_process(w) as bot:
        report = await _report(w, await _drop(w, examples(12)))
        await _submit(w, report)
        card = await _taken_once(w, report)
        (job,) = w.provider.jobs
        await w.person.fault("chat.postMessage", "drop", match="/started")
        w.provider.run(job, steps=2)
        await w.wait_notice("started", card)
        await kill(w, bot)
    w.provider.succeed(job)
    async with bot_process(w):
        await w.wait_notice("succeeded", card)
        assert (await w.notices(card))["started"] == 1


async def test_in_the_middle_of_an_answer(w: World) -> None:
    w.provider.tuned.append(f"ft:{MODEL}:acme:old:abc12345")
    w.provider.answer = "one two three four five six"
    async with bot_process(w) as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        chat = await w.wait_chat()
        w.provider.chat_open.clear()
        await w.person.say("ana", w.channel, "Count, please.", thread_ts=chat["ts"])
        half = await w.person.wait_message(w.channel, contains="one", thread_ts=chat["ts"])
        await kill(w, bot)
    w.provider.chat_open.set()
    async with bot_process(w):
        # What stands below an answer comes with its end; until then it may end in dots.
        whole = await w.person.wait_message(
            w.channel, contains="five six", thread_ts=chat["ts"], action_id="answer_menu", timeout=60
        )
        assert whole["ts"] == half["ts"]
        channel = w.sandbox.state.workspace.channel(w.channel)
        assert channel
        await until(lambda: w.sandbox.state.workspace.message(channel.id, whole["ts"]).streaming == "completed")
        (ended,) = [m for m in await w.person.messages(w.channel, chat["ts"]) if m["ts"] == whole["ts"]]
        assert text_of(ended).split() == w.provider.answer.split()
        assert len(await w.person.messages(w.channel, chat["ts"])) == 3, "the beginning, the question and one answer"
        # And the next question goes on from there.
        await w.person.say("ana", w.channel, "And back?", thread_ts=chat["ts"])
        await _eventually(lambda: _asked(w, "And back?"))
        contents = [message["content"] for message in w.provider.chats[-1]["messages"]]
        assert contents == ["Count, please.", w.provider.answer + " ", "And back?"]


async def _asked(w: World, question: str) -> bool:
    return bool(w.provider.chats) and w.provider.chats[-1]["messages"][-1]["content"] == question


async def test_what_stops_the_bot_each_time_is_given_up_and_told(w: World) -> None:
    await w.person.fault("files.download", "timeout", 60, times=10)
    file_ts = ""
    for _ in range(3):
        async with bot_process(w) as bot:
            file_ts = file_ts or await _drop(w, examples(12))
            await w.wait_report({"channel": w.channel, "ts": file_ts}, complete=False)
            await _eventually(lambda: _downloads(w, 10))
            await kill(w, bot)
        w.sandbox.state.faults.clear()
        await w.person.fault("files.download", "timeout", 60, times=10)
    async with bot_process(w):
        await w.person.wait_message(w.channel, contains="I gave it up", thread_ts=file_ts, timeout=60)


async def _downloads(w: World, left: int) -> bool:
    """Whether the bot has begun to download since the fault was set."""
    return any(fault["times"] < left for fault in w.sandbox.state.faults.as_list())
