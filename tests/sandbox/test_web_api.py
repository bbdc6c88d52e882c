"""The Web API, asked by Slack's own client."""

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.limits import POST_BURST
from sandbox.seed import ANA, BEN, GENERAL, GUEST, LEADS, MEI, RANDOM, STRANGER, SUPPORT
from sandbox.server import Sandbox


async def refused(call: object) -> str:
    """The error code with which a call is refused."""
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


# Who may call


async def test_the_bot_learns_who_it_is(slack: AsyncWebClient) -> None:
    me = await slack.auth_test()
    assert me["user_id"].startswith("U")
    assert me["bot_id"].startswith("B")


async def test_each_kind_of_bad_token_has_its_own_error(sandbox: Sandbox, people: SandboxClient) -> None:
    def client(token: str | None) -> AsyncWebClient:
        return AsyncWebClient(token, base_url=sandbox.api_url, retry_handlers=[])

    assert await refused(client(None).auth_test()) == "not_authed"
    assert await refused(client("xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refused(client(sandbox.app_token).auth_test()) == "not_allowed_token_type"
    assert await refused(client(sandbox.bot_token).apps_connections_open(app_token=sandbox.bot_token)) == (
        "not_allowed_token_type"
    )
    await people.token("revoked")
    assert await refused(client(sandbox.bot_token).auth_test()) == "token_revoked"
    await people.token("inactive")
    assert await refused(client(sandbox.bot_token).auth_test()) == "account_inactive"


async def test_a_missing_scope_is_named_together_with_those_granted(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await people.scopes(["chat:write"])
    with pytest.raises(SlackApiError) as caught:
        await slack.files_info(file="F1")
    assert caught.value.response["needed"] == "files:read"
    assert caught.value.response["provided"] == "chat:write"


async def test_a_method_that_does_not_exist_is_unknown(slack: AsyncWebClient) -> None:
    assert await refused(slack.api_call("chat.shout")) == "unknown_method"


# Messages


async def test_a_message_can_be_posted_changed_and_deleted(slack: AsyncWebClient, people: SandboxClient) -> None:
    posted = await slack.chat_postMessage(channel=GENERAL, text="first")
    await slack.chat_update(channel=GENERAL, ts=posted["ts"], text="second")
    message = (await people.messages("#general"))[-1]
    assert message["text"] == "second"
    assert message["edited"]["ts"] > posted["ts"]
    await slack.chat_delete(channel=GENERAL, ts=posted["ts"])
    assert await people.messages("#general") == []


async def test_only_own_messages_can_be_changed_or_deleted(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "mine"))["ts"]
    assert await refused(slack.chat_update(channel=GENERAL, ts=ts, text="no")) == "cant_update_message"
    assert await refused(slack.chat_delete(channel=GENERAL, ts=ts)) == "cant_delete_message"
    assert await refused(slack.chat_update(channel=GENERAL, ts="1.000000", text="no")) == "message_not_found"


async def test_an_update_with_only_text_takes_the_blocks_away_and_keeps_the_metadata(slack: AsyncWebClient) -> None:
    section = [{"type": "section", "text": {"type": "mrkdwn", "text": "*b*"}}]
    metadata = {"event_type": "notice", "event_payload": {"id": "7"}}
    posted = await slack.chat_postMessage(channel=GENERAL, text="t", blocks=section, metadata=metadata)
    await slack.chat_update(channel=GENERAL, ts=posted["ts"], text="only text")
    history = await slack.conversations_history(channel=GENERAL, include_all_metadata=True)
    assert "blocks" not in history["messages"][0]
    assert history["messages"][0]["metadata"] == metadata


async def test_what_no_message_may_be_is_refused(slack: AsyncWebClient) -> None:
    post = slack.chat_postMessage
    ts = (await post(channel=GENERAL, text="short"))["ts"]
    assert await refused(slack.chat_update(channel=GENERAL, ts=ts, text="x" * 4001)) == "msg_too_long"
    assert await refused(slack.api_call("chat.postMessage", json={"channel": GENERAL})) == "no_text"
    assert await refused(post(channel="C0NOSUCH", text="x")) == "channel_not_found"
    assert await refused(post(channel=RANDOM, text="x")) == "not_in_channel"
    assert await refused(slack.chat_postEphemeral(channel=LEADS, user=BEN, text="x")) == "user_not_in_channel"
    assert await refused(slack.api_call("chat.postMessage", json={"channel": GENERAL, "text": ["x"]})) == (
        "invalid_arguments"
    )
    bad = {"event_type": "x"}
    assert await refused(post(channel=GENERAL, text="x", metadata=bad)) == "invalid_metadata_format"
    big = {"event_type": "x", "event_payload": {"y": "z" * 9000}}
    assert await refused(post(channel=GENERAL, text="x", metadata=big)) == "metadata_too_large"
    both = {"channel": GENERAL, "text": "x", "markdown_text": "y"}
    assert await refused(slack.api_call("chat.postMessage", json=both)) == "markdown_text_conflict"


async def test_a_private_channel_without_the_bot_does_not_exist_for_it(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    secret = await people.create_channel("ana", "board", private=True)
    assert await refused(slack.chat_postMessage(channel=secret["id"], text="x")) == "channel_not_found"
    assert await refused(slack.conversations_info(channel=secret["id"])) == "channel_not_found"


async def test_an_archived_channel_takes_no_messages(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await slack.chat_postMessage(channel=SUPPORT, text="before"))["ts"]
    await people.archive("#support-model")
    assert await refused(slack.chat_postMessage(channel=SUPPORT, text="after")) == "is_archived"
    assert await refused(slack.chat_update(channel=SUPPORT, ts=ts, text="after")) == "is_inactive"


async def test_a_reply_to_a_deleted_message_lands_in_the_channel(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "never mind"))["ts"]
    await people.delete("ana", "#general", ts)
    reply = await slack.chat_postMessage(channel=GENERAL, text="on it", thread_ts=ts)
    assert "thread_ts" not in reply["message"]


async def test_a_deleted_parent_with_replies_leaves_a_tombstone(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    await slack.chat_postMessage(channel=GENERAL, text="answer", thread_ts=ts)
    await people.delete("ana", "#general", ts)
    replies = await slack.conversations_replies(channel=GENERAL, ts=ts)
    assert [m["text"] for m in replies["messages"]] == ["This message was deleted.", "answer"]


async def test_an_ephemeral_message_is_seen_by_one_person_and_is_in_no_history(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await slack.chat_postEphemeral(channel=GENERAL, user=ANA, text="psst")
    assert [m["text"] for m in await people.ephemerals("ana")] == ["psst"]
    assert await people.ephemerals("ben") == []
    assert (await slack.conversations_history(channel=GENERAL))["messages"] == []


async def test_a_permalink_leads_to_the_message_on_the_page(
    slack: AsyncWebClient, people: SandboxClient, sandbox: Sandbox
) -> None:
    ts = (await people.say("ana", "#general", "here"))["ts"]
    link = (await slack.chat_getPermalink(channel=GENERAL, message_ts=ts))["permalink"]
    assert link == f"{sandbox.url}/archives/{GENERAL}/p{ts.replace('.', '')}"
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
        page = await browser.get(link, headers={"Authorization": f"Bearer {sandbox.key}"})
    assert "here" in page.text


# Reading


async def test_history_comes_in_pages_newest_first(slack: AsyncWebClient, people: SandboxClient) -> None:
    for number in range(5):
        await people.say("ana", "#general", f"m{number}")
    seen: list[str] = []
    async for page in await slack.conversations_history(channel=GENERAL, limit=2):
        seen += [m["text"] for m in page["messages"]]
    assert seen == ["m4", "m3", "m2", "m1", "m0"]
    assert await refused(slack.conversations_history(channel=GENERAL, cursor="bogus")) == "invalid_cursor"


async def test_a_page_goes_on_where_the_last_one_ended_whatever_was_deleted_meanwhile(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    root = (await people.say("ana", "#general", "root"))["ts"]
    said = [(await people.say("ana", "#general", f"{number}", root))["ts"] for number in range(6)]
    first = await slack.conversations_replies(channel=GENERAL, ts=root, limit=3)
    for ts in (said[0], said[2]):  # one that was read, and the one that comes next
        await people.delete("ana", "#general", ts)
    cursor = first["response_metadata"]["next_cursor"]
    second = await slack.conversations_replies(channel=GENERAL, ts=root, limit=3, cursor=cursor)
    assert [message["text"] for message in second["messages"]] == ["3", "4", "5"]
    for text in ("one", "two", "three"):
        await people.say("ana", "#general", text)
    newest = await slack.conversations_history(channel=GENERAL, limit=2)
    await people.say("ana", "#general", "four")
    cursor = newest["response_metadata"]["next_cursor"]
    older = await slack.conversations_history(channel=GENERAL, cursor=cursor)
    assert [message["text"] for message in older["messages"]] == ["one", "root"]


async def test_replies_begin_with_the_parent_and_can_start_after_a_time(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    parent = (await people.say("ana", "#general", "parent"))["ts"]
    first = (await people.say("ben", "#general", "one", parent))["ts"]
    await people.say("ben", "#general", "two", parent)
    later = await slack.conversations_replies(channel=GENERAL, ts=parent, oldest=first)
    assert [m["text"] for m in later["messages"]] == ["parent", "two"]
    assert later["messages"][0]["reply_count"] == 2
    assert (await slack.conversations_history(channel=GENERAL))["messages"][0]["text"] == "parent"
    assert await refused(slack.conversations_replies(channel=GENERAL, ts="1.000001")) == "thread_not_found"


async def test_a_thread_is_read_up_to_a_message_page_by_page(slack: AsyncWebClient, people: SandboxClient) -> None:
    parent = (await people.say("ana", "#general", "parent"))["ts"]
    stamps = [(await people.say("ben", "#general", str(number), parent))["ts"] for number in range(5)]
    seen: list[list[str]] = []
    async for page in await slack.conversations_replies(channel=GENERAL, ts=parent, latest=stamps[3], limit=2):
        seen.append([m["text"] for m in page["messages"]])
    assert seen == [["parent", "0"], ["1", "2"]]
    up_to = await slack.conversations_replies(
        channel=GENERAL, ts=parent, oldest=stamps[2], latest=stamps[3], inclusive=True
    )
    assert [m["text"] for m in up_to["messages"]] == ["parent", "2", "3"]
    assert up_to["has_more"] is False
    # The time stamp of a reply gives that reply alone.
    assert [m["text"] for m in (await slack.conversations_replies(channel=GENERAL, ts=stamps[1]))["messages"]] == ["1"]
    assert await refused(slack.conversations_replies(channel=GENERAL, ts=parent, limit=1001)) == "invalid_limit"


async def test_a_distributed_app_reads_15_messages_once_a_minute(slack: AsyncWebClient, people: SandboxClient) -> None:
    parent = (await people.say("ana", "#general", "parent"))["ts"]
    for number in range(20):
        await people.say("ben", "#general", str(number), parent)
    await people.settings(app_distribution="distributed", rates="off")
    read = await slack.conversations_replies(channel=GENERAL, ts=parent, limit=200)
    assert (len(read["messages"]), read["has_more"]) == (15, True)
    assert await refused(slack.conversations_replies(channel=GENERAL, ts=parent)) == "ratelimited"
    assert len((await slack.conversations_history(channel=GENERAL))["messages"]) == 1
    assert await refused(slack.conversations_history(channel=GENERAL)) == "ratelimited"
    with pytest.raises(SandboxError, match="must be internal or distributed"):
        await people.settings(app_distribution="sold")


async def test_metadata_is_whole_only_when_asked_for(slack: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "7"}}
    await slack.chat_postMessage(channel=GENERAL, text="x", metadata=metadata)
    brief = await slack.conversations_history(channel=GENERAL)
    assert brief["messages"][0]["metadata"] == {"event_type": "notice"}
    whole = await slack.conversations_history(channel=GENERAL, include_all_metadata=True)
    assert whole["messages"][0]["metadata"] == metadata


async def test_people_have_a_language_of_their_own_or_the_workspaces(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    async def of(user: str) -> str:
        return str((await slack.users_info(user=user, include_locale=True))["user"]["locale"])

    assert [await of(ANA), await of(BEN), await of(MEI)] == ["en-GB", "en-US", "zh-CN"]
    assert "locale" not in (await slack.users_info(user=MEI))["user"]
    newcomer = (await people.add_user("kim"))["id"]
    await people.set_locale("zh-CN")
    await people.set_locale("en-US", "mei")
    assert [await of(newcomer), await of(MEI)] == ["zh-CN", "en-US"]
    listed = (await slack.users_list(include_locale=True))["members"]
    assert {u["id"]: u["locale"] for u in listed}[newcomer] == "zh-CN"
    with pytest.raises(SandboxError, match="zh-CN"):
        await people.set_locale("chinese", "mei")


async def test_a_conversation_has_the_workspaces_language(slack: AsyncWebClient, people: SandboxClient) -> None:
    assert "locale" not in (await slack.conversations_info(channel=GENERAL))["channel"]
    await people.set_locale("zh-CN")
    assert (await slack.conversations_info(channel=GENERAL, include_locale=True))["channel"]["locale"] == "zh-CN"


async def test_the_app_hears_of_a_changed_language(people: SandboxClient) -> None:
    await people.set_locale("zh-CN", "ana")
    (delivery,) = await people.deliveries(name="user_change")
    user = delivery["payload"]["event"]["user"]
    assert (user["id"], user["locale"]) == (ANA, "zh-CN")


async def test_people_have_the_offset_of_their_time_zone(slack: AsyncWebClient) -> None:
    user = (await slack.users_info(user=MEI))["user"]
    assert (user["tz"], user["tz_offset"]) == ("Asia/Shanghai", 8 * 3600)


async def test_strangers_and_guests_are_marked(slack: AsyncWebClient) -> None:
    assert (await slack.users_info(user=GUEST))["user"]["is_restricted"]
    assert (await slack.users_info(user=STRANGER))["user"]["is_stranger"]
    assert await refused(slack.users_info(user="U0NOBODY")) == "user_not_found"
    assert STRANGER not in [u["id"] for u in (await slack.users_list())["members"]]


async def test_a_direct_message_goes_to_a_person_by_id(slack: AsyncWebClient, people: SandboxClient) -> None:
    opened = (await slack.conversations_open(users=ANA))["channel"]["id"]
    posted = await slack.chat_postMessage(channel=ANA, text="hello")
    assert posted["channel"] == opened
    assert (await people.messages("@ana"))[-1]["text"] == "hello"


async def test_members_and_lists_show_only_what_the_bot_may_see(slack: AsyncWebClient, people: SandboxClient) -> None:
    await people.create_channel("ana", "board", private=True)
    listed = await slack.conversations_list(types="public_channel,private_channel")
    assert [c["name"] for c in listed["channels"]] == ["general", "support-model", "support-leads", "random"]
    assert BEN not in (await slack.conversations_members(channel=LEADS))["members"]


async def test_user_groups_need_a_paid_plan(slack: AsyncWebClient, people: SandboxClient) -> None:
    await people.scopes(["usergroups:read"])
    assert await refused(slack.usergroups_users_list(usergroup="S1")) == "plan_upgrade_required"


async def test_the_people_of_a_user_group_are_told_to_who_has_the_scope(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await people.set_group("S0LEADS", ["ana", "ben"])
    await people.scopes(["users:read"])
    assert await refused(slack.usergroups_users_list(usergroup="S0LEADS")) == "missing_scope"
    await people.scopes(["usergroups:read"])
    assert (await slack.usergroups_users_list(usergroup="S0LEADS"))["users"] == [ANA, BEN]
    assert await refused(slack.usergroups_users_list(usergroup="S0OTHERS")) == "no_such_subteam"
    await people.set_group("S0LEADS", [])
    assert (await slack.usergroups_users_list(usergroup="S0LEADS"))["users"] == []


async def test_a_mention_of_a_user_group_shows_its_name(slack: AsyncWebClient, people: SandboxClient) -> None:
    await people.set_group("S0LEADS", ["ana"], "support-leads")
    await people.set_group("S0LEADS", ["ana", "ben"])
    said = await slack.chat_postMessage(channel=GENERAL, text="<!subteam^S0LEADS> decide, <!subteam^S0OTHERS> do not")
    shown = await people.wait_message("#general", contains="decide", author=said["message"]["user"])
    assert shown["plain"] == "@support-leads decide, @S0OTHERS do not"


# Rates


async def test_beyond_a_methods_rate_comes_429_with_the_seconds_to_wait(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await people.settings(rate_overrides={"users.info": 2.0})
    await slack.users_info(user=ANA)
    await slack.users_info(user=ANA)
    with pytest.raises(SlackApiError) as caught:
        await slack.users_info(user=ANA)
    assert caught.value.response.status_code == 429
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 60
    await slack.auth_test()  # only that method is blocked


async def test_a_channel_takes_a_burst_of_messages_and_then_one_a_second(slack: AsyncWebClient) -> None:
    for _ in range(POST_BURST):
        await slack.chat_postMessage(channel=GENERAL, text="quick")
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel=GENERAL, text="too quick")
    assert caught.value.response.headers["Retry-After"] == "1"
    await slack.chat_postMessage(channel=SUPPORT, text="another channel is free")


async def test_rates_can_be_switched_off(slack: AsyncWebClient, people: SandboxClient) -> None:
    await people.settings(rates="off")
    for _ in range(POST_BURST * 2):
        await slack.chat_postMessage(channel=GENERAL, text="quick")


# Trouble on demand


async def test_a_fault_can_fail_a_call_before_or_after_it_is_carried_out(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await people.fault("chat.postMessage", "error", "fatal_error")
    assert await refused(slack.chat_postMessage(channel=GENERAL, text="x")) == "fatal_error"
    await people.fault("chat.*", "ratelimited", 7)
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel=GENERAL, text="x")
    assert caught.value.response.headers["Retry-After"] == "7"
    await people.fault("chat.postMessage", "drop")
    with pytest.raises(Exception, match=r"(?i)payload|disconnect|length"):
        await slack.chat_postMessage(channel=GENERAL, text="carried out all the same")
    assert [m["text"] for m in await people.messages("#general")] == ["carried out all the same"]


async def test_a_message_is_waited_for_by_its_metadata_and_its_buttons(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    def button(action_id: str) -> dict[str, Any]:
        return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "Go"}}

    for number, action in ((1, "go"), (2, "stop")):
        await slack.chat_postMessage(
            channel=GENERAL,
            text=f"message {number}",
            blocks=[{"type": "actions", "block_id": f"b{number}", "elements": [button(action)]}],
            metadata={"event_type": "notice", "event_payload": {"id": f"job-{number}/started", "size": number}},
        )
    await slack.chat_postEphemeral(
        channel=GENERAL, user=ANA, text="you", blocks=[{"type": "actions", "elements": [button("mine")]}]
    )

    async def text(**wanted: Any) -> str:
        return str((await people.wait_message("#general", **wanted))["text"])

    assert await text(event_type="notice", payload={"id": "job-2/*"}) == "message 2"
    assert await text(payload={"id": "*/started", "size": "2"}) == "message 2"
    assert await text(action_id="stop") == await text(block_id="b2") == "message 2"
    assert (await people.wait_ephemeral("ana", "#general", action_id="mine"))["text"] == "you"
    for wanted in ({"payload": {"id": "*/ended"}}, {"event_type": "other"}, {"block_id": "b3"}, {"action_id": "mine"}):
        with pytest.raises(SandboxError, match="not there within"):
            await text(**wanted, timeout=0)
