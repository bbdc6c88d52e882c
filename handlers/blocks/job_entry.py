"""A job among others, in two lines."""

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.job import Job
from handlers.blocks.card import linked_title, outcome, symbol
from handlers.blocks.text import code, date, person, progress_bar


def job_entry(job: Job, permalink: str | None, assessment: Assessment = UNASSESSED) -> str:
    """As mrkdwn. `permalink`: of its card."""
    progress = ""
    if job.state == states.RUNNING and job.latest is not None and job.latest.total_steps:
        progress = f" {progress_bar(job.latest.step, job.latest.total_steps, width=10)}"
    name = linked_title(job, permalink, 100)
    return (
        f"{symbol(job, assessment)} *{outcome(job, assessment)}*{progress} {name}\n"
        f"    {person(job.requester)} · {date(job.created_at)} · {code(job.id, 60)}"
    )
