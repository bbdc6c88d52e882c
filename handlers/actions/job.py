"""The buttons on a job's card and in its thread."""

from bot.access import Act
from bot.datasets import Dataset
from bot.errors import BotError
from bot.jobs import states
from bot.jobs.job import Job
from handlers.actions.start_job import Place, open_modal
from handlers.blocks import pointers
from handlers.blocks.start_form import words_of
from handlers.submission import form_of
from handlers.turn import Turn


async def cancel(turn: Turn) -> None:
    await cancel_job(turn, await turn.job(turn.words, Act.CANCEL))


async def cancel_job(turn: Turn, job: Job) -> None:
    """Raises Conflict where it has ended, unless it was this that ended it, before a crash."""
    if not (turn.again and job.state == states.CANCELLED):
        async with turn.recorded(Act.CANCEL, job.id):
            job = await turn.services.follower.cancel(job)
    await turn.answer(pointers.cancelled(job))


async def retry(turn: Turn) -> None:
    """Opens the modal with the settings kept."""
    job = await turn.job(turn.words, Act.SEE)
    await turn.actor(Act.SUBMIT)
    dataset: Dataset | None = None
    if job.dataset_id:
        dataset = await turn.dataset(job.dataset_id, Act.SUBMIT)
    elif not job.training_file:
        raise BotError("I do not know the file of this job any more. Drop it again and start anew.")
    file_id = None if dataset else job.training_file
    place = Place(turn.channel, job.dataset_id, file_id, job.origin.thread_ts)
    await open_modal(turn, place, dataset, words_of(form_of(job)))


async def adopt(turn: Turn) -> None:
    job = await turn.job(turn.words, Act.DECIDE)
    async with turn.recorded("adopt", job.id):
        await turn.services.submitter.adopt(job.id)
    await turn.answer(pointers.adopted(job))


async def submit_again(turn: Turn) -> None:
    job = await turn.job(turn.words, Act.DECIDE)
    async with turn.recorded("submit again", job.id):
        await turn.services.submitter.submit_again(job.id)
    await turn.answer(pointers.submitted(job))
