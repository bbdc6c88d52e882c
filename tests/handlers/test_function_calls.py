"""Functions that a model calls: shown, answered by people, gone on with."""

from typing import Any

import msgspec
import pytest

from bot.conversations.answer_events import Called, Ended, FunctionCalls, TextDelta
from bot.errors import Conflict
from bot.providers.chat import ToolCall
from handlers.blocks.answer import about
from handlers.chat import call_blocks
from handlers.chat.listeners import ChatListeners
from handlers.function_calls.listeners import FunctionCallListeners
from handlers.request import Request
from tests.chatting import TALK, Models
from tests.scripted_slack import Slack
from tests.slack_requests import Answers, a_request

FIND = ToolCall("call_a", "find_order", '{"number": 4102, "who": "李雷"}')
BOOK = ToolCall("call_b", "book_repair", "{not JSON")
WAITING = FunctionCalls((FIND, BOOK), {}, is_over=False)
VALUE = about(TALK.id, "2.0")


def a_press(answers: Answers | None = None, **fields: Any) -> Request:
    return a_request(VALUE, answers, thread_ts=TALK.thread_ts, body={"message": {"ts": "2.7"}}, **fields)


def a_submission(entered: dict[str, str], answers: Answers | None = None, **fields: Any) -> Request:
    place = call_blocks.CallPlace(TALK.channel, TALK.thread_ts, "2.7", TALK.id, "2.0")
    view = {
        "private_metadata": msgspec.json.encode(place).decode(),
        "state": {"values": {number: {"result": {"value": text}} for number, text in entered.items()}},
    }
    return a_request("", answers, body={"view": view}, **fields)


async def test_a_call_is_shown_with_its_arguments_and_two_ways_on(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    models.answer = [TextDelta("One moment."), Called((FIND, BOOK), "2.0+1")]
    event = {"ts": "2.0", "thread_ts": TALK.thread_ts, "channel": TALK.channel, "text": "Where is it?"}
    await chat.said(a_request("Where is it?", key="message/2.0", body={"event": event}), TALK, "Where is it?")
    _, shown = slack.called("chat.postMessage")
    text = str(shown["blocks"])
    assert all(words in text for words in ("find_order", '"number": 4102', "李雷"))
    assert "{not JSON" in text, "what is no JSON is shown as the model wrote it"
    thumbs, menu = shown["blocks"][-2:]
    assert thumbs["elements"][0]["action_id"] == "answer_feedback", "it can be rated and corrected as any answer"
    assert menu["elements"][0]["action_id"] == "answer_menu"
    assert [(each["action_id"], each["value"]) for each in shown["blocks"][-3]["elements"]] == [
        (call_blocks.GIVE_RESULT, VALUE),
        (call_blocks.GO_ON_WITHOUT, VALUE),
    ]


async def test_a_modal_asks_for_each_result_that_is_missing(
    function_calls: FunctionCallListeners, models: Models, slack: Slack
) -> None:
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    models.called = FunctionCalls((FIND, BOOK), {FIND.id: "Sent."}, is_over=False)
    await function_calls.give_result(a_press())
    (opened,) = slack.called("views.open")
    assert [block["block_id"] for block in opened["view"]["blocks"] if block["type"] == "input"] == ["1"]
    models.called = FunctionCalls((FIND, BOOK), {}, is_over=True)
    with pytest.raises(Conflict, match="model_went_on"):
        await function_calls.give_result(a_press())


async def test_the_model_goes_on_with_the_last_result_and_the_buttons_are_gone(
    function_calls: FunctionCallListeners, models: Models, slack: Slack
) -> None:
    models.called = WAITING
    answers = Answers()
    await function_calls.results_given(a_submission({"1": "Booked."}, answers))
    assert models.called.results == {BOOK.id: "Booked."}
    assert "1 more call" in answers.text
    assert models.heard == []
    await function_calls.results_given(a_submission({"0": "Sent on Monday."}, answers))
    assert models.heard == [("2.0+1", "")]
    (closed,) = slack.called("chat.update")
    assert closed["ts"] == "2.7"
    assert all(result in str(closed["blocks"]) for result in ("Sent on Monday.", "Booked."))
    assert call_blocks.GIVE_RESULT not in str(closed["blocks"])
    assert call_blocks.GO_ON_WITHOUT not in str(closed["blocks"])
    assert "answer_menu" in str(closed["blocks"])
    (posted,) = slack.called("chat.postMessage")
    assert posted["thread_ts"] == TALK.thread_ts


async def test_without_a_result_the_model_goes_on_once(
    function_calls: FunctionCallListeners, models: Models, slack: Slack
) -> None:
    models.called = WAITING
    await function_calls.go_on_without(a_press())
    assert models.heard == [("2.0+1", "")]
    assert "without a result" in slack.called("chat.update")[0]["text"]
    models.answer = None
    with pytest.raises(Conflict, match="model_went_on"):
        await function_calls.go_on_without(a_press())
    await function_calls.go_on_without(a_press(is_retry=True))


async def test_a_code_block_in_arguments_ends_nothing(chat: ChatListeners, models: Models, slack: Slack) -> None:
    models.answer = [Called((ToolCall("c", "run", "```\n<!channel> *bold*"),), "2.0+1")]
    event = {"ts": "2.0", "thread_ts": TALK.thread_ts, "channel": TALK.channel, "text": "Go"}
    await chat.said(a_request("Go", key="message/2.0", body={"event": event}), TALK, "Go")
    shown = str(slack.called("chat.postMessage")[-1]["blocks"])
    assert "<!channel>" not in shown
    assert shown.count("```") == 2


async def test_an_answer_that_calls_nothing_more_is_as_any_other(
    function_calls: FunctionCallListeners, models: Models, slack: Slack
) -> None:
    models.called = WAITING
    models.answer = [TextDelta("On its way."), Ended("stop", None)]
    await function_calls.go_on_without(a_press())
    (posted,) = slack.called("chat.postMessage")
    assert "On its way." in str(posted)
