"""Deleting a training file or a fine-tuned model: asked for by a command or a button, confirmed, done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.errors import Invalid
from bot.models.deletion import ModelDeletion
from bot.models.lookup import ModelLookup
from handlers.blocks import deletion as blocks
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.turn import Turn
from handlers.web.poster import Poster


@dataclass(frozen=True)
class DeletionListeners:
    """`take_down` makes a deleted file's report say so."""

    callers: Callers
    datasets: DatasetDeletion
    models: ModelDeletion
    lookup: ModelLookup
    poster: Poster
    take_down: Callable[[Dataset], Awaitable[None]]

    async def command(self, turn: Turn) -> None:
        word = turn.words.strip("`")
        if not word:
            raise Invalid("delete_what")
        if word.startswith("ds-"):
            await self.ask_dataset(replace(turn, words=word))
        else:
            model = await self.lookup.named(await self.callers.of(turn), word, tuned_only=True)
            await self.ask_model(replace(turn, words=model))

    async def ask_dataset(self, turn: Turn) -> None:
        dataset = await self.datasets.check(await self.callers.of(turn), turn.words)
        await self._ask(turn, blocks.dataset_modal(dataset, turn.channel), blocks.ask_dataset(dataset))

    async def ask_model(self, turn: Turn) -> None:
        await self.models.check(await self.callers.of(turn), turn.words)
        await self._ask(turn, blocks.model_modal(turn.words, turn.channel), blocks.ask_model(turn.words))

    async def _ask(self, turn: Turn, view: View, question: Message) -> None:
        """In a modal; in the thread where a mention asked, or where a crash has made the trigger too old."""
        if turn.trigger_id is None or turn.again:
            await turn.answer(question)
        else:
            await self.poster.open_view(turn.trigger_id, view.to_dict())

    async def delete_dataset(self, turn: Turn) -> None:
        deleted = await self.datasets.delete(await self.callers.of(turn), _chosen(turn))
        await turn.answer(blocks.dataset_deleted(deleted.dataset, deleted.providers))
        await self.take_down(deleted.dataset)

    async def delete_model(self, turn: Turn) -> None:
        model = _chosen(turn)
        await self.models.delete(await self.callers.of(turn), model)
        await turn.answer(blocks.model_deleted(model))


def _chosen(turn: Turn) -> str:
    """What the button, or the modal, is about."""
    view = turn.body.get("view")
    if view is None:
        return turn.words
    return msgspec.json.decode(view["private_metadata"], type=blocks.Doomed).id
