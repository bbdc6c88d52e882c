"""Two workspaces in one process: installed, apart from each other in everything, and erased when the app is removed."""

import asyncio
import copy
import json
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.terminal.command import DONE, terminal_command
from app.workspaces.terminal import workspaces_command
from bot.errors import StartError
from bot.jobs import states
from bot.worker_processes import WorkerPools
from bot.workspaces.installation import State
from sandbox.delivery.http import post_signed
from sandbox.many_workspaces import ORGANISATION
from sandbox.seed import ANA, LEADS
from tests.e2e.many_workspaces import A, B, Browser, TwoWorkspaces, two_workspaces
from tests.e2e.private_things import Things
from tests.e2e.test_private import AT_ONCE, EVERYTHING, Private, body, not_typed
from tests.e2e.world import MODEL
from tests.prometheus_samples import read_metrics, samples, value
from texts.errors import sentence


@pytest_asyncio.fixture(loop_scope="session")
async def two(tmp_path: Path, pools: WorkerPools) -> AsyncIterator[TwoWorkspaces]:
    async with two_workspaces(tmp_path, pools) as made:
        yield made


def shown_in(two: TwoWorkspaces, team: str) -> set[str]:
    """All that the bot has said in a workspace, to everybody and to one, in modals and on Home, too."""
    state = two.slack.states[team]
    messages = [
        message
        for channel in state.workspace.channels
        for message in state.workspace.messages(channel)
        if message.user == state.workspace.BOT
    ]
    views = [view.body for stack in state.views.stacks.values() for view in stack]
    homes = [view.body for view in state.views.homes.values()]
    return {msgspec.json.encode(one).decode() for one in (*messages, *views, *homes)}


async def test_what_one_workspace_has_is_nowhere_in_the_other(two: TwoWorkspaces) -> None:
    """The other has the same channels and people, shares the provider's account, and names what is not its own."""
    async with two.host():
        await two.installed(A, B)
        a, b = await two.world(A), await two.world(B)
        report = await a.drop("plan-of-a.jsonl")
        card = await a.start(report, suffix="hush-a")
        remote = await a.job_at_provider()
        two.provider.succeed(remote)
        await a.wait_notice("succeeded", card)
        (job,) = await two.bot_of(A).services.jobs.latest(5)
        dataset = (await two.bot_of(A).services.datasets.latest(1))[0]
        model, file = str(job.fine_tuned_model), str(job.training_file)
        named = {"job": job.id, "remote": remote, "model": model, "file": file, "dataset": dataset.id}
        before = {key: dict(value) for key, value in two.provider.jobs.items()}
        for words in (
            "",
            *(
                "jobs",
                "models",
                "datasets",
                "files",
                "unused",
                "retiring",
                "overview",
                "audit",
                "budget",
                "deployments",
            ),
            *("status {job}", "status {remote}", "status {model}", "status hush-a", "metrics {job}", "events {remote}"),
            *("checkpoints {job}", "checkpoints {job} keep 5 mine", "results {job}", "explain {job}"),
            *("follow {remote}", "follow acme/{remote}", "cancel {job} confirm=yes", "pause {job} confirm=yes"),
            *("chat {model}", "chat acme/{model}", "chat hush-a", "chat {job}", "export {model}"),
            *("compare {model} {model} Who?", "evaluate {model} on plan-of-a.jsonl confirm=yes", "evaluate {job}"),
            *("judge {model}", "delete {model}", "delete {file}", "delete {dataset}", "delete {job}"),
            *("start {file} model={model} confirm=yes", "start {dataset} confirm=yes", "retrain plan-of-a.jsonl"),
        ):
            already = shown_in(two, B)
            text = words.format(**named)
            await b.person.command("ana", "#support-model", "/finetune", text)
            await b.settled(two.bot_of(B))
            said = "".join(shown_in(two, B) - already)
            for secret in ("hush-a", "plan-of-a", *named.values()):
                assert secret in text or secret not in said, (text, said)
        assert {key: dict(value) for key, value in two.provider.jobs.items()} == before
        assert two.provider.chats == []
        assert file in two.provider.files
        assert await two.bot_of(B).services.jobs.latest(5) == []


