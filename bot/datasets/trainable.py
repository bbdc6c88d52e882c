"""Which training files there are to train on in a channel, which of them is meant, and which validates it."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from bot.access import Action, Caller
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.pairs import can_validate, validates
from bot.errors import Invalid, NotFound
from bot.naming import the_one_named

# Older files are named by their ids.
_KNOWN: Final = 200
_OFFERED: Final = 50


class TrainableDatasets:
    """All of it is about the channel that the caller is in."""

    def __init__(self, datasets: DatasetStore, lookup: DatasetLookup, authority: Authority) -> None:
        self._datasets = datasets
        self._lookup = lookup
        self._authority = authority

    async def latest(self, caller: Caller) -> list[Dataset]:
        """Files without errors, the latest first."""
        return [dataset for dataset in await self._dropped(caller) if _is_trainable(dataset)][:_OFFERED]

    async def with_examples(self, caller: Caller) -> list[Dataset]:
        """Also those that have too few examples to be trained on: models can be asked them, and validated with them."""
        return [one for one in await self._dropped(caller) if _is_trainable(one) or can_validate(one)][:_OFFERED]

    async def find(self, caller: Caller, word: str | None, thread_ts: str | None = None) -> Dataset:
        """The file that `word` names (the id or the name of one), else that of the thread, else the latest: of two
        files that belong together, the one to train on.

        Raises NotFound, Ambiguous; Invalid for one with errors.
        """
        if word:
            # One with errors too: its report says more than that there is none.
            dataset = await self.named(caller, word)
        else:
            latest = await self.latest(caller)
            here = [one for one in latest if thread_ts and one.thread_ts == thread_ts] or latest
            if not here:
                raise NotFound("no_training_file")
            dataset = await self.validated_by(caller, here[0]) or here[0]
        refuse_errors(dataset)
        return dataset

    async def named(self, caller: Caller, word: str) -> Dataset:
        """The file that `word` names (the id or the name of one), also one with errors. Raises NotFound, Ambiguous."""
        if word.startswith("ds-"):
            return await self._lookup.get(caller, word, Action.SUBMIT, to_post=True)
        named = _named(word, await self._dropped(caller))
        if named is None:
            raise NotFound("unknown_training_file", word=word)
        return named

    async def find_validation(self, caller: Caller, word: str, training: Dataset | None) -> str:
        """The id of what `word` names: an id (ds-…, file-…), "none", "split" for what was split off the training file,
        or a file's name. Raises NotFound, Ambiguous, Invalid."""
        if word == "split":
            if training is None or training.validation is None:
                raise Invalid("nothing_split_off", "validation")
            return training.validation
        if word.startswith(("ds-", "file-")) or word == "none":
            return word
        named = _named(word, await self.with_examples(caller))
        if named is None:
            raise NotFound("unknown_validation_file", word=word)
        return named.id

    async def validation_of(self, caller: Caller, training: Dataset) -> Dataset | None:
        """The file that was dropped with this one, or split off it, to validate it; None if it cannot be used here."""
        own = await self._datasets.get(training.validation) if training.validation else None
        if own is None or not validates(own, training):
            return None
        return own if self._authority.allows(caller, Action.SUBMIT, own.resource, caller.posts_in) else None

    async def validated_by(self, caller: Caller, dataset: Dataset) -> Dataset | None:
        """The training file whose validation file this is."""
        return next((one for one in await self.latest(caller) if one.validation == dataset.id), None)

    async def validation_files(self, caller: Caller, training: Dataset | None) -> list[Dataset]:
        """What can validate a job on this file: its own validation file first, then others of its format."""
        own = await self.validation_of(caller, training) if training else None
        found = [own] if own else []
        for other in await self.with_examples(caller):
            if training is not None and (other.sha256 == training.sha256 or other.format != training.format):
                continue
            if other not in found:
                found.append(other)
        return found

    async def _dropped(self, caller: Caller) -> list[Dataset]:
        return [dataset for dataset in await self._datasets.latest(_KNOWN) if dataset.channel == caller.channel]


def refuse_errors(dataset: Dataset) -> None:
    """Raises Invalid for a file that cannot be trained on."""
    if not _is_trainable(dataset):
        raise Invalid("file_has_errors", name=dataset.name)


def _is_trainable(dataset: Dataset) -> bool:
    return dataset.report is not None and dataset.report.ok


def _named(word: str, datasets: Sequence[Dataset]) -> Dataset | None:
    """Of several files with one name, the one that was dropped last (`datasets` begin with it): a file that was
    repaired and dropped again takes the place of what was there. A name may be given without its ending. Raises
    Ambiguous."""
    latest: dict[str, Dataset] = {}
    for dataset in datasets:
        latest.setdefault(dataset.name, dataset)
    return the_one_named(
        word, latest.values(), lambda one: (one.name, PurePath(one.name).stem), label=lambda one: one.name
    )
