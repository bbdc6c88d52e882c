"""`/finetune start [FILE] [setting=value …]`: the modal, or with settings straight to the job, after a question.

FILE is the id of a data set (ds-…), its name, or a file that the provider has (file-…); without it, the file
of the thread, or the one dropped last in this channel. The validation file that was dropped with it, or split off it,
validates it; `validation=none` leaves that out. `confirm=yes` leaves the question out.
"""

import asyncio
import contextlib
import shlex
from collections.abc import Sequence

import msgspec

from bot.access import Action
from bot.datasets.dataset import Dataset
from bot.errors import Denied, Invalid, NotFound
from bot.jobs.estimate import estimate
from bot.jobs.throughput import seconds_per_token
from bot.naming import the_one_named
from bot.notices.interfaces import PostRefused
from handlers.blocks import confirmations as pointers
from handlers.blocks.untrainable import untrainable
from handlers.start.blocks.admission_preview import outlook
from handlers.start.blocks.modal import estimate_words
from handlers.start.blocks.question import UNPAIRED, Pairing, pairing_words, start_question
from handlers.start.buttons import Place, open_modal
from handlers.start.start_form import AUTO, FIELDS, StartForm, read_words
from handlers.start.submission import (
    check_settings,
    file_of_provider,
    foresee,
    paired_validation,
    recent_datasets,
    submit,
    validated_by,
)
from handlers.start.trainable_models import model_options
from handlers.turn import Turn

_OTHER_NAMES = {"name": "suffix", "batch_size": "batch", "learning_rate": "lr", "n_epochs": "epochs"}
_YES = {"yes", "y", "true", "1"}
_JOBS = 200
# Slack lets a window be opened for three seconds; the rest of them is for what else must be asked before.
_WINDOW_SECONDS = 1.0
_MOST_SECONDS = 600.0


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the button of the question brings back. `key` is the command's: it names the job, however often the button
    is pressed.
    """

    key: str
    user: str
    words: dict[str, str]
    dataset: str | None = None
    file_id: str | None = None


async def run(turn: Turn) -> None:
    await turn.actor(Action.SUBMIT)
    file, words = _read(turn.words)
    at_once = words.pop("confirm", "").lower() in _YES
    await turn.origin()
    dataset, file_id = None, None
    waited = await _files_checked(turn, file, words.get("validation"))
    if file and file.startswith("file-"):
        file_id = await file_of_provider(turn, file)
    else:
        dataset = await _dataset(turn, file)
    if not words and not at_once and turn.trigger_id:
        try:
            await open_modal(
                turn, Place(turn.channel, dataset.id if dataset else None, file_id, _thread(turn, dataset)), dataset
            )
            return
        except PostRefused as error:
            if not (turn.again or waited) or "trigger" not in str(error):
                raise
    pairing = await _take_validation(turn, words, dataset)
    if "model" in words:
        words["model"] = await turn.services.model_lookup.named(await turn.caller(), words["model"])
    else:
        report = dataset.report if dataset else None
        options = await model_options(turn.services, report)
        if report is not None and not options:
            raise Invalid(untrainable(turn.services.providers.default.name, report))
        words |= {"model": options[0].id} if options else {}
    question = Question(turn.key, turn.user, words, dataset.id if dataset else None, file_id)
    form = _form(words)
    if at_once:
        await _submit(turn, question, form, dataset, pairing)
        return
    method = await check_settings(turn, form, dataset, file_id)
    foreseen = await foresee(turn, form, method, turn.channel, dataset, file_id)
    await turn.answer(
        start_question(
            dataset.name if dataset else file_id or "",
            words,
            await _estimate(turn, form, dataset),
            msgspec.json.encode(question).decode(),
            outlook=outlook(foreseen),
            pairing=pairing,
        )
    )


async def confirmed(turn: Turn) -> None:
    """The button of the question."""
    turn = turn.in_place
    question = msgspec.json.decode(turn.words, type=Question)
    if question.user != turn.user:
        raise Denied("Only the person who typed this may start it. Type the command yourself to start one of your own.")
    dataset = await turn.dataset(question.dataset, Action.SUBMIT) if question.dataset else None
    await _submit(turn, question, _form(question.words), dataset)


async def _submit(
    turn: Turn, question: Question, form: StartForm, dataset: Dataset | None, pairing: Pairing = UNPAIRED
) -> None:
    origin = await turn.origin(_thread(turn, dataset))
    job = await submit(turn, form, identity=question.key, origin=origin, dataset=dataset, file_id=question.file_id)
    await turn.answer(pointers.submitted(job, pairing_words(pairing)))


def _form(words: dict[str, str]) -> StartForm:
    form = read_words(words)
    if isinstance(form, dict):
        raise Invalid(" ".join(f"`{name}`: {sentence}" for name, sentence in form.items()))
    return form


async def _estimate(turn: Turn, form: StartForm, dataset: Dataset | None) -> str:
    if dataset is None or dataset.report is None:
        return "not known: only the provider knows how many tokens the file has."
    paces = seconds_per_token(await turn.services.jobs.latest(_JOBS), turn.services.providers.default.name)
    epochs = form.hyperparameters.n_epochs
    told = estimate(
        dataset.report, form.model, epochs, method=dataset.report.method or "", provider=form.provider, paces=paces
    )
    return estimate_words(told, chosen=epochs != AUTO)


async def _take_validation(turn: Turn, words: dict[str, str], dataset: Dataset | None) -> Pairing:
    """Put the id of the validation file into `words`: of the one that was named, else of the one that belongs to the
    training file."""
    if "validation" in words:
        words["validation"] = await _validation(turn, words["validation"], dataset)
        return UNPAIRED
    if dataset is None:
        return UNPAIRED
    paired = await paired_validation(turn, dataset)
    if paired is not None:
        words["validation"] = paired.id
        return Pairing(validation=paired.name)
    training = await validated_by(turn, dataset)
    return Pairing(training=training.name) if training else UNPAIRED


async def _validation(turn: Turn, word: str, dataset: Dataset | None) -> str:
    """The id of what `word` names: an id, `split` for what was split off the training file, or a file's name."""
    if word == "split":
        if dataset is None or dataset.validation is None:
            raise Invalid("Nothing was split off this file yet. Press *Split* on its report first.", "validation")
        return dataset.validation
    if word.startswith(("ds-", "file-")) or word == "none":
        return word
    named = _file_named(word, await recent_datasets(turn))
    if named is None:
        raise NotFound(f"There is no validation file {word} in this channel. Drop it here first.")
    return named.id


