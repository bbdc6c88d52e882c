"""`finetune-bot doctor`: what it finds at Slack, over real sockets."""

import base64
import json
import re
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.errors import SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from app.connecting import LINK_SCOPES, NEEDED_SCOPES
from app.doctor.command import SOMETHING_WRONG, doctor_command
from app.doctor.slack import check_slack
from app.doctor.slack_cases import slack_cases
from bot.doctor.finding import Finding, Level
from bot.settings import load as load_settings
from tests.scripted_slack import Slack, broken, error
from texts import doctor as texts
from texts.language import Language, speaking

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """With which all is well, and nobody else connected."""
    async with Slack() as slack:
        answers(slack)
        slack.replies["bots.info"] = [{"ok": True, "bot": {"app_id": "A0BOT"}}]
        url = slack.url.replace("http:", "ws:") + "socket"
        slack.replies["apps.connections.open"] = [{"ok": True, "url": url}]
        says_hello(slack)
        yield slack


def answers(slack: Slack, *, scopes: frozenset[str] = NEEDED_SCOPES, clock: float = 0, **who: Any) -> None:
    """`clock`: seconds that Slack's is ahead."""
    said = {"ok": True, "user": "finetune", "team": "Acme", "team_id": "T0ACME", "bot_id": "B0BOT", **who}

    def answer(_: web.Request) -> web.StreamResponse:
        headers = {"x-oauth-scopes": ",".join(scopes), "Date": formatdate(time.time() + clock, usegmt=True)}
        return web.json_response(said, headers={name: value for name, value in headers.items() if value})

    slack.replies["auth.test"] = [answer]


def says_hello(slack: Slack, *, connections: int = 1, app: str = "A0BOT") -> None:
    async def socket(request: web.Request) -> web.StreamResponse:
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        hello = {"type": "hello", "num_connections": connections, "connection_info": {"app_id": app}}
        await opened.send_json(hello)
        await opened.receive()
        return opened

    slack.replies["socket"] = [socket]


async def found(slack: Slack, *, bots_here: int = 0, **changes: Any) -> dict[str, Finding]:
    """By their codes. Each can be said in both languages."""
    values: dict[str, Any] = {
        "slack_bot_token": SecretStr("xoxb-test"),
        "slack_app_token": SecretStr("xapp-test"),
        "slack_api_url": slack.url,
        **changes,
    }
    findings = await check_slack(load_settings(_env_file=None, **values), bots_here=bots_here)
    for language in Language:
        with speaking(language):
            assert all(texts.sentence(finding) for finding in findings)
    return {finding.code: finding for finding in findings}


def not_well(findings: dict[str, Finding]) -> dict[str, Level]:
    return {code: finding.level for code, finding in findings.items() if finding.level is not Level.OK}


async def test_where_all_is_well_it_says_who_the_bot_is_and_that_nobody_else_is_connected(slack: Slack) -> None:
    findings = await found(slack)
    assert not_well(findings) == {}
    assert [*findings] == ["bot_token", "scopes", "clock", "no_connection"]
    assert texts.sentence(findings["bot_token"]) == "The bot's token is that of finetune in Acme (T0ACME)."


async def test_a_forgotten_process_with_the_same_tokens_is_found(slack: Slack) -> None:
    says_hello(slack, connections=2)
    findings = await found(slack)
    assert not_well(findings) == {"other_connections": Level.WRONG}
    assert texts.sentence(findings["other_connections"]).startswith("1 other connection with the same tokens is open")


async def test_the_bot_that_runs_here_is_no_stranger(slack: Slack) -> None:
    says_hello(slack, connections=2)
    assert "bot_connected" in await found(slack, bots_here=1)
    says_hello(slack, connections=3)
    assert (await found(slack, bots_here=1))["other_connections"].values == {"count": 1}
    assert "bot_connected" in await found(slack, bots_here=2)


