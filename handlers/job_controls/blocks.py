"""What came of pausing, resuming, cancelling or adopting a job."""

from bot.jobs import states
from bot.jobs.job import Job
from handlers.blocks.card import state_words
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code
from texts import job_controls as texts


def cancelled(job: Job) -> Message:
    if job.state == states.CANCELLED:
        return _line(texts.cancelled(code(job.id)))
    return _line(texts.asked_to_cancel(code(job.id), state_words(job.state)))


def done(job: Job) -> Message:
    return _line(texts.done(code(job.id), job.state, state_words(job.state)))


def adopted(job: Job) -> Message:
    return _line(texts.adopted(code(job.id)))


def _line(text: str) -> Message:
    return message(text, [section(text)])
