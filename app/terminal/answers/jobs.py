"""Jobs: listed, looked at, decided about and controlled."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.terminal.answers import shown
from app.terminal.messages import Answer, Table
from bot.experiments.search import JobPage
from bot.jobs import states
from bot.jobs.estimate import counted_cost
from bot.jobs.job import Job
from bot.jobs.overview import AssessedJob
from texts import jobs as job_texts
from texts import terminal_commands as texts
from texts.experiments import none_found
from texts.formats import money
from texts.job_controls import asked_to_cancel, done
from texts.job_controls import cancelled as cancelled_text


def job_page(page: JobPage, *, filtered: bool) -> Answer:
    """A page of them, and how many there are. `filtered`: there may be others."""
    value = {
        "jobs": [job_value(one.job) for one in page.jobs],
        **shown.page_value(page.number, page.pages),
        "count": page.count,
    }
    if not page.jobs:
        return Answer(value, notes=(none_found() if filtered else job_texts.no_jobs(),))
    columns = (texts.job(), texts.state(), texts.file(), texts.base_model(), texts.by(), texts.asked_at(), texts.cost())
    rows = [
        (
            one.job.id,
            _state(one.job),
            one.job.file_name or one.job.training_file or "",
            one.job.base_model,
            shown.person(one.job.requester),
            shown.moment(one.job.created_at),
            money(counted_cost(one.job)),
        )
        for one in page.jobs
    ]
    table = Table(job_texts.jobs(page.count), columns, tuple(rows))
    return Answer(value, (table,), shown.turn(page.number, page.pages))


def status(found: AssessedJob, link: str | None) -> Answer:
    """`link`: that works outside Slack, too."""
    job, latest = found.job, found.job.latest
    problem = found.assessment.diagnosis.problem if found.assessment.diagnosis else None
    figures = msgspec.to_builtins(latest) if latest else None
    value = {"job": job_value(job) | {"latest_metrics": figures, "problem": problem, "link": link}}
    step = f"{latest.step}/{latest.total_steps or '?'}" if latest else ""
    facts = [
        (texts.state(), _state(job)),
        (texts.step(), step),
        (texts.provider(), job.provider),
        (texts.job_at_the_provider(), job.provider_job_id or ""),
        (texts.base_model(), job.base_model),
        (texts.model(), job.fine_tuned_model or ""),
        (texts.file(), job.file_name or job.training_file or ""),
        (texts.group(), job.group or ""),
        (texts.by(), shown.person(job.requester)),
        (texts.channel(), job.origin.channel),
        (texts.asked_at(), shown.moment(job.created_at)),
        (texts.ended_at(), shown.moment(job.finished_at)),
        (texts.cost(), money(counted_cost(job))),
        (texts.error(), job.error.message if job.error else ""),
        (texts.link(), link or ""),
    ]
    return Answer(value, (Table(job.id, ("", ""), tuple(fact for fact in facts if fact[1])),))


def cancelled(job: Job) -> Answer:
    said = cancelled_text(job.id) if job.state == states.CANCELLED else asked_to_cancel(job.id, _state(job))
    return Answer({"job": job_value(job)}, notes=(said,))


def controlled(job: Job) -> Answer:
    """Paused or resumed."""
    return Answer({"job": job_value(job)}, notes=(done(job.id, job.state, _state(job)),))


def decided(job: Job, *, approved: bool) -> Answer:
    said = texts.approved(job.id) if approved else texts.declined(job.id)
    return Answer({"job": job_value(job)}, notes=(said,))


def group_decided(group: str, jobs: Sequence[Job], *, approved: bool) -> Answer:
    said = texts.group_approved(group, len(jobs)) if approved else texts.group_declined(group, len(jobs))
    return Answer({"group": group, "jobs": [job_value(job) for job in jobs]}, notes=(said,))


def job_value(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "provider": job.provider,
        "provider_job_id": job.provider_job_id,
        "base_model": job.base_model,
        "fine_tuned_model": job.fine_tuned_model,
        "method": job.method,
        "suffix": job.suffix,
        "hyperparameters": msgspec.to_builtins(job.hyperparameters),
        "file_name": job.file_name,
        "dataset_id": job.dataset_id,
        "group": job.group,
        "requester": job.requester,
        "channel": job.origin.channel,
        "private": job.origin.private,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "trained_tokens": job.trained_tokens,
        "usd": counted_cost(job),
        "decided_by": job.approval.decided_by if job.approval else None,
        "error": job.error.message if job.error else None,
    }


def _state(job: Job) -> str:
    return job_texts.state(job.state) or job.state
