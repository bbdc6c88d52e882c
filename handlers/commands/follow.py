"""`/finetune follow PROVIDER-JOB`: adopt a job by its provider's id, whoever created it."""

from bot.access import Act
from bot.errors import Conflict, Invalid, NotFound
from bot.jobs.adopt import adopt
from bot.jobs.job import Job, id_for
from handlers.blocks import pointers
from handlers.turn import Turn, thing_of_job


async def run(turn: Turn) -> None:
    await turn.actor(Act.FOLLOW)
    word = turn.words.strip("`")
    if not word or " " in word:
        raise Invalid("Say which job: `/finetune follow ftjob-…`, the id that the provider shows.")
    origin = await turn.origin()
    our_id = id_for(turn.key)
    job = await _known(turn, word, our_id)
    if job is None:
        async with turn.recorded(Act.FOLLOW, our_id, word):
            job = await adopt(turn.services.reader, word, turn.user, origin, our_id)
    await turn.answer(pointers.followed(job))


async def _known(turn: Turn, provider_job_id: str, our_id: str) -> Job | None:
    """The job, if this very command adopted it before a crash. Raises Conflict where it is followed already."""
    job = await turn.services.jobs.find(provider_job_id)
    if job is None or job.id == our_id:
        return job
    try:
        await turn.actor(Act.SEE, thing_of_job(job, turn.channel))
    except NotFound:
        raise Conflict(f"I follow {provider_job_id} already, in a place that is not for everybody.") from None
    raise Conflict(f"I follow {provider_job_id} already, as job {job.id}. `/finetune status {job.id}` shows it.")
