"""`finetune-bot jobs`, `approve` and the others, as an administrator at a terminal, and a script, see them."""

import asyncio
import json
import socket
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.command_line import AS_IN_SLACK
from app.terminal.answers.models import models
from app.terminal.command import DONE, NOT_DONE, terminal_command
from app.terminal.commands import COMMANDS
from app.terminal.messages import Answer, Asked
from app.terminal.socket import NAME, ask, forget_all_but, is_there, listening
from bot.audit import TERMINAL
from bot.errors import StartError
from bot.jobs import states
from bot.jobs.deployment import Deployment, DeploymentState
from bot.jobs.job import Approval, Origin
from bot.models.model import FineTunedModel
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from handlers.commands import find_command
from tests.parts import a_job
from texts.language import Language, speaking

SECRET = Origin("T0ACME", "G0SECRET", True)
Say = Callable[..., Any]


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a bot that does not run: a job that waits for approval and one of a private channel."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"OPENAI_API_KEY": "sk-none", "FINETUNE_PROVIDER": "acme", "FINETUNE_DATA": "bot"}.items():
        monkeypatch.setenv(name, value)
    database = await Database.open(tmp_path / "bot")
    jobs = SqlJobStore(database)
    waits = Approval(asked_at=1.0, above=5.0, deciders=("U0BEN",))
    await jobs.insert(a_job(id="job-waits", state=states.AWAITING_APPROVAL, approval=waits, estimated_cost=12.0))
    await jobs.insert(a_job(id="job-secret", state=states.RUNNING, origin=SECRET))
    await database.close()
    return tmp_path / "bot"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Say:
    """The exit code of a command and what it printed; with `as_json` what a script reads."""

    async def say(*words: str, channel: str = "", as_json: bool = False) -> tuple[int, Any]:
        code = await asyncio.to_thread(terminal_command, words[0], words[1:], channel, as_json)
        out = capsys.readouterr()
        return code, json.loads(out.out) if as_json else out.out or out.err

    return say


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[Callable[[], Any]]:
    """Opens what the commands have left behind."""
    opened: list[Database] = []

    async def open_store() -> Database:
        opened.append(await Database.open(folder))
        return opened[-1]

    yield open_store
    for database in opened:
        await database.close()


async def test_jobs_are_listed_and_those_of_private_channels_only_for_that_channel(folder: Path, said: Say) -> None:
    code, shown = await said("jobs")
    assert code == DONE
    assert shown.splitlines()[0] == "1 job"
    assert "job-waits" in shown
    assert "$12.00" in shown
    assert "job-secret" not in shown
    _, found = await said("jobs", "state=active", channel="G0SECRET", as_json=True)
    assert found["ok"]
    assert [(job["id"], job["state"]) for job in found["jobs"]] == [
        ("job-secret", "running"),
        ("job-waits", "awaiting_approval"),
    ]


async def test_status_alone_lists_what_goes_on_or_waits(folder: Path, said: Say) -> None:
    _, shown = await said("status", as_json=True)
    assert [job["id"] for job in shown["jobs"]] == ["job-waits"]
    _, one = await said("status", "job-waits", as_json=True)
    assert (await said("jobs", "state=failed"))[1] == "No job that you may see here fits that.\n"
    assert "what keep 2 means" in (await said("checkpoints", "job-waits", "keep", "2"))[1]
    assert one["job"]["usd"] == 12.0


@pytest.mark.parametrize("word", ["csv", "compare=yes"])
async def test_what_only_slack_shows_is_refused_with_what_to_do_instead(folder: Path, said: Say, word: str) -> None:
    code, why = await said("jobs", word)
    assert code == NOT_DONE
    assert why == f"{word} works in Slack only. Add `--json` here, which gives every job with its settings.\n"


