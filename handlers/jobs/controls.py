"""`/finetune cancel JOB`, `pause JOB` and `resume JOB`: ask back, then `handlers.jobs.buttons` does it.

`confirm=yes` leaves the question out.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.access import Action
from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.pausing import refuse_pause, refuse_resume
from handlers.blocks import job_controls as steering
from handlers.blocks.card import title
from handlers.jobs import buttons as actions
from handlers.turn import Turn
from texts.steering import Action as Steering


async def cancel(turn: Turn) -> None:
    await _ask(turn, Action.CANCEL, "cancel", _refuse_cancel, actions.cancel)


async def pause(turn: Turn) -> None:
    await _ask(turn, Action.PAUSE, "pause", refuse_pause, actions.pause)


async def resume(turn: Turn) -> None:
    await _ask(turn, Action.RESUME, "resume", refuse_resume, actions.resume)


def _refuse_cancel(job: Job) -> None:
    if job.state in states.ENDED:
        raise Conflict("nothing_to_cancel", state=job.state)


async def _ask(
    turn: Turn,
    act: Action,
    name: Steering,
    refuse: Callable[[Job], None],
    carry_out: Callable[[Turn], Awaitable[None]],
) -> None:
    word, _, rest = turn.words.partition(" ")
    job = await turn.job_named(word.strip("`"), act)
    if rest.strip().lower() == "confirm=yes":
        await carry_out(replace(turn, words=job.id))
        return
    refuse(job)
    await turn.answer(steering.question(name, job, title(job)))
