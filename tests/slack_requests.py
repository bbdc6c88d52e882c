"""What Slack sends, as plain values: a turn to call a listener with, which keeps what was answered."""

from typing import Any

from bot.access import Actor, Caller, Place
from handlers.blocks.message import Message
from handlers.turn import Turn

ANA = Actor("U0ANA", "T0ACME")


class Answers(list[Message]):
    """What the person was shown, in order."""

    async def show(self, message: Message) -> None:
        self.append(message)

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self)


def a_turn(words: str = "", answers: Answers | None = None, **fields: Any) -> Turn:
    """Ana typed `words`, or pressed a button with that value, in a public channel."""
    show = (answers if answers is not None else Answers()).show
    return Turn(
        **{
            "key": "command/1",
            "again": False,
            "received_at": 1_700_000_000.0,
            "services": None,
            "user": ANA.user,
            "channel": "C0TRAINING",
            "thread_ts": None,
            "trigger_id": "trigger-1",
            "words": words,
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
