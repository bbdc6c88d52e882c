"""What Slack sends, as plain values: a request to call a listener with, which keeps what was answered."""

from types import SimpleNamespace
from typing import Any, cast

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Actor, Caller, Place
from bot.backoff import Backoff
from bot.store.inbox import SqlInbox
from handlers.blocks.message import Message
from handlers.bolt_listeners import BoltListeners
from handlers.chat.threads import ChatThreads
from handlers.inbox import Inbox
from handlers.languages import Languages, english
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.worker import Worker

ANA = Actor("U0ANA", "T0ACME")


class Answers(list[Message]):
    """What the person was shown, in order."""

    async def show(self, message: Message) -> None:
        self.append(message)

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self)

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Action id and value of each button of the last message."""
        found = []
        for block in self[-1].blocks:
            shown: dict[str, Any] = block.to_dict()
            for element in [*shown.get("elements", ()), shown.get("accessory") or {}]:
                if "value" in element:
                    found.append((element["action_id"], element["value"]))
        return found


def an_event(kind: str = "message", **fields: Any) -> dict[str, Any]:
    """As Slack sends it: somebody said hi."""
    event = {"type": kind, "channel": "C1", "user": "U1", "ts": "5.000100", "text": " hi ", **fields}
    return {"type": "event_callback", "event_id": "Ev1", "event": event}


def a_press(message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """As Slack sends it: somebody pressed a button of `message`."""
    return {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": message,
        "container": {"type": "message", "message_ts": message.get("ts")},
        "trigger_id": "1.2",
        "actions": [{"action_id": "job_cancel", "action_ts": "6.0", "value": "job-1"}],
        **fields,
    }


def a_request(text: str = "", answers: Answers | None = None, **fields: Any) -> Request:
    """Ana typed `text`, or pressed a button with that value, in a public channel."""
    show = (answers if answers is not None else Answers()).show
    return Request(
        **{
            "key": "command/1",
            "is_retry": False,
            "received_at": 1_700_000_000.0,
            "user": ANA.user,
            "channel": "C0TRAINING",
            "thread_ts": None,
            "trigger_id": "trigger-1",
            "text": text,
            "body": {},
            "answer": show,
            "replace_message": show,
            "alone": True,
            **fields,
        }
    )


def a_caller(actor: Actor = ANA, channel: str = "C0TRAINING", **fields: Any) -> Caller:
    """Ana, in a public channel, where only she sees the answer."""
    return Caller(
        **{
            "actor": actor,
            "team": "T0ACME",
            "channel": channel,
            "answers_in": Place(channel, alone=True),
            "posts_in": Place(channel),
            "key": "command/1",
            "at": 1_700_000_000.0,
            **fields,
        }
    )


ENGLISH = cast(Languages, SimpleNamespace(answers=english, place=english, person=lambda user: english("", user)))
"""Everybody's language."""


async def no_thread(_channel: str, _thread_ts: str) -> bool:
    """Of a bot that knows of no conversations."""
    return False


def an_inbox(store: SqlInbox, threads: ChatThreads | None = None) -> Inbox:
    threads = threads or ChatThreads(cast(Poster, None), ENGLISH, no_thread)
    return Inbox(store, threads=threads, bot_user="U0BOT", finished=lambda: None)


def a_worker(
    store: SqlInbox,
    inbox: Inbox | None = None,
    poster: Poster | None = None,
    languages: Languages = ENGLISH,
    **fields: Any,
) -> Worker:
    """It tries twice to answer in a thread."""
    fields = {"reply": Backoff(0.01, factor=1, tries=2), **fields}
    return Worker(inbox or an_inbox(store), store, cast(Poster, poster), languages, **fields)


def bolt_listeners(store: SqlInbox, languages: Languages = ENGLISH, **fields: Any) -> BoltListeners:
    """With an inbox and a worker of their own."""
    inbox = an_inbox(store)
    worker = a_worker(store, inbox, languages=languages, **fields)
    return BoltListeners(inbox, worker, cast(Poster, None), languages)


def bolt_app(bolt: BoltListeners) -> AsyncApp:
    """To which Slack delivers, so that the inbox takes it."""

    async def nobody() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-none", bot_user_id="U0BOT")

    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=nobody, process_before_response=True)
    app.use(bolt.inbox.middleware)
    return app
