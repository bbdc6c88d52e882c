"""The golden set of a channel: answers that people there rated with thumbs, and pairs on which they voted."""

from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.compare.arenas import Arenas
from bot.conversations.answers import Answers
from bot.conversations.conversation import ConversationStore
from bot.feedback.rating import RatingStore
from bot.providers.chat import ChatMessage, ToolCall

MOST: Final = 200
"""Of rated answers, and of pairs; the latest count."""


class RatedAnswer(msgspec.Struct, frozen=True):
    """An answer as the model gave it, whatever it was edited to since. `good`: what most who rated it say."""

    model: str
    prompt: tuple[ChatMessage, ...]
    content: str
    tool_calls: tuple[ToolCall, ...]
    good: bool

    @property
    def question(self) -> str:
        return next((said.content for said in reversed(self.prompt) if said.role == "user"), "")


class PreferredAnswer(msgspec.Struct, frozen=True):
    """Two answers to one prompt, of which most who voted prefer one."""

    prompt: tuple[ChatMessage, ...]
    chosen: str
    rejected: str

    @property
    def question(self) -> str:
        return self.prompt[-1].content


class GoldenSet(msgspec.Struct, frozen=True):
    rated: tuple[RatedAnswer, ...] = ()
    preferred: tuple[PreferredAnswer, ...] = ()


class GoldenAnswers:
    def __init__(
        self, ratings: RatingStore, conversations: ConversationStore, arenas: Arenas, authority: Authority
    ) -> None:
        self._ratings = ratings
        self._answers = Answers(conversations)
        self._arenas = arenas
        self._authority = authority

    async def of_channel(self, caller: Caller) -> GoldenSet:
        """Of the caller's channel: what is not clear, with as many votes for it as against it, is left out. Raises
        Denied."""
        await self._authority.require(caller, Action.USE)
        return GoldenSet(tuple(await self._rated(caller)), tuple(await self._preferred(caller)))

    async def _rated(self, caller: Caller) -> list[RatedAnswer]:
        found = []
        for opinion in await self._ratings.of_channel(caller.channel, MOST):
            given = await self._answers.get(opinion.conversation_id, opinion.asked_ts)
            if given is None or not self._authority.allows(caller, Action.SEE, given.conversation.resource):
                continue
            said = given.answer
            content = said.content if said.original is None else said.original
            if not (content.strip() or said.tool_calls):
                continue
            calls = said.original_calls or said.tool_calls
            found.append(RatedAnswer(given.conversation.model, given.prompt, content, calls, opinion.good))
        return found

    async def _preferred(self, caller: Caller) -> list[PreferredAnswer]:
        found: list[PreferredAnswer] = []
        for arena in await self._arenas.revealed(caller):
            for one in await self._arenas.majorities(arena):
                found.append(PreferredAnswer(one.prompt, one.chosen.content, one.rejected.content))
                if len(found) == MOST:
                    return found
        return found
