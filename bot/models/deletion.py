"""Deleting a fine-tuned model at its provider."""

from collections.abc import Awaitable, Callable

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import Conflict, NotFound
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.models.model import FineTunedModel


class ModelDeletion:
    """`forget`: deletes what the model answered in evaluations."""

    def __init__(
        self,
        catalogue: Catalogue,
        lost_models: LostModels,
        forget: Callable[[str], Awaitable[object]],
        authority: Authority,
    ) -> None:
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._forget = forget
        self._authority = authority

    async def check(self, caller: Caller, model: str) -> None:
        """Return if there is such a model and the caller may delete it. Raises NotFound, Denied, ProviderError."""
        unknown = NotFound("unknown_model", model=model)
        # Nobody of ours owns a model that we did not make: only an administrator may delete it.
        thing = await self._catalogue.resource(model)
        try:
            await self._authority.require(caller, Action.SEE, thing)
        except NotFound:
            raise unknown from None
        if not model.startswith("ft:") or not await self._catalogue.exists(model):
            raise unknown
        await self._authority.require(caller, Action.DELETE, thing)

    async def choices(self, caller: Caller) -> list[FineTunedModel]:
        """The models that the caller may delete. Raises ProviderError."""
        models = [model for model in await self._catalogue.fine_tuned() if model.id.startswith("ft:")]
        things = await self._catalogue.resources([model.id for model in models])
        return [
            model
            for model in models
            if self._authority.allows(caller, Action.SEE, things[model.id])
            and self._authority.allows(caller, Action.DELETE, things[model.id])
        ]

    async def delete(self, caller: Caller, model: str) -> None:
        """Raises NotFound, Denied, ProviderError; Conflict where the provider deletes none."""
        await self.check(caller, model)
        provider = await self._catalogue.provider_of(model)
        if not self._catalogue.vendor(provider.name).deletes:
            raise Conflict("deletion_not_offered", provider=provider.name)
        async with self._authority.recorded(caller, "delete model", model):
            await provider.delete_model(model)
        await self._lost_models.deleted(model)
        await self._forget(model)
        self._catalogue.forget()
