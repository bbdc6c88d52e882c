"""The use cases of talking to a model, which answer what a test wrote down."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from msgspec import structs

from bot.access import Caller, Place
from bot.conversations.answer_events import Answer, Ended, Event, FunctionCalls, TextDelta
from bot.conversations.answers import GivenAnswer
from bot.conversations.conversation import Attachment, Conversation
from bot.conversations.opening import OpenConversation
from bot.conversations.settings import AS_IT_IS, SettingsChange
from bot.errors import Ambiguous, NotFound
from bot.jobs.job import Origin
from bot.models.model import FineTunedModel
from bot.models.names import short_name
from bot.spending.budget import Used
from bot.spending.model_use import UseSum
from tests.slack_requests import ANA

TALK = Conversation("cv-1", "ft:gpt:acme:support:1", "T0ACME", "C0TRAINING", "1.5", ANA.user, 1.0)


@dataclass
class Models:
    """The use cases, and what was asked of them. `answer`: what the model says; None where that is shown already."""

    there: list[str] = field(default_factory=list)
    base: list[str] = field(default_factory=list)
    is_new: bool = True
    answer: list[Event] | None = field(
        default_factory=lambda: list[Event]((TextDelta("Hello "), TextDelta("you."), Ended("stop", None)))
    )
    is_known: bool = False
    called: FunctionCalls | None = None
    given: GivenAnswer | None = None
    used: UseSum = field(default_factory=UseSum)
    month: Used = field(default_factory=Used)
    opened: list[tuple[str, bool]] = field(default_factory=list)
    settings: list[SettingsChange] = field(default_factory=list)
    changed: list[SettingsChange | str] = field(default_factory=list)
    is_other: bool = True
    talk: Conversation = TALK
    files: dict[str, Attachment] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)
    shown_messages: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    eyes: bool = False
    last: str | None = None
    is_writing: bool = True
    joined: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    removed: list[Conversation] = field(default_factory=list)
    promoted: str | None = None
    of_cards: dict[str, str] = field(default_factory=dict)

    async def allowed(self, models: Iterable[str], channel: str) -> list[str]:
        return list(models)

    async def current(self, caller: Caller) -> str | None:
        return self.promoted

    async def named(self, caller: Caller, word: str) -> str:
        found = [model for model in self.there if word in model]
        if len(found) > 1:
            raise Ambiguous(word, found)
        return found[0] if found else word

    async def visible(self, caller: Caller, place: Place, *, fresh: bool = True) -> list[FineTunedModel]:
        return [FineTunedModel(model, "gpt") for model in self.there]

    async def names(self, caller: Caller, models: Sequence[str]) -> dict[str, str]:
        return {model: short_name(model) for model in models}

    async def search(self, caller: Caller, place: Place, words: str) -> list[str]:
        return [model for model in [*self.there, *self.base] if words in model]

    async def model_of(self, caller: Caller, job_id: str) -> str:
        return f"ft:gpt:acme:of-{job_id}:1"

    async def model_of_card(self, caller: Caller, ts: str) -> str | None:
        return self.of_cards.get(ts)

    async def last_model(self, caller: Caller) -> str | None:
        return self.last

    async def join(
        self,
        caller: Caller,
        origin: Origin,
        model: str,
        thread_ts: str,
        called_ts: str,
        settings: SettingsChange = AS_IT_IS,
        provider: str | None = None,
    ) -> OpenConversation:
        self.joined.append((model, thread_ts))
        self.settings.append(settings)
        return OpenConversation(TALK, None, self.is_new)

    async def stop(self, caller: Caller, conversation: Conversation) -> bool:
        self.stopped.append(conversation.id)
        return self.is_writing

    async def open(
        self,
        caller: Caller,
        origin: Origin,
        model: str,
        *,
        anew: bool = False,
        settings: SettingsChange = AS_IT_IS,
        provider: str | None = None,
    ) -> OpenConversation:
        self.opened.append((model, anew))
        self.settings.append(settings)
        return OpenConversation(TALK, "https://acme.slack.com/p15", self.is_new, (TALK,))

    async def remove_unused(self, conversations: tuple[Conversation, ...]) -> None:
        self.removed += conversations

    async def change(self, caller: Caller, conversation_id: str, change: SettingsChange) -> bool:
        self.changed.append(change)
        return self.is_other

    async def change_model(self, caller: Caller, conversation_id: str, model: str) -> bool:
        self.changed.append(model)
        return self.is_other

    async def now(self, conversation_id: str) -> Conversation | None:
        return self.talk

    async def dropped_files(self, conversation: Conversation) -> dict[str, Attachment]:
        return self.files

    async def in_thread(self, channel: str, thread_ts: str | None) -> Conversation | None:
        return TALK if (channel, thread_ts) == (TALK.channel, TALK.thread_ts) else None

    def takes_images(self, conversation: Conversation) -> bool:
        return self.eyes

    async def get(self, caller: Caller, conversation_id: str) -> Conversation:
        return self.talk

    async def function_calls(self, conversation: Conversation, asked_ts: str) -> FunctionCalls:
        if self.called is None:
            raise NotFound("no_such_call")
        return self.called

    async def give_results(
        self, caller: Caller, conversation: Conversation, asked_ts: str, results: Mapping[str, str]
    ) -> FunctionCalls:
        called = await self.function_calls(conversation, asked_ts)
        self.called = structs.replace(called, results={**results, **called.results})
        return self.called

    async def given_answer(self, conversation_id: str, asked_ts: str) -> GivenAnswer | None:
        return self.given

    async def of(self, subject: str) -> UseSum:
        return self.used

    async def of_month(self, at: float) -> Used:
        return self.month

    async def check(self, caller: Caller, conversation: Conversation) -> None:
        self.heard.append((caller.user, ""))

    async def keep(
        self, caller: Caller, conversation: Conversation, message_ts: str, attachments: tuple[Attachment, ...]
    ) -> None:
        self.attachments += attachments

    async def edited(self, conversation: Conversation, ts: str, user: str, text: str, at: float) -> None:
        self.heard.append((ts, f"{user} edited: {text}"))

    async def deleted(self, conversation: Conversation, ts: str, user: str, at: float) -> None:
        self.heard.append((ts, f"{user} deleted"))

    @asynccontextmanager
    async def ask(
        self,
        caller: Caller,
        conversation: Conversation,
        message_ts: str,
        text: str,
        attachments: tuple[Attachment, ...] = (),
    ) -> AsyncIterator[Answer | None]:
        self.heard.append((message_ts, text))
        self.attachments += attachments
        yield self._answer(message_ts)

    @asynccontextmanager
    async def resume(self, caller: Caller, conversation: Conversation, rest: str) -> AsyncIterator[Answer | None]:
        self.heard.append((rest, ""))
        yield self._answer(rest)

    async def shown_in(self, conversation: Conversation, answer: Answer, message_ts: str) -> None:
        self.shown_messages.append(message_ts)

    def _answer(self, asked_ts: str) -> Answer | None:
        if self.answer is None:
            return None
        return Answer(asked_ts, self.is_known, (), self._events(self.answer))

    async def _events(self, events: list[Event]) -> AsyncGenerator[Event, None]:
        for event in events:
            yield event
