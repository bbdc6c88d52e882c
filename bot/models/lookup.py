"""Models that a person may know of, and which of them a word names."""

from collections.abc import Sequence
from typing import Protocol

from bot.access import Action, Caller, Place
from bot.authority import Authority
from bot.models.catalogue import Catalogue
from bot.models.model import FineTunedModel
from bot.models.names import short_name
from bot.naming import the_one_named


class CurrentModels(Protocol):
    async def current_model(self, channel: str) -> str | None:
        """The one that was promoted there."""


class ModelLookup:
    def __init__(self, catalogue: Catalogue, current: CurrentModels, authority: Authority) -> None:
        self._catalogue = catalogue
        self._current = current
        self._authority = authority

    async def current(self, caller: Caller) -> str | None:
        """The model that was promoted in the caller's channel, while it is there."""
        model = await self._current.current_model(caller.channel)
        if model is None or not await self._catalogue.exists(model):
            return None
        resource = await self._catalogue.resource(model)
        return model if self._authority.allows(caller, Action.SEE, resource, caller.posts_in) else None

    async def visible(
        self, caller: Caller, place: Place, *, fresh: bool = True, rehearsed: bool = False
    ) -> list[FineTunedModel]:
        """Fine-tuned models that may be seen in `place`: first the one that was promoted there, then the newest; unless
        `fresh`, as of the last half minute. Those of rehearsals are among them where they are asked for (`rehearsed`),
        or where one was promoted. Raises ProviderError.
        """
        models = await self._catalogue.fine_tuned(fresh=fresh)
        here = set(await self._catalogue.allowed([model.id for model in models], place.channel))
        models = [model for model in models if model.id in here]
        things = await self._catalogue.resources([model.id for model in models])
        current = await self._current.current_model(place.channel)
        models = [model for model in models if rehearsed or not model.rehearsed or model.id == current]
        models = sorted(models, key=lambda model: model.id != current)
        return [model for model in models if self._authority.allows(caller, Action.SEE, things[model.id], place)]

    async def search(self, caller: Caller, place: Place, words: str) -> list[str]:
        """Models, fine-tuned and base, whose id or name holds all of the words; those first whose name they are or
        begin, then those that are fine-tuned, newest first. Raises ProviderError."""
        typed = words.casefold().strip()
        tuned = {model.id: model.name for model in await self.visible(caller, place, fresh=False)}
        base = {model: short_name(model) for model in sorted(await self._catalogue.base_models())}
        names = {model: name.casefold() for model, name in (base | tuned).items()}
        found = [
            model
            for model in dict.fromkeys([*tuned, *base])
            if all(word in f"{model} {short_name(model)} {names[model]}".casefold() for word in typed.split())
        ]
        return sorted(found, key=lambda model: (names[model] != typed, not names[model].startswith(typed)))

    async def names(self, caller: Caller, models: Sequence[str]) -> dict[str, str]:
        """What people call these models, in this order: the name that was given to a kept checkpoint, where the caller
        may know of it, else the short name."""
        given = await self._catalogue.given_names(models)
        things = await self._catalogue.resources(list(given)) if given else {}
        known = {
            model: name for model, name in given.items() if self._authority.allows(caller, Action.SEE, things[model])
        }
        return {model: known.get(model) or short_name(model) for model in models}

    async def named(self, caller: Caller, word: str, *, tuned_only: bool = False) -> str:
        """The id of the model that `word` names among those that the caller may know of: by its id, its name, the id of
        the job that made it, or the beginning of one of these. What is not known is given back as it is.

        Raises Ambiguous, with the ids, where it names several; ProviderError.
        """
        found = await self.find(caller, word, tuned_only=tuned_only)
        return found or await self._retired(caller, word) or word

    async def find(self, caller: Caller, word: str, *, tuned_only: bool = False) -> str | None:
        """Like `named`, None for what is not known."""
        exists = await self._catalogue.exists(word)
        if exists and self._authority.allows(caller, Action.SEE, await self._catalogue.resource(word)):
            return word
        tuned = await self.visible(caller, caller.answers_in, fresh=False, rehearsed=True)
        base = [] if tuned_only else [FineTunedModel(model, model) for model in await self._catalogue.base_models()]

        found = the_one_named(word, [*tuned, *base], _names, label=lambda model: model.id)
        return found.id if found else None

    async def _retired(self, caller: Caller, word: str) -> str | None:
        """Like `find`, of those that are no longer."""
        gone = await self._catalogue.retired()
        things = await self._catalogue.resources([model.id for model in gone])
        known = [model for model in gone if self._authority.allows(caller, Action.SEE, things[model.id])]
        found = the_one_named(word, known, _names, label=lambda model: model.id)
        return found.id if found else None

    async def existing(self, caller: Caller, word: str) -> str:
        """Like `named`; raises NotFound where the providers have no such model."""
        model = await self.named(caller, word)
        if not await self._catalogue.exists(model):
            raise await self._catalogue.absence(model)
        return model


def _names(model: FineTunedModel) -> tuple[str | None, ...]:
    return model.id, model.name, short_name(model.id), model.id.rpartition("/")[2], model.job_id
