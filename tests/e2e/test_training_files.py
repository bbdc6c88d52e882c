"""What can be done with a training file from its report: repair and split; and what goes wrong."""

import asyncio
import base64
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from tests.e2e.world import MODEL, PATIENCE, World, examples, until


async def _dropped(w: World, content: bytes, contains: str, name: str = "train.jsonl") -> dict[str, Any]:
    dropped = await w.person.drop_bytes("ana", w.channel, [(name, content)])
    return await w.person.wait_message(w.channel, contains=contains, thread_ts=dropped["ts"], timeout=PATIENCE)


async def _file(w: World, report: dict[str, Any], name: str) -> bytes:
    """The content of a file that the bot put into the report's thread; the only one of that name."""
    workspace = w.sandbox.state.workspace
    async with asyncio.timeout(PATIENCE):
        while True:
            thread = await w.person.messages(w.channel, report["thread_ts"])
            found = [f["id"] for message in thread for f in message.get("files", []) if f["name"] == name]
            if found:
                break
            await asyncio.sleep(0.05)
    assert len(found) == 1
    return (workspace.store.files / found[0]).read_bytes()


def _actions(message: dict[str, Any]) -> list[str]:
    return [e["action_id"] for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]


def broken() -> bytes:
    """Twelve examples that are fine, one twice, and a line that is none."""
    lines = examples(12).split(b"\n")
    return b"\n".join([*lines, lines[3], b"{}", lines[5].replace(b'"user"', b'"human"')])


async def _ready(w: World, report: dict[str, Any]) -> dict[str, Any]:
    """The report on the repaired file."""
    return await w.person.wait_message(
        w.channel, contains="train-repaired.jsonl` is ready", thread_ts=report["thread_ts"], timeout=PATIENCE
    )


async def test_repairing_brings_a_new_file_with_a_report_that_can_be_started(w: World) -> None:
    async with w.bot():
        report = await _dropped(w, broken(), "Please correct")
        await w.person.click("ben", w.channel, report["ts"], "dataset_repair")
        view = await w.person.wait_view("ben", callback_id="repair_choice")
        shown = str(view["blocks"])
        assert "human" in shown
        assert await w.person.submit("ben", view["id"], {}) == {}
        new = await _ready(w, report)
        said = await w.person.wait_message(w.channel, contains="repaired:", thread_ts=report["thread_ts"])
        assert "Could not be saved" in said["plain"] or "out" in said["plain"]
        content = await _file(w, report, "train-repaired.jsonl")
        assert len(content.splitlines()) == 12, "left out: the line that is none, and two that repeat others"
        assert b"human" not in content
        assert said["ts"] < new["ts"], "the file comes before its report"
        thread = await w.person.messages(w.channel, report["thread_ts"])
        assert len(thread) == 4, "file, report, repaired file, its report: nothing was taken in twice"
        await w.start(new, user="ben")
        await w.job_at_provider()
        (uploaded,) = w.provider.files.values()
        assert uploaded[1] == content


def _view(w: World, view_id: str) -> Any:
    view = w.sandbox.state.views.get(view_id)
    assert view is not None
    return view.body["blocks"]


async def test_splitting_gives_two_files_that_belong_together(w: World) -> None:
    async with w.bot():
        report = await _dropped(w, examples(100), "100 examples")
        await w.person.click("ana", w.channel, report["ts"], "dataset_split")
        view = await w.person.wait_view("ana", callback_id="split")
        assert list(await w.person.submit("ana", view["id"], {"share": "31", "seed": "-1"})) == ["share", "seed"]
        assert await w.person.submit("ana", view["id"], {"share": "20", "seed": "7"}) == {}
        new = await w.person.wait_message(w.channel, contains="80 examples in chat", thread_ts=report["thread_ts"])
        assert "Validation file: `train-validation.jsonl`, 20 examples" in new["plain"]
        training = await _file(w, report, "train-training.jsonl")
        validation = await _file(w, report, "train-validation.jsonl")
        assert (len(training.splitlines()), len(validation.splitlines())) == (80, 20)
        assert sorted([*training.splitlines(), *validation.splitlines()]) == sorted(examples(100).split(b"\n"))
        await w.start(new)
        job = w.provider.jobs[await w.job_at_provider()]
        assert len(w.provider.files) == 2
        assert job["validation_file"]
        # The same once more is the same.
        await w.person.click("ben", w.channel, report["ts"], "dataset_split")
        view = await w.person.wait_view("ben", callback_id="split")
        assert await w.person.submit("ben", view["id"], {"share": "20", "seed": "7"}) == {}
        await until_async(lambda: _told(w, "ben", "made before"))