async def test_buttons_modals_and_threads_of_one_workspace_reach_nothing_of_the_other(two: TwoWorkspaces) -> None:
    """Each of them, as an administrator of B would send it who knows what things of A are called and where they are."""
    async with two.host(AT_ONCE, finetune_poll_seconds=3600, finetune_models=[MODEL]):
        await two.installed(A, B)
        it = (await Things(two.bot_of(A), two.provider).plant()).secrets
        slack = replace(await two.world(B), sandbox=cast(Any, SimpleNamespace(state=two.slack.states[B])))
        attacker = Private(slack, two.bot_of(B), {}, "1700000000.000300", cast(Any, None))
        # Those that nothing but somebody's click moves on.
        jobs = [job for job in await two.bot_of(A).services.jobs.latest(100) if job.state != states.IN_LINE]
        held = {name: copy.deepcopy(getattr(two.provider, name)) for name in ("jobs", "files", "tuned", "chats")}
        text = f"<@{attacker.bot.services.bot_user}> Who?"
        threads = [
            attacker.event(type=kind, user=ANA, channel=LEADS, thread_ts=f"1700000000.000{ts}00", text=text)
            for kind in ("message", "app_mention")
            for ts in (1, 3, 4)
        ]
        cases = [case for case in EVERYTHING if case[0] != "command"]
        ways = [(str(case), not_typed(it, case), body(attacker, *case[:3], ANA, it, mention=False)) for case in cases]
        for way, secrets, sent in (*ways, *(("thread", it, event) for event in threads)):
            already = shown_in(two, B)
            answered = json.dumps(await attacker.bring(sent))
            said = answered + "".join(shown_in(two, B) - already)
            assert not [name for name, secret in secrets.items() if secret in said], (way, said)
        await attacker.w.settled(attacker.bot)
        assert {name: getattr(two.provider, name) for name in held} == held
        assert [await two.bot_of(A).services.jobs.get(job.id) for job in jobs] == jobs
        assert await attacker.bot.services.jobs.latest(5) == []


async def test_an_administrator_of_one_workspace_is_nobody_in_the_other(two: TwoWorkspaces) -> None:
    """Ids of people are a workspace's own: those of the settings hold nowhere. Who installed it is administrator."""
    async with two.host(finetune_admins=["U0BENHALL1"], finetune_notices_channel="C0GENERAL1"):
        await two.installed(A, B)
        for team in (A, B):
            services = two.bot_of(team).services
            assert services.settings.finetune_admins == ["U0ANAREED1"]
            assert services.settings.finetune_notices_channel is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slack_bot_token": SecretStr("xoxb-1")}, "SLACK_BOT_TOKEN"),
        ({"slack_client_secret": None}, "SLACK_CLIENT_SECRET"),
        ({"finetune_public_url": None}, "FINETUNE_PUBLIC_URL"),
        ({"finetune_encryption_keys": None}, "FINETUNE_ENCRYPTION_KEYS"),
    ],
)
async def test_it_does_not_start_without_what_it_needs(two: TwoWorkspaces, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StartError) as raised:
        async with two.host(**changes):
            pass
    assert said in sentence(raised.value)


async def test_a_workspaces_own_file_sets_what_is_its_own(two: TwoWorkspaces) -> None:
    folder = two.folder / "bot" / "workspaces" / B
    folder.mkdir(parents=True)
    lines = (
        "FINETUNE_ADMINS=U0BENHALL1",
        "FINETUNE_LANGUAGE=zh",
        "FINETUNE_APPROVAL_ABOVE=5",
        # Whoever writes this file may not read others' files or hear others' Slack.
        f"FINETUNE_DATA={two.folder / 'bot' / 'workspaces' / A}",
        "SLACK_BOT_TOKEN=xoxb-another",
    )
    (folder / "workspace.env").write_text("\n".join(lines))
    async with two.host():
        await two.installed(A, B)
        settings = two.bot_of(B).services.settings
        assert (settings.finetune_admins, settings.finetune_language) == (["U0BENHALL1"], "zh")
        assert settings.finetune_data == folder
        assert two.bot_of(A).services.settings.finetune_approval_above is None


