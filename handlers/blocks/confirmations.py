"""Short answers that say what was done and where to look."""

from bot.jobs import states
from bot.jobs.job import Job
from handlers.blocks.approval_text import deciders
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code
from texts import start


def submitted(job: Job, note: str = "") -> Message:
    """`note`: mrkdwn that stands below."""
    match job.state:
        case states.AWAITING_APPROVAL:
            text = start.waits_for_approval(code(job.id), deciders(job))
        case states.IN_LINE:
            text = start.waits_in_line(code(job.id))
        case _:
            text = start.on_its_way(code(job.id))
    return _line(f"{text}\n{note}" if note else text)


def _line(text: str) -> Message:
    return message(text, [section(text)])
