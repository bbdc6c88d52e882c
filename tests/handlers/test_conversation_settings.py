"""The buttons of a conversation's first message, and the windows that they open."""

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import structs

from bot.conversations.completion import CompletionFormat
from bot.conversations.conversation import Attachment, Conversation
from bot.conversations.settings import SettingsChange
from bot.errors import Conflict, Invalid
from bot.providers.chat import Parameters
from handlers.blocks.message import Message
from handlers.chat import blocks as chat_blocks
from handlers.chat.listeners import ChatListeners
from handlers.chat.threads import ChatThreads
from handlers.conversation_settings import blocks
from handlers.conversation_settings.listeners import ConversationSettingsListeners
from handlers.modals import Modals
from handlers.request import Request
from tests.chatting import TALK, Models
from tests.parts import until
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language, speaking

TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {"type": "object"}}}
SET = structs.replace(
    TALK,
    system="Be brief.",
    parameters=Parameters(temperature=0.2, stop=("END", "\n")),
    tools=(TOOL,),
    message_ts="1.7",
)


@pytest.fixture
def settings(chat: ChatListeners, slack: Slack, models: Models) -> ConversationSettingsListeners:
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    models.talk = SET
    return ConversationSettingsListeners(chat.callers, chat.shown_settings, chat.picker, Modals(chat.poster))


def opened(slack: Slack) -> dict[str, Any]:
    return dict(slack.called("views.open")[-1]["view"])


def inputs(view: dict[str, Any]) -> dict[str, Any]:
    """What stands in the fields, by block_id."""
    return {
        block["block_id"]: block["element"].get("initial_value") for block in view["blocks"] if block["type"] == "input"
    }


def sent_off(view: dict[str, Any], **fields: str) -> Request:
    """With these entered, the others as they were."""
    values = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element, name = block["element"], block["block_id"]
            text = fields.get(name, element.get("initial_value"))
            chosen = {"selected_option": {"value": text} if text else None}
            values[name] = {element["action_id"]: {"value": text} if "text" in element["type"] else chosen}
    body = {"view": {"private_metadata": view["private_metadata"], "state": {"values": values}}}
    return a_request(key="view_submission/V1/T", channel=TALK.channel, body=body)


def shown(message: Message) -> str:
    return "\n".join(json.dumps(block.to_dict(), ensure_ascii=False) for block in message.blocks)


def test_the_first_message_shows_what_holds_with_a_button_for_each() -> None:
    message = chat_blocks.conversation_shown(SET)
    text = shown(message)
    assert "*System message*: Be brief." in text
    assert r"*Parameters*: `temperature=0.2` `stop=END` `stop=\\n`" in text
    assert "*Functions*: `find_order`" in text
    answers = Answers([message])
    ids = (chat_blocks.SYSTEM, chat_blocks.PARAMETERS, chat_blocks.FUNCTIONS, chat_blocks.MODEL)
    assert answers.buttons[:4] == [(action_id, TALK.id) for action_id in ids]
    bare = shown(chat_blocks.conversation_shown(TALK))
    assert "*System message*" not in bare
    assert "*Parameters*" not in bare
    completes = chat_blocks.conversation_shown(structs.replace(TALK, completion=CompletionFormat()))
    assert chat_blocks.FUNCTIONS not in shown(completes)
    with speaking(Language.CHINESE):
        assert "*系统消息*" in shown(chat_blocks.conversation_shown(SET))


def test_a_long_system_message_is_shortened_and_mentions_nobody() -> None:
    loud = structs.replace(TALK, system="<!channel> " + "word " * 200)
    text = shown(chat_blocks.conversation_shown(loud))
    assert "<!channel>" not in text
    assert "…" in text
    assert len(text) < 3_000


async def test_the_system_message_is_shown_whole_and_set(
    settings: ConversationSettingsListeners, models: Models, slack: Slack
) -> None:
    models.talk = structs.replace(SET, system="Be brief. " * 400)
    await settings.system(a_request(TALK.id))
    assert "".join(inputs(opened(slack)).values()) == "Be brief. " * 400
    assert list(inputs(opened(slack))) == ["text/0", "text/1"]
    await settings.system_entered(sent_off(opened(slack), **{"text/0": "Be kind.", "text/1": ""}))
    assert models.changed == [SettingsChange("Be kind.")]
    (edited,), (told,) = slack.called("chat.update"), slack.called("chat.postMessage")
    assert edited["ts"] == "1.7", "the message that shows it, not the thread's first one"
    assert (told["thread_ts"], told["text"]) == (
        TALK.thread_ts,
        "<@U0ANA> gave the model another system message: “Be kind.”",
    )
    await settings.system_entered(sent_off(opened(slack), **{"text/0": "", "text/1": ""}))
    assert models.changed[-1] == SettingsChange(None)
    assert "took the system message away" in slack.called("chat.postMessage")[-1]["text"]


