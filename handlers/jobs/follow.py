"""`/finetune follow PROVIDER-JOB`: adopt a job by its provider's id, whoever created it."""

from functools import partial

from bot.access import Action
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.jobs.import_job import import_job, unknown
from bot.jobs.job import Job, id_for
from bot.providers.interface import RemoteJob
from handlers.blocks import confirmations as pointers
from handlers.start.submission import may_post_file
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    await turn.actor(Action.FOLLOW)
    word = turn.words.strip("`")
    if not word or " " in word:
        raise Invalid("which_provider_job")
    origin = await turn.origin()
    our_id = id_for(turn.key)
    job = await _known(turn, word, our_id)
    if job is None:
        async with turn.recorded(Action.FOLLOW, our_id, word):
            sync = turn.services.sync
            job = await import_job(sync, word, turn.user, origin, our_id, may_show=partial(_may_show, turn))
    await turn.answer(pointers.followed(job))


async def _known(turn: Turn, provider_job_id: str, our_id: str) -> Job | None:
    """The job, if this very command adopted it before a crash. Raises Conflict where it is followed already, NotFound
    where that is not for this person: as for a job that there is not."""
    job = await turn.services.jobs.find(provider_job_id)
    if job is None or job.id == our_id:
        return job
    if not await turn.may(Action.SEE, job.resource):
        raise unknown(turn.services.providers.default.name, provider_job_id)
    known_as = "" if provider_job_id == job.id else f", as job {job.id}"
    raise Conflict(f"I follow {provider_job_id} already{known_as}. `/finetune status {job.id}` shows it.")


async def _may_show(turn: Turn, remote: RemoteJob, ours: Job | None) -> bool:
    """Whether a card here may tell of the job: it names the model that it goes on from, and its events the file."""
    try:
        if ours is not None:
            await turn.may_post(Action.FOLLOW, ours.resource)
        await turn.may_post(Action.FOLLOW, await turn.services.catalogue.resource(remote.model))
        for file_id in filter(None, (remote.training_file, remote.validation_file)):
            await may_post_file(turn, file_id)
    except (Denied, NotFound):
        return False
    return True
