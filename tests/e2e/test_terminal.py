"""A command in a terminal while the bot runs: the bot carries it out."""

import asyncio
import json

import pytest
from e2e.world import World

from app.terminal.command import DONE, terminal_command
from bot.audit import TERMINAL

BEN = "U0BENHALL1"


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
