"""The answer once a job is stored: its state, and where to look."""

from bot.jobs import states
from bot.jobs.job import Job
from handlers.blocks.approval_text import deciders
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code
from texts import start as texts


def submitted(job: Job, note: str = "") -> Message:
    """`note`: mrkdwn, shown below."""
    match job.state:
        case states.AWAITING_APPROVAL:
            text = texts.waits_for_approval(code(job.id), deciders(job))
        case states.IN_LINE:
            text = texts.waits_in_line(code(job.id))
        case _:
            text = texts.on_its_way(code(job.id))
    if note:
        text = f"{text}\n{note}"
    return message(text, [section(text)])