async def test_only_parameters_that_were_changed_are_set(
    settings: ConversationSettingsListeners, models: Models, slack: Slack
) -> None:
    await settings.parameters(a_request(TALK.id))
    view = opened(slack)
    assert inputs(view) == {
        "temperature": "0.2", "top_p": None, "max_tokens": None, "stop": "END\n\\n", "seed": None
    }  # fmt: skip
    await settings.parameters_entered(sent_off(view, temperature="", seed="7"))
    assert models.changed == [SettingsChange(parameters={"temperature": None, "seed": 7})]
    told = slack.called("chat.postMessage")[-1]["text"]
    assert told == "<@U0ANA> set `seed=7`.\n<@U0ANA> left `temperature` to the provider again."
    wrong = blocks.wrong_parameters(sent_off(view, temperature="9", top_p="x").body["view"]["state"]["values"])
    assert set(wrong) == {"temperature", "top_p"}
    assert wrong["temperature"] == "A number from 0 to 2, such as 0.7."


async def test_functions_are_pasted_or_taken_from_a_file_of_the_thread(
    settings: ConversationSettingsListeners, models: Models, slack: Slack
) -> None:
    models.files = {"2.0/0": Attachment("tools.json", text=json.dumps([{**TOOL, "function": {"name": "book"}}]))}
    await settings.functions(a_request(TALK.id))
    view = opened(slack)
    assert json.loads(inputs(view)["text/0"]) == [TOOL]
    await settings.functions_entered(sent_off(view, **{"text/0": '{"name": "find"}'}))
    await settings.functions_entered(sent_off(view, file="2.0/0"))
    await settings.functions_entered(sent_off(view, **{"text/0": ""}))
    named = [
        [tool["function"]["name"] for tool in change.tools or ()]
        for change in models.changed
        if isinstance(change, SettingsChange)
    ]
    assert named == [["find"], ["book"], []]
    texts = [told["text"] for told in slack.called("chat.postMessage")]
    assert texts[1:] == [
        "<@U0ANA> set the functions that the model may call: `book`.",
        "<@U0ANA> took all functions away.",
    ]


@pytest.mark.parametrize(
    ("entered", "kind", "field"),
    [
        ({"text/0": "{"}, "tools_no_json", "text/0"),
        ({"text/0": '[{"type": "function", "function": {}}]'}, "tools_invalid", "text/0"),
        ({"file": "2.0/0"}, "tools_no_json", "file"),
        ({"file": "9.0/0"}, "dropped_file_gone", "file"),
    ],
)
async def test_functions_that_are_none_are_refused_at_their_field(
    settings: ConversationSettingsListeners,
    models: Models,
    slack: Slack,
    entered: dict[str, str],
    kind: str,
    field: str,
) -> None:
    models.files = {"2.0/0": Attachment("tools.json", text="no")}
    await settings.functions(a_request(TALK.id))
    with pytest.raises(Invalid, match=kind) as refused:
        await settings.functions_entered(sent_off(opened(slack), **entered))
    assert refused.value.field == field
    assert models.changed == []


async def test_a_completion_model_is_offered_no_functions(
    settings: ConversationSettingsListeners, models: Models, slack: Slack
) -> None:
    models.talk = structs.replace(SET, completion=CompletionFormat())
    with pytest.raises(Conflict, match="no_functions_here"):
        await settings.functions(a_request(TALK.id))


async def test_another_model_is_searched_and_chosen(
    settings: ConversationSettingsListeners, models: Models, slack: Slack
) -> None:
    models.there, models.base = ["ft:gpt:acme:voice:1"], ["gpt-4.1-mini"]
    await settings.model(a_request(TALK.id))
    found = await settings.search_models(a_request("gpt-4"))
    assert [option.value for option in found] == ["gpt-4.1-mini"]
    await settings.model_chosen(sent_off(opened(slack), model="gpt-4.1-mini"))
    assert models.changed == ["gpt-4.1-mini"]
    told = slack.called("chat.postMessage")[-1]["text"]
    assert told == f"<@{ANA.user}> chose another model: from now on `gpt-4.1-mini` answers here."


async def test_of_two_changes_at_once_the_message_shows_the_latest(chat: ChatListeners, models: Models) -> None:
    shown: list[str | None] = []
    may_end = asyncio.Event()

    async def show(conversation: Conversation) -> None:
        if not shown:
            shown.append(None)
            await may_end.wait()  # Slack takes its time with the first edit
            shown.pop()
        shown.append(conversation.system)

    settings = replace(chat.shown_settings, threads=cast(ChatThreads, SimpleNamespace(show=show)))
    models.talk = structs.replace(TALK, system="first")
    first = asyncio.create_task(settings.change(a_request(key="1"), TALK, SettingsChange("first")))
    await until(lambda: shown)
    models.talk = structs.replace(TALK, system="second")
    second = asyncio.create_task(settings.change(a_request(key="2"), TALK, SettingsChange("second")))
    await until(lambda: len(models.changed) == 2)
    may_end.set()
    await asyncio.gather(first, second)
    assert shown == ["first", "second"]
