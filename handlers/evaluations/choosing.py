"""From what somebody typed or chose to what is to be evaluated."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Ambiguous, Invalid, NotFound
from bot.evaluations.evaluation import Evaluation, EvaluationRequest
from bot.evaluations.grader_files import GraderFiles
from bot.evaluations.planning import EvaluationPlanning
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.models.lookup import ModelLookup
from graders.errors import GraderError
from graders.named import NAMED, named
from graders.reading import as_json, read_grader
from handlers.evaluations.choice import JSON, Choice
from handlers.evaluations.command_words import Words

_FILE: Final = "grader-"


@dataclass(frozen=True)
class Choosing:
    models: ModelLookup
    jobs: JobLookup
    datasets: TrainableDatasets
    grader_files: GraderFiles
    planning: EvaluationPlanning

    async def read(self, caller: Caller, words: Words) -> Choice:
        """One word may be a job, or the model that it made: then that is compared with the model it was made from.

        Raises Ambiguous, NotFound, Denied, Invalid, Conflict, ProviderError.
        """
        dataset = await self.datasets.named(caller, words.file) if words.file else None
        grader = await self._grader_named(caller, words.grader)
        choice = Choice(words.models, dataset.id if dataset else None, grader, words.n, words.samples)
        job = await self._job(caller, words.models[-1]) if len(words.models) == 1 or words.checkpoints else None
        if job is None:
            models = [await self.models.named(caller, word) for word in words.models]
            return msgspec.structs.replace(choice, models=tuple(dict.fromkeys(models)))
        of_job = await self.planning.of_job(caller, job.id, checkpoints=words.checkpoints)
        named_before = [await self.models.named(caller, word) for word in words.models[:-1]]
        together = tuple(dict.fromkeys([*named_before, *of_job.models]))
        return msgspec.structs.replace(choice, models=together, job=job.id)

    async def visible(self, caller: Caller, choice: Choice) -> Choice:
        """Without what the caller may not know of (any more)."""
        models = [model for model in choice.models if await self.models.find(caller, model) == model]
        job = choice.job
        if job is not None:
            with contextlib.suppress(NotFound):
                await self.jobs.get(caller, job, Action.SEE)
                return msgspec.structs.replace(choice, models=tuple(models))
        return msgspec.structs.replace(choice, models=tuple(models), job=None)

    async def request(self, caller: Caller, choice: Choice) -> EvaluationRequest:
        """Raises Invalid, NotFound."""
        grader, name = None, None
        if choice.grader is not None and choice.grader.startswith("{"):
            try:
                read = read_grader(choice.grader)
            except GraderError as error:
                raise Invalid(error.kind, JSON, **error.values) from error
            grader, name = as_json(read), read.name
        elif choice.grader is not None and choice.grader.startswith(_FILE):
            file = await self.grader_files.get(caller, choice.grader)
            grader, name = file.grader, file.name
        elif choice.grader is not None:
            known = named(choice.grader)
            if known is None:
                raise _unknown(choice.grader)
            grader, name = as_json(known), choice.grader
        return EvaluationRequest(
            choice.models,
            choice.dataset,
            grader,
            name,
            choice.n,
            choice.samples or 1,
            job_id=choice.job,
            seed=choice.seed,
        )

    async def grader_of(self, caller: Caller, evaluation: Evaluation) -> str:
        """What stands for the grader of an earlier evaluation in a choice."""
        if named(evaluation.grader_name) is not None:
            return evaluation.grader_name
        file = await self.grader_files.named(caller, evaluation.grader_name)
        return file.id if file is not None else msgspec.json.encode(evaluation.grader).decode()

    async def files(self, caller: Caller) -> list[Dataset]:
        """Those that can be asked."""
        return await self.datasets.with_examples(caller)

    async def graders(self, caller: Caller) -> Mapping[str, str]:
        """The names of those that may be chosen, by what stands for them in a choice."""
        return {name: name for name in NAMED} | {file.id: file.name for file in await self.grader_files.latest(caller)}

    async def _grader_named(self, caller: Caller, word: str | None) -> str | None:
        if word is None or word.startswith("{") or named(word) is not None:
            return word
        file = await self.grader_files.named(caller, word)
        if file is None:
            raise _unknown(word)
        return file.id

    async def _job(self, caller: Caller, word: str) -> Job | None:
        """The one that `word` names, or that made the model which it names."""
        try:
            return await self.jobs.named(caller, word, Action.SEE)
        except (NotFound, Ambiguous):
            model = await self.models.find(caller, word)
        if model is None:
            return None
        visible = await self.models.visible(caller, caller.posts_in, fresh=False)
        job_id = next((one.job_id for one in visible if one.id == model), None)
        try:
            return await self.jobs.get(caller, job_id, Action.SEE) if job_id else None
        except NotFound:
            return None


def _unknown(word: str) -> Invalid:
    return Invalid("unknown_grader", word=word, names=tuple(NAMED))
