"""Fine-tuned models and training files that nobody has used for a while, and what hangs on them.

It is not in `bot.models`: data sets depend on models, and this needs both.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller, Resource, is_shown_in
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.model import FineTunedModel
from bot.models.uses import ChannelUse, ModelUses

DAYS: Final = 90
_KNOWN_FILES: Final = 10_000
_DAY: Final = 24 * 3600.0


class FileUse(msgspec.Struct, frozen=True):
    """A job or an evaluation that used a training file; `model` is what a job made."""

    dataset_id: str
    at: float
    about: Resource
    model: str | None = None


class FileUses(Protocol):
    async def of_files(self) -> Sequence[FileUse]: ...


class UnusedModel(msgspec.Struct, frozen=True):
    """`last_used_at`: seconds since the epoch, None where nobody has asked it anything, as far as the person may know.
    `current`: a channel still has it as its model; `repeated`: an evaluation asks it again and again."""

    model: FineTunedModel
    last_used_at: float | None
    current: bool
    repeated: bool
    may_delete: bool


class UnusedFile(msgspec.Struct, frozen=True):
    """`models`: those that were trained on it, as far as the person may know of them."""

    dataset: Dataset
    last_used_at: float | None
    models: Sequence[str]
    may_delete: bool


class Unused(msgspec.Struct, frozen=True):
    """What nobody has used for `days`: models of rehearsals first, then what was used longest ago."""

    days: int
    models: Sequence[UnusedModel]
    files: Sequence[UnusedFile]


class UnusedThings:
    def __init__(
        self,
        uses: ModelUses,
        file_uses: FileUses,
        lookup: ModelLookup,
        catalogue: Catalogue,
        datasets: DatasetStore,
        authority: Authority,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._uses = uses
        self._file_uses = file_uses
        self._lookup = lookup
        self._catalogue = catalogue
        self._datasets = datasets
        self._authority = authority
        self._clock = clock

    async def of(self, caller: Caller, days: int = DAYS) -> Unused:
        """Raises Denied, ProviderError."""
        await self._authority.require(caller, Action.SEE)
        before = self._clock() - days * _DAY
        return Unused(days, await self._models(caller, before), await self._files(caller, before))

    async def _models(self, caller: Caller, before: float) -> list[UnusedModel]:
        visible = await self._lookup.visible(caller, caller.answers_in, fresh=False, rehearsed=True)
        uses: dict[str, list[ChannelUse]] = {}
        for use in await self._uses.of([model.id for model in visible]):
            uses.setdefault(use.model, []).append(use)
        things = await self._catalogue.resources([model.id for model in visible])
        found = []
        for model in visible:
            # A use counts wherever it was; what is shown of it is only what this person may know.
            used = uses.get(model.id, [])
            if max([model.created_at or 0, *(use.last_used_at or 0 for use in used)]) >= before:
                continue
            seen = [use for use in used if use.is_seen_by(caller, caller.answers_in)]
            found.append(
                UnusedModel(
                    model,
                    max((use.last_used_at for use in seen if use.last_used_at is not None), default=None),
                    any(use.current for use in seen),
                    any(use.repeated for use in seen),
                    self._authority.allows(caller, Action.DELETE, things[model.id]),
                )
            )
        # Rehearsals have served their purpose.
        return sorted(found, key=lambda one: (not one.model.rehearsed, one.last_used_at or one.model.created_at or 0))

    async def _files(self, caller: Caller, before: float) -> list[UnusedFile]:
        uses: dict[str, list[FileUse]] = {}
        for use in await self._file_uses.of_files():
            uses.setdefault(use.dataset_id, []).append(use)
        found = []
        for dataset in await self._datasets.latest(_KNOWN_FILES):
            used = uses.get(dataset.id, [])
            if max([dataset.created_at, *(use.at for use in used)]) >= before:
                continue
            if not self._authority.allows(caller, Action.SEE, dataset.resource):
                continue
            seen = [use for use in used if is_shown_in(caller.answers_in, use.about, caller.user)]
            found.append(
                UnusedFile(
                    dataset,
                    max((use.at for use in seen), default=None),
                    [use.model for use in seen if use.model],
                    self._authority.allows(caller, Action.DELETE, dataset.resource),
                )
            )
        return sorted(found, key=lambda unused: unused.last_used_at or unused.dataset.created_at)
