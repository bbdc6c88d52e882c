"""What people think of answers in a history: they press thumbs, say what was wrong, and correct.

What they press may not be heard, and they press again; a window that does not open they ask for again.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from bot.feedback.rating import Reason
from handlers.blocks.answer import EDIT, FEEDBACK, MENU, read_about
from handlers.feedback.blocks import CORRECT, About
from handlers.parsing import key_of
from tests.simulation.slack import SlackModel

CHANNEL = "C1"
GUEST = "U3"
"""Who may not talk here, and tries."""
# How long people wait for a window, in seconds, and how often they ask for it.
_PATIENCE, _TRIES = 8.0, 4


@dataclass(frozen=True)
class Opinion:
    """What `user` does `at` a moment with the answer of this number: `good`, `bad`, `why` (bad, and what was wrong) or
    `correct`."""

    at: float
    user: str
    act: str
    number: int


@dataclass(frozen=True)
class Thumb:
    """One press, as Slack told of it. `settled`: nothing that was sent before was still worked on, and then the
    person's rating was `before`."""

    key: str
    at: float
    user: str
    about: tuple[str, str]
    good: bool
    explains: bool
    settled: bool
    before: bool | None


@dataclass(frozen=True)
class Correction:
    """One window that was sent off. `text` is in it alone, however often it is sent."""

    key: str
    user: str
    about: tuple[str, str]
    text: str


@dataclass
class Feedback:
    """What people will do, and what they did."""

    opinions: list[Opinion] = field(default_factory=list)
    thumbs: list[Thumb] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    windows: dict[Opinion, tuple[dict[str, Any], str | None]] = field(default_factory=dict)
    """Those that stand open, whatever becomes of the process, and what was written there as the right answer."""
    done: set[Opinion] = field(default_factory=set)
    unheard: set[tuple[str, tuple[str, str]]] = field(default_factory=set)
    """Who pressed below which answer and did not see it taken: a process that stands still may have been given it."""

    @property
    def keys(self) -> set[str]:
        return {one.key for one in self.thumbs} | {one.key for one in self.corrections}


class JudgedWorld(Protocol):
    """What people see and wait for."""

    feedback: Feedback
    slack: SlackModel

    def wall(self) -> float: ...

    def nothing_comes(self) -> bool:
        """Whether there will be no more answers."""


Deliver = Callable[[dict[str, Any]], Awaitable[bool]]
"""Tells the bot what somebody did; whether they see that it was taken."""