async def test_metrics_are_those_of_all_workspaces_together_and_name_none(two: TwoWorkspaces) -> None:
    async with two.host(health_port=0, metrics_token=SecretStr("for-prometheus")) as running:
        await two.installed(A, B)
        for team in (A, B):
            w = await two.world(team)
            await w.start(await w.drop())
        assert (await read_metrics(running.health_port))[0] == 401
        status, text = await read_metrics(running.health_port, "for-prometheus")
    assert status == 200
    found = samples(text)
    assert value(found, "finetune_bot_jobs", provider="acme") == 2
    assert value(found, "finetune_bot_component_up", component="jobs", provider="acme") == 1
    assert value(found, "finetune_bot_component_up", component="slack") == 1
    assert value(found, "finetune_bot_leads") == value(found, "finetune_bot_processes") == 1
    for secret in (A, B, "train.jsonl"):
        assert secret not in text


async def test_what_is_for_a_workspace_without_the_app_is_refused(two: TwoWorkspaces) -> None:
    async with two.host(slack_app_token=None, slack_signing_secret=two.slack.signing_secret) as running:
        await two.installed(A)
        url = f"http://127.0.0.1:{running.port}/slack/events"
        event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}, "team_id": B}
        for payload in (event, event | {"team_id": "T0NOWHERE1"}, event | {"is_enterprise_install": True}):
            reply = await post_signed(url, two.slack.signing_secret, "events_api", payload, timeout=10, retry=None)
            assert (reply.acked, reply.no_retry) == (False, True)
        forged = await post_signed(url, "another secret", "events_api", event | {"team_id": A}, timeout=10, retry=None)
        assert not forged.acked
        # What carries A's id is A's, whatever else it names: of B's things nothing is known there.
        command = {"command": "/finetune", "text": "jobs", "team_id": A, "channel_id": "C0SUPPORT1", "user_id": "U1"}
        assert (
            await post_signed(url, two.slack.signing_secret, "slash_commands", command, timeout=10, retry=None)
        ).acked


async def test_a_link_to_install_works_once_and_only_in_the_browser_that_began(two: TwoWorkspaces) -> None:
    async with two.host():
        first, other = Browser(two), Browser(two)
        address = await first.begin()
        assert "another browser" in (await other.allow(address, A)).text
        done = await first.allow(address, A)
        assert (done.status_code, "ready in Sandbox" in done.text) == (200, True)
        cookie = dict(first.cookies)
        again = await first.allow(address, A)
        assert again.status_code in (400, 401), cookie
        assert "did not allow" in (await first.allow(await first.begin(), "")).text
        chinese = Browser(two, "zh-CN,zh;q=0.9")
        assert "添加到 Slack" in (await chinese.get("/slack/install")).text


async def test_an_organisation_is_refused_and_nothing_of_it_kept(two: TwoWorkspaces) -> None:
    async with two.host() as running:
        browser = Browser(two)
        page = await browser.allow(await browser.begin(), ORGANISATION)
        assert "whole organisation" in page.text
        assert await running.workspaces.all() == []
        assert two.slack.state.bot_tokens == {}


async def test_no_token_stands_in_the_store_or_the_log(two: TwoWorkspaces, capfd: pytest.CaptureFixture[str]) -> None:
    async with two.host():
        await two.installed(A)
        (token,) = two.slack.states[A].bot_tokens
        folder = two.folder / "bot"
        for file in (one for one in folder.rglob("*") if one.is_file()):
            assert token.encode() not in file.read_bytes(), file
    out, err = capfd.readouterr()
    assert token not in out + err
    async with two.host():  # and it is read again
        assert (await (await two.world(A)).person.command("ana", "#support-model", "/finetune", "jobs"))["acked"]