async def test_a_job_has_a_link_where_the_bot_has_an_address(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await said("status", "job-waits", as_json=True))[1]["job"]["link"] is None
    monkeypatch.setenv("FINETUNE_PUBLIC_URL", "https://Finetune.example.com/")
    assert "https://finetune.example.com/jobs/job-waits" in (await said("status", "job-waits"))[1]


async def test_only_a_bot_that_runs_starts_jobs(folder: Path, said: Say) -> None:
    code, why = await said("start", "mails.jsonl", channel="C0SUPPORT")
    assert (code, "Start it with `finetune-bot run`." in why) == (NOT_DONE, True)


async def test_what_is_approved_goes_on_at_the_next_start_and_the_audit_log_says_by_whom(
    folder: Path, said: Say, store: Callable[[], Any]
) -> None:
    assert await said("approve", "job-waits") == (DONE, "job-waits is approved, and goes on by itself.\n")
    code, again = await said("approve", "job-waits", as_json=True)
    assert (code, again["ok"]) == (NOT_DONE, False)
    assert "an administrator in the terminal" in (await said("audit"))[1]
    database = await store()
    job = await SqlJobStore(database).get("job-waits")
    assert job is not None
    assert job.approval is not None
    assert (job.state, job.approval.decided_by) == (states.IN_LINE, TERMINAL)
    [entry] = await SqlAuditLog(database).about("job-waits")
    assert (entry.actor, entry.action) == (TERMINAL, "approve")


async def test_declining_needs_a_reason_and_cancelling_a_yes(folder: Path, said: Say) -> None:
    code, why = await said("decline", "job-waits")
    assert code == NOT_DONE
    assert why.startswith("Say in a few words why.")
    code, asked = await said("cancel", "job-waits", as_json=True)
    assert (code, asked["ok"], "confirm=yes" in asked["error"]) == (NOT_DONE, False, True)
    _, done = await said("cancel", "job-waits", "confirm=yes", as_json=True)
    assert done["job"]["state"] == "cancelled"


async def test_deployments_are_listed_with_what_they_cost(folder: Path, said: Say) -> None:
    assert await said("deployments") == (DONE, "No model is deployed, so none costs anything by the hour.\n")
    two_hours_ago = time.time() - 2 * 3600
    ready = Deployment(DeploymentState.READY, "U0ANA", two_hours_ago, 1.7, two_hours_ago)
    asked = Deployment(DeploymentState.ASKED, "U0BEN", two_hours_ago)
    database = await Database.open(folder)
    for id, deployment in {"job-ready": ready, "job-asked": asked}.items():
        job = a_job(id=id, state=states.SUCCEEDED, fine_tuned_model=f"ft:{id}", deployment=deployment)
        await SqlJobStore(database).insert(job)
    await database.close()
    code, shown = await said("deployments")
    assert code == DONE
    assert shown.startswith("2 models are deployed\n")
    assert "$1.70" in shown
    assert "$3.40" in shown
    assert "Being deployed at" in shown
    assert shown.endswith("Together $1.70 an hour, and 1 more whose price is unknown.\n")
    _, found = await said("deployments", as_json=True)
    assert found["usd_per_hour"] == 1.7
    prices = {one["job"]: (one["state"], one["usd_per_hour"]) for one in found["deployments"]}
    assert prices == {"job-ready": ("ready", 1.7), "job-asked": ("asked", None)}


async def test_budgets_are_set_and_shown(folder: Path, said: Say) -> None:
    assert (await said("budget", "set", "C0SUPPORT", "200"))[1] == "C0SUPPORT may spend $200.00 a month now.\n"
    _, month = await said("budget", as_json=True)
    assert [(one["scope"], one["subject"], one["budget_usd"]) for one in month["budgets"]] == [
        ("workspace", "", None),
        ("channel", "C0SUPPORT", 200.0),
    ]


