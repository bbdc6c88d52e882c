"""A job that somebody wants to start: what it would cost, or that it is on its way."""

from collections.abc import Mapping

from app.terminal.answers.jobs import job_value
from app.terminal.messages import Answer, Table
from bot.jobs import states
from bot.jobs.job import Job
from texts import approval as approval_texts
from texts import estimates
from texts import start as texts
from texts import terminal_commands as terminal_texts
from texts.formats import dollars, listed, money


def question(preview: Job, file: str, settings: Mapping[str, str], estimate: str) -> Answer:
    """`preview`: the job as it would be stored; `estimate`: its price and time, in words."""
    facts = [(terminal_texts.file(), file), *sorted(settings.items())]
    value = {"started": False, "job": job_value(preview), "settings": dict(settings)}
    notes = (f"{estimates.heading()} {estimate}", _waits(preview), terminal_texts.add_confirmation())
    return Answer(value, (Table(texts.question(), ("", ""), tuple(facts)),), tuple(filter(None, notes)))


def _waits(job: Job) -> str:
    """What becomes of it where it would not simply begin."""
    if job.state == states.AWAITING_APPROVAL and job.approval is not None:
        necessity = approval_texts.unknown_price()
        if job.estimated_cost is not None:
            necessity = approval_texts.estimated(money(job.estimated_cost), dollars(job.approval.above))
        said = texts.approval(necessity, listed(list(job.approval.deciders)))
        return f"{texts.needs_approval()} {said}"
    if job.state == states.IN_LINE and job.queue_place is not None:
        place = job.queue_place
        return f"{texts.will_wait()} {texts.place_in_line(place.place, place.length, job.provider)}"
    return ""


def started(job: Job) -> Answer:
    match job.state:
        case states.AWAITING_APPROVAL:
            said = texts.waits_for_approval(job.id, listed(list(job.approval.deciders if job.approval else ())))
        case states.IN_LINE:
            said = texts.waits_in_line(job.id)
        case _:
            said = texts.on_its_way(job.id)
    return Answer({"started": True, "job": job_value(job)}, notes=(said,))