async def test_removing_the_app_erases_all_that_there_was_of_the_workspace(two: TwoWorkspaces) -> None:
    async with two.host() as running:
        await two.installed(A, B)
        a = await two.world(A)
        card = await a.start(await a.drop("plan-of-a.jsonl"), suffix="hush-a")
        two.provider.succeed(await a.job_at_provider())
        await a.wait_notice("succeeded", card)
        two.slack.uninstall(A)
        folder = two.folder / "bot" / "workspaces"
        async with asyncio.timeout(60):
            while (folder / A).exists() or A in [one.team for one in await running.workspaces.all()]:
                await asyncio.sleep(0.02)
        assert two.bot_of(B)
        assert running.hosting.bot_of(A) is None
        assert {path.name for path in folder.iterdir()} == {B}
    with sqlite3.connect(two.folder / "bot" / "bot.db") as db:
        assert db.execute("SELECT team FROM installations").fetchall() == [(B,)]
        acts = db.execute("SELECT act, details FROM audit WHERE thing = ? ORDER BY number", [f"workspace {A}"])
        rows = acts.fetchall()
    assert [act for act, _ in rows] == ["install", "revoke token", "uninstall", "erase workspace"]
    assert "hush-a" in rows[-1][1]  # the model that the provider still has


async def test_a_removal_that_comes_late_does_not_erase_what_was_installed_since(two: TwoWorkspaces) -> None:
    async with two.host() as running:
        await two.installed(A)
        assert not await running.workspaces.remove(A, time.time() - 3600)
        (only,) = await running.workspaces.all()
        assert only.state is State.INSTALLED


async def test_a_bot_of_one_workspace_goes_on_as_one_of_many(two: TwoWorkspaces) -> None:
    """As docs/workspaces.md says it is moved."""
    folder = two.folder / "bot"
    async with two.host():
        await two.installed(A)
        (token,) = two.slack.states[A].bot_tokens
    shutil.rmtree(folder)
    a = await two.world(A)
    async with a.bot(slack_bot_token=SecretStr(token)):  # the only one, with a token in its settings
        card = await a.start(await a.drop("plan-of-a.jsonl"), suffix="hush-a")
        two.provider.succeed(await a.job_at_provider())
        ending = await a.wait_notice("succeeded", card)

    (folder / "workspaces" / A).mkdir(parents=True)
    for name in ("bot.db", "files"):
        shutil.move(folder / name, folder / "workspaces" / A / name)
    async with two.host():
        await two.installed(A, B)
        assert [job.suffix for job in await two.bot_of(A).services.jobs.latest(5)] == ["hush-a"]
        assert await two.bot_of(B).services.jobs.latest(5) == []
        await a.person.click("ana", a.channel, ending["ts"], "job_chat")  # a button that the bot before had posted
        chat = await a.wait_chat()
        await a.person.say("ana", a.channel, "What is the answer?", thread_ts=chat["ts"])
        await a.person.wait_message(a.channel, thread_ts=chat["ts"], contains="in several pieces")


async def test_a_running_bot_lists_and_erases_what_an_administrator_names_in_the_terminal(
    two: TwoWorkspaces, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(two.folder)
    monkeypatch.setenv("FINETUNE_DATA", str(two.folder / "bot"))
    monkeypatch.setenv("FINETUNE_ENCRYPTION_KEYS", two.keys)

    async def said(command: str, *words: str) -> str:
        capsys.readouterr()
        assert await asyncio.to_thread(workspaces_command, command, *words) == 0
        return capsys.readouterr().out

    async with two.host() as running:
        await two.installed(A, B)
        assert [line.split()[0] for line in (await said("list")).splitlines()[-2:]] == [A, B]
        assert await asyncio.to_thread(terminal_command, "budget", ["set", "workspace", "200"], "", False, B) == DONE
        limits = [await two.bot_of(team).services.budgets.limits() for team in (A, B)]
        assert [len(one.budgets) for one in limits] == [0, 1]
        await said("erase", A)
        async with asyncio.timeout(60):  # at once: the bot is not waited for to look by itself
            while A in [one.team for one in await running.workspaces.all()]:
                await asyncio.sleep(0.02)
        assert two.bot_of(B)


async def test_an_erasure_that_a_crash_cut_off_goes_on_at_the_next_start(two: TwoWorkspaces) -> None:
    async with two.host() as running:
        await two.installed(A)
        assert await running.workspaces.remove(A, time.time())
    assert (two.folder / "bot" / "workspaces" / A).exists()
    async with two.host() as running:
        assert await running.workspaces.all() == []
    assert not (two.folder / "bot" / "workspaces" / A).exists()
