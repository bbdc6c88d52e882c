"""Saving what a provider holds of one's fine-tuning: files, jobs, events, checkpoints, results, models. It only reads.

What is saved already, and cannot have changed, is not asked for again: so a rescue that broke off goes on.
"""

import asyncio
import json
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from bot.jobs.results import readable
from bot.jobs.states import ENDED
from bot.providers.interface import Doubtful, ProviderError, Refused
from bot.providers.objects import Json, created_at
from bot.rescue.folder import Missing, RescueFolder, as_json, component, sha256_of
from bot.rescue.patience import Patience
from bot.rescue.source import Source, listed

MODELS: Final = "models.json"
RESULTS: Final = "fine-tune-results"
_PURPOSES: Final = frozenset({None, "fine-tune", RESULTS, "evals"})
"""Of files. What was uploaded for other things is not affected when fine-tuning ends."""
_LATE_EVENTS: Final = 300.0
"""Seconds after a job's end in which something may still be told of it."""
_MOST_IN_VAIN: Final = 20
"""So many requests in a row that went wrong to the end: then it is not one object's trouble."""


class Outcome(msgspec.Struct):
    """`written` and `kept` count objects: those that were fetched now, and those that were there."""

    jobs: int = 0
    files: int = 0
    results: int = 0
    models: int = 0
    written: int = 0
    kept: int = 0
    requests: int = 0
    missing: list[Missing] = []


