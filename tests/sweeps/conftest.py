"""Sweeps over the real store and the real client of a provider."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.job_requests import JobRequests
from bot.jobs.admission import Rules
from bot.jobs.controls import JobControls
from bot.jobs.group_approval import GroupApprovals
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.models.catalogue import Catalogue
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.sweeps.sweeps import Sweeps
from tests.parts import a_dataset, channel_providers

MakeSweeps = Callable[..., tuple[Sweeps, GroupApprovals, Submitter]]


@pytest.fixture
def sweep_store(database: Database) -> SqlGroupStore:
    return SqlGroupStore(database)


@pytest.fixture
async def dataset(database: Database) -> Dataset:
    made = a_dataset()
    await SqlDatasetStore(database).save(made)
    return made


@pytest.fixture
def make_sweeps(
    database: Database,
    jobs: SqlJobStore,
    sweep_store: SqlGroupStore,
    provider: OpenAIProtocol,
    tmp_path: Path,
) -> MakeSweeps:
    async def locate(dataset_id: str) -> tuple[Path, str]:
        path = tmp_path / f"{dataset_id}.jsonl"
        path.write_text(dataset_id)
        return path, hashlib.sha256(dataset_id.encode()).hexdigest()

    def make(rules: Rules = Rules()) -> tuple[Sweeps, GroupApprovals, Submitter]:
        audit = SqlAuditLog(database)
        authority = Authority(Policy(), audit)
        datasets = SqlDatasetStore(database)
        lookup, dataset_lookup = JobLookup(jobs, authority), DatasetLookup(datasets, authority)
        providers = Providers(provider)
        submitter = Submitter(jobs, providers, locate, rules=rules)
        requests = JobRequests(
            jobs=jobs,
            job_lookup=lookup,
            dataset_lookup=dataset_lookup,
            trainable=TrainableDatasets(datasets, dataset_lookup, authority),
            provider_files=ProviderFiles(channel_providers(provider), datasets, jobs, authority),
            catalogue=Catalogue(providers, jobs),
            submitter=submitter,
            providers=providers,
            channel_providers=channel_providers(provider),
            authority=authority,
            audit=audit,
        )
        controls = JobControls(lookup, JobSync(jobs, providers), submitter, authority, lambda _: None)
        queue = JobQueue(jobs, [provider.name], submitter.release)
        sweeps = Sweeps(sweep_store, requests, submitter, controls, authority, audit, lookup)
        return sweeps, GroupApprovals(sweep_store, jobs, authority, queue), submitter

    return make
