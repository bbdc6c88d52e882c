"""What is wrong when the bot starts is said in one sentence; a provider that is down does not keep it from starting."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from app.run import Bot, running
from bot.errors import StartError
from bot.store.database import Database
from tests.e2e.world import World, world
from tests.ports import free_port
from tests.stand_in_provider import StandInProvider
from texts import errors

MODELS = "GET /models"


@pytest.fixture
async def w(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def refused(w: World, **settings: Any) -> str:
    """The sentence with which the bot does not start; nothing is left running or locked."""
    with pytest.raises(StartError) as error:
        async with running(w.settings(**settings)):
            pass
    sentence = errors.sentence(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".") or "finetune-bot try" in sentence
    for secret in (w.sandbox.bot_token, w.sandbox.app_token, w.provider.key):
        assert secret not in sentence
    database = await Database.open(w.folder / "bot")
    await database.close()
    return sentence


async def started(w: World, **settings: Any) -> str:
    async with running(w.settings(**settings)) as bot:
        return bot.name


async def test_with_everything_in_place_it_starts(w: World) -> None:
    assert await started(w)


# Slack's tokens


async def test_without_a_bot_token_it_says_where_to_get_one_and_how_to_do_without(w: World) -> None:
    sentence = await refused(w, slack_bot_token=None)
    assert sentence.startswith("SLACK_BOT_TOKEN is missing.")
    assert "OAuth & Permissions" in sentence
    assert "finetune-bot try" in sentence


async def test_without_an_app_token_and_a_signing_secret_it_names_both(w: World) -> None:
    sentence = await refused(w, slack_app_token=None)
    assert sentence.startswith("SLACK_APP_TOKEN is missing.")
    assert "SLACK_SIGNING_SECRET" in sentence


async def test_a_wrong_bot_token_is_named(w: World) -> None:
    sentence = await refused(w, slack_bot_token=SecretStr("xoxb-of-somebody-else"))
    assert sentence.startswith("SLACK_BOT_TOKEN cannot be used.")


async def test_an_app_token_in_the_place_of_the_bot_token_is_named(w: World) -> None:
    sentence = await refused(w, slack_bot_token=SecretStr(w.sandbox.app_token))
    assert sentence.startswith("SLACK_BOT_TOKEN is an app-level token. The bot's token begins with xoxb-")


async def test_swapped_tokens_are_said_to_be_swapped(w: World) -> None:
    bot, app = SecretStr(w.sandbox.app_token), SecretStr(w.sandbox.bot_token)
    sentence = await refused(w, slack_bot_token=bot, slack_app_token=app)
    assert sentence.startswith("SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped")


@pytest.mark.parametrize("token", ["xoxb", "cut-off-xoxb-123", "xoxe-1-refresh", "sk-proj-0123456789abcdef"])
async def test_a_malformed_bot_token_is_named_without_asking_anybody(w: World, token: str) -> None:
    sentence = await refused(w, slack_bot_token=SecretStr(token), slack_api_url=nobody())
    assert sentence.startswith("SLACK_BOT_TOKEN is ")
    assert "begins with xoxb-" in sentence


async def test_a_token_of_slacks_is_never_sent_to_the_provider(w: World) -> None:
    sentence = await refused(w, openai_api_key=SecretStr(w.sandbox.bot_token))
    assert sentence.startswith("OPENAI_API_KEY holds a bot's token of Slack's.")
    assert MODELS not in w.provider.requests


async def test_all_that_is_missing_is_named_at_once_and_before_anybody_is_asked(w: World) -> None:
    missing: dict[str, Any] = dict.fromkeys(("slack_bot_token", "slack_app_token", "openai_api_key"))
    sentence = await refused(w, **missing, slack_api_url=nobody())
    assert [name for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OPENAI_API_KEY") if name in sentence] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "OPENAI_API_KEY",
    ]


async def test_a_persons_token_in_the_place_of_the_bot_token_is_named(w: World) -> None:
    assert "a person's token" in await refused(w, slack_bot_token=SecretStr("xoxp-a-person"))


async def test_a_token_that_belongs_to_no_bot_is_named(w: World) -> None:
    """Slack accepts it in auth.test, and answers without a bot; the sandbox has no such tokens."""
    body = '{"ok": true, "user": "ana", "user_id": "U0ANA", "team": "Acme", "team_id": "T0ACME"}'
    async with StandInProvider() as slack:
        slack.fault("POST /api/auth.test", status=200, body=body)
        slack.key = "xoxb-of-nobody"
        sentence = await refused(
            w, slack_bot_token=SecretStr("xoxb-of-nobody"), slack_api_url=slack.url.replace("/v1", "/api/")
        )
    assert sentence.startswith("SLACK_BOT_TOKEN cannot be used.")


async def test_a_bot_token_in_the_place_of_the_app_token_is_named(w: World) -> None:
    sentence = await refused(w, slack_app_token=SecretStr(w.sandbox.bot_token))
    assert sentence.startswith("SLACK_APP_TOKEN is a bot's token. The app-level token begins with xapp-")


async def test_a_wrong_app_token_is_named(w: World) -> None:
    assert (await refused(w, slack_app_token=SecretStr("xapp-1-wrong"))).startswith("SLACK_APP_TOKEN cannot be used.")


@pytest.mark.parametrize(("state", "says"), [("revoked", "install the app again"), ("inactive", "install it again")])
async def test_a_token_that_does_not_work_any_more_says_what_to_do(w: World, state: str, says: str) -> None:
    await w.person.token(state)
    assert says in await refused(w)


async def test_slack_at_a_wrong_address_is_named(w: World) -> None:
    address = nobody()
    sentence = await refused(w, slack_api_url=address)
    assert sentence.startswith(f"Slack cannot be reached. Nobody answers at {address.removesuffix('/api/')}:")
    assert "SLACK_API_URL" in sentence
    assert "does not know the name slack.invalid" in await refused(w, slack_api_url="https://slack.invalid/api/")
    assert "does not speak TLS" in await refused(w, slack_api_url=w.provider.url.replace("http:", "https:"))
    assert "SLACK_API_URL" in await refused(w, slack_api_url=w.provider.url)


async def test_slack_that_asks_to_wait_is_no_wrong_token(w: World) -> None:
    await w.person.fault("auth.test", "ratelimited", 3)
    assert "Start again in a minute" in await refused(w)


# The provider's key and address


async def test_without_a_key_it_says_which(w: World) -> None:
    sentence = await refused(w, openai_api_key=None)
    assert sentence.startswith("OPENAI_API_KEY is missing.")
    assert "finetune-bot trainer keys create" in sentence


async def test_a_wrong_key_is_named_and_not_repeated(w: World) -> None:
    sentence = await refused(w, openai_api_key=SecretStr("sk-wrong-0123456789abcdef"))
    assert sentence.startswith("OPENAI_API_KEY cannot be used: acme answered: Incorrect API key provided")
    assert "sk-wrong" not in sentence


@pytest.mark.parametrize("path", ["", "/v2", "/v1/v1"])
async def test_an_address_where_nobody_speaks_the_protocol_is_named(w: World, path: str) -> None:
    sentence = await refused(w, openai_base_url=w.provider.url.replace("/v1", path))
    assert "does not speak OpenAI's protocol" in sentence
    assert "OPENAI_BASE_URL" in sentence


@pytest.mark.parametrize(
    "body",
    ["<html><body>Welcome</body></html>", '{"status": "ok"}', "[]", '"hello"'],
    ids=["html", "json", "list", "text"],
)
async def test_a_web_page_at_the_providers_address_is_named(w: World, body: str) -> None:
    kind = "text/html" if body.startswith("<") else "application/json"
    w.provider.fault(MODELS, times=5, status=200, body=body, content_type=kind)
    assert "does not speak OpenAI's protocol" in await refused(w)


async def test_a_provider_that_is_down_is_no_obstacle_and_its_address_is_named(w: World) -> None:
    await w.provider.down()
    with capture_logs() as logged:
        assert await started(w)
    address = w.provider.url.removesuffix("/v1")
    assert any(one.get("why") == f"Nobody answers at {address}: is the server there running?" for one in logged)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "code": "server_is_overloaded"},
        {"status": 429, "code": "rate_limit_exceeded"},
        {"status": 429, "code": "insufficient_quota"},
        {"lost": True},
    ],
    ids=str,
)
async def test_a_provider_in_trouble_is_no_obstacle(w: World, fault: dict[str, Any]) -> None:
    w.provider.fault(MODELS, times=5, **fault)
    assert await started(w)


# The machine


async def test_a_folder_that_another_bot_uses_is_named(w: World) -> None:
    async with running(w.settings()):
        with pytest.raises(StartError, match="folder_in_use"):
            async with running(w.settings()):
                pass


async def test_a_folder_that_cannot_be_written_is_named(w: World) -> None:
    (w.folder / "file").write_text("in the way")
    sentence = await refused(w, finetune_data=w.folder / "file" / "bot")
    assert "cannot be written" in sentence


async def test_a_port_that_is_taken_is_named_in_http_mode(w: World) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = await refused(w, **http(w), http_port=port)
    assert f"port {port}" in sentence
    assert "taken by another program" in sentence
    assert "HTTP_PORT" in sentence


async def test_an_address_that_this_machine_does_not_have_is_named_in_http_mode(w: World) -> None:
    sentence = await refused(w, **http(w), http_host="192.0.2.1")
    assert "HTTP_HOST" in sentence
    assert "taken" not in sentence


def nobody() -> str:
    """An address of Slack's Web API where nobody answers."""
    return f"http://127.0.0.1:{free_port()}/api/"


def http(w: World) -> dict[str, Any]:
    return {"slack_app_token": None, "slack_signing_secret": SecretStr(w.sandbox.signing_secret)}


async def test_after_it_stopped_nothing_is_left_that_keeps_it_from_starting_again(w: World) -> None:
    for _ in range(2):
        bot: Bot
        async with running(w.settings(**http(w))) as bot:
            assert bot.port
