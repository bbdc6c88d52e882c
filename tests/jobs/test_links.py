"""Links to jobs that work outside Slack: what they lead to, and of which jobs a message with them may tell."""

import pytest

from bot.access import Actor, Place
from bot.authority import Authority
from bot.jobs.job import Origin
from bot.jobs.links import JobLinks
from bot.store.jobs import SqlJobStore
from tests.parts import CHANNEL, a_job
from tests.slack_requests import ANA, a_caller

ADDRESS = "https://finetune.example.com"
LEADS = "C0LEADS"
OPEN = a_job(id="job-open")
HUSH = a_job(id="job-hush", origin=Origin("T0ACME", LEADS, True))


@pytest.fixture
async def links(jobs: SqlJobStore, authority: Authority) -> JobLinks:
    for job in (OPEN, HUSH):
        await jobs.insert(job)
    return JobLinks(ADDRESS, jobs, authority)


async def test_a_public_jobs_link_leads_to_it_and_what_is_private_is_like_what_there_is_not(links: JobLinks) -> None:
    assert (links.to(OPEN), links.to(HUSH)) == (f"{ADDRESS}/jobs/job-open", None)
    assert await links.followed("job-open") == OPEN
    assert [await links.followed(word) for word in ("job-hush", "job-nope", "train.jsonl", "")] == [None] * 4


async def test_without_an_address_no_job_has_a_link(jobs: SqlJobStore, authority: Authority) -> None:
    await jobs.insert(OPEN)
    links = JobLinks(None, jobs, authority)
    assert links.to(OPEN) is None
    assert await links.shared(a_caller(), [f"{ADDRESS}/jobs/job-open"]) == {}


async def test_of_a_messages_links_those_to_jobs_are_known(links: JobLinks) -> None:
    ours = [f"{ADDRESS}/jobs/job-open", "https://FINETUNE.example.com/jobs/job-open?from=wiki"]
    others = [
        f"{ADDRESS}/jobs/job-nope",
        f"{ADDRESS}/jobs/",
        f"{ADDRESS}/healthz",
        "https://elsewhere.example.com/jobs/job-open",
        "https://finetune.example.com:8443/jobs/job-open",
        "https://[/jobs/job-open",
    ]
    found = await links.shared(a_caller(), [*ours, *others])
    assert [*found] == ours
    assert {one.job.id for one in found.values()} == {"job-open"}


@pytest.mark.parametrize(
    ("actor", "place", "shown"),
    [
        (ANA, Place(LEADS), True),
        (ANA, Place("D0ANA", alone=True), True),
        (ANA, Place(CHANNEL), False),
        (Actor("U0BEN", "T0ACME"), Place(LEADS), True),
        (Actor("U0BEN", "T0ACME"), Place("D0BEN", alone=True), False),
        (Actor("U0GUEST", "T0ACME", guest=True), Place(LEADS), False),
        (Actor("U0ELSE", "T0ELSE", external=True), Place(LEADS), False),
    ],
)
async def test_a_private_job_is_told_of_where_a_command_would(
    links: JobLinks, actor: Actor, place: Place, shown: bool
) -> None:
    caller = a_caller(actor, place.channel, answers_in=place, posts_in=place)
    assert bool(await links.shared(caller, [f"{ADDRESS}/jobs/job-hush"])) is shown
