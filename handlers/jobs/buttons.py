"""The buttons on a job's card and in its thread."""

from typing import Final

from bot.access import Action
from bot.jobs import pausing, states
from bot.jobs.cancel import cancel as cancel_job
from handlers.blocks import confirmations as pointers
from handlers.blocks.message import Message
from handlers.turn import Turn


async def cancel(turn: Turn) -> None:
    await turn.answer(await _cancelled(turn))


async def cancel_asked(turn: Turn) -> None:
    """The question that the command asked was answered with yes, and gives way to what came of it."""
    turn = turn.in_place
    await turn.answer(await _cancelled(turn))


async def pause(turn: Turn) -> None:
    await turn.answer(await _steered(turn, Action.PAUSE))


async def pause_asked(turn: Turn) -> None:
    turn = turn.in_place
    await turn.answer(await _steered(turn, Action.PAUSE))


async def resume(turn: Turn) -> None:
    await turn.answer(await _steered(turn, Action.RESUME))


async def resume_asked(turn: Turn) -> None:
    turn = turn.in_place
    await turn.answer(await _steered(turn, Action.RESUME))


async def _cancelled(turn: Turn) -> Message:
    """Raises Conflict where it has ended, unless it was this that ended it, before a crash."""
    job = await turn.job(turn.words, Action.CANCEL)
    if not (turn.again and job.state == states.CANCELLED):
        async with turn.recorded(Action.CANCEL, job.id):
            job = await cancel_job(turn.services.sync, job)
    return pointers.cancelled(job)


async def _steered(turn: Turn, act: Action) -> Message:
    """Raises Conflict where it is so already, unless it was this that did it, before a crash."""
    job = await turn.job(turn.words, act)
    services, steer, wanted = turn.services, *_STEERING[act]
    if not (turn.again and job.state in wanted):
        async with turn.recorded(act, job.id):
            job = await steer(services.jobs, services.providers, job, notice_id=turn.key, by=turn.user)
        services.followers[job.provider].hint(job.provider_job_id or "")
    return pointers.steered(job)


_STEERING: Final = {
    Action.PAUSE: (pausing.pause, {states.PAUSING, states.PAUSED}),
    Action.RESUME: (pausing.resume, {states.QUEUED, states.RUNNING}),
}


async def adopt(turn: Turn) -> None:
    job = await turn.job(turn.words, Action.DECIDE)
    async with turn.recorded("adopt", job.id):
        await turn.services.submitter.adopt(job.id)
    await turn.answer(pointers.adopted(job))


async def submit_again(turn: Turn) -> None:
    job = await turn.job(turn.words, Action.DECIDE)
    async with turn.recorded("submit again", job.id):
        await turn.services.submitter.submit_again(job.id)
    await turn.answer(pointers.submitted(job))
