"""From what a person asked for to a job: shared by the modal, the command and *Try again*."""

import time
from datetime import UTC, datetime

from bot.access import Action
from bot.audit import Outcome
from bot.datasets.dataset import Dataset
from bot.datasets.pairs import can_validate, validates
from bot.errors import Invalid, NotFound
from bot.jobs import states
from bot.jobs.estimate import estimate, is_free
from bot.jobs.job import Job, Origin, id_for
from bot.models.catalogue import Catalogue
from bot.models.names import suffix_from_file
from bot.providers.protocol import REINFORCEMENT, SUPERVISED, Hyperparameters
from bot.providers.vendors import vendor_of
from bot.spending.budget import OverBudget
from handlers.start.start_form import METHOD_NAMES, StartForm, misplaced
from handlers.turn import Turn
from training_files import Report, lookup


async def recent_datasets(turn: Turn, most: int = 50) -> list[Dataset]:
    """Training files without errors that may be used here: dropped in this channel, the latest first."""
    datasets = await turn.services.datasets.latest(200)
    return [d for d in datasets if d.channel == turn.channel and d.report is not None and d.report.ok][:most]


async def paired_validation(turn: Turn, training: Dataset) -> Dataset | None:
    """The file that was dropped with this one, or split off it, to validate it; None where it cannot be used here."""
    own = await turn.services.datasets.get(training.validation) if training.validation else None
    if own is None or not validates(own, training):
        return None
    return own if await turn.may(Action.SUBMIT, own.resource, turn.posts_in) else None


async def validated_by(turn: Turn, dataset: Dataset) -> Dataset | None:
    """The training file whose validation file `dataset` is, of those that may be used here."""
    return next((one for one in await recent_datasets(turn) if one.validation == dataset.id), None)


