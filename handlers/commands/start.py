"""`/finetune start [FILE] [setting=value …]`: the modal, or with settings straight to the job.

FILE is the id of a data set (ds-…), its name, or a file that the provider has (file-…); without it, the file
of the thread, or the one dropped last in this channel.
"""

import shlex

from bot.access import Act
from bot.datasets import Dataset
from bot.errors import Invalid, NotFound
from bot.notices.interfaces import PostRefused
from handlers.actions.start_job import open_modal
from handlers.blocks import pointers
from handlers.blocks.start_form import FIELDS, read_words
from handlers.submission import model_options, recent_datasets, submit
from handlers.turn import Turn, thing_of_dataset

_OTHER_NAMES = {"name": "suffix", "batch_size": "batch", "learning_rate": "lr", "n_epochs": "epochs"}


async def run(turn: Turn) -> None:
    await turn.actor(Act.SUBMIT)
    file, settings = _read(turn.words)
    origin = await turn.origin()
    dataset, file_id = None, None
    if file and file.startswith("file-"):
        file_id = await _file_of_provider(turn, file)
    else:
        dataset = await _dataset(turn, file)
    thread_ts = dataset.thread_ts if dataset and dataset.channel == turn.channel else None
    if not settings and turn.trigger_id:
        try:
            await open_modal(turn, dataset=dataset, file_id=file_id, thread_ts=thread_ts)
            return
        except PostRefused as error:
            if not turn.again or "trigger" not in str(error):
                raise
    options = await model_options(turn.services)
    if "model" not in settings and options:
        settings["model"] = options[0].id
    form = read_words(settings)
    if isinstance(form, dict):
        raise Invalid(" ".join(f"`{name}`: {sentence}" for name, sentence in form.items()))
    origin = await turn.origin(thread_ts)
    job = await submit(turn, form, identity=turn.key, origin=origin, dataset=dataset, file_id=file_id)
    await turn.answer(pointers.submitted(job))


def _read(words: str) -> tuple[str | None, dict[str, str]]:
    """The file and the settings in `words`. Raises Invalid."""
    file: str | None = None
    settings: dict[str, str] = {}
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise Invalid("A quotation mark is missing in what you typed.") from error
    for part in parts:
        name, equals, value = part.partition("=")
        name = _OTHER_NAMES.get(name.lower(), name.lower())
        if not equals and file is None:
            file = part
        elif name == "file" and equals:
            file = value
        elif equals and name in FIELDS:
            settings[name] = value
        else:
            raise Invalid(f"I do not know the setting {part}. There are: {', '.join(FIELDS)}.")
    return file, settings


async def _file_of_provider(turn: Turn, file_id: str) -> str:
    """The file, if the provider has it, and unless it is our upload of what this person may not know of."""
    services = turn.services
    unknown = NotFound(f"{services.provider.name} has no file {file_id}.")
    if not await services.provider.has_file(file_id):
        raise unknown
    sha256 = await services.jobs.content_of(services.provider.name, file_id)
    uploaded = await services.datasets.by_hash(sha256) if sha256 else []
    for dataset in uploaded:
        try:
            await turn.actor(Act.SUBMIT, thing_of_dataset(dataset, turn.channel))
            return file_id
        except NotFound:
            continue
    if uploaded:
        raise unknown
    return file_id


async def _dataset(turn: Turn, word: str | None) -> Dataset:
    datasets = await recent_datasets(turn)
    if word and word.startswith("ds-"):
        dataset = await turn.dataset(word, Act.SUBMIT)
    elif word:
        named = [d for d in datasets if d.name == word]
        if not named:
            raise NotFound(f"I know no file {word} in this channel. Drop it here first.")
        dataset = named[0]
    else:
        here = [d for d in datasets if turn.thread_ts and d.thread_ts == turn.thread_ts] or datasets
        if not here:
            raise NotFound("There is no training file in this channel yet. Drop a JSONL file here first.")
        dataset = here[0]
    if dataset.report is None or not dataset.report.ok:
        raise Invalid(f"{dataset.name} has errors and cannot be trained on. Its report says what to mend.")
    return dataset
