"""What had been said in a thread before a model was called into it: read once, and given to the model as background."""

from typing import Final, Protocol

import msgspec

from bot.conversations.conversation import BACKGROUND, Turn
from bot.conversations.window import Window

MOST_TOKENS: Final = 4_000
"""Of the background, where nobody says how much the model can read; else a quarter of that at most."""


class Said(msgspec.Struct, frozen=True):
    """A message of a thread, by a person or an app (`app`). `name`: how it is called there."""

    ts: str
    user: str
    name: str
    text: str
    app: bool = False


class History(msgspec.Struct, frozen=True):
    """Messages, oldest first. `why`: Slack's error, where they could not be read, or not to their end."""

    messages: tuple[Said, ...] = ()
    why: str | None = None


class ThreadHistory(Protocol):
    async def before(self, channel: str, thread_ts: str, ts: str) -> History:
        """What was said in a thread before the message `ts`; the latest of it, where it is very much."""


class Background(msgspec.Struct, frozen=True):
    """What a model is given of it. `left_out`: so many older messages were too much. `why` as in `History`."""

    turns: tuple[Turn, ...] = ()
    left_out: int = 0
    why: str | None = None


async def background(window: Window, model: str, history: History) -> Background:
    """The latest messages, as many as are not too much."""
    room = await window.share(model, MOST_TOKENS)
    kept: list[Said] = []
    counts = await window.count(model, [f"{said.name}: {said.text}" for said in history.messages])
    for said, tokens in zip(reversed(history.messages), reversed(counts), strict=True):
        room -= tokens + 1
        if room < 0:
            break
        kept.append(said)
    turns = [Turn(said.ts, BACKGROUND, said.text, user=said.user, name=said.name) for said in reversed(kept)]
    return Background(tuple(turns), len(history.messages) - len(turns), history.why)
