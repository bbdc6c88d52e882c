"""Files in a question go to the model; graders and training files are what they are in its thread, too."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from handlers.web.download import Download
from tests.e2e.test_changed_messages import TUNED, opened
from tests.e2e.test_evaluations import labelled
from tests.e2e.world import World, examples

GRADER = (
    b'{"type": "string_check", "name": "exact", "input": "{{sample.output_text}}", "reference": "yes",'
    b' "operation": "eq"}'
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def test_a_model_reads_the_files_that_people_show_it(w: World) -> None:
    async with w.bot():
        thread_ts = await opened(w)
        files = [("notes.csv", b"day,rain\nMonday,3\n"), ("photo.png", PNG)]
        question = await w.person.drop_bytes("ana", w.channel, files, "How much rain?", thread_ts=thread_ts)
        await w.person.wait_message(
            w.channel, thread_ts=thread_ts, contains="does not see", after=question["ts"], author=w.bot_user
        )
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="in several pieces", author=w.bot_user)
        (given,) = w.provider.chats[-1]["messages"]
        assert given["content"] == "notes.csv:\nday,rain\nMonday,3\n\n\nHow much rain?"


async def test_a_training_file_in_a_models_thread_is_still_one(w: World) -> None:
    async with w.bot():
        thread_ts = await opened(w)
        await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))], thread_ts=thread_ts)
        await w.wait_report({"channel": w.channel, "ts": thread_ts})
        assert w.provider.chats == []


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files in the order in which they were fetched."""
    fetched: list[str] = []
    chunks = Download.chunks

    async def counted(download: Download, file: dict[str, Any]) -> AsyncIterator[bytes]:
        fetched.append(str(file["name"]))
        async for chunk in chunks(download, file):
            yield chunk

    monkeypatch.setattr(Download, "chunks", counted)
    return fetched


async def test_a_grader_in_a_models_thread_evaluates_that_model(w: World, downloads: list[str]) -> None:
    async with w.bot():
        held_back = await w.drop("held-back.jsonl", labelled(12))
        await w.wait_report(held_back)
        thread_ts = await opened(w)
        await w.person.drop_bytes("ana", w.channel, [("mine.json", GRADER)], thread_ts=thread_ts)
        told = await w.person.wait_message(w.channel, thread_ts=thread_ts, action_id="evaluate_with", timeout=60)
        assert f"evaluate {TUNED} on FILE with mine.json" in orjson.dumps(told["blocks"]).decode()
        await w.person.click("ana", w.channel, told["ts"], "evaluate_with")
        window = orjson.dumps((await w.person.wait_view("ana"))["blocks"]).decode()
        assert f'"value":"{TUNED}"' in window
        assert w.provider.chats == []
        assert downloads.count("mine.json") == 1


async def test_what_is_asked_about_a_grader_is_asked_with_the_file(w: World, downloads: list[str]) -> None:
    async with w.bot():
        thread_ts = await opened(w)
        await w.person.drop_bytes("ana", w.channel, [("mine.json", GRADER)], "What is this?", thread_ts=thread_ts)
        await w.person.wait_message(w.channel, thread_ts=thread_ts, action_id="evaluate_with", timeout=60)
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="in several pieces", author=w.bot_user)
        assert w.provider.chats[-1]["messages"][-1]["content"] == f"mine.json:\n{GRADER.decode()}\n\nWhat is this?"
        assert downloads == ["mine.json"]


@pytest.mark.parametrize("mention", [False, True])
async def test_other_json_in_a_models_thread_is_read_once_and_is_the_models(
    w: World, downloads: list[str], mention: bool
) -> None:
    """So is what is meant as a grader and is none."""
    async with w.bot():
        thread_ts = await opened(w)
        broken = GRADER.replace(b"eq", b"is")
        files = [("weather.json", b'{"monday": 3}'), ("broken.json", broken), ("list.yaml", b"- rain")]
        words = f"<@{w.bot_user}> How much rain?" if mention else "How much rain?"
        await w.person.drop_bytes("ana", w.channel, files, words, thread_ts=thread_ts)
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="in several pieces", author=w.bot_user)
        (chat,) = w.provider.chats
        given = chat["messages"][-1]["content"]
        assert all(name in given for name in ("weather.json", "broken.json", "list.yaml", "How much rain?"))
        assert sorted(downloads) == ["broken.json", "list.yaml", "weather.json"]


async def test_a_training_file_that_might_be_a_grader_is_fetched_once(w: World, downloads: list[str]) -> None:
    async with w.bot():
        rows = orjson.dumps([{"question": f"Number {n}?", "answer": "Yes."} for n in range(12)])
        await w.wait_report(await w.person.drop_bytes("ana", w.channel, [("rows.json", rows)]))
        assert downloads == ["rows.json"]
