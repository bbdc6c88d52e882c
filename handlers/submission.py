"""From what a person asked for to a job: shared by the modal, the command and *Try again*."""

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.access import Act
from bot.datasets import Dataset, cost, lookup
from bot.errors import Invalid
from bot.jobs import states
from bot.jobs.job import Hyperparameters, Job, Origin
from handlers.blocks.start_form import ModelOption, StartForm
from handlers.services import Services
from handlers.turn import Turn

SUPERVISED: Final = "supervised"
REINFORCEMENT: Final = "reinforcement"


async def model_options(services: Services, method: str | None = None) -> list[ModelOption]:
    """The base models on offer that can be trained so, the default first. Raises ProviderError."""
    found = []
    for model in await services.catalogue.base_models():
        fits = trains(model, method)
        if fits is not False:
            facts = lookup(model)
            price = facts.training_price if facts else None
            found.append(ModelOption(model, services.provider.name, model, price, sure=fits is not None))
    return found


def trains(model: str, method: str | None) -> bool | None:
    """Whether a model can be trained with a method of the protocol; None where nobody has told us."""
    facts = lookup(model)
    if method is None or (facts is None and method == SUPERVISED):
        return True
    return None if facts is None else method in facts.methods


async def recent_datasets(turn: Turn, most: int = 50) -> list[Dataset]:
    """Training files without errors that may be used here: dropped in this channel, the latest first."""
    datasets = await turn.services.datasets.latest(200)
    return [d for d in datasets if d.channel == turn.channel and d.report is not None and d.report.ok][:most]


async def validation_files(turn: Turn, training: Dataset | None) -> list[Dataset]:
    """What can validate a job on this file: the one that was split off first, then others of its format."""
    own = await turn.services.datasets.get(training.validation) if training and training.validation else None
    found = [own] if own is not None and own.deleted_at is None and own.report is not None else []
    for other in await recent_datasets(turn):
        if training is not None and (other.sha256 == training.sha256 or _format(other) != _format(training)):
            continue
        if other not in found:
            found.append(other)
    return found


def _format(dataset: Dataset) -> str | None:
    return dataset.report.format if dataset.report else None


async def submit(
    turn: Turn,
    form: StartForm,
    *,
    identity: str,
    origin: Origin,
    dataset: Dataset | None = None,
    file_id: str | None = None,
) -> Job:
    """Make the job and hand it over. `identity` names the person's act: the same act makes the same job.

    Raises Denied, Conflict (the same is under way), Invalid (a model that is not offered).
    """
    services = turn.services
    await turn.actor(Act.SUBMIT)
    if form.model.startswith("ft:"):
        known = await services.catalogue.exists(form.model)
    else:
        known = form.model in await services.catalogue.base_models()
    if not known:
        offered = ", ".join(await services.catalogue.base_models()) or "none at the moment"
        raise Invalid(f"{services.provider.name} cannot fine-tune {form.model}. It can fine-tune: {offered}.", "model")
    _check_training_ends(form.model)
    if form.validation and (dataset is None or form.validation != dataset.id):
        await turn.dataset(form.validation, Act.SUBMIT)
    elif form.validation:
        raise Invalid("The validation file must be another file than the training file.", "validation")
    report = dataset.report if dataset else None
    method = report.method if report and report.method else SUPERVISED
    if method == REINFORCEMENT:
        raise Invalid(
            "These examples are for reinforcement fine-tuning, which needs a grader. I cannot send graders yet: start "
            "the job at the provider, then `/finetune follow` it here."
        )
    if trains(form.model, method) is False:
        raise Invalid(
            f"{form.model} cannot be trained on {report.format if report else 'such'} examples. Choose another model.",
            "model",
        )
    epochs = form.hyperparameters.n_epochs
    job = Job(
        id="job-" + hashlib.sha256(identity.encode()).hexdigest()[:8],
        state=states.SUBMITTING,
        provider=services.provider.name,
        base_model=form.model,
        requester=turn.user,
        origin=origin,
        created_at=time.time(),
        hyperparameters=form.hyperparameters,
        asked=form.hyperparameters,
        suffix=form.suffix,
        seed=form.seed,
        method=method,
        dataset_id=dataset.id if dataset else None,
        file_name=dataset.name if dataset else None,
        training_file=file_id,
        validation_dataset_id=form.validation,
        estimated_cost=cost(form.model, report.tokens.billed, report.epochs if epochs == "auto" else epochs)
        if report
        else None,
    )
    return await services.submitter.submit(job)


def form_of(job: Job) -> StartForm:
    """The settings of a job, to be tried again."""
    asked = job.asked if job.asked != Hyperparameters() else job.hyperparameters
    if job.provider_job_id is not None:
        asked = job.asked
    return StartForm(
        provider=job.provider,
        model=job.base_model,
        hyperparameters=asked,
        suffix=job.suffix,
        seed=None,
        validation=job.validation_dataset_id,
    )


def pick_default(options: Sequence[ModelOption], form: StartForm | None) -> StartForm | None:
    """`form`, unless its model is not on offer any more."""
    if form is None or not any(option.id == form.model for option in options):
        return None
    return form


def _check_training_ends(model: str) -> None:
    facts = lookup(model)
    if facts is not None and not facts.trains(datetime.now(UTC).date()):
        raise Invalid(f"{model} cannot be fine-tuned since {facts.training_ends}. Choose another base model.", "model")
