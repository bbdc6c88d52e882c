"""What a job's report tells, and what it keeps to itself."""

from typing import Any

import msgspec
import pytest

from bot.access import Actor, Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.errors import Denied, NotFound
from bot.evaluations.evaluation import Evaluation, Task
from bot.evaluations.result import ModelGain, ModelScore, Result
from bot.evaluations.statistics import compare, mean_interval
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Approval, Job, Origin
from bot.jobs.lookup import JobLookup
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Checkpoint
from bot.reports.document import Document, Facts, Grid, Paragraph
from bot.reports.job_report import JobReport, JobReports
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from handlers.reports.document import document_of
from tests.parts import a_dataset, a_job, measured
from tests.slack_requests import a_caller
from texts.language import Language, speaking

BEN = Actor("U0BEN", "T0ACME")
LINEAGE = (
    b'{"lineage": {"base": {"origin": "hub HuggingFaceTB/SmolLM2-135M-Instruct@12fd25f77366", "sha256": '
    b'{"model.safetensors": "beef"}}, "settings": {"seed": 1}, "code": {"torch": "2.13.0"}}}'
)


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def reports(database: Database, jobs: SqlJobStore, datasets: SqlDatasetStore) -> JobReports:
    authority = Authority(Policy(), SqlAuditLog(database))
    return JobReports(
        JobLookup(jobs, authority),
        jobs,
        datasets,
        SqlCollectionStore(database),
        SqlEvaluationStore(database),
        authority,
    )


async def finished(jobs: SqlJobStore, **fields: Any) -> Job:
    job = a_job(**{"state": "succeeded", "fine_tuned_model": "ft:m:acme:support:1", "finished_at": 2.0, **fields})
    told = RemoteEvent("ftevent-0", 1.0, "info", "message", "Fine-tuning job started", data=LINEAGE.decode())
    events = [told, *(measured(step, full_valid_loss=2 / step) for step in range(1, 6))]
    checkpoints = [Checkpoint("ckpt-1", "ft:m:acme:support:1:ckpt-step-5", 5)]
    assert await jobs.insert(job, JobUpdate(job, events=events, checkpoints=checkpoints))
    return job


def text_of(document: Document) -> str:
    """All that stands in it."""
    parts = [document.title, document.subtitle, document.footer]
    for section in document.sections:
        parts.append(section.heading)
        for block in section.blocks:
            match block:
                case Facts():
                    parts += [f"{name}: {value}" for name, value in block.pairs]
                case Grid():
                    parts += [" | ".join(row) for row in (block.columns, *block.rows)]
                case Paragraph():
                    parts.append(block.text)
    return "\n".join(parts)


def said(report: JobReport, people: dict[str, str] | None = None) -> str:
    return text_of(document_of(report, people or {}, 1_700_000_000.0)[0])


async def test_it_goes_back_from_the_file_to_what_was_dropped_and_to_the_weights_of_the_base_model(
    reports: JobReports, jobs: SqlJobStore, datasets: SqlDatasetStore
) -> None:
    await datasets.save(a_dataset(id="ds-0", sha256="0" * 64, name="dropped.csv"))
    await datasets.save(a_dataset(id="ds-1", sha256="1" * 64, name="repaired.jsonl", derived_from="ds-0"))
    await finished(jobs, id="job-old", fine_tuned_model="ft:m:acme:old:1", file_name="first.jsonl")
    job = await finished(jobs, base_model="ft:m:acme:old:1")
    told = said(await reports.of(a_caller(), job.id))
    assert "Training file: repaired.jsonl" in told
    assert f"SHA-256: {'1' * 64}" in told
    assert "dropped.csv | 0000000000000000" in told
    assert "ft:m:acme:old:1 | job-old | first.jsonl" in told
    assert "hub HuggingFaceTB/SmolLM2-135M-Instruct@12fd25f77366" in told
    assert "model.safetensors beef" in told
    assert "Trainer: torch 2.13.0" in told
    assert "Validation loss: 0.400" in told


