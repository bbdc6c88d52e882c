"""`finetune-bot doctor` as an administrator at a terminal, and a script, sees it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from app.doctor.command import FINE, SOMETHING_WRONG, doctor_command
from app.doctor.comparing import Comparing
from sandbox.seed import ANA, SUPPORT
from tests.e2e.world import World
from texts.language import Language, speaking

Doctor = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def doctor(w: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """The command in the environment of this world's bot; its exit code and what it printed."""
    monkeypatch.chdir(w.folder)
    for name, value in {
        "SLACK_BOT_TOKEN": w.sandbox.bot_token,
        "SLACK_APP_TOKEN": w.sandbox.app_token,
        "SLACK_API_URL": w.sandbox.api_url,
        "OPENAI_API_KEY": w.provider.key,
        "OPENAI_BASE_URL": w.provider.url,
        "FINETUNE_PROVIDER": "acme",
        "FINETUNE_DATA": str(w.folder / "bot"),
    }.items():
        monkeypatch.setenv(name, value)

    async def run(comparing: Comparing | None = None, *, as_json: bool = False) -> tuple[int, str]:
        code = await asyncio.to_thread(doctor_command, as_json, comparing)
        return code, capsys.readouterr().out

    return run


async def test_where_all_is_well_it_says_so_before_and_while_the_bot_runs(w: World, doctor: Doctor) -> None:
    code, said = await doctor()
    assert code == FINE
    assert [line for line in said.splitlines() if not line.startswith("  ✓ ")] == [
        "The settings",
        "Slack",
        "Provider acme",
        "The store",
        "Everything is well.",
    ]
    assert "nobody else is connected" in said
    async with w.bot():
        code, said = await doctor()
    assert code == FINE
    assert "only the bot that runs here is connected" in said


async def test_a_script_gets_one_object_and_no_secret(w: World, doctor: Doctor) -> None:
    await w.person.scopes(["chat:write"])
    await w.provider.down()
    with speaking(Language.CHINESE):
        code, said = await doctor()
    assert code == SOMETHING_WRONG
    assert "  ✗ 应用缺少权限：" in said
    code, said = await doctor(as_json=True)
    told = json.loads(said)
    assert (code, told["ok"]) == (SOMETHING_WRONG, False)
    assert [section["about"] for section in told["sections"]] == ["settings", "slack", "provider", "store"]
    wrong = {
        finding["code"]: finding
        for section in told["sections"]
        for finding in section["findings"]
        if finding["level"] == "wrong"
    }
    assert {*wrong} == {"scopes_missing", "no_answer"}
    assert "commands" in wrong["scopes_missing"]["values"]["scopes"]
    for secret in (w.sandbox.bot_token, w.sandbox.app_token, w.provider.key):
        assert secret not in said


async def test_the_sandbox_and_the_protocol_deviate_from_nothing_and_leave_nothing_behind(
    w: World, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_ADMINS", ANA)
    before = await w.person.messages(w.channel)
    w.provider.usage = (20, 2)
    code, said = await doctor(Comparing(SUPPORT, paid=True))
    assert code == FINE, said
    assert said.count("things are as in the sandbox and the trainer.") == 2
    assert "Compared: 10 things" in said, said
    assert await w.person.messages(w.channel) == before
    assert w.provider.files == {}
    code, said = await doctor(Comparing())
    assert "Not compared: name a channel for it" in said
