"""Moves over the real store and the real clients of two providers: acme, where the models were trained, and home."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import orjson
import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.splitting import DatasetSplitting
from bot.datasets.trainable import TrainableDatasets
from bot.errors import NotFound
from bot.job_requests import JobRequests
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.controls import JobControls
from bot.jobs.group_approval import GroupApprovals
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.models.catalogue import Catalogue
from bot.moves.data import MovedData
from bot.moves.examples import MoveExamples
from bot.moves.moves import Moves
from bot.moves.planning import MovePlanning
from bot.providers.chat import Usage
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.evaluating import a_chat
from tests.parts import MODEL, a_dataset, a_job, a_report, channel_providers, provider_over
from tests.stand_in_provider import StandInProvider

HOME_MODEL = "SmolLM2-135M-Instruct"


@pytest.fixture
async def home() -> AsyncIterator[StandInProvider]:
    async with StandInProvider((HOME_MODEL,)) as provider:
        yield provider


@pytest.fixture
async def at_home(home: StandInProvider) -> AsyncIterator[OpenAIProtocol]:
    async with provider_over(home, name="home") as provider:
        yield provider


@dataclass
class Workshop:
    planning: MovePlanning
    moves: Moves
    approvals: GroupApprovals
    submitter: Submitter
    groups: SqlGroupStore
    evaluations: SqlEvaluationStore
    jobs: SqlJobStore
    datasets: SqlDatasetStore
    file_store: FileStore
    authority: Authority

    async def made(self, name: str, examples: int = 0, **fields: Any) -> Job:
        """A model that was trained at acme, on a file of its own of which there is a copy; with `examples` it can be
        read."""
        report = a_report(sha256=f"sha{name}", examples=examples or 12)
        lines = [orjson.dumps(a_chat(f"Question {n}?", f"Certainly, {n}.")) for n in range(examples)]
        dataset = a_dataset(id=f"ds-{name}", sha256=report.sha256, name=f"{name}.jsonl", report=report)
        await self.datasets.save(dataset)
        self.file_store.path(dataset.sha256).write_bytes(b"\n".join(lines) or name.encode())
        job: Job = a_job(
            **{
                "id": f"job-{name}",
                "state": states.SUCCEEDED,
                "suffix": name,
                "dataset_id": dataset.id,
                "file_name": dataset.name,
                "provider_job_id": f"ftjob-{name}",
                "fine_tuned_model": f"ft:{MODEL}:acme:{name}:abc",
                **fields,
            }
        )
        assert await self.jobs.insert(job, JobUpdate(job, followed=False, shown=False))
        return job


def _a_dollar_a_million(usage: Usage, _model: str, provider: str) -> float:
    """At acme; home is free."""
    return 0.0 if provider == "home" else (usage.prompt_tokens + usage.completion_tokens) / 1_000_000


MakeWorkshop = Callable[..., Workshop]


@pytest.fixture
def make_workshop(
    database: Database,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    at_home: OpenAIProtocol,
    tmp_path: Path,
) -> MakeWorkshop:
    def make(rules: Rules = Rules()) -> Workshop:
        audit = SqlAuditLog(database)
        authority = Authority(Policy(), audit)
        datasets, groups = SqlDatasetStore(database), SqlGroupStore(database)
        lookup, dataset_lookup = JobLookup(jobs, authority), DatasetLookup(datasets, authority)
        here = channel_providers(provider, at_home)
        providers, catalogue = Providers(provider, at_home), Catalogue(Providers(provider, at_home), jobs)
        file_store, pools = FileStore(tmp_path / "files", 1_000_000), WorkerPools()

        async def locate(dataset_id: str) -> tuple[Path, str]:
            dataset: Dataset | None = await datasets.get(dataset_id)
            if dataset is None:
                raise NotFound("unknown_file")
            return file_store.path(dataset.sha256), dataset.sha256

        submitter = Submitter(jobs, providers, locate, rules=rules)
        requests = JobRequests(
            jobs=jobs,
            job_lookup=lookup,
            dataset_lookup=dataset_lookup,
            trainable=TrainableDatasets(datasets, dataset_lookup, authority),
            provider_files=ProviderFiles(here, datasets, jobs, authority),
            catalogue=catalogue,
            submitter=submitter,
            providers=providers,
            channel_providers=here,
            authority=authority,
            audit=audit,
        )
        checking = DatasetCheck(datasets, file_store, pools, catalogue, here, tokenizers=tmp_path)
        data = MovedData(datasets, dataset_lookup, file_store, checking, providers)
        splitting = DatasetSplitting(dataset_lookup, DerivedDatasets(datasets), file_store, pools)
        spending = ModelSpending(AsyncMock(), AsyncMock(), AsyncMock(), _a_dollar_a_million)
        examples = MoveExamples(datasets, splitting, checking, file_store, pools, spending, authority)
        planning = MovePlanning(jobs, data, examples, requests, submitter, catalogue, providers, authority)
        evaluations = SqlEvaluationStore(database)
        controls = JobControls(lookup, JobSync(jobs, providers), submitter, authority, lambda _: None)
        moves = Moves(groups, planning, submitter, controls, authority, audit)
        approvals = GroupApprovals(groups, jobs, authority, JobQueue(jobs, ["acme", "home"], submitter.release))
        return Workshop(
            planning, moves, approvals, submitter, groups, evaluations, jobs, datasets, file_store, authority
        )

    return make
