"""What Slack sends, as plain values: a request to call a listener with, which keeps what was answered."""

from types import SimpleNamespace
from typing import Any, cast

from bot.access import Actor, Caller, Place
from bot.backoff import Backoff
from bot.store.inbox import SqlInbox
from handlers.blocks.message import Message
from handlers.chat.threads import ChatThreads
from handlers.inbox import Inbox
from handlers.languages import Languages, english
from handlers.request import Request
from handlers.web.poster import Poster

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


def an_inbox(store: SqlInbox, poster: Poster | None = None, **fields: Any) -> Inbox:
    """Of a bot that speaks English, and knows of no conversations."""
    return Inbox(
        **{
            "store": store,
            "poster": cast(Poster, poster),
            "languages": ENGLISH,
            "threads": ChatThreads(cast(Poster, poster), ENGLISH, set()),
            "bot_user": "U0BOT",
            "finished": lambda: None,
            "reply": Backoff(0.01, factor=1, tries=2),
            **fields,
        }
    )