async def validation_files(turn: Turn, training: Dataset | None) -> list[Dataset]:
    """What can validate a job on this file: the one that was split off first, then others of its format."""
    own = await paired_validation(turn, training) if training else None
    found = [own] if own else []
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

    Raises Denied, Conflict (the same is under way), NotAdmitted, Invalid (a model that is not offered).
    """
    await turn.actor(Action.SUBMIT)
    method = await check_settings(turn, form, dataset, file_id)
    job = _job(turn, form, method, identity, origin, dataset, file_id)
    try:
        return await turn.services.submitter.submit(job)
    except OverBudget as error:
        await turn.services.audit.add(turn.entry(Action.SUBMIT, job.id, Outcome.REFUSED, str(error)))
        raise


async def foresee(
    turn: Turn, form: StartForm, method: str, channel: str, dataset: Dataset | None, file_id: str | None = None
) -> Job:
    """What would become of the job if it were submitted now, in `channel`. Raises NotAdmitted."""
    origin = Origin(turn.services.team, channel, False)
    return await turn.services.submitter.foresee(_job(turn, form, method, turn.key, origin, dataset, file_id))


def _job(
    turn: Turn,
    form: StartForm,
    method: str,
    identity: str,
    origin: Origin,
    dataset: Dataset | None,
    file_id: str | None,
) -> Job:
    report = dataset.report if dataset else None
    at_provider = form.validation if form.validation and form.validation.startswith("file-") else None
    return Job(
        id=id_for(identity),
        state=states.SUBMITTING,
        provider=turn.services.providers.default.name,
        base_model=form.model,
        requester=turn.user,
        origin=origin,
        created_at=time.time(),
        hyperparameters=form.hyperparameters,
        requested_hyperparameters=form.hyperparameters,
        suffix=form.suffix or (suffix_from_file(dataset.name) if dataset else None),
        seed=form.seed,
        method=method,
        grader=form.grader,
        wandb=form.wandb,
        metadata=form.metadata,
        cause=turn.key,
        dataset_id=dataset.id if dataset else None,
        file_name=dataset.name if dataset else None,
        training_file=file_id,
        validation_dataset_id=None if at_provider else form.validation,
        validation_file=at_provider,
        estimated_cost=_estimated_cost(report, form, method, turn.services.providers.default.name),
    )


def _estimated_cost(report: Report | None, form: StartForm, method: str, provider: str) -> float | None:
    if report is None:
        return 0.0 if is_free(form.model, provider) else None
    return estimate(report, form.model, form.hyperparameters.n_epochs, method=method, provider=provider).usd


async def check_settings(turn: Turn, form: StartForm, dataset: Dataset | None, file_id: str | None) -> str:
    """The method by which such a job trains. Raises Invalid where it could not; Denied, NotFound where a file or model
    is not for this person, or not for all who will see the job's card.
    """
    if dataset is not None:
        await turn.dataset(dataset.id, Action.SUBMIT, to_post=True)
    elif file_id is not None:
        await file_of_provider(turn, file_id)
    await _check_model(turn, form.model)
    await _check_validation(turn, form.validation, dataset, file_id)
    return _checked_method(turn.services.catalogue, form, dataset.report if dataset else None)


def form_of(job: Job) -> StartForm:
    """The settings of a job, to be tried again."""
    asked = job.requested_hyperparameters if job.requested_hyperparameters != Hyperparameters() else job.hyperparameters
    if job.provider_job_id is not None:
        asked = job.requested_hyperparameters
    return StartForm(
        provider=job.provider,
        model=job.base_model,
        hyperparameters=asked,
        suffix=job.suffix,
        seed=None,
        validation=job.validation_dataset_id or job.validation_file,
        # The file decides, where we have it.
        method="" if job.dataset_id else job.method,
        grader=job.grader,
        wandb=job.wandb,
        metadata=job.metadata,
    )


async def _check_model(turn: Turn, model: str) -> None:
    """Raises Invalid for one that is not offered, or that this person may not know of; Denied where the others here
    may not."""
    catalogue = turn.services.catalogue
    offered = await catalogue.base_models()
    if model not in offered:
        thing = await catalogue.resource(model)
        try:
            await turn.may_post(Action.CHAT, thing)
            # A checkpoint's model is not listed everywhere; that it was made by a job of ours is enough.
            known = thing.kind == "job" or (model.startswith("ft:") and await catalogue.exists(model))
        except NotFound:
            known = False
        if not known:
            raise Invalid(
                f"{turn.services.providers.default.name} cannot fine-tune {model}. It can fine-tune: "
                f"{', '.join(offered) or 'none at the moment'}.",
                "model",
            )
    facts = lookup(model)
    if facts is not None and not facts.trains(datetime.now(UTC).date()):
        raise Invalid(f"{model} cannot be fine-tuned since {facts.training_ends}. Choose another base model.", "model")


async def _check_validation(turn: Turn, validation: str | None, training: Dataset | None, file_id: str | None) -> None:
    """Raises Invalid; Denied, NotFound where it is no file that this person may use."""
    if validation is None:
        return
    if validation == (training.id if training else file_id):
        raise Invalid("The validation file must be another file than the training file.", "validation")
    if validation.startswith("file-"):
        await file_of_provider(turn, validation)
        return
    chosen = await turn.dataset(validation, Action.SUBMIT, to_post=True)
    if not can_validate(chosen):
        raise Invalid(f"{chosen.name} has errors and cannot validate. Its report says what to mend.", "validation")
    if training is not None and training.report is not None and _format(chosen) != training.report.format:
        raise Invalid(
            f"{chosen.name} holds {_format(chosen)} examples and cannot validate {training.report.format} examples.",
            "validation",
        )


async def file_of_provider(turn: Turn, file_id: str) -> str:
    """The file, if the provider has it and this turn may post of it. Raises NotFound, Denied."""
    unknown = NotFound(f"{turn.services.providers.default.name} has no file {file_id}.")
    if not await turn.services.providers.default.has_file(file_id):
        raise unknown
    try:
        await may_post_file(turn, file_id)
    except NotFound:
        raise unknown from None
    return file_id


async def may_post_file(turn: Turn, file_id: str) -> None:
    """Like `Turn.may_post`, for a file of the provider: where it is our upload, for one of the files that it is of."""
    services = turn.services
    sha256 = await services.jobs.content_of(services.providers.default.name, file_id)
    uploaded = [one.resource for one in await services.datasets.by_hash(sha256)] if sha256 else []
    posted = [thing for thing in uploaded if await turn.may(Action.SUBMIT, thing, turn.posts_in)]
    told = [thing for thing in uploaded if await turn.may(Action.SUBMIT, thing)]
    for thing in (posted or told or uploaded)[:1]:
        await turn.may_post(Action.SUBMIT, thing)


def _checked_method(catalogue: Catalogue, form: StartForm, report: Report | None) -> str:
    """How the job trains, and that its settings are that method's. Raises Invalid."""
    told = report.method if report else None
    if form.method and told and form.method != told:
        raise Invalid(f"The examples of this file are for {METHOD_NAMES[told]} fine-tuning.", "method")
    method = form.method or told or SUPERVISED
    if catalogue.can_train(form.model, method) is False:
        raise Invalid(f"{form.model} has no {METHOD_NAMES[method]} fine-tuning. Choose another model.", "model")
    if catalogue.can_train(form.model, method, report) is False:
        assert report is not None
        images = " with images" if report.images else ""
        raise Invalid(
            f"{form.model} is not trained on {report.format} examples{images}. Choose another model.", "model"
        )
    if sentence := misplaced(form, method):
        raise Invalid(sentence)
    if method == REINFORCEMENT and form.grader is None:
        raise Invalid("Reinforcement fine-tuning needs a grader: `grader='{…}'`, as JSON.", "grader")
    if method == REINFORCEMENT and form.validation is None:
        raise Invalid("Reinforcement fine-tuning needs a validation file: `validation=…`.", "validation")
    facts = lookup(form.model)
    if form.wandb and facts is not None and not vendor_of(facts.provider).reports_to_wandb:
        raise Invalid(f"{form.model}'s provider does not report to Weights & Biases; leave that out.", "wandb")
    return method
