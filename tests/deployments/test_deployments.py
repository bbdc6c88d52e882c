"""Deploying a model: who may, that its price is told first, and that its thread hears what came of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx2
import msgspec
import pytest
from pydantic import SecretStr

from bot.access import Actor, Policy, Role
from bot.authority import Authority
from bot.deployments.deployments import Deployments
from bot.deployments.following import UNUSED_DAYS, DeploymentFollower
from bot.errors import Conflict, Denied, NotFound
from bot.jobs.admission import Rules
from bot.jobs.deployment import Deployment, DeploymentState
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.notice import (
    Deployed,
    DeploymentFailed,
    DeploymentGone,
    DeploymentRemoved,
    DeploymentStays,
    DeploymentUnused,
)
from bot.models.uses import ChannelUse
from bot.providers.azure import AZURE
from bot.providers.azure_deployments import AzureAccount, AzureDeployments
from bot.providers.config import ModelPrice, ProviderConfig
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from handlers.blocks.card import card
from handlers.deployments.blocks import deployed, question
from handlers.outgoing.deployment_blocks import of_deployment
from tests.following import Clock
from tests.parts import MODEL as BASE
from tests.parts import a_job
from tests.resource_manager import ResourceManager
from tests.slack_requests import a_caller

MODEL = f"{BASE}.ft-0123456789abcdef0123456789abcdef"
BEN = Actor("U0BEN", "T0ACME")
LEA = Actor("U0LEA", "T0ACME", Role.APPROVER)
NEXT_ROUND = 3600.0
Make = Callable[..., Deployments]


class Uses(list[ChannelUse]):
    async def of(self, models: Sequence[str]) -> "Uses":
        return Uses(use for use in self if use.model in models)


@pytest.fixture
async def azure() -> AsyncIterator[ResourceManager]:
    async with ResourceManager() as azure:
        yield azure


@pytest.fixture
def providers(provider: OpenAIProtocol, azure: ResourceManager) -> Providers:
    account = AzureAccount(
        subscription="sub-1",
        resource_group="team",
        account="acme",
        tenant="tenant-1",
        client_id="app-1",
        client_secret=SecretStr(azure.SECRET),
        management_url=azure.url,
        login_url=azure.url,
    )
    hosting = AzureDeployments(account, http=httpx2.AsyncClient(verify=False))
    config = ProviderConfig(name="acme", vendor=AZURE, deploys=True, prices={BASE: ModelPrice(hosting=1.7)})
    return Providers(provider, configs=[config], hosting={"acme": hosting})


@pytest.fixture
def make(jobs: SqlJobStore, providers: Providers, database: Database) -> Make:
    authority = Authority(Policy(), SqlAuditLog(database))
    return lambda rules=Rules(): Deployments(jobs, JobLookup(jobs, authority), providers, rules, authority)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uses() -> Uses:
    return Uses()


@pytest.fixture
def follower(jobs: SqlJobStore, providers: Providers, uses: Any, clock: Clock) -> DeploymentFollower:
    return DeploymentFollower(jobs, providers, uses, clock=clock, steady=clock)


@pytest.fixture(autouse=True)
async def job(jobs: SqlJobStore) -> Job:
    job = a_job(state="succeeded", fine_tuned_model=MODEL)
    await jobs.insert(job)
    return job


async def now(jobs: SqlJobStore) -> Job:
    job = await jobs.get("job-1")
    assert job is not None
    return job


async def told(database: Database) -> list[Any]:
    """What the thread is told, in its order."""
    rows = await database.read(lambda db: db.execute("SELECT value FROM notices ORDER BY seq").fetchall())
    return [msgspec.json.decode(value)["body"]["type"] for (value,) in rows]


def tag(*bodies: type[msgspec.Struct]) -> list[Any]:
    return [body.__struct_config__.tag for body in bodies]


async def test_a_model_is_deployed_answers_is_pointed_out_and_removed(
    make: Make,
    follower: DeploymentFollower,
    azure: ResourceManager,
    jobs: SqlJobStore,
    database: Database,
    clock: Clock,
    uses: Uses,
) -> None:
    deployments = make()
    asked, hourly = await deployments.check(a_caller(), "job-1")
    assert "$1.70 an hour, about $1,241.00 a month" in question(asked, hourly).text
    await deployments.deploy(a_caller(), "job-1")
    with pytest.raises(Conflict, match="deployed_already"):
        await deployments.deploy(a_caller(key="again"), "job-1")
    await deployments.deploy(a_caller(is_retry=True), "job-1")
    await follower.tick()
    await follower.tick()
    assert (list(azure.deployments), (await now(jobs)).deployment.state) == ([MODEL], DeploymentState.CREATING)
    azure.settle()
    await follower.tick()
    ready = await now(jobs)
    assert ready.deployment.ready_at == clock()
    assert "$1.70 an hour" in of_deployment(Deployed(), ready).text
    assert "1 model is deployed" in deployed(await deployments.of(a_caller())).text

    uses.append(ChannelUse(MODEL, "C0", False, last_used_at=clock() + 3600))
    clock.now += (UNUSED_DAYS - 1) * 24 * 3600.0
    await follower.tick()
    assert await told(database) == tag(Deployed)
    for _ in range(3):
        clock.now += 24 * 3600.0
        await follower.tick()
    assert await told(database) == tag(Deployed, DeploymentUnused)

    await deployments.remove(a_caller(key="away"), "job-1")
    await follower.tick()
    assert (azure.deployments, (await now(jobs)).deployment) == ({}, None)
    assert await told(database) == tag(Deployed, DeploymentUnused, DeploymentRemoved)
    with pytest.raises(Conflict, match="not_deployed"):
        await deployments.remove(a_caller(key="away2"), "job-1")


def test_of_many_deployments_the_list_says_how_many_it_leaves_out() -> None:
    deployment = Deployment(DeploymentState.READY, "U0ANA", 1.0, 2.0, 1.0)
    job = a_job(state="succeeded", fine_tuned_model=MODEL, deployment=deployment)
    said = str([block.to_dict() for block in deployed([job] * 25).blocks])
    assert "And 5 more." in said
    assert "Together $50.00 an hour." in said


async def test_what_azure_refuses_is_told_and_can_be_asked_for_again(
    make: Make, follower: DeploymentFollower, azure: ResourceManager, jobs: SqlJobStore, database: Database
) -> None:
    await make().deploy(a_caller(), "job-1")
    azure.refuse(400, "InsufficientQuota", "This operation requires 1 new capacity.")
    await follower.tick()
    assert (await now(jobs)).deployment is None
    assert await told(database) == tag(DeploymentFailed)
    await make().deploy(a_caller(key="again", at=2.0), "job-1")
    await follower.tick()
    azure.settle("Failed")
    await follower.tick()
    assert await told(database) == tag(DeploymentFailed, DeploymentFailed)


async def test_trouble_is_waited_for(
    make: Make, follower: DeploymentFollower, azure: ResourceManager, jobs: SqlJobStore, clock: Clock
) -> None:
    await make().deploy(a_caller(), "job-1")
    azure.refuse(409, "RequestConflict", "Another operation is in progress.", **{"Retry-After": "20"})
    await follower.tick()
    await follower.tick()
    assert azure.requests == ["PUT"], "it asked to wait"
    clock.now += 21
    await follower.tick()
    assert (await now(jobs)).deployment.state is DeploymentState.CREATING


async def test_a_deployment_that_somebody_removed_there_or_that_stays_is_told(
    make: Make,
    follower: DeploymentFollower,
    azure: ResourceManager,
    jobs: SqlJobStore,
    database: Database,
    clock: Clock,
) -> None:
    await make().deploy(a_caller(), "job-1")
    await follower.tick()
    azure.settle()
    await follower.tick()
    await make().remove(a_caller(key="away"), "job-1")
    azure.refuse(403, "AuthorizationFailed", "The client has no permission to delete.")
    await follower.tick()
    assert (await now(jobs)).deployment.state is DeploymentState.READY, "it costs as before, and says so"
    azure.deployments.clear()
    clock.now += NEXT_ROUND
    await follower.tick()
    assert (await now(jobs)).deployment is None
    assert await told(database) == tag(Deployed, DeploymentStays, DeploymentGone)


async def test_each_try_to_remove_that_fails_is_told_also_one_that_only_meets_trouble(
    make: Make,
    follower: DeploymentFollower,
    azure: ResourceManager,
    jobs: SqlJobStore,
    database: Database,
    clock: Clock,
) -> None:
    await make().deploy(a_caller(), "job-1")
    await follower.tick()
    azure.settle()
    await follower.tick()
    for at in (2.0, 3.0):
        await make().remove(a_caller(key=f"away/{at}", at=at), "job-1")
        azure.refuse(403, "AuthorizationFailed", "The client has no permission to delete.")
        await follower.tick()
    assert await told(database) == tag(Deployed, DeploymentStays, DeploymentStays)
    await make().remove(a_caller(key="away/4", at=4.0), "job-1")
    for _ in range(2):
        azure.refuse(503, "ServiceUnavailable", "Try again later.")
        await follower.tick()
        clock.now += NEXT_ROUND
    assert (await now(jobs)).deployment.state is DeploymentState.READY
    assert await told(database) == tag(Deployed, *[DeploymentStays] * 3)


async def test_who_may(make: Make, jobs: SqlJobStore) -> None:
    with pytest.raises(Denied, match="only_owner"):
        await make().deploy(a_caller(BEN), "job-1")
    strict = make(Rules(approval_above=100.0))
    with pytest.raises(Denied, match="deployment_for_approvers"):
        await strict.deploy(a_caller(), "job-1")
    await jobs.insert(a_job(id="job-lea", requester="U0LEA", state="succeeded", fine_tuned_model=f"{MODEL}-2"))
    assert (await strict.deploy(a_caller(LEA), "job-lea")).deployment is not None
    secret = a_job(id="job-2", state="succeeded", fine_tuned_model=f"{MODEL}-3", origin=Origin("T0ACME", "G0SEC", True))
    await jobs.insert(secret)
    with pytest.raises(NotFound):
        await make().check(a_caller(BEN), "job-2")


async def test_only_what_can_be_deployed_is(make: Make, jobs: SqlJobStore, job: Job, providers: Providers) -> None:
    await jobs.insert(a_job(id="job-run", state="running"))
    with pytest.raises(Conflict, match="no_model_yet"):
        await make().check(a_caller(), "job-run")
    await jobs.insert(a_job(id="job-else", provider="openai", state="succeeded", fine_tuned_model="ft:x:acme::1"))
    with pytest.raises(Conflict, match="deployment_not_offered"):
        await make().check(a_caller(), "job-else")
    ids = [
        element.action_id
        for block in card(job, now=0.0, abilities=providers.abilities("acme")).blocks
        for element in getattr(block, "elements", [])
        if hasattr(element, "action_id")
    ]
    assert ids[0] == "deployment_deploy", "before anybody can talk to it"
    assert "job_chat" not in ids
