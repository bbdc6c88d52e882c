"""*Start again* on a job's card, and *Continue training* on a checkpoint: the start window, filled in."""

import msgspec

from bot.access import Action
from bot.datasets.dataset import Dataset
from bot.errors import BotError
from bot.jobs.assessment import advised_rate
from handlers.start.buttons import Place, open_modal
from handlers.start.start_form import words_of
from handlers.start.submission import form_of, recent_datasets
from handlers.turn import Turn


async def start_again(turn: Turn) -> None:
    """Opens the modal with the settings kept, but for a learning rate with which training diverged."""
    job = await turn.job(turn.words, Action.SEE, to_post=True)
    await turn.actor(Action.SUBMIT)
    dataset: Dataset | None = None
    if job.dataset_id:
        dataset = await turn.dataset(job.dataset_id, Action.SUBMIT, to_post=True)
    elif not job.training_file:
        raise BotError("I do not know the file of this job any more. Drop it again and start anew.")
    file_id = None if dataset else job.training_file
    thread_ts = job.origin.thread_ts if job.origin.channel == turn.channel else None
    place = Place(turn.channel, job.dataset_id, file_id, thread_ts)
    words = words_of(form_of(job))
    advised = await advised_rate(turn.services.jobs, job)
    if advised is not None:
        words["lr"] = f"{advised:g}"
        place = msgspec.structs.replace(place, diverged=f"{job.hyperparameters.learning_rate_multiplier:g}")
    await open_modal(turn, place, dataset, words)


async def continue_training(turn: Turn) -> None:
    """The modal, on the checkpoint's model, with a file to choose: the job's own at first."""
    job_id, _, model = turn.words.partition(" ")
    job = await turn.job(job_id, Action.CHAT, to_post=True)
    await turn.actor(Action.SUBMIT)
    files = await recent_datasets(turn)
    own = [file for file in files if file.id == job.dataset_id]
    if not files:
        raise BotError("There is no training file in this channel to go on with. Drop one here first.")
    words = words_of(form_of(job)) | {"model": model}
    for name in ("suffix", "validation", "seed"):
        words.pop(name, None)
    dataset = (own or files)[0]
    await open_modal(turn, Place(turn.channel, dataset.id, thread_ts=dataset.thread_ts, choose=True), dataset, words)