async def test_the_picture_of_lengths_stands_in_the_report_of_a_larger_file(w: World) -> None:
    async with w.bot():
        lines = [examples(1, answer="word " * (i % 23)) for i in range(120)]
        lines = [line.replace(b"number 0", f"number {i}".encode()) for i, line in enumerate(lines)]
        report = await _dropped(w, b"\n".join(lines), "Histogram of the lengths")
        picture = next(block for block in report["blocks"] if block["type"] == "image")
        assert picture["slack_file"]["id"] in w.sandbox.state.workspace.files
        await w.delete(report)
        await until(lambda: w.sandbox.state.workspace.files[picture["slack_file"]["id"]].state == "deleted")


async def test_a_file_deleted_meanwhile_is_said_to_be_gone_whatever_is_pressed(w: World) -> None:
    async with w.bot():
        report = await _dropped(w, broken(), "Please correct")
        await w.person.click("ben", w.channel, report["ts"], "dataset_repair")
        view = await w.person.wait_view("ben", callback_id="repair_choice")
        await w.delete(report)
        assert await w.person.submit("ben", view["id"], {}) == {}
        await until_async(lambda: _told(w, "ben", "no such training file"))
        taken_down = await w.person.wait_message(w.channel, contains="was deleted", thread_ts=report["thread_ts"])
        assert taken_down["ts"] == report["ts"]
        assert _actions(taken_down) == []


async def test_only_the_owner_is_asked_whether_to_delete(w: World) -> None:
    async with w.bot():
        report = await _dropped(w, examples(12), "is ready")
        await w.person.choose("ben", w.channel, report["ts"], "dataset_more", "Delete")
        await w.person.wait_ephemeral("ben", w.channel, contains="Only the person whom this file belongs to")


async def test_a_guest_can_press_nothing(w: World) -> None:
    await w.person.add_user("gus", guest=True)
    await w.person.join(w.channel, "gus")
    async with w.bot():
        report = await _dropped(w, broken(), "Please correct")
        await w.person.click("gus", w.channel, report["ts"], "dataset_repair")
        await until_async(lambda: _heard(w, "gus", 1))
        await w.more("gus", report, "dataset_sample")
        await until_async(lambda: _heard(w, "gus", 2))
        assert await w.person.open_view("gus") is None


async def _heard(w: World, user: str, times: int) -> bool:
    return len([m for m in await w.person.ephemerals(user) if "Guests cannot" in m["plain"]]) == times


async def _told(w: World, user: str, what: str, *others: str) -> bool:
    """In the modal that was sent off, or where it took too long for that, in the channel."""
    for person in (user, *others):
        if any(what in str(shown) for shown in await w.person.views(person) + await w.person.ephemerals(person)):
            return True
    return False


async def until_async(condition: Any, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("method", ["files.completeUploadExternal", "files.getUploadURLExternal"])
async def test_a_repaired_file_comes_once_whatever_becomes_of_slacks_answer(w: World, method: str) -> None:
    async with w.bot():
        report = await _dropped(w, broken(), "Please correct")
        await w.person.click("ana", w.channel, report["ts"], "dataset_repair")
        view = await w.person.wait_view("ana", callback_id="repair_choice")
        await w.person.fault(method, "drop")
        assert await w.person.submit("ana", view["id"], {}) == {}
        await _ready(w, report)
        await _file(w, report, "train-repaired.jsonl")
        assert len(await w.person.messages(w.channel, report["thread_ts"])) == 4


async def test_preferences_are_trained_by_dpo_and_only_where_that_is_offered(w: World) -> None:
    pairs = b"\n".join(
        orjson.dumps(
            {
                "input": {"messages": [{"role": "user", "content": f"Question {i}?"}]},
                "preferred_output": [{"role": "assistant", "content": f"Gladly: {i}."}],
                "non_preferred_output": [{"role": "assistant", "content": f"No. {i}"}],
            }
        )
        for i in range(12)
    )
    async with w.bot(finetune_models=[MODEL, "gpt-4.1-nano-2025-04-14", "somebody/else-7b"]):
        report = await _dropped(w, pairs, "12 examples in preference")
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        assert "may not take this format" in str(view["blocks"])
        assert await w.person.submit("ana", view["id"], {}) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"]["type"] == "dpo"


async def test_where_files_are_encrypted_none_of_their_words_lie_in_the_folder_and_all_goes_on(w: World) -> None:
    keys = SecretStr(base64.b64encode(b"k" * 32).decode())
    async with w.bot(finetune_encrypt_files=True, finetune_encryption_keys=keys) as bot:
        content = examples(20)
        report = await w.drop(content=content)
        await w.start(report)
        await w.job_at_provider()
        assert [sent for _, sent in w.provider.files.values()] == [content]
        await w.settled(bot)
        folder = w.folder / "bot/files"
        lying = [file for file in folder.rglob("*") if file.is_file()]
        assert [file.suffix for file in lying] == [".sealed"]
        assert b"Question" not in lying[0].read_bytes()