def _file_named(word: str, datasets: Sequence[Dataset]) -> Dataset | None:
    """Of several files with one name, the one that was dropped last (`datasets` begin with it): a file that was mended
    and dropped again takes the place of what was there. Raises Ambiguous."""
    latest: dict[str, Dataset] = {}
    for dataset in datasets:
        latest.setdefault(dataset.name, dataset)
    return the_one_named(word, latest.values(), lambda d: (d.name,), label=lambda d: d.name)


def _thread(turn: Turn, dataset: Dataset | None) -> str | None:
    return dataset.thread_ts if dataset and dataset.channel == turn.channel else None


def _read(words: str) -> tuple[str | None, dict[str, str]]:
    """The file and the settings in `words`. Raises Invalid."""
    file: str | None = None
    settings: dict[str, str] = {}
    try:
        parts = shlex.split(_straight(words))
    except ValueError as error:
        raise Invalid("A quotation mark is missing in what you typed.") from error
    for part in parts:
        name, equals, value = part.partition("=")
        name = _OTHER_NAMES.get(name.lower(), name.lower())
        if not equals and file is None:
            file = part
        elif name == "file" and equals:
            file = value
        elif equals and (name in FIELDS or name == "confirm"):
            settings[name] = value
        else:
            raise Invalid(f"I do not know the setting {part}. There are: {', '.join(FIELDS)}.")
    return file, settings


def _straight(words: str) -> str:
    """Phones turn quotation marks into typographical ones, and Slack escapes three characters in what is typed."""
    for typed, meant in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        words = words.replace(typed, meant)
    return words


async def _files_checked(turn: Turn, file: str | None, validation: str | None) -> bool:
    """Wait until what was dropped here is checked, as far as the command is about it; whether that took long, so that
    no window can be opened any more."""
    names = [word for word in (file, validation) if word and not word.startswith(("ds-", "file-"))]
    if file and not names:
        return False
    # Without a name it is the file that was dropped last.
    checked = asyncio.create_task(turn.services.incoming_files.checked(turn.channel, names if file else ()))
    done, _ = await asyncio.wait([checked], timeout=_WINDOW_SECONDS)
    if done:
        return False
    await turn.answer(pointers.still_reading(file))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(checked, _MOST_SECONDS)
    return True


async def _dataset(turn: Turn, word: str | None) -> Dataset:
    datasets = await recent_datasets(turn)
    if word and word.startswith("ds-"):
        dataset = await turn.dataset(word, Action.SUBMIT, to_post=True)
    elif word:
        # With errors too: its report says more than that there is none.
        known = [d for d in await turn.services.datasets.latest(200) if d.channel == turn.channel]
        named = _file_named(word, known)
        if named is None:
            raise NotFound(f"There is no file {word} in this channel. Drop it here first.")
        dataset = named
    else:
        here = [d for d in datasets if turn.thread_ts and d.thread_ts == turn.thread_ts] or datasets
        if not here:
            raise NotFound("There is no training file in this channel yet. Drop a JSONL file here first.")
        # Of two files that belong together, the one to train on.
        dataset = await validated_by(turn, here[0]) or here[0]
    if dataset.report is None or not dataset.report.ok:
        raise Invalid(f"{dataset.name} has errors and cannot be trained on. Its report says what to mend.")
    return dataset
