"""A command in a terminal while the bot runs: the bot carries it out."""

import asyncio
import json
from typing import Any

import pytest

from app.terminal.command import DONE, terminal_command
from bot.audit import TERMINAL
from tests.e2e.world import World

BEN, SUPPORT = "U0BENHALL1", "C0SUPPORT1"


async def test_a_running_bot_carries_out_what_an_administrator_types(
    w: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(w.folder)
    monkeypatch.setenv("FINETUNE_DATA", str(w.folder / "bot"))
    async with w.bot() as bot:  # whose lock is on the store
        capsys.readouterr()
        code = await asyncio.to_thread(terminal_command, "budget", ["set", "workspace", "200"], "", False)
        assert (code, capsys.readouterr().out) == (DONE, "Whole workspace may spend $200.00 a month now.\n")
        [(_, entry)] = [one for one in await bot.services.audit.latest(5) if one[1].action == "set budget"]
        assert entry.actor == TERMINAL
        capsys.readouterr()
        await asyncio.to_thread(terminal_command, "models", [], "", True)
        assert json.loads(capsys.readouterr().out)["base"]


async def test_who_approves_in_the_terminal_answers_the_question_in_slack(
    w: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(w.folder)
    monkeypatch.setenv("FINETUNE_DATA", str(w.folder / "bot"))
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        card = await w.start(await w.drop())
        await w.wait_notice("approval", card)
        [job] = await bot.services.jobs.latest(1)
        code = await asyncio.to_thread(terminal_command, "approve", [job.id], "", False)
        assert code == DONE, capsys.readouterr().err
        await w.job_at_provider()
        closed = await w.wait_notice("approval", card)
        assert [block["type"] for block in closed["blocks"]] == ["section"]
        assert "an administrator in the terminal approved it" in closed["plain"]


async def test_a_job_is_started_in_a_terminal_and_its_results_are_read_there(
    w: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(w.folder)
    monkeypatch.setenv("FINETUNE_DATA", str(w.folder / "bot"))

    async def read(*words: str) -> Any:
        capsys.readouterr()
        await asyncio.to_thread(terminal_command, words[0], words[1:], SUPPORT, True)
        printed = capsys.readouterr().out  # the bot, in this process, logs there, too
        return json.JSONDecoder().raw_decode(printed, printed.index("{\n"))[0]

    async with w.bot():
        report = await w.drop("mails.jsonl")
        asked = await read("start", "mails.jsonl", "epochs=2")
        assert (asked["ok"], asked["started"], asked["settings"]["epochs"]) == (True, False, "2")
        assert w.provider.jobs == {}
        started = await read("start", "mails.jsonl", "epochs=2", "confirm=yes")
        assert (started["started"], started["job"]["requester"], started["job"]["channel"]) == (True, TERMINAL, SUPPORT)
        at_provider = await w.job_at_provider()
        w.provider.run(at_provider, steps=2)
        w.provider.succeed(at_provider)
        card = await w.wait_card("job_chat")
        assert "an administrator in the terminal" in card["plain"]
        linked = await w.person.wait_message(w.channel, thread_ts=report["thread_ts"], contains="administrator in the")
        assert "<@" not in str(linked["blocks"])
        job = started["job"]["id"]
        assert [int(row["step"]) for row in (await read("results", job))["results"]] == [1, 2]
        assert (await read("events", job))["count"] > 2
        assert (await read("checkpoints", job))["checkpoints"] is not None
