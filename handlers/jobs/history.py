"""`/finetune events JOB`: all that the provider told; `/finetune explain JOB`: what led to what. In pages."""

from bot.access import Action, Role
from bot.audit import Outcome
from bot.jobs.job import Job
from bot.jobs.timeline import timeline
from handlers.blocks.message import Message
from handlers.jobs.blocks.history import PAGE, event_page, pages, timeline_page
from handlers.turn import Turn

# Of jobs with more events than this the oldest are left out of the timeline.
_MOST_EVENTS = 20_000


async def events(turn: Turn) -> None:
    await turn.answer(await _events(turn))


async def events_turned(turn: Turn) -> None:
    await events(turn.in_place)


async def explain(turn: Turn) -> None:
    await turn.answer(await _explained(turn))


async def explain_turned(turn: Turn) -> None:
    await explain(turn.in_place)


async def _events(turn: Turn) -> Message:
    job, page = await _read(turn)
    jobs = turn.services.jobs
    count = await jobs.event_count(job.id)
    page = min(page, pages(count))
    return event_page(job, await jobs.events(job.id, PAGE, skip=(page - 1) * PAGE), page, count)


async def _explained(turn: Turn) -> Message:
    job, page = await _read(turn)
    services = turn.services
    acts = await services.audit.about(job.id)
    if (await turn.actor()).role is not Role.ADMIN:
        # Whom I refused is between them, me and the administrators.
        acts = [entry for entry in acts if entry.outcome is not Outcome.REFUSED]
    moments = timeline(
        job,
        received=await services.deliveries.received(job.cause) if job.cause else None,
        acts=acts,
        events=await services.jobs.events(job.id, _MOST_EVENTS),
        deliveries=await services.deliveries.of_job(job.id),
    )
    return timeline_page(job, moments, min(page, pages(len(moments))))


async def _read(turn: Turn) -> tuple[Job, int]:
    """The job and the page in "JOB 2" or "JOB page=2"."""
    word, _, rest = turn.words.partition(" ")
    number = rest.strip().removeprefix("page=")
    job = await turn.job_named(word.strip("`"), Action.SEE)
    return job, max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
