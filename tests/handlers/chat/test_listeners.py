"""Talking to a model, as people ask for it."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.access import Actor, Role
from bot.conversations.answer_events import Empty, Ended, Event, Gone, Probabilities, TextDelta, TooLong, Warming
from bot.conversations.answers import GivenAnswer
from bot.conversations.conversation import Attachment, Turn
from bot.conversations.settings import SettingsChange
from bot.errors import Ambiguous, Denied, Invalid, NotFound
from bot.providers.chat import Usage
from bot.spending.budget import Used
from bot.spending.model_use import UseSum
from handlers.blocks import answer
from handlers.blocks.help import HELP
from handlers.blocks.model_name import MODEL_CHAT, MODEL_SEARCH
from handlers.chat import blocks
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.listeners import ChatListeners
from handlers.request import Request
from tests.chatting import TALK, Models
from tests.scripted_slack import Slack, error
from tests.slack_requests import Answers, a_caller, a_request

TOOLS = Attachment("tools.json", text='[{"name": "find_order"}]')
VOICE = ["ft:gpt:acme:voice:1", "ft:gpt:acme:voice:2"]


def a_message(text: str, answers: Answers, **fields: Any) -> Request:
    """Ana said `text` in the conversation's thread."""
    event = {"ts": "2.0", "thread_ts": TALK.thread_ts, "channel": TALK.channel, "text": text}
    return a_request(text, answers, **{"key": "message/2.0", "body": {"event": event}, "alone": False, **fields})


def a_press_of_continue(answers: Answers) -> Request:
    return a_request("2.0+1", answers, thread_ts=TALK.thread_ts, body={"message": {"ts": "2.5"}})


# Opening


async def test_a_named_model_is_opened_and_one_of_several_is_chosen(chat: ChatListeners, models: Models) -> None:
    models.there = [*VOICE, "ft:gpt:acme:support:1"]
    answers = Answers()
    await chat.command(a_request("`support`", answers))
    assert models.opened == [("ft:gpt:acme:support:1", False)]
    for words in ("voice", ""):
        await chat.command(a_request(words, answers))
        assert answers.buttons[:2] == [(MODEL_CHAT, model) for model in VOICE]
    assert len(models.opened) == 1


async def test_without_a_name_the_only_one_is_opened_and_where_there_is_none_it_says_so(
    chat: ChatListeners, models: Models
) -> None:
    with pytest.raises(NotFound, match="nothing_to_talk_to"):
        await chat.command(a_request())
    models.there = VOICE[:1]
    await chat.command(a_request())
    assert models.opened == [(VOICE[0], False)]


async def test_the_model_that_was_promoted_in_the_channel_needs_no_name(chat: ChatListeners, models: Models) -> None:
    models.there = ["ft:gpt:acme:support:1", "ft:gpt:acme:support:2"]
    models.promoted = "ft:gpt:acme:support:2"
    await chat.command(a_request(""))
    assert models.opened == [("ft:gpt:acme:support:2", False)]


async def test_in_the_thread_of_a_job_its_model_needs_no_name(chat: ChatListeners, models: Models) -> None:
    models.there, models.of_cards = VOICE, {"5.0": VOICE[1]}
    called = {"type": "app_mention", "ts": "5.2", "thread_ts": "5.0", "channel": TALK.channel}
    await chat.command(a_request("", thread_ts="5.0", body={"event": called}, key="message/5.2", alone=False))
    assert models.joined == [(VOICE[1], "5.0")]


async def test_all_models_can_be_searched_and_base_models_are_there_where_none_is_fine_tuned(
    chat: ChatListeners, models: Models
) -> None:
    models.base = ["gpt-4.1-mini", *(f"base-{number:03}" for number in range(120)), "x" * 151]
    answers = Answers()
    await chat.command(a_request("", answers))
    (menu,) = answers[-1].blocks[-1].to_dict()["elements"]
    assert (menu["type"], menu["action_id"], menu["min_query_length"]) == ("external_select", MODEL_SEARCH, 0)
    found = [option.to_dict() for option in await chat.search_models(a_request("gpt"))]
    assert found == [{"text": {"type": "plain_text", "text": "gpt-4.1-mini", "emoji": False}, "value": "gpt-4.1-mini"}]
    assert len(await chat.search_models(a_request(""))) == 100  # as many as Slack takes
    assert await chat.search_models(a_request("xxx")) == []  # no option can carry it
    models.there = VOICE
    first = (await chat.search_models(a_request("voice")))[0].to_dict()
    assert (first["text"]["text"], first["description"]["text"]) == ("voice", VOICE[0])