async def test_a_bot_that_runs_here_without_a_connection_is_noticed(slack: Slack) -> None:
    assert not_well(await found(slack, bots_here=1)) == {"bot_not_connected": Level.WARNING}


async def test_scopes_that_are_missing_are_wrong_and_those_too_many_are_noticed(slack: Slack) -> None:
    answers(slack, scopes=NEEDED_SCOPES - {"files:read", "commands"} | {"admin"})
    findings = await found(slack)
    assert not_well(findings) == {"scopes_missing": Level.WRONG, "scopes_not_needed": Level.WARNING}
    assert findings["scopes_missing"].values == {"scopes": ["commands", "files:read"]}
    assert findings["scopes_not_needed"].values == {"scopes": ["admin"]}
    answers(slack, scopes=frozenset())
    assert not_well(await found(slack)) == {"scopes_not_told": Level.WARNING}


async def test_links_to_jobs_need_scopes_of_their_own_and_somebody_who_answers(slack: Slack) -> None:
    links: dict[str, Any] = {"finetune_public_url": "https://finetune.example.com"}
    findings = await found(slack, **links, health_port=8080)
    assert findings["scopes_missing"].values == {"scopes": ["links:read", "links:write"]}
    assert findings["links"].values == {"domain": "finetune.example.com"}
    answers(slack, scopes=NEEDED_SCOPES | LINK_SCOPES)
    assert not_well(await found(slack, **links, health_port=8080)) == {}
    assert not_well(await found(slack, **links)) == {"links_lead_nowhere": Level.WRONG}
    over_http: dict[str, Any] = {"slack_app_token": None, "slack_signing_secret": SecretStr("secret")}
    assert "links" in await found(slack, **links, **over_http)
    assert not_well(await found(slack, health_port=8080)) == {"scopes_not_needed": Level.WARNING}


@pytest.mark.parametrize(("clock", "level", "says"), [(90, Level.WARNING, "behind"), (-600, Level.WRONG, "ahead of")])
async def test_a_clock_that_is_off_is_noticed(slack: Slack, clock: float, level: Level, says: str) -> None:
    answers(slack, clock=clock)
    findings = await found(slack)
    assert not_well(findings) == {"clock_off": level}
    assert f" {says} Slack's." in texts.sentence(findings["clock_off"])


async def test_tokens_of_two_apps_are_noticed(slack: Slack) -> None:
    says_hello(slack, app="A0OTHER")
    findings = await found(slack)
    assert not_well(findings) == {"tokens_of_two_apps": Level.WRONG}
    assert "that of app A0BOT, SLACK_APP_TOKEN that of app A0OTHER" in texts.sentence(findings["tokens_of_two_apps"])


async def test_a_token_that_slack_refuses_is_said_as_the_start_says_it(slack: Slack) -> None:
    slack.replies["apps.connections.open"] = [error("invalid_auth")]
    assert texts.sentence((await found(slack))["slack_refuses"]).startswith("SLACK_APP_TOKEN cannot be used.")
    answers(slack, bot_id="")
    assert "a person's token" in texts.sentence((await found(slack))["slack_refuses"])
    slack.replies["auth.test"] = [error("account_inactive")]
    findings = await found(slack)
    assert [*findings] == ["slack_refuses"]
    assert "install it again" in texts.sentence(findings["slack_refuses"])


async def test_a_socket_that_does_not_open_is_said(slack: Slack) -> None:
    slack.replies["socket"] = [broken]
    assert not_well(await found(slack)) == {"no_socket": Level.WRONG}


