"""`finetune-bot workspaces` and its kin while no bot runs, and commands for one workspace of many."""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app import command_line
from app.stores import of_workspace, open_store
from app.terminal.command import terminal_command
from bot.encryption import key_ring
from bot.providers.interface import upload_name
from bot.settings import load
from bot.store.datasets import SqlDatasetStore
from bot.store.installations import SqlInstallations
from bot.store.jobs import SqlJobStore
from bot.workspaces.installation import Installation, State, Tokens
from bot.workspaces.workspaces import Workspaces
from tests import postgresql_server
from tests.parts import CHANNEL, a_dataset, a_job
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

ACME, OTHER = "T0ACME", "T0OTHER"
Say = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a bot that served two workspaces, each with a job."""
    lay_out(tmp_path, monkeypatch)
    asyncio.run(fill())
    return tmp_path / "bot"


def lay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    monkeypatch.chdir(tmp_path)
    values = {"OPENAI_API_KEY": "sk-none", "FINETUNE_PROVIDER": "acme", "FINETUNE_DATA": str(tmp_path / "bot")}
    values["FINETUNE_ENCRYPTION_KEYS"] = b64encode(os.urandom(32)).decode()
    for name, value in {**values, **given}.items():
        monkeypatch.setenv(name, value)


async def fill() -> None:
    settings = load()
    ring = key_ring(settings)
    assert ring is not None
    database = await open_store(settings)
    for team, name in ((ACME, "Acme"), (OTHER, "Another")):
        await Workspaces(SqlInstallations(database, ring)).install(
            Installation(team, name, "U0BOT", "U0ANA", 1_700_000_000.0, tokens=Tokens(f"xoxb-{team}"))
        )
        own = await open_store(of_workspace(settings, team))
        await SqlJobStore(own).insert(a_job(id=f"job-{team}"))
        await own.close()
    await database.close()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """The exit code of a command line, and what it printed."""

    def say(line: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["finetune-bot", *line.split()])
        with pytest.raises(SystemExit) as end:
            command_line.main()
        shown = capsys.readouterr()
        return end.value.code, shown.out + shown.err

    return say


def installed() -> dict[str, State]:
    async def look() -> dict[str, State]:
        ring = key_ring(load())
        assert ring is not None
        database = await open_store(load())
        try:
            return {one.team: one.state for one in await Workspaces(SqlInstallations(database, ring)).all()}
        finally:
            await database.close()

    return asyncio.run(look())


def test_workspaces_are_listed_with_state_day_and_by_whom(folder: Path, said: Say) -> None:
    code, shown = said("workspaces")
    assert code == 0
    assert shown.splitlines() == [
        "T0ACME  Acme  installed  2023-11-14  U0ANA",
        "T0OTHER  Another  installed  2023-11-14  U0ANA",
    ]


def test_one_is_erased_after_a_yes_and_unknown_ones_are_named(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda question, abort: sys.exit(f"{question} [no]"))
    assert said(f"workspaces --erase {ACME}") == (f"Erase everything of {ACME}? This cannot be undone. [no]", "")
    assert installed() == {ACME: State.INSTALLED, OTHER: State.INSTALLED}
    assert said(f"workspaces --erase {ACME} --yes") == (
        0,
        f"Everything of {ACME} is erased as soon as the bot runs: its store, its files, its tokens.\n",
    )
    assert installed() == {ACME: State.REMOVED, OTHER: State.INSTALLED}
    assert said("workspaces")[1].splitlines()[0].startswith("T0ACME  Acme  being erased")
    for team in ("T0NOBODY", "../bot"):
        code, why = said(f"workspaces --erase {team} --yes")
        assert (code, team in why, "Traceback" in why) == (1, True, False)


def test_tokens_are_sealed_with_the_new_key_and_the_old_one_can_go(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old = b64encode(os.urandom(32)).decode(), os.environ["FINETUNE_ENCRYPTION_KEYS"]
    monkeypatch.setenv("FINETUNE_ENCRYPTION_KEYS", f"{new},{old}")
    assert said("rotate-keys") == (0, "2 tokens were encrypted anew with the first key.\n")
    assert said("rotate-keys")[1].startswith("0 tokens")
    monkeypatch.setenv("FINETUNE_ENCRYPTION_KEYS", new)
    assert len(installed()) == 2
    monkeypatch.setenv("FINETUNE_ENCRYPTION_KEYS", old)
    code, why = said("workspaces")
    assert (code, "Traceback" in why) == (1, False)


@pytest.mark.parametrize("command", ["rotate-keys", "workspaces", f"workspaces --erase {ACME} --yes"])
def test_in_another_folder_than_the_bots_it_says_so_and_makes_nothing(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("FINETUNE_DATA")
    code, why = said(command)
    assert (code, "There is no store of a bot in data" in why) == (1, True)
    assert not Path("data").exists()


def test_without_keys_it_says_how_to_make_one(folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FINETUNE_ENCRYPTION_KEYS")
    code, why = said("workspaces")
    assert code == 1
    assert "openssl rand -base64 32" in why


def test_a_command_for_one_workspace_sees_that_one_alone(folder: Path, said: Say) -> None:
    for team, other in ((ACME, OTHER), (OTHER, ACME)):
        code, shown = said(f"jobs --workspace {team}")
        assert code == 0
        assert f"job-{team}" in shown
        assert f"job-{other}" not in shown
    assert "job-" not in said("jobs")[1]


@pytest.mark.parametrize("own_account", [True, False])
async def test_a_command_for_one_workspace_goes_to_the_account_that_its_bot_would_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_account: bool
) -> None:
    async with StandInProvider() as hosts, StandInProvider() as own:
        account = own if own_account else hosts
        lay_out(tmp_path, monkeypatch, OPENAI_BASE_URL=hosts.url, OPENAI_API_KEY=hosts.key)
        await fill()
        settings = of_workspace(load(), ACME)
        if own_account:
            (settings.finetune_data / "workspace.env").write_text(
                f"OPENAI_API_KEY={own.key}\nOPENAI_BASE_URL={own.url}\nFINETUNE_PROVIDER=acme\n"
            )
        database = await open_store(settings)
        await SqlDatasetStore(database).save(a_dataset(id="ds-own", sha256="abc", owner="U0BEN"))
        await SqlJobStore(database).set_provider_file("acme", "abc", "file-known")
        await database.close()
        others = {"file-others": (upload_name("abc"), b"of the host, or of another workspace")}
        hosts.files = {**others}
        account.files["file-known"] = ("anything", b"{}")
        account.files["file-lost"] = (upload_name("abc") if own_account else f"{ACME}-{upload_name('abc')}", b"{}")
        code = await asyncio.to_thread(terminal_command, "erase", ["U0BEN", "confirm=yes"], "", False, ACME)
        assert code == 0, capsys.readouterr().err
        assert hosts.files == others
        assert not own.files


async def test_whoever_installed_the_app_is_an_administrator_for_the_terminal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, monkeypatch, FINETUNE_ADMINS="U0HOST")
    await fill()
    host = await open_store(load())  # as the bot has it that runs for the other workspaces
    for user, code in (("U0ANA", 1), ("U0HOST", 0)):
        words = [user, "confirm=yes"]
        assert await asyncio.to_thread(terminal_command, "erase", words, "", False, ACME) == code
        assert (user in capsys.readouterr().err) == bool(code)
    await host.close()


def test_a_workspace_that_there_is_not_is_said_and_nothing_is_made(folder: Path, said: Say) -> None:
    before = sorted(folder.rglob("*"))
    for team in ("T0NOBODY", "../..", "t0acme"):
        for line in (f"jobs --workspace {team}", f"backup --workspace {team} {folder / 'copy'}"):
            code, why = said(line)
            assert (code, team in why, "Traceback" in why) == (1, True, False)
    assert sorted(folder.rglob("*")) == before


def test_one_workspace_is_copied_and_put_back_while_the_others_stay(folder: Path, said: Say) -> None:
    assert said(f"backup --workspace {ACME} {folder / 'copy'}")[0] == 0
    assert said(f"cancel job-{ACME} confirm=yes --workspace {ACME}")[0] == 0
    assert "Cancelled" in said(f"jobs --workspace {ACME}")[1]
    assert said(f"restore --workspace {ACME} {folder / 'copy'}")[0] == 0
    assert "Cancelled" not in said(f"jobs --workspace {ACME}")[1]
    assert f"job-{OTHER}" in said(f"jobs --workspace {OTHER}")[1]


def test_what_a_restored_workspace_tells_goes_to_its_own_channel(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_NOTICES_CHANNEL", "C0HOST")
    (folder / "workspaces" / ACME / "workspace.env").write_text("FINETUNE_NOTICES_CHANNEL=C0OWN\n")
    for team, elsewhere in ((ACME, {"C0OWN"}), (OTHER, set())):
        assert said(f"backup --workspace {team} {folder / team}")[0] == 0
        assert said(f"restore --workspace {team} {folder / team}")[0] == 0

        async def channels(team: str = team) -> set[str]:
            database = await open_store(of_workspace(load(), team))
            try:
                return {one.channel for one in await all_notices(database)}
            finally:
                await database.close()

        assert asyncio.run(channels()) - {CHANNEL} == elsewhere


def test_in_postgresql_each_workspace_is_moved_to_a_schema_of_its_own(
    folder: Path, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql_server.database() as url:
        for line in ("", f" --workspace {ACME}"):
            code, shown = said(f"migrate-store {folder} {url.get_secret_value()}{line}")
            assert (code, "Moved and compared" in shown) == (0, True), shown
        monkeypatch.setenv("FINETUNE_DATABASE", url.get_secret_value())
        assert said("workspaces")[0] == 0
        assert f"job-{ACME}" in said(f"jobs --workspace {ACME}")[1]
        code, why = said(f"jobs --workspace {OTHER}")  # was not moved
        assert (code, f"finetune_bot_{OTHER.lower()}" in why) == (1, True)
        with psycopg.connect(url.get_secret_value()) as server:
            made = server.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'finetune_bot%' ORDER BY 1")
            assert made.fetchall() == [("finetune_bot",), (f"finetune_bot_{ACME.lower()}",)]