async def test_it_tells_what_evaluations_of_its_models_came_to_and_how_sure_that_is(
    reports: JobReports, jobs: SqlJobStore, database: Database
) -> None:
    job = await finished(jobs)
    models = ("gpt-4.1-mini-2025-04-14", "ft:m:acme:support:1")
    store = SqlEvaluationStore(database)
    asked = Evaluation(
        id="ev-1",
        models=models,
        dataset_id="ds-v",
        file_name="held-back.jsonl",
        file="abc",
        grader={},
        grader_name="match",
        n=200,
        seed=0,
        team="T0ACME",
        channel="C0TRAINING",
        owner="U0ANA",
        created_at=1.0,
    )
    base, model = [0.0] * 100 + [1.0] * 100, [0.0] * 60 + [1.0] * 140
    result = Result(
        Task.TEXT,
        200,
        True,
        (ModelScore(models[0], mean_interval(base)), ModelScore(models[1], mean_interval(model))),
        (ModelGain(models[1], models[0], compare(base, model)),),
    )
    await store.open(asked, [], Entry("k", 1.0, "U0ANA", "evaluate", "ev-1"))
    await store.set_result("ev-1", msgspec.json.encode(result), 2.0)
    told = said(await reports.of(a_caller(), job.id))
    assert "200 examples of held-back.jsonl, graded by match" in told
    assert "ft:m:acme:support:1 | 200 | 70%" in told
    assert "+20" in told


async def test_nobody_is_named_unless_the_owner_asks_and_no_one_else_can(
    reports: JobReports, jobs: SqlJobStore
) -> None:
    approved = Approval(1.0, 0.0, ("U0BEN",), approved=True, decided_by="U0BEN")
    job = await finished(jobs, approval=approved)
    people = {"U0ANA": "Ana Reed", "U0BEN": "Ben Hall"}
    without = said(await reports.of(a_caller(), job.id), people)
    assert not {"U0ANA", "U0BEN", "Ana Reed", "Ben Hall"} & set(without.replace("\n", " ").split(" "))
    assert "Ana" not in without
    with_names = said(await reports.of(a_caller(), job.id, names=True), people)
    assert "Started by: Ana Reed" in with_names
    assert "Approved by: Ben Hall" in with_names
    with pytest.raises(Denied, match="names_by_owner"):
        await reports.of(a_caller(BEN), job.id, names=True)


async def test_what_is_private_is_reported_on_at_home_only(
    reports: JobReports, jobs: SqlJobStore, datasets: SqlDatasetStore
) -> None:
    job = await finished(jobs, origin=Origin("T0ACME", "C0SECRET", True))
    with pytest.raises(NotFound):
        await reports.of(a_caller(BEN), job.id)
    with pytest.raises(Denied, match="seen_by_too_many"):
        await reports.of(a_caller(), job.id)
    assert await reports.of(a_caller(channel="C0SECRET"), job.id)


async def test_a_private_file_behind_a_public_one_is_not_named(
    reports: JobReports, jobs: SqlJobStore, datasets: SqlDatasetStore
) -> None:
    private = a_dataset(id="ds-0", name="salaries.csv", channel="C0SECRET", channel_private=True)
    await datasets.save(private)
    await datasets.save(a_dataset(derived_from="ds-0"))
    job = await finished(jobs)
    told = said(await reports.of(a_caller(), job.id))
    assert "salaries" not in told
    assert "a file of a private channel" in told


async def test_keys_in_names_are_masked_and_it_reads_in_chinese(
    reports: JobReports, jobs: SqlJobStore, datasets: SqlDatasetStore
) -> None:
    await datasets.save(a_dataset(name="sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD.jsonl"))
    job = await finished(jobs)
    with speaking(Language.CHINESE):
        document, curves = document_of(await reports.of(a_caller(), job.id), {}, 1_700_000_000.0)
    told = text_of(document)
    assert "abcdefghijklmnopqrstuvwxyz" not in told
    assert document.language == "zh"
    assert "训练文件" in told
    assert curves is not None
    assert curves.section == 1


async def test_a_job_of_which_hardly_anything_is_known_has_a_report_too(reports: JobReports, jobs: SqlJobStore) -> None:
    job = a_job(state="failed", dataset_id=None, file_name=None, training_file="file-1")
    assert await jobs.insert(job, JobUpdate(job))
    document, curves = document_of(await reports.of(a_caller(), job.id), {}, 1_700_000_000.0)
    assert curves is None
    assert "file-1" in text_of(document)
