"""link_shared and chat.unfurl: what Slack tells and refuses, and what stands below the message."""

import asyncio
import dataclasses
from typing import Any

import pytest
import pytest_asyncio
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import RANDOM, SUPPORT
from sandbox.server import Sandbox

LINK = "https://ft.example.com/jobs/1?a=1&b=2"
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*A job*"}}]


@pytest_asyncio.fixture(loop_scope="session")
async def links(sandbox: Sandbox) -> None:
    """The app asks for what links take."""
    manifest = sandbox.state.manifest
    sandbox.state.set_manifest(
        dataclasses.replace(
            manifest,
            scopes=manifest.scopes | {"links:read", "links:write"},
            events=manifest.events | {"link_shared"},
            unfurl_domains=("example.com",),
        )
    )


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@pytest.mark.usefixtures("links")
async def test_the_app_hears_of_links_also_where_it_is_not(bolt: AsyncApp, people: SandboxClient) -> None:
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.event("link_shared")
    async def shared(event: dict[str, Any]) -> None:
        await heard.put(event)

    await people.say("ana", SUPPORT, "https://elsewhere.org/1 and https://notexample.com/2")
    message = await people.say("ana", SUPPORT, f"See {LINK} and again {LINK}")
    elsewhere = await people.say("ana", RANDOM, f"See {LINK}")
    events = [await asyncio.wait_for(heard.get(), 60) for _ in range(2)]
    assert [event["links"] for event in events] == [[{"domain": "example.com", "url": LINK}]] * 2
    # Bolt works on both at the same time.
    assert {(event["message_ts"], event["is_bot_user_member"]) for event in events} == {
        (message["ts"], True),
        (elsewhere["ts"], False),
    }


@pytest.mark.usefixtures("links")
async def test_what_the_app_shows_stands_below_the_message_and_is_replaced(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    ts = (await people.say("ana", SUPPORT, f"See {LINK}"))["ts"]
    for _ in range(2):
        await slack.chat_unfurl(channel=SUPPORT, ts=ts, unfurls={LINK: {"blocks": BLOCKS}})
    (message,) = [each for each in await people.messages(SUPPORT) if each["ts"] == ts]
    (shown,) = message["attachments"]
    assert (shown["from_url"], shown["is_app_unfurl"]) == (LINK, True)
    assert shown["blocks"][0]["text"]["text"] == "*A job*"
    assert "edited" not in message


@pytest.mark.usefixtures("links")
async def test_it_refuses_what_slack_refuses(slack: AsyncWebClient, people: SandboxClient, sandbox: Sandbox) -> None:
    ts = (await people.say("ana", SUPPORT, f"See {LINK}"))["ts"]
    good = {LINK: {"blocks": BLOCKS}}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"ts": ts, "unfurls": good}, "missing_channel"),
        ({"channel": SUPPORT, "unfurls": good}, "missing_ts"),
        ({"channel": "C0NOWHERE", "ts": ts, "unfurls": good}, "cannot_find_channel"),
        ({"channel": SUPPORT, "ts": "1.000100", "unfurls": good}, "cannot_find_message"),
        ({"channel": SUPPORT, "ts": ts}, "missing_unfurls"),
        ({"channel": SUPPORT, "ts": ts, "unfurls": "{"}, "invalid_unfurls_format"),
        ({"channel": SUPPORT, "ts": ts, "unfurls": {LINK: "text"}}, "cannot_parse_attachment"),
        ({"channel": SUPPORT, "ts": ts, "unfurls": {"https://elsewhere.org/1": {"text": "x"}}}, "cannot_unfurl_url"),
        ({"channel": SUPPORT, "ts": ts, "unfurls": {LINK + "3": {"text": "x"}}}, "cannot_unfurl_message"),
    ]
    for arguments, code in cases:
        assert await refused(slack.api_call("chat.unfurl", json=arguments)) == code
    state = sandbox.state
    state.set_manifest(dataclasses.replace(state.manifest, unfurl_domains=()))
    assert await refused(slack.chat_unfurl(channel=SUPPORT, ts=ts, unfurls=good)) == "cannot_find_service"
    await people.scopes(["chat:write"])
    assert await refused(slack.chat_unfurl(channel=SUPPORT, ts=ts, unfurls=good)) == "missing_scope"
