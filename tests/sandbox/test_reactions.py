"""reactions.add and reactions.remove refuse what Slack refuses, and nothing else."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import SUPPORT


async def _refused(call: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


async def test_the_bot_gives_a_reaction_and_takes_it_back(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", SUPPORT, "here it is"))["ts"]
    where = {"channel": SUPPORT, "timestamp": ts}
    await slack.reactions_add(name="white_check_mark", **where)
    (message,) = [each for each in await people.messages(SUPPORT) if each["ts"] == ts]
    assert [(one["name"], one["count"]) for one in message["reactions"]] == [("white_check_mark", 1)]
    assert await _refused(slack.reactions_add(name="white_check_mark", **where)) == "already_reacted"
    await slack.reactions_remove(name="white_check_mark", **where)
    assert await _refused(slack.reactions_remove(name="white_check_mark", **where)) == "no_reaction"
    assert await _refused(slack.reactions_add(name="no such name", **where)) == "invalid_name"
    nowhere = {"channel": SUPPORT, "timestamp": "1.000100"}
    assert await _refused(slack.reactions_add(name="x", **nowhere)) == "message_not_found"


async def test_without_the_scope_there_is_no_reaction(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", SUPPORT, "here it is"))["ts"]
    await people.scopes(["chat:write"])
    assert await _refused(slack.reactions_add(name="x", channel=SUPPORT, timestamp=ts)) == "missing_scope"
