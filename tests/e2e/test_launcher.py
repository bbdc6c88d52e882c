"""`/finetune` alone, approvals as direct messages, and commands that ask for what is missing."""

from typing import Any

import pytest

from bot.errors import BotError, Invalid
from handlers.commands import COMMANDS
from sandbox.seed import ANA, BEN
from tests.e2e.world import MODEL, World
from texts import commands
from texts.errors import sentence

TUNED = f"ft:{MODEL}:acme:old:abc12345"


def _buttons(message: dict[str, Any]) -> dict[str, str]:
    """Action ids of what can be pressed, with what it says."""
    found = [block.get("accessory") or {} for block in message["blocks"]]
    found += [element for block in message["blocks"] for element in block.get("elements", ())]
    return {one["action_id"]: one["text"]["text"] for one in found if one.get("type") == "button"}


async def _launched(w: World, user: str, contains: str) -> dict[str, Any]:
    await w.person.command(user, w.channel, "/finetune", "")
    return await w.person.wait_ephemeral(user, w.channel, contains=contains)


async def test_a_newcomer_is_led_to_the_first_job_and_an_approver_to_what_waits(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        told = await _launched(w, "ana", "No job yet")
        assert list(_buttons(told)) == [
            *("ask_start", "ask_chat", "ask_compare", "ask_evaluate"),
            *("ask_jobs", "ask_models", "ask_datasets", "ask_settings", "ask_help"),
        ]
        report = await w.drop()
        told = await _launched(w, "ana", "is checked and ready.")
        assert _buttons(told)["start_job"] == "Start fine-tuning"
        card = await w.start(report)
        told = await _launched(w, "ana", "Waiting for approval")
        assert "job_approve" not in _buttons(told)
        told = await _launched(w, "ben", "等你处理")
        assert "等待审批" in told["plain"]
        assert _buttons(told)["job_approve"] == "批准"
        await w.settled(bot)
        await w.person.click("ben", w.channel, told["ts"], "job_approve")
        await w.job_at_provider()
        await w.settled(bot)
        question = await w.wait_notice("approval", card)
        assert _buttons(question) == {}, "answered from elsewhere, it asks no more"
        told = await _launched(w, "ben", "没有。")
        assert "job_approve" not in _buttons(told)


async def test_approvals_come_as_direct_messages_to_whoever_wants_them(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        for user, off, on in (("ana", "Off.", "On."), ("ben", "已关闭。", "已开启。")):
            await w.person.command(user, w.channel, "/finetune", "settings")
            told = await w.person.wait_ephemeral(user, w.channel, contains=off)
            await w.person.click(user, w.channel, told["ts"], "approvals_directly")
            await w.person.wait_ephemeral(user, w.channel, contains=on)
        card = await w.start(await w.drop())
        asked = await w.person.wait_message("@ben", contains="申请来自")
        assert _buttons(asked) == {"job_approve": "批准", "job_decline": "拒绝"}
        await w.settled(bot)
        await w.person.click("ben", "@ben", asked["ts"], "job_approve")
        await w.person.wait_message("@ana", contains="approved it. It goes on by itself.")
        await w.job_at_provider()
        await w.settled(bot)
        assert _buttons(await w.wait_notice("approval", card)) == {}
        (closed,) = [one for one in await w.person.messages("@ben") if one["ts"] == asked["ts"]]
        assert _buttons(closed) == {}
        acts = [entry.action for _, entry in await bot.services.audit.latest(20) if entry.actor in (ANA, BEN)]
        assert acts == ["approve", "submit", "personalize", "personalize"]


async def test_every_command_alone_and_every_example_is_understood(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is asked for by a menu or a modal, or the latest is meant; no answer is a line of usage."""
    told: list[tuple[str, str]] = []
    typed = ""

    def noted(error: BotError) -> str:
        told.append((typed, error.kind if isinstance(error, Invalid) else ""))
        return sentence(error)

    monkeypatch.setattr("handlers.worker.sentence", noted)
    for channel in ("support", "ml-news"):
        await w.person.create_channel("ana", channel, members=[w.bot_user])
    w.provider.tuned.append(TUNED)
    async with w.bot(finetune_admins=[ANA]) as bot:
        await w.drop("support.jsonl")
        for command in COMMANDS:
            examples = [] if command.final else commands.described(command.name).examples
            for typed in (command.name, *(one for one in examples if "confirm=yes" not in one)):
                await w.person.command("ana", w.channel, "/finetune", typed)
                await w.settled(bot)
    answers = ("", "too_few_to_compare", "no_jobs_to_export")
    assert [one for one in told if one[1] not in answers] == []


async def test_a_command_that_names_nothing_offers_what_there_is(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot():
        await w.start(await w.drop(), suffix="support")
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.person.wait_message(w.channel, contains="● *Training*", author=w.bot_user)
        await w.person.command("ana", w.channel, "/finetune", "pause")
        asked = await w.person.wait_ephemeral("ana", w.channel, contains="Which job shall be paused?")
        ((menu,),) = [block["elements"] for block in asked["blocks"] if block["type"] == "actions"]
        (option,) = menu["options"]
        assert "train.jsonl" in option["text"]["text"]
        await w.person.choose("ana", w.channel, asked["ts"], "ask_chosen", option["value"])
        await w.person.wait_ephemeral("ana", w.channel, contains="Pause this job?")
        await w.person.command("ben", w.channel, "/finetune", "pause")
        await w.person.wait_ephemeral("ben", w.channel, contains="没有你可以暂停的任务")
        await w.person.command("ben", w.channel, "/finetune", "help follow")
        page = await w.person.wait_ephemeral("ben", w.channel, contains="/finetune follow ftjob-abc123")
        assert _buttons(page)["ask_command"] == "打开 follow"
        await w.person.click("ben", w.channel, page["ts"], "ask_command")
        view = await w.person.wait_view("ben", title="跟踪任务")
        await w.submit(view, "我已经在跟踪", user="ben", provider_job=job)