async def test_over_http_no_socket_is_opened(slack: Slack) -> None:
    findings = await found(slack, slack_app_token=None, slack_signing_secret=SecretStr("secret"), http_port=3007)
    assert findings["over_http"].values == {"port": "3007"}
    assert slack.called("apps.connections.open") == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"ok": True, "channel": {"name": "training", "is_member": True}}, None),
        ({"ok": True, "channel": {"name": "training", "is_member": False}}, "not_in_notices_channel"),
        ({"ok": True, "channel": {"name": "training", "is_archived": True}}, "notices_channel_archived"),
        (error("channel_not_found"), "notices_channel_unknown"),
        (broken, "notices_channel_unknown"),
    ],
)
async def test_the_channel_for_notices_is_looked_at(slack: Slack, answer: Any, code: str | None) -> None:
    slack.replies["conversations.info"] = [answer]
    assert [*not_well(await found(slack, finetune_notices_channel="C0NOTICES"))] == ([code] if code else [])


async def test_people_and_groups_whom_slack_does_not_know_are_named(slack: Slack) -> None:
    people = {"U0ANA": {"ok": True, "user": {}}, "U0LEFT": {"ok": True, "user": {"deleted": True}}}

    def person(request: web.Request) -> web.StreamResponse:
        return web.json_response(people.get(request.query["user"], error("user_not_found")))

    slack.replies["users.info"] = [person]
    assert (await found(slack, finetune_admins=["U0ANA", "S0TEAM"]))["people"].values == {"count": 2}
    slack.replies["usergroups.users.list"] = [error("no_such_subteam")]
    findings = await found(slack, finetune_admins=["U0ANA"], finetune_members=["S0TEAM", "U0LEFT", "U0NOBODY"])
    assert not_well(findings) == {"people_unknown": Level.WRONG}
    assert findings["people_unknown"].values == {"people": ["S0TEAM", "U0LEFT", "U0NOBODY"]}


def test_settings_that_cannot_be_used_are_said_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTP_PORT", "99999")
    assert doctor_command(True) == SOMETHING_WRONG
    (section,) = json.loads(capsys.readouterr().out)["sections"]
    assert (section["about"], section["findings"][0]["code"]) == ("settings", "settings_wrong")
    monkeypatch.delenv("HTTP_PORT")
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert doctor_command(False) == SOMETHING_WRONG
    said = capsys.readouterr().out
    assert "✗ SLACK_BOT_TOKEN is missing." in said
    assert "✓ There is no store in data yet" in said


def test_a_bot_of_many_workspaces_is_looked_at_without_a_token_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "a-secret",
        "SLACK_SIGNING_SECRET": "another",
        "FINETUNE_PUBLIC_URL": "https://finetune.example.com",
        "FINETUNE_ENCRYPTION_KEYS": base64.b64encode(bytes(32)).decode(),
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    doctor_command(as_json=True)
    sections = json.loads(capsys.readouterr().out)["sections"]
    assert [section["about"] for section in sections] == ["settings", "provider", "store"]
    assert sections[0]["findings"][0]["code"] == "settings"
    monkeypatch.delenv("SLACK_CLIENT_SECRET")
    assert doctor_command(as_json=True) == SOMETHING_WRONG
    (settings, _) = json.loads(capsys.readouterr().out)["sections"]
    assert "SLACK_CLIENT_SECRET" in settings["findings"][0]["message"]


def test_every_finding_has_its_sentence_and_every_sentence_its_finding() -> None:
    sources = [path for folder in ("app/doctor", "bot/doctor") for path in (ROOT / folder).glob("*.py")]
    codes = {
        code
        for path in sources
        for call in re.findall(r"\b(?:ok|warning|wrong|say|Case)\(([^()]*?)[,)]", path.read_text("utf-8"))
        for code in re.findall(r'"(\w+)"', call)
    }
    assert codes == set(texts.FOUND)


async def test_an_upload_that_breaks_off_is_a_deviation(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks_off(**_: Any) -> None:
        raise SlackRequestError

    client = AsyncWebClient()
    monkeypatch.setattr(client, "files_upload_v2", breaks_off)
    [case] = [one for one in slack_cases(client, "C0SUPPORT", None) if one.code == "slack_files"]
    assert await case.run() == "SlackRequestError"
