"""The way from a link outside Slack to a job's card, over a real socket."""

import contextlib

import aiohttp
from aiohttp import web

from app.job_page import job_page
from app.listening import serve
from bot.access import Policy
from bot.authority import Authority
from bot.jobs.job import Job, Origin
from bot.jobs.links import JobLinks
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import a_job

CARD = "https://acme.slack.com/archives/C0TRAINING/p7"


async def test_it_leads_to_the_card_and_says_nothing_of_any_other_job(database: Database, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-open"))
    await jobs.insert(a_job(id="job-cardless"))
    await jobs.insert(a_job(id="job-hush", origin=Origin("T0ACME", "C0LEADS", True)))
    asked: list[str] = []

    async def card_of(job: Job) -> str | None:
        asked.append(job.id)
        return CARD if job.id != "job-cardless" else None

    links = JobLinks("https://finetune.example.com", jobs, Authority(Policy(), SqlAuditLog(database)))
    app = web.Application()
    app.add_routes([job_page(links, card_of)])
    async with contextlib.AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        port = await serve(app, "127.0.0.1", 0, "HEALTH", stack)

        async def get(path: str) -> tuple[int, str | None, str]:
            async with session.get(f"http://127.0.0.1:{port}{path}", allow_redirects=False) as answer:
                return answer.status, answer.headers.get("Location"), await answer.text()

        leads = [await get("/jobs/job-open") for _ in range(2)]
        others = [await get(f"/jobs/{word}") for word in ("job-hush", "job-nope", "job-cardless", "train.jsonl")]
    assert [answer[:2] for answer in leads] == [(302, CARD)] * 2
    assert {answer[:2] for answer in others} == {(404, None)}
    assert len({*others}) == 1
    assert asked == ["job-open", "job-cardless"], "Slack is asked once for a card, and never about what is private"
