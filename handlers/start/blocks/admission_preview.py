"""What would become of a job if it were started now: said before it is, where it would not simply begin."""

from bot.jobs import states
from bot.jobs.job import Job
from bot.spending.budget import NotAdmitted
from handlers.blocks.approval_text import deciders, necessity
from handlers.blocks.text import bold, escape, quoted
from texts import spending
from texts import start as texts


def admission_preview(job: Job) -> str:
    """Mrkdwn; "" if nothing is in its way. `job` is as it would be stored."""
    if job.state == states.AWAITING_APPROVAL:
        return f"{bold(texts.needs_approval())} {texts.approval(necessity(job), deciders(job))}"
    if job.state == states.IN_LINE and job.queue_place is not None:
        place = texts.place_in_line(job.queue_place.place, job.queue_place.length, quoted(job.provider, 60))
        return f"{bold(texts.will_wait())} {place}"
    return ""


def refusal_preview(error: NotAdmitted) -> str:
    """Mrkdwn."""
    return f"{bold(spending.cannot_be_started())} {escape(spending.not_admitted(error))}"
