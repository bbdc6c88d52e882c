"""Rehearsals over the real store and the real clients of two providers: acme, which costs, and the team's own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.job_requests import JobRequests
from bot.jobs.admission import Rules
from bot.jobs.controls import JobControls
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.rehearsals.data import RehearsalData
from bot.rehearsals.rehearsal import Rehearsal
from bot.rehearsals.rehearsals import Rehearsals
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import Pool
from tests.parts import a_dataset, channel_providers, provider_over
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider
from training_files import check_file

SMALL, LARGE = "SmolLM2-135M-Instruct", "SmolLM2-360M-Instruct"
HERE = Origin("T0ACME", "C0TRAINING", False, "1700000000.000100")


class InThread:
    """Work in this process: a test of what is decided needs no other."""

    async def run(self, work: Any, *args: Any, pool: Pool = Pool.QUICK, **named: Any) -> Any:
        return await asyncio.to_thread(work, *args, **{k: v for k, v in named.items() if k not in ("on_partial",)})


@dataclass
class Stage:
    rehearsals: Rehearsals
    submitter: Submitter
    groups: SqlGroupStore
    datasets: SqlDatasetStore
    jobs: SqlJobStore
    evaluations: SqlEvaluationStore
    file_store: FileStore
    catalogue: Catalogue
    lookup: ModelLookup

    async def dropped(self, examples: int, **fields: Any) -> Dataset:
        lines = [
            {
                "messages": [
                    {"role": "user", "content": f"Question {n}?"},
                    {"role": "assistant", "content": f"Answer {n}"},
                ]
            }
            for n in range(examples)
        ]
        content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.file_store.path(sha256)
        path.write_bytes(content)
        report = check_file(path, model=SMALL, count_tokens=False)
        dataset: Dataset = a_dataset(sha256=sha256, bytes=len(content), report=report, **fields)
        await self.datasets.save(dataset)
        return dataset

    async def begun(self, *, curve: bool = False, **fields: Any) -> tuple[Rehearsal, list[Job]]:
        rehearsal = await self.rehearsals.start(a_caller(), None, HERE, "command/1", curve=curve)
        await self.submitter.settled()
        return rehearsal, await self.groups.jobs(rehearsal)

    def words(self, dataset: Dataset) -> list[str]:
        return self.file_store.path(dataset.sha256).read_text().splitlines()

    async def part(self, dataset_id: str | None) -> Dataset:
        found = await self.datasets.get(str(dataset_id))
        assert found is not None
        return found


def _example(n: int) -> dict[str, Any]:
    asked, said = {"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"Answer {n}"}
    return {"messages": [asked, said]}


@pytest.fixture
async def own() -> AsyncIterator[StandInProvider]:
    """The team's own trainer. What it lists first is not the smallest."""
    async with StandInProvider((LARGE, SMALL)) as provider:
        provider.parameters = {LARGE: 361_821_120, SMALL: 134_515_008}
        yield provider


@pytest.fixture
async def stage(
    database: Database, jobs: SqlJobStore, provider: OpenAIProtocol, own: StandInProvider, tmp_path: Path
) -> AsyncIterator[Stage]:
    async with provider_over(own, name="trainer") as trainer:
        audit = SqlAuditLog(database)
        authority = Authority(Policy(), audit)
        datasets, groups = SqlDatasetStore(database), SqlGroupStore(database)
        lookup, dataset_lookup = JobLookup(jobs, authority), DatasetLookup(datasets, authority)
        here, providers = channel_providers(provider, trainer), Providers(provider, trainer)
        catalogue = Catalogue(providers, jobs)
        file_store, pools = FileStore(tmp_path / "files", 1_000_000), cast(Any, InThread())

        async def locate(dataset_id: str) -> tuple[Path, str]:
            dataset = await datasets.get(dataset_id)
            assert dataset is not None
            return file_store.path(dataset.sha256), dataset.sha256

        submitter = Submitter(jobs, providers, locate, rules=Rules())
        trainable = TrainableDatasets(datasets, dataset_lookup, authority)
        evaluations = SqlEvaluationStore(database)
        models = ModelLookup(catalogue, evaluations, authority)
        requests = JobRequests(
            jobs=jobs,
            job_lookup=lookup,
            dataset_lookup=dataset_lookup,
            trainable=trainable,
            provider_files=ProviderFiles(here, datasets, jobs, authority),
            catalogue=catalogue,
            submitter=submitter,
            providers=providers,
            channel_providers=here,
            authority=authority,
            audit=audit,
        )
        checking = DatasetCheck(datasets, file_store, pools, catalogue, here, tokenizers=tmp_path)
        rehearsals = Rehearsals(
            groups,
            RehearsalData(DerivedDatasets(datasets), trainable, file_store, checking, pools),
            trainable,
            TrainableModels(catalogue, models, providers, here),
            catalogue,
            requests,
            submitter,
            JobControls(lookup, JobSync(jobs, providers), submitter, authority, lambda _: None),
            authority,
            audit,
        )
        yield Stage(rehearsals, submitter, groups, datasets, jobs, evaluations, file_store, catalogue, models)
