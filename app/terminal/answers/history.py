"""What a job told and saved on its way, and its results."""

import csv
import io
from collections.abc import Sequence

import msgspec

from app.terminal.answers import shown
from app.terminal.answers.jobs import job_value
from app.terminal.messages import Answer, Table
from bot.jobs import states
from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.history import EventPage
from bot.jobs.job import Job
from bot.jobs.results import Results
from handlers.blocks.figures import one_line
from texts import jobs as job_texts
from texts import terminal_commands as texts
from texts.history import events_of

EVENTS = 50
"""On a page."""


def checkpoints(job: Job, ranked: Sequence[RankedCheckpoint]) -> Answer:
    found = [
        {
            "step": one.checkpoint.step,
            "model": one.checkpoint.model,
            "measured": one.measured,
            "best": one.best,
            "lost": one.checkpoint.model in job.lost_models,
            "kept": one.checkpoint.model in job.kept,
        }
        for one in ranked
    ]
    value = {"job": job_value(job), "checkpoints": found}
    if not ranked:
        none = job_texts.no_checkpoints if job.state in states.ENDED else job_texts.no_checkpoints_yet
        return Answer(value, notes=(none(job.id),))
    rows = [(str(one.checkpoint.step), one.checkpoint.model, one_line(one.figures)) for one in ranked]
    columns = (texts.step(), texts.model(), texts.measured())
    return Answer(value, (Table(job_texts.checkpoints_of(job.id), columns, tuple(rows)),))


def events(page: EventPage) -> Answer:
    pages = max(1, -(-page.count // EVENTS))
    value = {
        "job": job_value(page.job),
        "events": msgspec.to_builtins(page.events),
        **shown.page_value(page.number, pages),
        "count": page.count,
    }
    rows = [(shown.moment(one.created_at), one.level, one.message) for one in page.events]
    table = Table(events_of(page.count, page.job.id), (texts.at(), "", texts.told()), tuple(rows))
    return Answer(value, (table,), shown.turn(page.number, pages))


def results(found: Results) -> Answer:
    """As CSV, a line for each step, to be kept in a file: `finetune-bot results JOB > results.csv`."""
    content = found.table or found.provider_file or b""
    text = content.decode("utf-8-sig", "replace")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return Answer({"job": job_value(found.job), "results": rows}, notes=tuple(text.splitlines()))
