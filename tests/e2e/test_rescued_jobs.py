"""Somebody's jobs at a provider that closes: saved, given to the bot, found in Slack, and trained elsewhere."""

import asyncio

import pytest

from app.command_line import app
from bot.errors import StartError
from sandbox.seed import ANA
from tests.e2e.world import World, examples
from tests.organisation import Organisation


async def rescued(*words: str) -> int:
    """`finetune-bot rescue`, in this process; its exit code."""

    def run() -> int:
        with pytest.raises(SystemExit) as end:
            app(["rescue", *words], standalone_mode=False)
        return int(end.value.code or 0)

    return await asyncio.to_thread(run)


async def test_jobs_of_a_provider_that_is_gone_are_found_and_trained_elsewhere(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = str(w.folder / "saved")
    async with Organisation() as gone:
        gone.add_history(3, files=1)
        gone.files["file-0000"] = ("house voice.jsonl", examples(12))
        gone.jobs.popitem()  # the one that still trains
        monkeypatch.setenv("OPENAI_API_KEY", gone.key)
        monkeypatch.setenv("OPENAI_BASE_URL", gone.url)
        assert await rescued(saved) == 0
    monkeypatch.setenv("FINETUNE_DATA", str(w.folder / "bot"))
    channel = next(one["id"] for one in await w.person.channels() if f"#{one['name']}" == w.channel)
    assert await rescued(saved, "--into-bot", channel, "--owner", ANA) == 0

    job = next(iter(gone.jobs))
    async with w.bot() as bot:
        with pytest.raises(StartError, match="folder_in_use"):
            await rescued(saved, "--into-bot", channel, "--owner", ANA)
        await w.settled(bot)
        assert [message for message in await w.person.messages(w.channel) if "metadata" in message] == []
        for words, answer in (
            ("jobs", "2 jobs"),
            (f"status {job}", ": Ready"),
            (f"events {job}", "7 events of"),
            (f"metrics {job}", "loss"),
        ):
            await w.person.command("ben", w.channel, "/finetune", words)
            await w.person.wait_ephemeral("ben", w.channel, contains=answer)
        await w.person.command("ben", w.channel, "/finetune", 'start "house voice.jsonl"')
        view = await w.person.wait_view("ben")
        assert await w.person.submit("ben", view["id"], {}) == {}
        card = await w.wait_card("job_cancel")
        assert card["channel"] == channel
    (anew,) = w.provider.jobs.values()
    assert w.provider.files[anew["training_file"]][1] == examples(12)
