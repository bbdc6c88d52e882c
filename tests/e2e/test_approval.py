"""A job above the threshold waits until somebody entitled, who is not its requester, has agreed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.run import Bot
from bot.audit import SETTINGS
from tests.e2e.world import HURRIED, World

ANA, BEN = "U0ANAREED1", "U0BENHALL1"


async def _ask(w: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """The card of a job that waits, and the question in its thread."""
    report = await w.drop()
    card = await w.start(report)
    question = await w.wait_notice("approval", card)
    return card, question


async def _in_thread(w: World, card: dict[str, Any], contains: str) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, contains=contains, thread_ts=card["ts"])


async def _told(w: World, user: str, contains: str) -> dict[str, Any]:
    return await w.person.wait_ephemeral(user, w.channel, contains=contains)


async def _acts(bot: Bot) -> list[tuple[str, str, str]]:
    """What people did, from the audit log, oldest first."""
    entries = [entry for _, entry in reversed(await bot.services.audit.latest(20))]
    return [(entry.actor, entry.action, entry.outcome) for entry in entries if entry.actor != SETTINGS]


async def test_a_job_above_the_threshold_waits_for_an_approver_and_then_goes_on(w: World) -> None:
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        card, question = await _ask(w)
        assert "Ben Hall" in question["plain"]
        assert "Ben Hall" in card["plain"]
        await w.settled(bot)
        assert not w.provider.files
        assert not w.provider.jobs
        await w.person.click("ben", w.channel, question["ts"], "job_approve")
        await _in_thread(w, card, "Ben Hall approved it")
        at_provider = await w.job_at_provider()
        w.provider.run(at_provider, steps=2)
        shown = await w.person.wait_message(w.channel, contains="● *Training*", author=w.bot_user)
        assert "Ben Hall approved it" in shown["plain"]
        await _told(w, "ben", "You approved")
        closed = await w.wait_notice("approval", card)
        assert [block["type"] for block in closed["blocks"]] == ["section"]
        assert await _acts(bot) == [(ANA, "submit", "done"), (BEN, "approve", "done")]


async def test_the_window_and_the_question_say_beforehand_who_has_to_approve(w: World) -> None:
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN, ANA]) as bot:
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        modal = str((await w.person.wait_view("ana"))["blocks"])
        assert "*Needs approval:* It is estimated at" in modal
        assert f"above $0.00 jobs need approval. <@{BEN}> can approve it. Nothing is spent before." in modal
        await w.person.command("ana", w.channel, "/finetune", "start epochs=2")
        question = await _told(w, "ana", "Start this job?")
        assert "Needs approval: It is estimated at" in question["plain"].replace("*", "")
        assert await bot.services.jobs.latest(1) == []


async def test_a_job_that_is_declined_ends_with_the_reason_and_costs_nothing(w: World) -> None:
    async with w.bot(finetune_approval_above=0, finetune_admins=[BEN]) as bot:
        card, question = await _ask(w)
        await w.person.click("ben", w.channel, question["ts"], "job_decline")
        view = await w.person.wait_view("ben")
        assert await w.person.submit("ben", view["id"], {"reason": "  "}) == {"reason": "Say in a few words why."}
        assert await w.person.submit("ben", view["id"], {"reason": "Too <!channel> dear & *bold*"}) == {}
        end = await _in_thread(w, card, "Nothing was spent")
        assert "Ben Hall declined it: Too <!channel> dear & *bold*" in end["plain"]
        assert "<!channel>" not in end["text"]
        await w.settled(bot)
        assert not w.provider.files
        (job,) = await bot.services.jobs.latest(1)
        assert job.state == "cancelled"


async def test_a_restart_keeps_the_question_and_the_answer(w: World) -> None:
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        card, question = await _ask(w)
        await w.settled(bot)
    # Somebody switched the threshold off in the meantime: what was asked for is asked for.
    async with w.bot(finetune_approvers=[BEN]) as bot:
        await w.settled(bot)
        assert not w.provider.jobs
        await w.person.click("ben", w.channel, question["ts"], "job_approve")
        await w.job_at_provider()
        assert (await w.notices(card))["approval"] == 1


async def test_without_anybody_to_approve_nothing_is_stored_and_it_says_whom_to_ask(w: World) -> None:
    async with w.bot(finetune_approval_above=0, finetune_admins=[ANA]) as bot:
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        assert "Cannot be started like this:* A job above $0.00" in str(view["blocks"])
        await w.submit(view, "there is nobody to give it")
        assert await bot.services.jobs.latest(1) == []


async def test_an_approval_that_was_cut_off_is_brought_to_its_end_by_the_next_start(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = asyncio.Event()

    async def never_ends(*_: object) -> None:
        cut.set()
        await asyncio.Event().wait()

    async def has_no_room(*_: object) -> bool:
        # Or its submission could be cut off, too, which is another story.
        return False

    with monkeypatch.context() as patched:
        patched.setattr("bot.jobs.queue.JobQueue._has_room", has_no_room)
        patched.setattr("handlers.outgoing.approval_questions.ApprovalQuestions.close", never_ends)
        async with w.bot(replace(HURRIED, drain=0.1), finetune_approval_above=0, finetune_approvers=[BEN]):
            _, question = await _ask(w)
            await w.person.click("ben", w.channel, question["ts"], "job_approve")
            async with asyncio.timeout(60):
                await cut.wait()
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        await _told(w, "ben", "You approved")
        await w.job_at_provider()
        await w.settled(bot)
        assert len(w.provider.jobs) == 1
        assert await _acts(bot) == [(ANA, "submit", "done"), (BEN, "approve", "done")]
