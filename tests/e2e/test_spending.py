"""Budgets: over one nothing is started, and people read why; administrators set them, and the log says who did."""

import asyncio
import csv
import io
from typing import Any

from app.run import Bot
from bot.audit import SETTINGS, Entry
from bot.jobs.estimate import estimate
from bot.spending.budget import Scope
from tests.e2e.world import MODEL, PATIENCE, World, examples

ANA, BEN = "U0ANAREED1", "U0BENHALL1"
SUPPORT = "C0SUPPORT1"


async def _ask(w: World, user: str, words: str, contains: str) -> dict[str, Any]:
    before = len(await w.person.ephemerals(user))
    await w.person.command(user, w.channel, "/finetune", words)
    async with asyncio.timeout(PATIENCE):
        while True:
            new = (await w.person.ephemerals(user))[before:]
            if found := [message for message in new if contains in message["plain"]]:
                return found[-1]
            assert not new, new[-1]["plain"]
            await asyncio.sleep(0.02)


async def _refused(w: World, contains: str, user: str = "ana") -> None:
    """Said beforehand in the modal, and again to whoever sends it off all the same."""
    report = await w.drop(content=examples(12, f"For {user}, "))
    await w.person.click(user, w.channel, report["ts"], "start_job")
    view = await w.person.wait_view(user)
    assert f"*Cannot be started like this:* The job {contains}" in str(view["blocks"])
    await w.submit(view, contains, user, suffix="typed", epochs="3")
    # What was typed is not lost.
    form = await w.person.wait_view(user)
    assert form["id"] == view["id"]
    assert {"typed", "3"} <= {
        entry.get("value") for inputs in form["state"]["values"].values() for entry in inputs.values()
    }
    await w.person.close_view(user, form["id"])


async def _acts(bot: Bot) -> list[tuple[str, str, str]]:
    """What people did, from the audit log, oldest first."""
    entries = [entry for _, entry in reversed(await bot.services.audit.latest(50))]
    return [(entry.actor, entry.action, entry.outcome) for entry in entries if entry.actor != SETTINGS]


async def test_over_a_budget_nothing_is_started_and_the_figures_are_told(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]) as bot:
        await _ask(w, "ben", "budget set @ana 0", "may spend $0.00 a month")
        await _refused(w, "would go over your budget")
        await w.settled(bot)
        assert await bot.services.jobs.latest(1) == []
        assert not w.provider.files
        assert await _acts(bot) == [(BEN, "set budget", "done"), (ANA, "submit", "refused")]
        await _ask(w, "ben", "budget set @ana off", "no budget of its own")
        await w.start(await w.drop())
        await w.job_at_provider()


async def test_what_is_left_of_a_budget_is_said_before_anything_is_started(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]) as bot:
        report = await w.drop()
        (dataset,) = await bot.services.datasets.latest(1)
        assert dataset.report is not None
        enough = (estimate(dataset.report, MODEL, 10).usd or 0) + 1e-9
        entry = Entry("for the test", 0, BEN, "set budget", ANA)
        await bot.services.budgets.set_budget(Scope.PERSON, ANA, enough, entry)
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        for epochs, is_over in (("11", True), ("10", False)):
            await w.person.click_in_view("ana", view["id"], "start_epochs", value=epochs)
            async with asyncio.timeout(60):
                while f"in {epochs} epochs" not in (shown := str(await w.person.open_view("ana"))):
                    await asyncio.sleep(0.02)
            assert ("The job would go over your budget" in shown) is is_over
            assert ("are left until" in shown) is is_over
        await _ask(w, "ana", "start epochs=11", "The job would go over your budget")
        await _ask(w, "ana", "start epochs=10", "Start this job?")
        assert await bot.services.jobs.latest(1) == []


async def test_the_threshold_of_approval_is_set_in_slack_and_goes_before_the_setting(w: World) -> None:
    async with w.bot(finetune_admins=[BEN], finetune_approval_above=1000) as bot:
        await _ask(w, "ben", "budget approval 0", "need approval now")
        card = await w.start(await w.drop())
        await w.wait_notice("approval", card)
    async with w.bot(finetune_admins=[BEN], finetune_approval_above=0) as bot:
        await _ask(w, "ben", "budget approval off", "No job needs approval now")
        await w.start(await w.drop(content=examples(12, "Another: ")))
        await w.job_at_provider()
        await w.settled(bot)


async def test_administrators_read_the_audit_log_and_get_it_as_a_file(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]) as bot:
        await _ask(w, "ana", "audit", "Only administrators may read the audit log")
        await _ask(w, "ben", "budget set workspace 19", "may spend $19.00")
        page = await _ask(w, "ben", "audit", "Page 1 of 1")
        assert "Ben Hall · setting a budget · the workspace" in page["plain"]
        assert "reading the audit log · refused" in page["plain"].replace("*", "")
        await _ask(w, "ben", "audit csv", "in your direct messages")
        posted = (await w.person.messages("@ben"))[-1]
        table = await _file_of(w, posted)
        rows = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))
        assert rows[0][:4] == ["number", "time (UTC)", "actor", "act"]
        assert [row[3] for row in rows[1:]] == ["set budget", "read audit", "set"]
        assert (BEN, "export the audit log", "done") in await _acts(bot)


async def _file_of(w: World, message: dict[str, Any]) -> str:
    workspace = w.sandbox.state.workspace
    file = workspace.files[message["files"][0]["id"]]
    return (workspace.store.files / file.id).read_text("utf-8")


async def test_two_submissions_at_once_cannot_both_take_the_last_dollar(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]) as bot:
        reports = [await w.drop(f"{who}.jsonl", examples(12, f"For {who}: ")) for who in ("ana", "ben")]
        views = []
        for who, report in zip(("ana", "ben"), reports, strict=True):
            await w.person.click(who, w.channel, report["ts"], "start_job")
            views.append(await w.person.wait_view(who))
        (dataset, _) = await bot.services.datasets.latest(2)
        assert dataset.report
        cost = estimate(dataset.report, MODEL).usd
        assert cost
        # Room for one and a half.
        entry = Entry("test", 0.0, BEN, "set budget", "workspace")
        await bot.services.budgets.set_budget(Scope.WORKSPACE, "", 1.5 * cost, entry)
        await asyncio.gather(
            *(w.person.submit(who, view["id"], {}) for who, view in zip(("ana", "ben"), views, strict=True))
        )
        await w.job_at_provider()
        await w.settled(bot)
        assert len(await bot.services.jobs.latest(5)) == 1
        assert [outcome for _, act, outcome in await _acts(bot) if act != "set budget"] in (
            ["done", "refused"],
            ["refused", "done"],
        )
