"""What is said to the bot, or beside it: who it is for, and what comes of it."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from bot.compare.comparison import Comparison
from bot.conversations.titles import ConversationTitles
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from handlers.agent.listeners import AgentListeners
from handlers.blocks.help import HELP
from handlers.chat.listeners import ChatListeners
from handlers.commands import Commands
from handlers.compare.listeners import CompareListeners
from handlers.datasets.listeners import DatasetListeners
from handlers.evaluations.dropped_graders import LookedAt
from handlers.evaluations.listeners import EvaluationListeners
from handlers.home.listeners import HomeListeners
from handlers.messages import Messages
from handlers.models.blocks import ASK
from handlers.request import Request
from tests.chatting import TALK, Models
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request

OTHERS = "<@U0BEN> what do you think?"
MENTION = "<@U0BOT> "


class Typed(Commands):
    """Keeps what would be run."""

    def __init__(self, chat: ChatListeners) -> None:
        super().__init__(chat.callers, chat.authority, {})
        object.__setattr__(self, "ran", [])

    async def run(self, request: Request, words: str) -> None:
        self.ran.append(words)  # type: ignore[attr-defined]


class NoFiles:
    """The data sets' listeners, to whom no file here is a training file."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def files_dropped(self, request: Request, read: Mapping[str, bytes]) -> bool:
        self.asked.append(request.body["event"]["ts"])
        return False


class NoGraders:
    """The evaluations' listeners, to whom no file here is a grader."""

    def __init__(self) -> None:
        self.dropped = self

    async def take_in(self, request: Request, model: str | None) -> LookedAt:
        return LookedAt()