class Judge:
    """One person, as long as one process lives."""

    def __init__(
        self,
        world: JudgedWorld,
        user: str,
        deliver: Deliver,
        is_settled: Callable[[], Awaitable[bool]],
        rating: Callable[[str, str, str], Awaitable[bool | None]],
    ) -> None:
        self.world, self.user, self.deliver = world, user, deliver
        self._is_settled, self._rating = is_settled, rating
        self._presses = itertools.count(1)

    async def judge(self, opinion: Opinion) -> None:
        feedback = self.world.feedback
        if opinion not in feedback.windows:
            view = await self._asked(opinion)
            if view is not None:
                text = None if opinion.act == "why" else f"Right is {len(feedback.windows) + 1}."
                feedback.windows[opinion] = view, text
        if opinion in feedback.windows:
            await self._send(*feedback.windows[opinion])
        feedback.done.add(opinion)

    async def _asked(self, opinion: Opinion) -> dict[str, Any] | None:
        """The window, where there comes one."""
        if opinion.act == "correct":
            return await (self._forged(opinion) if self.user == GUEST else self._opened(opinion))
        trigger = await self._thumb(opinion)
        return await self._window(trigger) if trigger and opinion.act == "why" else None

    async def _element(self, opinion: Opinion, action_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What stands below an answer, once one is there."""
        while True:
            found = [
                (message, element)
                for message in self.world.slack.messages.get(CHANNEL, [])
                for block in message["blocks"]
                for element in block.get("elements") or ()
                if element.get("action_id") == action_id
            ]
            if found:
                return found[opinion.number % len(found)]
            if self.world.nothing_comes():
                return None
            await asyncio.sleep(2)

    async def _press(self, message: dict[str, Any], action: dict[str, Any], at: float) -> tuple[bool, str]:
        """Whether it was seen to be taken, and the trigger."""
        body = self._body("block_actions", at) | {
            "channel": {"id": CHANNEL},
            "message": message,
            "container": {"message_ts": message["ts"], "thread_ts": message["thread_ts"]},
            "actions": [{"action_ts": f"{at:.6f}", **action}],
        }
        return await self.deliver(body), body["trigger_id"]

    async def _thumb(self, opinion: Opinion) -> str | None:
        while (found := await self._element(opinion, FEEDBACK)) is not None:
            message, element = found
            good = opinion.act == "good"
            value = element["positive_button" if good else "negative_button"]["value"]
            about = read_about(value.partition(" ")[2])
            settled = await self._is_settled() and (self.user, about) not in self.world.feedback.unheard
            before = await self._rating(*about, self.user)
            at = round(self.world.wall(), 6)
            action = {"type": "feedback_buttons", "action_id": FEEDBACK, "value": value}
            key = f"action/{self.user}/{FEEDBACK}/{at:.6f}"
            self.world.feedback.thumbs.append(Thumb(key, at, self.user, about, good, False, settled, before))
            taken, trigger = await self._press(message, action, at)
            if taken:
                return trigger
            self.world.feedback.unheard.add((self.user, about))
        return None

    async def _opened(self, opinion: Opinion) -> dict[str, Any] | None:
        for _ in range(_TRIES):
            found = await self._element(opinion, MENU)
            if found is None:
                return None
            message, element = found
            (option,) = [one for one in element["options"] if one["value"].startswith(f"{EDIT} ")]
            action = {"type": "overflow", "action_id": MENU, "selected_option": option}
            _, trigger = await self._press(message, action, self.world.wall())
            view = await self._window(trigger)
            if view is not None:
                return view
        return None

    async def _window(self, trigger: str) -> dict[str, Any] | None:
        for _ in range(int(_PATIENCE)):
            if trigger in self.world.slack.views:
                return self.world.slack.views[trigger]
            await asyncio.sleep(1)
        return None

    async def _forged(self, opinion: Opinion) -> dict[str, Any] | None:
        """A window that nobody opened for them."""
        found = await self._element(opinion, MENU)
        if found is None:
            return None
        value = found[1]["options"][0]["value"].partition(" ")[2]
        metadata = msgspec.json.encode(About(CHANNEL, *read_about(value))).decode()
        inputs = [{"type": "input", "block_id": "text/0", "element": {"type": "plain_text_input", "action_id": "text"}}]
        return {"type": "modal", "id": f"V{self.user}", "private_metadata": metadata, "blocks": inputs}

    async def _send(self, view: dict[str, Any], text: str | None) -> None:
        """Until it is seen to be taken: the right answer, or what was wrong."""
        feedback, about = self.world.feedback, _about(view)
        while True:
            at = round(self.world.wall(), 6)
            body = self._body("view_submission", at) | {
                "view": {**view, "callback_id": CORRECT, "state": {"values": _filled(view, text)}}
            }
            key = str(key_of(body))
            if text is None:
                feedback.thumbs.append(Thumb(key, at, self.user, about, False, True, False, None))
            else:
                feedback.corrections.append(Correction(key, self.user, about, text))
            if await self.deliver(body):
                return

    def _body(self, kind: str, at: float) -> dict[str, Any]:
        return {
            "type": kind,
            "user": {"id": self.user},
            "team": {"id": "T1"},
            "trigger_id": f"{self.user}.{at:.6f}.{next(self._presses)}",
        }


def _about(view: dict[str, Any]) -> tuple[str, str]:
    about = msgspec.json.decode(view["private_metadata"], type=About)
    return about.conversation_id, about.asked_ts


def _filled(view: dict[str, Any], text: str | None) -> dict[str, Any]:
    """The state of its inputs: `text` as the answer, or what stood there."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, value = block["element"], block["element"].get("initial_value")
        if element["type"] == "checkboxes":
            chosen: Any = {"selected_options": [{"value": Reason.WRONG}] if text is None else []}
        elif block["block_id"].startswith("text/") and text is not None:
            chosen = {"value": text if block["block_id"] == "text/0" else None}
        else:
            chosen = {"value": value}
        values[block["block_id"]] = {element["action_id"]: chosen}
    return values
