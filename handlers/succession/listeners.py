"""*Use it here* beside a new model, and what comes after it."""

from dataclasses import dataclass

from bot.errors import BotError
from bot.moves.succession import Succession, Successor
from handlers.callers import Callers
from handlers.chat.shown_settings import ShownSettings
from handlers.request import Request
from handlers.succession import blocks
from texts.errors import sentence
from training_files import TrainingFileError


@dataclass(frozen=True)
class SuccessionListeners:
    callers: Callers
    succession: Succession
    shown: ShownSettings

    async def adopt(self, request: Request) -> None:
        """*Use it here*, on the card of a move or on what was offered to another channel."""
        caller = await self.callers.of(request)
        successor = await self.succession.adopt(caller, *_named(request.text))
        await request.answer(blocks.adopted(successor, await self.succession.still_used(caller, successor)))

    async def switch(self, request: Request) -> None:
        """*Switch these, too*: threads are told once, evaluations that are repeated go on with the new model."""
        caller = await self.callers.of(request)
        successor: Successor = await self.succession.get(caller, *_named(request.text))
        used = await self.succession.still_used(caller, successor)
        refused: list[str] = []
        threads = repeats = 0
        for conversation in used.conversations:
            try:
                await self.shown.change_model(request, conversation, successor.new)
                threads += 1
            except BotError as error:
                refused.append(sentence(error))
        for evaluation in used.repeats:
            try:
                await self.succession.repeat_with(caller, evaluation, successor)
                repeats += 1
            except (BotError, TrainingFileError) as error:
                refused.append(sentence(error))
        await request.in_place.answer(blocks.switched(threads, repeats, refused))

    async def offer(self, request: Request) -> None:
        """*Ask other channels*."""
        channels = await self.succession.offer(await self.callers.of(request), *_named(request.text))
        await request.answer(blocks.offered(channels))


def _named(value: str) -> tuple[str, str]:
    """The move and the job."""
    move, _, job = value.partition("/")
    return move, job