async def test_people_read_in_the_terminals_language_and_programs_in_english(folder: Path, said: Say) -> None:
    with speaking(Language.CHINESE):
        code, shown = await said("datasets")
        _, why = await said("unused", "days=none", as_json=True)
    assert code == DONE
    assert shown.startswith("还没有训练集。")
    assert why == {"ok": False, "error": "days=none is no number that I can use. Write it like `days=2`."}


async def test_where_there_is_no_bot_nothing_is_made(
    tmp_path: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(StartError, match="no store"):
        await said("jobs")
    code, told = await said("jobs", as_json=True)
    assert (code, told["ok"]) == (NOT_DONE, False), "a script always reads an object"
    assert "There is no store of a bot" in told["error"]
    assert not (tmp_path / "nowhere").exists()


async def test_a_bot_that_starts_is_waited_for(folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_listens = threading.Event()

    async def asked_in_vain(folder: Path, asked: Asked) -> Answer | None:
        answer = await ask(folder, asked)
        nobody_listens.set()
        return answer

    async def carry_out(_: Asked) -> Answer:
        return Answer(notes=("The bot says so.",))

    monkeypatch.setattr("app.terminal.command.ask", asked_in_vain)
    starting = await Database.open(folder)  # has the store before anybody can ask it
    asking = asyncio.create_task(said("jobs"))
    await asyncio.to_thread(nobody_listens.wait)
    async with listening(folder, carry_out):
        assert await asking == (DONE, "The bot says so.\n")
    await starting.close()


async def test_a_running_bot_is_asked_by_a_socket_that_only_its_owner_opens_however_long_its_path(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    asked = Asked("jobs", ("mine",), "C0SUPPORT", "zh")

    async def carry_out(asked: Asked) -> Answer:
        return Answer({"words": list(asked.words)}, notes=("好" * 100_000,))

    assert await ask(folder, asked) is None
    async with listening(folder, carry_out):
        assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
        answer = await ask(folder, asked)
        assert answer is not None
        assert answer.value == {"words": ["mine"]}
        assert answer.notes == ("好" * 100_000,)
    assert await ask(folder, asked) is None


async def test_of_bots_that_share_a_folder_one_that_lives_is_asked(tmp_path: Path) -> None:
    def answering(name: str) -> Callable[[Asked], Any]:
        async def carry_out(_: Asked) -> Answer:
            return Answer(notes=(name,))

        return carry_out

    # One that was killed leaves this behind.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "terminal-0dead.sock"))
    assert await ask(tmp_path, Asked("jobs")) is None
    async with listening(tmp_path, answering("one"), "1"):
        async with listening(tmp_path, answering("two"), "2"):
            assert await ask(tmp_path, Asked("jobs")) == Answer(notes=("one",))
            forget_all_but(tmp_path, ["1", "2"])
            assert [is_there(tmp_path, name) for name in ("0dead", "1", "2")] == [False, True, True]
        assert [is_there(tmp_path, name) for name in ("1", "2")] == [True, False]
    async with listening(tmp_path, answering("two"), "2"):
        assert await ask(tmp_path, Asked("jobs")) == Answer(notes=("two",))


async def test_a_fault_in_the_bot_is_told_as_doubt(tmp_path: Path) -> None:
    async def carry_out(_: Asked) -> Answer:
        raise RuntimeError

    async with listening(tmp_path, carry_out):
        with pytest.raises(StartError, match="not certain"):
            await ask(tmp_path, Asked("jobs"))


def test_a_model_that_was_asked_for_in_a_terminal_is_the_administrators() -> None:
    tuned, _ = models([], [FineTunedModel("ft:a:acme:voice:1", "a", owner=TERMINAL)]).tables
    assert tuned.rows[0][3] == "an administrator in the terminal"


def test_the_commands_are_those_of_slack() -> None:
    assert {*AS_IN_SLACK, "retention"} == set(COMMANDS)
    # In Slack these are buttons.
    assert {name for name in AS_IN_SLACK if find_command(name) is None} == {"approve", "decline"}