class Compared:
    """The comparisons' listeners: there is one, in the thread 7.7, and what it heard is kept."""

    def __init__(self) -> None:
        self.comparisons = self
        self.heard: list[str] = []

    async def in_thread(self, channel: str, thread_ts: str | None) -> Comparison | None:
        return Comparison("cmp-1", ("a", "b"), "T0ACME", channel, ANA.user, 1.0) if thread_ts == "7.7" else None

    async def said(self, request: Request, comparison: Comparison, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def compared() -> Compared:
    return Compared()


@pytest.fixture
def agent(chat: ChatListeners, database: Database) -> AgentListeners:
    titles = ConversationTitles(SqlConversationStore(database), chat.authority)
    return AgentListeners(
        chat.callers, chat.chat, titles, chat.picker.models, chat.authority, chat.languages, chat.poster
    )


class Opened:
    """The Home tab's listeners."""

    def __init__(self) -> None:
        self.people: list[str] = []

    async def opened(self, request: Request) -> None:
        self.people.append(request.user)


@pytest.fixture
def home() -> Opened:
    return Opened()


@pytest.fixture
def messages(chat: ChatListeners, compared: Compared, agent: AgentListeners, home: Opened) -> Messages:
    return Messages(
        commands=Typed(chat),
        datasets=cast(DatasetListeners, NoFiles()),
        chat=chat,
        compare=cast(CompareListeners, compared),
        evaluations=cast(EvaluationListeners, NoGraders()),
        agent=agent,
        home=cast(HomeListeners, home),
        callers=chat.callers,
        authority=chat.authority,
        people=chat.callers._people,
        poster=chat.poster,
        bot_user="U0BOT",
        greeted=set(),
    )


def ran(messages: Messages) -> list[str]:
    return messages.commands.ran  # type: ignore[attr-defined]


def said(text: str, answers: Answers | None = None, *, thread_ts: str | None = None, **event: Any) -> Request:
    """Ana said `text`, in the channel or in a thread of it."""
    body = {"event": {"ts": "2.0", "channel": TALK.channel, "text": text, "thread_ts": thread_ts, **event}}
    fields: dict[str, Any] = {"thread_ts": thread_ts or "2.0", "body": body, "alone": False, "key": "message/2.0"}
    return a_request(text, answers, **fields)


def said_directly(text: str, answers: Answers | None = None, **event: Any) -> Request:
    return said(text, answers, channel_type="im", **event)


async def test_in_a_models_thread_it_hears_what_is_said_to_it_and_the_rest_not(
    messages: Messages, models: Models
) -> None:
    await messages.message(said(OTHERS, thread_ts=TALK.thread_ts))
    await messages.message(said("Hello &amp; welcome", thread_ts=TALK.thread_ts))
    await messages.message(said("Lunch?", thread_ts="9.9"))
    await messages.message(said(f"{MENTION} really?", thread_ts=TALK.thread_ts))  # comes as app_mention, too
    assert models.heard == [("2.0", "Hello & welcome")]
    await messages.mention(said(f"{MENTION} really?", thread_ts=TALK.thread_ts))
    assert models.heard[1:] == [("2.0", "really?")]
    assert ran(messages) == []


async def test_what_people_edit_or_delete_in_a_models_thread_is_passed_on(messages: Messages, models: Models) -> None:
    before = {"user": ANA.user, "ts": "2.0", "thread_ts": TALK.thread_ts, "text": "Helo"}
    for subtype, fields in (
        ("message_changed", {"message": {**before, "text": f"{MENTION}Hello &amp; welcome"}}),
        ("message_deleted", {"deleted_ts": "2.0"}),
        ("message_changed", {"message": {"subtype": "tombstone", "ts": "2.0"}}),
        ("message_changed", {"message": {**before, "edited": {}}}),
        ("message_changed", {"message": {**before, "text": "?", "bot_id": "B1"}}),
    ):
        await messages.message(said("", subtype=subtype, previous_message=before, event_ts="3.0", **fields))
    elsewhere = {**before, "thread_ts": "9.9"}
    await messages.message(said("", subtype="message_deleted", previous_message=elsewhere, deleted_ts="2.0"))
    assert models.heard == [
        ("2.0", "U0ANA edited: Hello & welcome"),
        ("2.0", "U0ANA deleted"),
        ("2.0", "U0ANA deleted"),
    ]


async def test_a_command_after_a_mention_is_one_in_a_models_thread_too(messages: Messages, models: Models) -> None:
    await messages.mention(said(f"{MENTION}jobs", thread_ts=TALK.thread_ts))
    await messages.mention(said(f"{MENTION}what can you do?"))
    assert ran(messages) == ["jobs", "what can you do?"]
    assert models.heard == []


async def test_direct_messages_are_commands_and_in_a_channel_nobody_is_answered_unasked(messages: Messages) -> None:
    answers = Answers()
    await messages.message(said_directly("models"))
    await messages.message(said_directly("Hi!"))
    await messages.message(said("Hi!", answers))
    assert ran(messages) == ["models", "Hi!"]
    assert answers == []


async def test_who_has_just_opened_a_conversation_and_asks_in_the_channel_is_told_where_it_is(
    messages: Messages, slack: Slack
) -> None:
    messages.chat.threads.just_opened.add(TALK)
    await messages.message(said(OTHERS))
    await messages.message(said("What is the answer?"))
    await messages.message(said("Hello?"))
    assert len(slack.called("chat.postEphemeral")) == 1


async def test_what_is_said_before_its_conversation_is_stored_waits_for_that(
    messages: Messages, models: Models
) -> None:
    async with messages.chat.threads.just_opened.opening(TALK.channel):
        waiting = asyncio.create_task(messages.message(said("Hello?", thread_ts=TALK.thread_ts)))
        await asyncio.sleep(0)
        assert models.heard == []
    await waiting
    assert models.heard == [("2.0", "Hello?")]


async def test_in_a_models_thread_only_what_can_be_nothing_else_is_training_data(
    messages: Messages, models: Models, slack: Slack
) -> None:
    slack.replies["files.info"] = [error("file_not_found")]
    for number, name in enumerate(("notes.csv", "data.json", "train.jsonl", "train.ndjson")):
        files = [{"id": f"F{number}", "name": name}]
        await messages.message(said(f"About {name}", ts=f"2.{number}", thread_ts=TALK.thread_ts, files=files))
    assert [text for _, text in models.heard if text] == [
        "About notes.csv", "About data.json", "About train.jsonl", "About train.ndjson"
    ]  # fmt: skip
    assert cast(NoFiles, messages.datasets).asked == ["2.2", "2.3"]


async def test_files_that_nothing_here_reads_are_named(messages: Messages, models: Models, slack: Slack) -> None:
    slack.replies["files.info"] = [error("file_not_found")]
    files = [{"id": f"F{number}", "name": f"chart-{number}.png"} for number in range(5)]
    answers = Answers()
    await messages.mention(said(MENTION, answers, files=files))
    await messages.mention(said(f"{MENTION} see?", answers, thread_ts=TALK.thread_ts, files=files[:1]))
    assert "I cannot read `chart-0.png`, `chart-1.png`, `chart-2.png` and 2 more." in answers.text
    assert "does not see `chart-0.png`" in answers.text
    assert [text for _, text in models.heard if text] == ["see?"]


@pytest.mark.parametrize(("history", "greets"), [([], 1), ([{"ts": "1.0"}], 0)])
async def test_who_opens_empty_direct_messages_is_greeted(
    messages: Messages, slack: Slack, history: list[Any], greets: int
) -> None:
    slack.replies["conversations.history"] = [{"ok": True, "messages": history}]
    await messages.home_opened(a_request(channel="D0ANA"))
    assert len(slack.called("chat.postMessage")) == greets
    assert messages.greeted == {"D0ANA"}


async def test_who_opens_their_home_tab_is_shown_it_and_not_greeted(
    messages: Messages, home: Opened, slack: Slack
) -> None:
    await messages.home_opened(a_request(channel="D0ANA", body={"event": {"tab": "home"}}))
    assert home.people == [ANA.user]
    assert slack.called("chat.postMessage") == []
    assert messages.greeted == set()


async def test_a_question_in_direct_messages_goes_to_the_last_model_there(
    messages: Messages, models: Models, slack: Slack
) -> None:
    answers = Answers()
    models.base = ["gpt-4.1-mini"]
    await messages.message(said_directly("Where is my order?", answers))
    assert ran(messages) == ["Where is my order?"], "nothing was trained yet: they are told what there is to do"
    models.there = ["ft:gpt:acme:support:1", "ft:gpt:acme:voice:2"]
    await messages.message(said_directly("Where is my order?", answers))
    assert answers.buttons == [*((ASK, f"2.0 {model}") for model in models.there), (HELP, "help")]
    models.last = "ft:gpt:acme:support:1"
    await messages.message(said_directly("Where is my order?"))
    assert models.joined == [(models.last, "2.0")]
    assert models.heard == [("2.0", "Where is my order?")]
    await messages.message(said_directly("jbos"))
    assert ran(messages)[1:] == ["jbos"]


async def test_a_question_in_the_thread_of_a_job_goes_to_its_model_though_there_are_others(
    messages: Messages, models: Models
) -> None:
    voice, support = models.there = ["ft:gpt:acme:voice:1", "ft:gpt:acme:support:1"]
    models.of_cards = {"5.0": voice}
    await messages.mention(said(f"{MENTION} what is it like?", thread_ts="5.0", type="app_mention"))
    await messages.message(said_directly("And in private?", thread_ts="5.0"))
    assert models.joined == [(voice, "5.0"), (voice, "5.0")]
    assert models.heard == [("2.0", "what is it like?"), ("2.0", "And in private?")]
    await messages.mention(said(f"{MENTION} what is it like?", thread_ts="9.9", type="app_mention"))
    await messages.message(said_directly("And here?", thread_ts="9.9"))
    assert ran(messages) == ["what is it like?", "And here?"], "nothing says which model is meant"
    assert support not in str(models.joined)


async def test_people_who_talk_in_the_thread_of_a_job_are_left_alone(messages: Messages, models: Models) -> None:
    models.there = ["ft:gpt:acme:voice:1"]
    models.of_cards = {"5.0": "ft:gpt:acme:voice:1"}
    answers = Answers()
    await messages.message(said("Is it good?", answers, thread_ts="5.0"))
    assert (models.joined, models.heard, answers, ran(messages)) == ([], [], [], [])


async def test_a_guest_who_opens_direct_messages_asked_for_nothing_and_hears_nothing(
    messages: Messages, slack: Slack
) -> None:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": "U0GIL", "team_id": "T0ACME", "is_restricted": True}}]
    await messages.home_opened(a_request(channel="D0GIL", user="U0GIL"))
    assert slack.called("chat.postMessage") == []


async def test_the_bot_says_what_it_is_for_where_it_was_invited_and_nothing_when_others_join(
    messages: Messages, slack: Slack
) -> None:
    await messages.joined(a_request(user=ANA.user))
    assert slack.called("chat.postMessage") == []
    await messages.joined(a_request(user="U0BOT"))
    (welcome,) = slack.called("chat.postMessage")
    assert welcome["text"].startswith("Thank you for having me.")


async def test_in_a_comparisons_thread_what_is_said_is_for_all_of_its_models(
    messages: Messages, models: Models, compared: Compared
) -> None:
    await messages.message(said("And now?", thread_ts="7.7"))
    await messages.mention(said(f"{MENTION} really?", thread_ts="7.7"))
    await messages.message(said(OTHERS, thread_ts="7.7"))
    await messages.mention(said(f"{MENTION} help", thread_ts="7.7"))
    assert compared.heard == ["And now?", "really?"]
    assert models.heard == []
    assert ran(messages) == ["help"]


async def test_a_model_that_is_compared_does_not_see_files(messages: Messages, compared: Compared) -> None:
    answers = Answers()
    await messages.message(said("Read this", answers, thread_ts="7.7", files=[{"name": "notes.pdf"}]))
    assert "notes.pdf" in answers.text
    assert compared.heard == ["Read this"]
