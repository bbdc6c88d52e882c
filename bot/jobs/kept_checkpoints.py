"""Keeping a checkpoint: it stands among the team's models, under a name of its own, until it is released."""

import re
from typing import Final

import msgspec

from bot.access import Action, Caller, Resource
from bot.authority import Authority, entry
from bot.errors import Conflict, Invalid, NotFound
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job, KeptCheckpoint
from bot.jobs.lookup import JobLookup
from bot.providers.protocol import Checkpoint

LONGEST_NAME: Final = 64
# A name is one word of a command; a colon would make it look like a model's id.
_NAME: Final = re.compile(rf"[^\W_][\w.-]{{0,{LONGEST_NAME - 1}}}")


class KeptCheckpoints:
    def __init__(self, jobs: JobStore, lookup: JobLookup, authority: Authority) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._authority = authority

    async def check(self, caller: Caller, word: str, step: int) -> tuple[Job, Checkpoint]:
        """The checkpoint of that step of the job which a person calls `word`, if they may keep it, and the job.

        Raises Ambiguous, NotFound, Denied; Conflict where the checkpoint is gone, or is the job's model.
        """
        job = await self._lookup.named(caller, word, Action.KEEP)
        checkpoint = await self._of(job, step)
        if checkpoint.model == job.fine_tuned_model:
            raise Conflict("checkpoint_is_the_model", step=step)
        if checkpoint.model in job.lost_models:
            raise Conflict("checkpoint_is_lost", step=step)
        if kept := job.kept.get(checkpoint.model):
            await self._authority.require(caller, Action.RELEASE, _resource(caller, job, kept))
        return job, checkpoint

    async def keep(self, caller: Caller, word: str, step: int, name: str | None = None) -> tuple[Job, Checkpoint]:
        """The job as it is then. One that is kept already gets another name, and stays whose it is.

        Raises like `check`; Invalid for a name that is none or is taken.
        """
        job, checkpoint = await self.check(caller, word, step)
        if name is not None:
            check_name(name)
            await self._check_free(caller, checkpoint.model, name)

        def change(stored: Job) -> JobUpdate:
            before = _unchanged(job, stored, checkpoint.model)
            kept = KeptCheckpoint(before.owner if before else caller.user, before.at if before else caller.at, name)
            return self._update(caller, Action.KEEP, stored, {**stored.kept, checkpoint.model: kept}, checkpoint.model)

        return await self._jobs.update(job.id, change) or job, checkpoint

    async def release(self, caller: Caller, word: str, step: int) -> tuple[Job, Checkpoint]:
        """The checkpoint stands with its job only, as before; it is not deleted. The job as it is then.

        Raises Ambiguous, NotFound, Denied; Conflict where it is not kept, unless this very request released it before a
        crash.
        """
        job = await self._lookup.named(caller, word, Action.SEE)
        checkpoint = await self._of(job, step)
        kept = job.kept.get(checkpoint.model)
        if kept is None:
            if caller.is_retry:
                return job, checkpoint
            raise Conflict("checkpoint_is_not_kept", step=step)
        await self._authority.require(caller, Action.RELEASE, _resource(caller, job, kept))

        def change(stored: Job) -> JobUpdate:
            _unchanged(job, stored, checkpoint.model)
            rest = {model: one for model, one in stored.kept.items() if model != checkpoint.model}
            return self._update(caller, Action.RELEASE, stored, rest, checkpoint.model)

        return await self._jobs.update(job.id, change) or job, checkpoint

    async def _of(self, job: Job, step: int) -> Checkpoint:
        checkpoints = await self._jobs.checkpoints(job.id)
        found = next((one for one in checkpoints if one.step == step), None)
        if found is None:
            raise NotFound("no_checkpoint", step=step, steps=tuple(one.step for one in checkpoints))
        return found

    async def _check_free(self, caller: Caller, model: str, name: str) -> None:
        """Raises Invalid."""
        # What the caller may not know of is no hindrance: it is told apart where both are seen.
        for other, job in (await self._jobs.models()).items():
            kept = job.kept.get(other)
            called = kept.name if kept else job.suffix if other == job.fine_tuned_model else None
            taken = {job.base_model} if other == model or called is None else {job.base_model, called}
            seen = self._authority.allows(caller, Action.SEE, job.resource)
            for word in taken if seen else ():
                if word.casefold() == name.casefold():
                    raise Invalid("checkpoint_name_taken", "name", name=word)

    def _update(
        self, caller: Caller, action: Action, job: Job, kept: dict[str, KeptCheckpoint], model: str
    ) -> JobUpdate:
        name = kept[model].name if model in kept else None
        done = entry(caller, action, model, details=name or "")
        # The card does not show it.
        return JobUpdate(msgspec.structs.replace(job, kept=kept), audit=[done], followed=None, shown=False)


def check_name(name: str) -> None:
    """Raises Invalid for what cannot be the name of a checkpoint."""
    if not _NAME.fullmatch(name):
        raise Invalid("checkpoint_name", "name", name=name, longest=LONGEST_NAME)


def _unchanged(job: Job, stored: Job, model: str) -> KeptCheckpoint | None:
    """How it is kept. Raises Conflict where that is not what was decided on."""
    if stored.kept.get(model) != job.kept.get(model):
        raise Conflict("moved_on")
    return stored.kept.get(model)


def _resource(caller: Caller, job: Job, kept: KeptCheckpoint) -> Resource:
    """Whoever keeps it owns it, and whoever started the job."""
    owner = caller.user if caller.user == job.requester else kept.owner
    return Resource(owner, job.origin.channel, job.origin.private, "checkpoint", job.id)
