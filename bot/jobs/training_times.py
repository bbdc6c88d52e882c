"""How long a training will take, and how much memory, said before it starts: by the provider, where it has measured
that, else, of the time, by the team's own past jobs."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bot.jobs.estimate import NOBODY_KNOWS, TrainingNeeds, TrainingTime
from bot.jobs.interfaces import JobStore
from bot.jobs.throughput import seconds_per_token
from bot.providers.interface import Provider, ProviderError, Refused, RemoteTime, TimeQuestion
from bot.providers.protocol import REINFORCEMENT, Auto
from training_files.catalog import base_of
from training_files.report import Report

log = structlog.get_logger()

# Past jobs that tell how long training takes.
_PAST_JOBS: Final = 200
# Somebody waits for the report, or Slack for the modal.
_PATIENCE: Final = 0.5
_NO_SUCH_CALL: Final = {404, 405, 501}


class TrainingTimes:
    def __init__(self, jobs: JobStore, provider: Callable[[str], Provider]) -> None:
        self._jobs = jobs
        self._provider = provider
        self._refused: set[str] = set()

    async def of(
        self, provider: str, model: str, report: Report, n_epochs: int | Auto = "auto", batch_size: int | Auto = "auto"
    ) -> TrainingTime | None:
        """None where nobody knows."""
        return (await self.needs(provider, model, report, n_epochs, batch_size)).time

    async def needs(
        self, provider: str, model: str, report: Report, n_epochs: int | Auto = "auto", batch_size: int | Auto = "auto"
    ) -> TrainingNeeds:
        """As far as somebody knows."""
        if report.method == REINFORCEMENT:  # it writes most of its tokens itself
            return NOBODY_KNOWS
        if not report.tokens.billed:  # a table, or a file without examples
            return NOBODY_KNOWS
        epochs = report.epochs if n_epochs == "auto" else n_epochs
        question = TimeQuestion(
            model=model,
            tokens=report.tokens.billed,
            examples=report.examples,
            n_epochs=epochs,
            batch_size=None if batch_size == "auto" else batch_size,
            method=report.method,
            longest=report.tokens.max or None,
        )
        told = await self._told(provider, question)
        if told is None or told.seconds is None:
            time = await self._by_past_jobs(provider, question)
        else:
            time = TrainingTime(told.seconds, told.trainings)
        return TrainingNeeds(time, told.memory if told else None)

    async def _told(self, name: str, question: TimeQuestion) -> RemoteTime | None:
        if name in self._refused:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._provider(name).training_time(question)
        except (ProviderError, TimeoutError) as error:
            if isinstance(error, Refused) and error.status in _NO_SUCH_CALL and error.code != "model_not_found":
                self._refused.add(name)
            else:
                log.info("the provider does not say how long training takes", provider=name, why=repr(error))
            return None

    async def _by_past_jobs(self, provider: str, question: TimeQuestion) -> TrainingTime | None:
        paces = seconds_per_token(await self._jobs.latest(_PAST_JOBS), provider)
        pace = paces.get(base_of(question.model))
        return TrainingTime(pace * question.tokens * question.n_epochs) if pace else None