class Rescue:
    """`progress` is told how many of all files and jobs are done."""

    def __init__(
        self,
        source: Source,
        folder: RescueFolder,
        patience: Patience,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._source = source
        self._folder = folder
        self._patience = patience
        self._progress = progress

    async def run(self) -> Outcome:
        """Raises ProviderError where the provider lets nobody read, or stays away; OSError where the disk is full."""
        self._outcome = Outcome(missing=[])
        try:
            await self._save_all()
        finally:
            self._outcome.requests = self._patience.requests
            self._outcome.missing.sort(key=lambda missing: (missing.kind, missing.id))
            self._folder.manifest.missing = self._outcome.missing
        return self._outcome

    async def _save_all(self) -> None:
        models, files, jobs = await _together(
            self._patience.ask(self._source.models),
            self._listed(self._source.files),
            self._listed(self._source.jobs),
        )
        await self._save_models(models["data"])
        known = {file["id"]: file for file in files if file.get("purpose") in _PURPOSES}
        of_jobs = {job["id"]: _files(job) for job in jobs}
        results = {id for id, file in known.items() if file.get("purpose") == RESULTS}
        results |= {id for job in jobs for id in _result_files(job)}
        others = (known.keys() | set().union(*of_jobs.values())) - results
        work = [
            *(partial(self._save_job, job) for job in jobs),
            *(partial(self._save_results, id) for id in sorted(results)),
            *(partial(self._save_file, id, known.get(id)) for id in sorted(others)),
        ]
        await self._do(work)
        self._folder.manifest.ended_at = self._folder.now()

    async def _listed(self, page: Callable[[str | None], Awaitable[Json]]) -> list[Json]:
        return await listed(lambda after: self._patience.ask(partial(page, after)))

    async def _do(self, work: Sequence[Callable[[], Awaitable[None]]]) -> None:
        """One after the other, by so many workers as there may be requests: what is begun is ended soon."""
        waiting, done = iter(work), 0

        async def worker() -> None:
            nonlocal done
            for one in waiting:
                await one()
                done += 1
                self._progress(done, len(work))

        self._progress(0, len(work))
        await _together(*(worker() for _ in range(self._patience.parallel)))

    async def _save_models(self, models: list[Json]) -> None:
        """Those that were seen once stay: a model that is gone by now is one of those that matter."""
        before: list[Json] = []
        if await self._folder.has(MODELS):
            before = json.loads(self._folder.read(MODELS))
        every = {model["id"]: model for model in (*before, *models)}
        await self._keep(MODELS, [every[id] for id in sorted(every)])
        self._outcome.models = len(every)

    async def _save_file(self, file_id: str, told: Json | None) -> None:
        about = f"files/{component(file_id)}.json"
        name = None
        try:
            if told is None:  # a job names it, and the listing does not
                told = await self._about(about, file_id)
            name = str(told.get("filename") or "content")
            await self._fetch(f"files/{component(file_id)}/{component(name)}", file_id)
            await self._keep(about, told)
        except (Refused, Doubtful) as error:
            self._miss("file", file_id, error, name)
        else:
            self._outcome.files += 1

    async def _about(self, name: str, file_id: str) -> Json:
        if await self._folder.has(name):
            saved: Json = json.loads(self._folder.read(name))
            return saved
        return await self._patience.ask(partial(self._source.file, file_id))

    async def _fetch(self, name: str, file_id: str) -> None:
        if await self._folder.has(name):
            self._outcome.kept += 1
            return
        await self._patience.ask(lambda: self._folder.receive(name, self._source.content(file_id)))
        self._outcome.written += 1

    async def _save_results(self, file_id: str) -> None:
        """The CSV, and beside it how it came where that is something else."""
        name = f"results/{component(file_id)}"
        try:
            if await self._folder.has(f"{name}.csv"):
                self._outcome.kept += 1
            else:
                content = await self._patience.ask(lambda: _whole(self._source.content(file_id)))
                plain = readable(content)
                if plain != content:
                    await self._folder.keep(f"{name}.base64", content)
                await self._folder.keep(f"{name}.csv", plain)
                self._outcome.written += 1
        except (Refused, Doubtful) as error:
            self._miss("results", file_id, error)
        else:
            self._outcome.results += 1

    async def _save_job(self, job: Json) -> None:
        """The job itself comes last: where it is there as it is told now, so is the rest."""
        folder = f"jobs/{component(job['id'])}"
        settled = await self._is_settled(f"{folder}/job.json", job)
        for kind, page in (("events", self._source.events), ("checkpoints", self._source.checkpoints)):
            name = f"{folder}/{kind}.json"
            if settled and await self._folder.has(name):
                self._outcome.kept += 1
                continue
            try:
                found = await self._listed(partial(page, job["id"]))
            except (Refused, Doubtful) as error:
                self._folder.forget(name)
                self._miss(kind, job["id"], error)
            else:
                await self._keep(name, _oldest_first(found))
        await self._keep(f"{folder}/job.json", job)
        self._outcome.jobs += 1

    async def _is_settled(self, name: str, job: Json) -> bool:
        """Whether nothing more can have happened to a job since it was saved."""
        saved = await self._folder.has(name)
        if saved is None or job.get("status") not in ENDED:
            return False
        ended_at = job.get("finished_at") or created_at(job)
        return saved.at.timestamp() > ended_at + _LATE_EVENTS and saved.sha256 == sha256_of(as_json(job))

    async def _keep(self, name: str, value: Json | list[Json]) -> None:
        if await self._folder.keep(name, as_json(value)):
            self._outcome.written += 1
        else:
            self._outcome.kept += 1

    def _miss(self, kind: str, id: str, error: ProviderError, name: str | None = None) -> None:
        """Goes on without it, unless it will be the same with all others. Raises the error then."""
        if error.status in {401, 429}:  # the key is no good any more, or there is nothing left on the account
            raise error
        if self._patience.given_up_in_a_row >= _MOST_IN_VAIN:
            raise error
        why = str(error) if error.is_answer else error.kind
        self._outcome.missing.append(Missing(kind, id, why, error.status, error.code, name))


def _files(job: Json) -> set[str]:
    return {id for id in (job.get("training_file"), job.get("validation_file")) if isinstance(id, str) and id}


def _result_files(job: Json) -> list[str]:
    return [id for id in job.get("result_files") or [] if isinstance(id, str) and id]


def _oldest_first(found: list[Json]) -> list[Json]:
    if found and created_at(found[0]) >= created_at(found[-1]):
        found = found[::-1]
    return sorted(found, key=created_at)


async def _whole(chunks: AsyncIterable[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def _together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """As `asyncio.gather`; where one fails, the others have been stopped when its error is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(one) for one in work]
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return [task.result() for task in begun]
