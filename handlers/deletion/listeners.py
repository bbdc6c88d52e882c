"""Deleting a training file or a fine-tuned model: asked for by a command or a button, confirmed, done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.models.deletion import ModelDeletion
from bot.models.lookup import ModelLookup
from handlers.blocks import deletion as blocks
from handlers.blocks.choice import which
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.request import Request
from handlers.web.poster import Poster
from texts import help


@dataclass(frozen=True)
class DeletionListeners:
    """`take_down` makes a deleted file's report say so."""

    callers: Callers
    datasets: DatasetDeletion
    models: ModelDeletion
    lookup: ModelLookup
    poster: Poster
    take_down: Callable[[Dataset], Awaitable[None]]

    async def command(self, request: Request) -> None:
        word = request.text.strip("`")
        if not word:
            await self._which(request)
            return
        if word.startswith("ds-"):
            await self.ask_dataset(replace(request, text=word))
        else:
            model = await self.lookup.named(await self.callers.of(request), word, tuned_only=True)
            await self.ask_model(replace(request, text=model))

    async def _which(self, request: Request) -> None:
        """A menu of what this person may delete."""
        caller = await self.callers.of(request)
        things = [(model.id, model.name) for model in await self.models.choices(caller)]
        things += [(dataset.id, f"{dataset.name} · {dataset.id}") for dataset in await self.datasets.choices(caller)]
        await request.answer(which(help.which_to_delete(), "delete", things, help.none_to_delete()))

    async def ask_dataset(self, request: Request) -> None:
        dataset = await self.datasets.check(await self.callers.of(request), request.text)
        await self._ask(request, blocks.dataset_modal(dataset, request.channel), blocks.ask_dataset(dataset))

    async def ask_model(self, request: Request) -> None:
        await self.models.check(await self.callers.of(request), request.text)
        await self._ask(request, blocks.model_modal(request.text, request.channel), blocks.ask_model(request.text))

    async def _ask(self, request: Request, view: View, question: Message) -> None:
        """In a modal; in the thread where a mention asked, or where a crash has made the trigger too old."""
        if request.trigger_id is None or request.is_retry:
            await request.answer(question)
        else:
            await self.poster.open_view(request.trigger_id, view.to_dict())

    async def delete_dataset(self, request: Request) -> None:
        deleted = await self.datasets.delete(await self.callers.of(request), _chosen(request))
        await request.answer(blocks.dataset_deleted(deleted))
        await self.take_down(deleted.dataset)

    async def delete_model(self, request: Request) -> None:
        model = _chosen(request)
        await self.models.delete(await self.callers.of(request), model)
        await request.answer(blocks.model_deleted(model))


def _chosen(request: Request) -> str:
    """What the button, or the modal, is about."""
    view = request.body.get("view")
    if view is None:
        return request.text
    return msgspec.json.decode(view["private_metadata"], type=blocks.DeletionTarget).id
