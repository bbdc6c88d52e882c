"""Asking for a job: what is refused, what a job becomes of it, and asking again."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.access import Actor, Caller, Policy, Role
from bot.audit import Entry, Outcome
from bot.authority import Authority
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.errors import BotError, Conflict, Denied, Invalid, NotFound
from bot.job_requests import JobRequest, JobRequests
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.estimate import estimate
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Loss, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.settings import JobSettings
from bot.jobs.submit import Submitter
from bot.models.catalogue import Catalogue
from bot.providers.interface import RemoteMemory, RemoteTime, TimeQuestion
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics
from bot.providers.registry import Providers
from bot.spending.budget import OverBudget, Scope
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore
from tests.parts import MODEL, a_dataset, a_job, a_report, channel_providers, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider
from texts.errors import sentence
from training_files import Report

BEN = Actor("U0BEN", "T0ACME")
VIEWER = Actor("U0EVE", "T0ACME", Role.VIEWER)
HERE = Origin("T0ACME", "C0TRAINING", False, "1700000000.000100")
TUNED = f"ft:{MODEL}:acme:support:1"
PREFERENCES = a_report(format="preference", method="dpo")
GRADER = {"type": "string_check", "name": "g", "operation": "eq", "input": "a", "reference": "b"}

Make = Callable[..., JobRequests]


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


@pytest.fixture
def make(
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    audit: SqlAuditLog,
    provider: OpenAIProtocol,
    tmp_path: Path,
) -> Make:
    async def locate(dataset_id: str) -> tuple[Path, str]:
        path = tmp_path / f"{dataset_id}.jsonl"
        path.write_text(dataset_id)
        return path, hashlib.sha256(dataset_id.encode()).hexdigest()

    def make(rules: Rules = Rules()) -> JobRequests:
        authority = Authority(Policy(), audit)
        dataset_lookup = DatasetLookup(datasets, authority)
        return JobRequests(
            jobs=jobs,
            job_lookup=JobLookup(jobs, authority),
            dataset_lookup=dataset_lookup,
            trainable=TrainableDatasets(datasets, dataset_lookup, authority),
            provider_files=ProviderFiles(channel_providers(provider), datasets, jobs, authority),
            catalogue=Catalogue(Providers(provider), jobs),
            submitter=Submitter(jobs, Providers(provider), locate, rules=rules),
            providers=Providers(provider),
            channel_providers=channel_providers(provider),
            authority=authority,
            audit=audit,
        )

    return make


@pytest.fixture
def requests(make: Make) -> JobRequests:
    return make()


def wanted(dataset_id: str | None = "ds-1", file_id: str | None = None, **settings: Any) -> JobRequest:
    return JobRequest(JobSettings(**{"provider": "", "model": MODEL, **settings}), dataset_id, file_id)


async def asked(requests: JobRequests, request: JobRequest, caller: Caller | None = None) -> Job:
    job = await requests.submit(caller or a_caller(), request, HERE, "view/V1")
    await requests._submitter.settled()
    return job


async def refusal(requests: JobRequests, request: JobRequest, caller: Caller | None = None) -> BotError:
    with pytest.raises(BotError) as error:
        await requests.check(caller or a_caller(), request)
    return error.value


async def test_a_request_becomes_a_job_with_its_price_and_its_audit_entry(
    requests: JobRequests, datasets: SqlDatasetStore, audit: SqlAuditLog, stand_in: StandInProvider
) -> None:
    dataset = a_dataset(name="House voice.jsonl")
    await datasets.save(dataset)
    await datasets.save(a_dataset(id="ds-2", sha256="2"))
    settings = wanted(hyperparameters=Hyperparameters(n_epochs=3), validation="ds-2", metadata={"team": "support"})
    job = await asked(requests, settings)
    assert (job.requester, job.origin, job.cause, job.suffix) == (ANA.user, HERE, "command/1", "House-voice")
    assert job.estimated_cost == estimate(a_report(), MODEL, 3).usd
    (created,) = stand_in.jobs.values()
    assert stand_in.files[created["training_file"]][1] == b"ds-1"
    assert stand_in.files[created["validation_file"]][1] == b"ds-2"
    assert created["metadata"]["team"] == "support"
    assert [(entry.action, entry.outcome) for entry in await audit.about(job.id)] == [("submit", Outcome.DONE)]


async def test_the_same_act_makes_one_job_and_the_same_request_by_another_is_refused_while_it_trains(
    requests: JobRequests, datasets: SqlDatasetStore, stand_in: StandInProvider
) -> None:
    await datasets.save(a_dataset())
    first = await asked(requests, wanted(seed=7))
    assert (await asked(requests, wanted(seed=7))).id == first.id
    with pytest.raises(Conflict, match="same_job"):
        await requests.submit(a_caller(BEN), wanted(seed=7), HERE, "view/V2")
    assert len(stand_in.jobs) == 1


async def test_who_may_only_look_starts_nothing(
    requests: JobRequests, datasets: SqlDatasetStore, audit: SqlAuditLog
) -> None:
    await datasets.save(a_dataset())
    for attempt in (requests.require(a_caller(VIEWER)), asked(requests, wanted(), a_caller(VIEWER))):
        with pytest.raises(Denied, match="only_looking"):
            await attempt
    assert [entry.outcome for _, entry in await audit.latest(5)] == [Outcome.REFUSED]


async def test_a_job_over_budget_is_not_stored_and_the_refusal_is_in_the_audit_log(
    requests: JobRequests,
    datasets: SqlDatasetStore,
    jobs: SqlJobStore,
    audit: SqlAuditLog,
    database: Database,
) -> None:
    await datasets.save(a_dataset())
    entry = Entry("for the test", 0.0, "U0ADA", "set budget", ANA.user)
    await SqlBudgetStore(database).set_budget(Scope.PERSON, ANA.user, 0.0, entry)
    with pytest.raises(OverBudget):
        await requests.preview(a_caller(), wanted(), "supervised")
    with pytest.raises(OverBudget):
        await asked(requests, wanted())
    assert await jobs.latest(1) == []
    refused = [entry for _, entry in await audit.latest(5) if entry.action == "submit"]
    assert [entry.outcome for entry in refused] == [Outcome.REFUSED]
    assert (await asked(requests, wanted(), a_caller(BEN))).requester == BEN.user


async def test_a_preview_says_what_would_become_of_the_job_and_stores_nothing(
    make: Make, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await datasets.save(a_dataset())
    requests = make(Rules(approval_above=0, deciders=("U0BEN",)))
    preview = await requests.preview(a_caller(), wanted(), "supervised")
    assert preview.state == states.AWAITING_APPROVAL
    assert await jobs.latest(1) == []
    assert (await asked(requests, wanted())).state == states.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"model": "gpt-9"}, "not_fine_tunable"),
        ({"model": "ft:gpt-4.1-mini:acme:unheard-of:1"}, "not_fine_tunable"),
        ({"validation": "ds-1"}, "validation_is_training"),
        ({"validation": "ds-broken"}, "cannot_validate"),
        ({"validation": "ds-pairs"}, "validates_another_format"),
        ({"method": "dpo"}, "method_of_file"),
        ({"hyperparameters": Hyperparameters(beta=0.1)}, "settings_of_other_method"),
        ({"grader": GRADER}, "settings_of_other_method"),
    ],
)
async def test_what_could_not_train_is_refused_at_its_setting(
    requests: JobRequests, datasets: SqlDatasetStore, settings: dict[str, Any], kind: str
) -> None:
    await datasets.save(a_dataset())
    await datasets.save(a_dataset(id="ds-broken", sha256="2", report=a_report(ok=False, examples=0, method=None)))
    await datasets.save(a_dataset(id="ds-pairs", sha256="3", report=PREFERENCES))
    error = await refusal(requests, wanted(**settings))
    assert isinstance(error, Invalid)
    assert error.kind == kind
    assert error.field in (None, *settings)


async def test_a_model_whose_day_has_come_is_refused_with_what_else_there_is(
    requests: JobRequests, datasets: SqlDatasetStore, stand_in: StandInProvider
) -> None:
    await datasets.save(a_dataset())
    stand_in.base_models = [MODEL, "SmolLM2-135M-Instruct"]
    stand_in.shutdown_dates = {MODEL: "2020-02-03"}
    for model in (MODEL, TUNED):
        error = await refusal(requests, wanted(model=model))
        assert error.kind == "training_ended"
        assert "ended on 3 February 2020. What can be fine-tuned: SmolLM2-135M-Instruct." in sentence(error)
    stand_in.base_models = [MODEL]
    requests._catalogue.forget()
    assert "no other base model is offered" in sentence(await refusal(requests, wanted()))


async def test_that_a_provider_trains_no_more_is_remembered_until_it_takes_a_job(
    requests: JobRequests, jobs: SqlJobStore
) -> None:
    refused = JobError("training_not_available", "")
    assert await requests.refused_since("acme") is None
    await jobs.insert(a_job(id="job-0", state="succeeded", provider_job_id="ftjob-0", created_at=1.0))
    for at in (2.0, 3.0):
        await jobs.insert(a_job(id=f"job-{at}", state="failed", error=refused, created_at=at))
    assert await requests.refused_since("acme") == 2.0
    assert await requests.refused_since("another") is None
    await jobs.insert(a_job(id="job-4", state="queued", provider_job_id="ftjob-4", created_at=4.0))
    assert await requests.refused_since("acme") is None


async def test_a_model_that_learns_in_another_way_is_refused(
    requests: JobRequests, datasets: SqlDatasetStore, stand_in: StandInProvider
) -> None:
    stand_in.base_models = ["SmolLM2-135M-Instruct", "meta-llama/Llama-3.1-8B-Instruct"]
    await datasets.save(a_dataset(report=a_report(images=3)))
    await datasets.save(a_dataset(id="ds-2", sha256="2", report=PREFERENCES))
    pictures = await refusal(requests, wanted(model="SmolLM2-135M-Instruct"))
    assert (pictures.kind, pictures.values["images"]) == ("model_lacks_format", True)
    pairs = await refusal(requests, wanted("ds-2", model="meta-llama/Llama-3.1-8B-Instruct"))
    assert (pairs.kind, pairs.values["method"]) == ("model_lacks_method", "dpo")
    await datasets.save(a_dataset(id="ds-3", sha256="3"))
    report = await refusal(requests, wanted("ds-3", model="meta-llama/Llama-3.1-8B-Instruct", wandb="project"))
    assert report.kind == "wandb_unsupported"
    assert await requests.check(a_caller(), wanted("ds-2", model="SmolLM2-135M-Instruct")) == "dpo"


async def test_reinforcement_needs_a_grader_and_a_validation_file(
    requests: JobRequests, datasets: SqlDatasetStore, stand_in: StandInProvider
) -> None:
    stand_in.base_models = ["some-reasoner"]
    tasks = a_report(format="reinforcement", method="reinforcement")
    await datasets.save(a_dataset(report=tasks))
    await datasets.save(a_dataset(id="ds-2", sha256="2", report=tasks))
    reasoner = {"model": "some-reasoner"}
    assert (await refusal(requests, wanted(**reasoner))).kind == "grader_missing"
    assert (await refusal(requests, wanted(**reasoner, grader=GRADER))).kind == "validation_missing"
    complete = wanted(**reasoner, grader=GRADER, validation="ds-2")
    assert await requests.check(a_caller(), complete) == "reinforcement"
    assert (await asked(requests, complete)).estimated_cost is None


async def test_what_does_not_fit_in_the_providers_memory_is_refused_before_anything_is_uploaded(
    requests: JobRequests, datasets: SqlDatasetStore, stand_in: StandInProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await datasets.save(a_dataset(report=a_report()))

    async def training_time(self: OpenAIProtocol, question: TimeQuestion) -> RemoteTime:
        return RemoteTime(None, memory=RemoteMemory(31 << 30, 24 << 30, False, 0, (MODEL,)))

    monkeypatch.setattr(OpenAIProtocol, "training_time", training_time)
    refused = await refusal(requests, wanted())
    assert (refused.kind, refused.values["smaller"]) == ("does_not_fit", (MODEL,))
    assert not stand_in.files


async def test_what_was_born_in_a_private_channel_is_not_trained_on_where_others_would_see_it(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    secret = {"channel": "G0SECRET", "channel_private": True}
    await datasets.save(a_dataset())
    await datasets.save(a_dataset(id="ds-secret", sha256="2", **secret))
    stand_in.tuned = [TUNED]
    made = followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED, origin=Origin("T0ACME", "G0SECRET", True))
    await jobs.insert(made)
    for request in (wanted("ds-secret"), wanted(validation="ds-secret"), wanted(model=TUNED)):
        assert isinstance(await refusal(requests, request), Denied)
        assert isinstance(await refusal(requests, request, a_caller(BEN)), NotFound | Invalid)
    assert await requests.check(a_caller(BEN, channel="G0SECRET"), wanted("ds-secret", model=TUNED)) == "supervised"


async def test_a_file_of_the_provider_is_trained_on_if_it_is_there(
    requests: JobRequests, stand_in: StandInProvider
) -> None:
    stand_in.files["file-there"] = ("pairs.jsonl", b"{}")
    assert (await refusal(requests, wanted(None, "file-7"))).kind == "unknown_provider_file"
    assert (await refusal(requests, wanted(None, "file-there", validation="file-7"))).kind == "unknown_provider_file"
    job = await asked(requests, wanted(None, "file-there", method="dpo"))
    assert (job.training_file, job.method, job.estimated_cost) == ("file-there", "dpo", None)


async def test_an_earlier_job_is_asked_for_again_with_what_was_asked_then(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await datasets.save(a_dataset())
    asked_then = Hyperparameters(n_epochs=2)
    await jobs.insert(followed_job("ftjob-1", requested_hyperparameters=asked_then, suffix="support"))
    draft = await requests.again(a_caller(BEN), "job-1")
    assert draft.words == {"provider": "acme", "model": MODEL, "epochs": "2", "suffix": "support"}
    assert (draft.dataset, draft.thread_ts, draft.diverged) == (a_dataset(), "1700000000.000100", None)
    await jobs.insert(a_job(id="job-2", dataset_id=None, file_name=None))
    with pytest.raises(Conflict, match="unknown_file"):
        await requests.again(a_caller(), "job-2")


async def test_after_a_run_that_diverged_a_lower_learning_rate_is_proposed(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await datasets.save(a_dataset())
    job = followed_job("ftjob-1", state="running", hyperparameters=Hyperparameters(1, 1, 8.0))
    ruined = Checkpoint("c1", TUNED, 10, Metrics(10, 10, train_loss=2.0, not_finite=True))
    await jobs.insert(job, JobUpdate(job, checkpoints=[ruined]))
    draft = await requests.again(a_caller(), "job-1")
    assert (draft.words["lr"], draft.diverged) == ("1", 8.0)


async def test_training_continues_from_a_model_of_a_job_on_its_own_file_or_another(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await jobs.insert(followed_job("ftjob-1", suffix="support", validation_dataset_id="ds-9"))
    with pytest.raises(NotFound, match="no_training_file"):
        await requests.continued(a_caller(), "job-1", TUNED)
    await datasets.save(a_dataset(id="ds-2", sha256="2", created_at=2.0))
    draft = await requests.continued(a_caller(), "job-1", TUNED)
    assert draft.dataset is not None
    assert draft.dataset.id == "ds-2"
    await datasets.save(a_dataset(created_at=1.0))
    draft = await requests.continued(a_caller(), "job-1", TUNED)
    assert draft.dataset == a_dataset(created_at=1.0)
    assert [file.id for file in draft.files] == ["ds-2", "ds-1"]
    assert draft.words == {"provider": "acme", "model": TUNED}


async def test_a_file_made_for_the_next_model_goes_on_from_the_one_before_it_under_the_next_name(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await jobs.insert(a_job(id="job-9", state="succeeded", provider="acme", fine_tuned_model=TUNED, suffix="support"))
    made = a_dataset(parent=TUNED)
    await datasets.save(made)
    draft = await requests.on(a_caller(), made)
    assert (draft.words, draft.instead_of) == ({"model": TUNED, "suffix": "support-2"}, "")
    assert (draft.dataset, draft.thread_ts) == (made, made.thread_ts)
    assert (await requests.on(a_caller(), a_dataset())).words == {}


@pytest.mark.parametrize(
    ("cannot", "report"),
    [
        ({"provider": "another"}, a_report()),
        ({"lost_models": {TUNED: Loss.DELETED}}, a_report()),
        ({"provider": "acme"}, a_report(format="reinforcement", method="reinforcement")),
    ],
)
async def test_where_the_provider_cannot_go_on_the_base_model_is_trained_anew_and_the_job_knows_its_parent(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore, cannot: dict[str, Any], report: Report
) -> None:
    await jobs.insert(a_job(id="job-8", state="succeeded", fine_tuned_model=f"{TUNED}0", dataset_id=None))
    grown = a_job(id="job-9", state="succeeded", fine_tuned_model=TUNED, base_model=f"{TUNED}0", dataset_id=None)
    await jobs.insert(msgspec.structs.replace(grown, **cannot))
    made = a_dataset(parent=TUNED, report=report)
    await datasets.save(made)
    draft = await requests.on(a_caller(), made)
    assert (draft.words["model"], draft.instead_of) == (MODEL, TUNED)
    if report.method == "supervised":
        assert (await asked(requests, wanted())).parent == TUNED


async def test_a_job_that_goes_on_from_a_fine_tuned_model_has_it_for_its_parent(
    requests: JobRequests, datasets: SqlDatasetStore, jobs: SqlJobStore
) -> None:
    await jobs.insert(a_job(id="job-9", state="succeeded", fine_tuned_model=TUNED, dataset_id=None))
    await datasets.save(a_dataset())
    assert (await asked(requests, wanted(model=TUNED))).parent == TUNED