async def test_what_a_channel_does_not_allow_is_not_offered_there(chat: ChatListeners, models: Models) -> None:
    models.there, models.base = [*VOICE, "ft:gpt:acme:support:1"], ["gpt-4.1-mini", "gpt-4.1-nano"]
    admin = Actor("U0ADA", "T0ACME", Role.ADMIN)
    for model in (VOICE[0], "ft:gpt:acme:support:1", "gpt-4.1-mini"):
        await chat.picker.channel_models.allow(a_caller(admin, key=model), model)
    answers = Answers()
    await chat.command(a_request("", answers))
    assert answers.buttons == [(MODEL_CHAT, VOICE[0]), (MODEL_CHAT, "ft:gpt:acme:support:1")]
    assert await chat.offer_models(a_message("Well?", answers))
    assert [value for _, value in answers.buttons] == [f"2.0 {VOICE[0]}", "2.0 ft:gpt:acme:support:1", "help"]
    assert [option.value for option in await chat.search_models(a_request("gpt-"))] == ["gpt-4.1-mini"]
    await chat.command(a_request("voice", answers))
    assert models.opened == [(VOICE[0], False)], "of two the one that is allowed is meant"


async def test_who_meant_the_bot_is_told_what_it_does_and_models_go_by_their_names(
    chat: ChatListeners, models: Models
) -> None:
    models.there = [*VOICE, "ft:gpt:acme:support:1"]
    answers = Answers()
    assert await chat.offer_models(a_message("train a model please", answers))
    shown = str([block.to_dict() for block in answers[-1].blocks])
    assert "Drop a training file here" in shown
    assert (HELP, "help") in answers.buttons
    assert "`support`" in shown
    assert "ft:gpt:acme:support:1`" not in shown
    assert f"`voice` · `{VOICE[0]}`" in shown, "two go by that name"


DIRECT = {"channel": "D0ANA", "key": "action/U0ANA/1"}


@pytest.mark.parametrize("by_menu", [False, True])
async def test_a_model_that_is_chosen_for_a_question_is_asked_that(
    chat: ChatListeners, models: Models, slack: Slack, by_menu: bool
) -> None:
    question = {"ts": "2.0", "user": "U0ANA", "text": "Where are order &amp; bill?"}
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [question]}]
    answers = Answers()
    if by_menu:
        body = {"actions": [{"block_id": "2.0"}]}
        await chat.ask_found_model(a_request(VOICE[0], answers, body=body, **DIRECT))
    else:
        await chat.ask_model(a_request(f"2.0 {VOICE[0]}", answers, **DIRECT))
    assert models.joined == [(VOICE[0], "2.0")]
    assert models.heard == [("2.0", "Where are order & bill?")]
    assert "Talk to `support` <https://acme.slack.com/p15" in answers.text, "in place of the choice"


@pytest.mark.parametrize(
    "found", [[], [{"ts": "2.0", "user": "U0BEN", "text": "Mine?"}], [{"ts": "9.0", "user": "U0ANA"}]]
)
async def test_only_a_persons_own_question_that_still_stands_is_asked(
    chat: ChatListeners, models: Models, slack: Slack, found: list[dict[str, str]]
) -> None:
    slack.replies["conversations.replies"] = [{"ok": True, "messages": found}]
    places: list[dict[str, Any]] = [DIRECT, {}]
    for place in places:
        with pytest.raises(NotFound, match="question_gone"):
            await chat.ask_model(a_request(f"2.0 {VOICE[0]}", **place))
    assert models.joined == models.heard == []


async def test_settings_that_are_typed_hold_in_the_thread_that_is_opened(chat: ChatListeners, models: Models) -> None:
    models.there = [*VOICE, "ft:gpt:acme:support:1"]
    await chat.command(a_request("support temperature=0.2"))
    assert models.settings == [SettingsChange(parameters={"temperature": 0.2})]
    with pytest.raises(Ambiguous):
        await chat.command(a_request("voice temperature=0.2"))
    assert len(models.opened) == 1


