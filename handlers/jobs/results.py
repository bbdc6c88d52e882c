"""What a job has made: its checkpoints, and its results file."""

from bot.access import Action
from bot.errors import NotFound
from bot.jobs.assessment import rank
from bot.jobs.results import readable
from handlers.blocks.card import title
from handlers.blocks.text import code
from handlers.jobs.blocks.checkpoints import checkpoint_list
from handlers.turn import Turn


async def checkpoints(turn: Turn) -> None:
    job = await turn.job(turn.words, Action.SEE)
    jobs = turn.services.jobs
    ranked = rank(job, await jobs.metrics(job.id), await jobs.checkpoints(job.id))
    await turn.answer(checkpoint_list(job, ranked))


async def results_file(turn: Turn) -> None:
    """The CSV, into the thread of the card."""
    job = await turn.job(turn.words, Action.SEE, to_post=True)
    if not job.result_files:
        raise NotFound("The provider has no results file for this job (yet).")
    services = turn.services
    content = readable(await services.providers.named(job.provider).file_content(job.result_files[0]))
    if not content:
        raise NotFound("The results file at the provider is empty.")
    card = await services.cards.card(job.id)
    name = f"{job.id}-results.csv"
    file_id = await services.poster.upload(name, content)
    here = turn.channel == job.origin.channel
    thread_ts = card.ts if here and card is not None else turn.thread_ts
    await services.poster.share({file_id: name}, turn.channel, thread_ts, f"Results of {code(title(job), 150)}")