async def test_after_a_mention_in_its_thread_settings_change_the_conversation(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    event = {"type": "app_mention", "ts": "2.0", "thread_ts": TALK.thread_ts, "channel": TALK.channel}
    called = {"body": {"event": event}, "key": "message/2.0", "alone": False}
    models.there, models.is_new = ["ft:gpt:acme:support:1"], False
    answers = Answers()
    await chat.command(a_request("support system='Be brief.' stop=", answers, **called))
    assert models.changed == [SettingsChange("Be brief.", {"stop": ()})]
    (shown,), (told,) = slack.called("chat.update"), slack.called("chat.postMessage")
    assert (shown["ts"], shown["text"]) == (TALK.thread_ts, "<@U0ANA> This thread talks to `support`.")
    assert told["thread_ts"] == TALK.thread_ts
    assert "<@U0ANA> gave the model another system message: “Be brief.”" in told["text"]
    assert "<@U0ANA> left `stop` to the provider again." in told["text"]
    models.is_other = False
    await chat.command(a_request("support system='Be brief.'", answers, **called))
    assert len(slack.called("chat.postMessage")) == 1, "it held already"


async def test_buttons_open_the_model_of_a_job_a_model_and_another_conversation(
    chat: ChatListeners, models: Models
) -> None:
    await chat.open_job(a_request("job-1"))
    await chat.open_model(a_request(VOICE[0]))
    await chat.open_anew(a_request(VOICE[0]))
    assert models.opened == [("ft:gpt:acme:of-job-1:1", False), (VOICE[0], False), (VOICE[0], True)]


@pytest.mark.parametrize(
    ("is_new", "said", "offered"), [(True, "Talk to", []), (False, "already", [(blocks.ANEW, VOICE[0])])]
)
async def test_the_answer_leads_to_the_thread_and_then_unused_ones_are_taken_away(
    chat: ChatListeners, models: Models, is_new: bool, said: str, offered: list[tuple[str, str]]
) -> None:
    models.is_new = is_new
    answers = Answers()
    await chat.open_model(a_request(VOICE[0], answers))
    assert said in answers.text
    assert "<https://acme.slack.com/p15|" in answers.text
    assert answers.buttons == offered
    assert models.removed == [TALK]
    assert chat.threads.just_opened.has(TALK.channel, TALK.owner)


async def test_where_the_bot_is_no_member_nothing_is_opened(chat: ChatListeners, models: Models, slack: Slack) -> None:
    slack.replies["conversations.info"] = [error("channel_not_found")]
    with pytest.raises(Invalid, match="not_in_channel"):
        await chat.open_model(a_request(VOICE[0]))
    assert models.opened == []


async def test_a_models_id_is_shown_to_whoever_may_use_the_bot(chat: ChatListeners, slack: Slack) -> None:
    answers = Answers()
    await chat.show_id(a_request(VOICE[0], answers))
    assert VOICE[0] in answers.text
    slack.replies["users.info"] = [{"ok": True, "user": {"id": "U0GIL", "team_id": "T0ACME", "is_restricted": True}}]
    with pytest.raises(Denied):
        await chat.show_id(a_request(VOICE[0], answers, user="U0GIL"))


# Asking


async def test_an_answer_is_shown_in_the_thread_below_a_sign_that_the_model_thinks(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    answers = Answers()
    await chat.said(a_message("Hello?", answers), TALK, "Hello?")
    assert models.heard == [("2.0", "Hello?")]
    (status,) = slack.called("assistant.threads.setStatus")
    assert (status["thread_ts"], status["status"]) == (TALK.thread_ts, "is thinking…")
    (posted,) = slack.called("chat.postMessage")
    assert (posted["thread_ts"], posted["blocks"][0]["text"]) == (TALK.thread_ts, "Hello you.")
    assert models.shown_messages == ["2.5"]
    assert answers == []


async def test_what_was_answered_before_a_crash_needs_no_thinking(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    models.is_known = True
    await chat.said(a_message("Hello?", Answers(), is_retry=True), TALK, "Hello?")
    assert slack.called("assistant.threads.setStatus") == []
    models.answer = None  # all of it was shown
    await chat.said(a_message("Hello?", Answers(), is_retry=True), TALK, "Hello?")
    assert len(slack.called("chat.postMessage")) == 1


async def test_who_says_nothing_in_words_is_checked_all_the_same(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    await chat.said(a_message("", Answers()), TALK, "")
    assert models.heard == [("U0ANA", "")]
    assert slack.called("chat.postMessage") == []


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([Empty("length")], "used up the length"),
        ([Empty(None)], "nothing to say"),
        ([Empty("stopped")], "stopped before it said anything"),
        ([TooLong()], "too long for `support`"),
        ([Gone()], "`support` no longer exists"),
        ([Gone(date(2027, 1, 14))], "The provider shut `support` down on 14 January 2027"),
        ([Warming(), TextDelta("Hi."), Ended("stop", None)], "still warming up"),
    ],
)
async def test_where_no_answer_comes_the_person_is_told_why(
    chat: ChatListeners, models: Models, events: list[Event], said: str
) -> None:
    models.answer = events
    answers = Answers()
    await chat.said(a_message("Hello?", answers), TALK, "Hello?")
    assert said in answers.text


@pytest.mark.parametrize(("reason", "said"), [("length", "reached the length"), ("stopped", "was stopped here")])
async def test_below_an_answer_that_was_cut_off_the_model_can_be_told_to_go_on(
    chat: ChatListeners, models: Models, slack: Slack, reason: str, said: str
) -> None:
    models.answer = [TextDelta("One two"), Ended(reason, "2.0+1")]
    await chat.said(a_message("Count.", Answers()), TALK, "Count.")
    _, offer = slack.called("chat.postMessage")
    assert offer["thread_ts"] == TALK.thread_ts
    assert said in offer["text"]
    assert (offer["blocks"][-1]["elements"][0]["action_id"], offer["blocks"][-1]["elements"][0]["value"]) == (
        blocks.CONTINUE,
        "2.0+1",
    )


async def test_an_answer_that_a_filter_ended_says_so_at_its_end(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    models.answer = [TextDelta("One two"), Ended("content_filter", None)]
    await chat.said(a_message("Count.", Answers()), TALK, "Count.")
    (posted,) = slack.called("chat.postMessage")
    assert "content filter ended the answer" in posted["blocks"][0]["text"]


async def test_the_model_goes_on_and_the_offer_disappears(chat: ChatListeners, models: Models, slack: Slack) -> None:
    answers = Answers()
    await chat.continue_answer(a_press_of_continue(answers))
    assert models.heard == [("2.0+1", "")]
    assert len(slack.called("chat.postMessage")) == 1
    assert [call["ts"] for call in slack.called("chat.delete")] == ["2.5"]
    models.answer = None
    await chat.continue_answer(a_press_of_continue(answers))
    assert "further below" in answers.text
    with pytest.raises(NotFound, match="conversation_gone"):
        await chat.continue_answer(a_request("2.0+1", answers, thread_ts="9.9", body={"message": {"ts": "2.5"}}))


async def test_how_sure_a_model_is_is_shown_and_said_and_slack_need_not_take_the_chart(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    labels = (("spam", 0.91), ("<!channel> `ham`", 0.07))
    models.answer = [TextDelta("spam"), Probabilities(labels), Ended("stop", None)]
    await chat.said(a_message("Win!", Answers()), TALK, "Win!")
    (shown,) = slack.called("chat.postMessage")
    text, chart, _, menu = shown["blocks"]
    assert text["text"].endswith("_How sure it is: `spam` 91.0% and `<\u200b!channel> 'ham'` 7.0%._")
    assert chart["type"] == "data_visualization"
    assert chart["chart"]["series"][0]["data"][0] == {"label": "spam", "value": 91.0}
    slack.replies["chat.postMessage"] = [error("invalid_blocks"), {"ok": True, "ts": "3.5"}]
    await chat.said(a_message("Win!", Answers()), TALK, "Win!")
    text, _, kept = slack.called("chat.postMessage")[-1]["blocks"]
    assert "How sure it is: `spam` 91.0%" in text["text"]
    assert kept["type"] == menu["type"] == "actions"


# Files


@pytest.mark.parametrize(
    ("text", "files", "is_question"),
    [
        ("", [TOOLS], False),
        ("What is this?", [TOOLS], True),
        ("", [TOOLS, Attachment("notes.txt", text="Hi")], True),
        ("", [Attachment("data.json", text='{"a": 1}')], True),
    ],
)
async def test_a_file_of_functions_is_no_question_unless_somebody_asks_one(
    chat: ChatListeners, models: Models, text: str, files: list[Attachment], is_question: bool
) -> None:
    async def read(*_: Any, images: bool) -> tuple[list[Attachment], list[tuple[str, str]]]:
        return files, []

    chat = replace(chat, attached_files=cast(AttachedFiles, SimpleNamespace(read=read)))
    answers = Answers()
    event = {"ts": "2.0", "thread_ts": TALK.thread_ts, "channel": TALK.channel, "files": [{"id": "F1"}]}
    await chat.said(a_message(text, answers, body={"event": event}), TALK, text)
    assert models.attachments == files
    assert (("2.0", text) in models.heard) == is_question
    assert [button for message in answers for button in Answers([message]).buttons] == (
        [] if is_question else [(blocks.FUNCTIONS, TALK.id)]
    )


# Below an answer


async def test_below_an_answer_is_a_menu_and_another_answer_takes_its_place_once(
    chat: ChatListeners, models: Models, slack: Slack
) -> None:
    await chat.said(a_message("Hello?", Answers()), TALK, "Hello?")
    (posted,) = slack.called("chat.postMessage")
    (menu,) = posted["blocks"][-1]["elements"]
    values = [option["value"] for option in menu["options"]]
    words = (answer.AGAIN, answer.EDIT, answer.RATINGS, answer.COST)
    assert values == [f"{word} {TALK.id} 2.0" for word in words]
    press = {"thread_ts": TALK.thread_ts, "body": {"message": {"ts": "2.5"}}}
    await chat.ask_again(a_request(f"{TALK.id} 2.0", Answers(), **press))
    assert models.heard[-1] == ("2.0~1", "")
    answers = Answers()
    models.answer = None
    await chat.ask_again(a_request(f"{TALK.id} 2.0", answers, **press))
    assert "further below" in answers.text


async def test_tokens_and_cost_are_shown_to_who_asks(chat: ChatListeners, models: Models) -> None:
    turn = Turn(
        "2.0", "assistant", "Hello.", model=TALK.model, usage=Usage(1200, 34), cost_usd=0.0042, first_token=0.42
    )
    models.given = GivenAnswer(TALK, "2.0", (), Turn("2.0", "user", "Hello?"), turn)
    models.used, models.month = UseSum(3, 4000, 90, 0.0105), Used(usd=12.3)
    answers = Answers()
    await chat.show_cost(a_request(f"{TALK.id} 2.0", answers))
    assert "1,200 tokens read, 34 written, less than $0.01" in answers.text
    assert "3 answers, 4,090 tokens" in answers.text
    assert "first words came after 0.4 s" in answers.text
    assert "this month, with its jobs: $12.30." in answers.text
    models.given = GivenAnswer(TALK, "2.0", (), turn, Turn("2.0", "assistant", "Hello."))
    models.used, models.month = UseSum(1, 40, 9, 0.0, unknown=1), Used(usd=12.3, unknown=2)
    await chat.show_cost(a_request(f"{TALK.id} 2.0", answers))
    assert "did not say how many tokens" in answers.text
    assert "$12.30, and 2 jobs or answers of unknown price" in answers.text
    models.given = None
    with pytest.raises(NotFound, match="no_such_answer"):
        await chat.show_cost(a_request(f"{TALK.id} 2.0", answers))


# Asking in the channel


async def test_who_asks_in_the_channel_is_told_once_where_the_thread_is(chat: ChatListeners, slack: Slack) -> None:
    await chat.said_in_channel(a_request())
    chat.threads.just_opened.add(TALK)
    await chat.said_in_channel(a_request())
    await chat.said_in_channel(a_request())
    (told,) = slack.called("chat.postEphemeral")
    assert "ask there" in told["text"]


async def test_who_has_found_the_thread_is_not_told(chat: ChatListeners, slack: Slack) -> None:
    chat.threads.just_opened.add(TALK)
    await chat.said(a_message("Hello?", Answers()), TALK, "Hello?")
    await chat.said_in_channel(a_request())
    assert slack.called("chat.postEphemeral") == []
