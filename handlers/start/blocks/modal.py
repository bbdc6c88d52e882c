"""The modal that asks how to train. What does not apply to the method or the model is not asked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    OptionGroup,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.jobs.estimate import NOBODY_KNOWS, TrainingNeeds, estimate, too_large
from bot.jobs.settings import AUTO, NO_VALIDATION, read_setting
from bot.models.names import suffix_from_file
from bot.models.trainable import TrainableModel, untrainable
from bot.providers.protocol import DPO, REINFORCEMENT, SUPERVISED, Auto
from graders.grader import EXAMPLE
from handlers.blocks.dataset_options import dataset_options
from handlers.blocks.model_name import named
from handlers.blocks.parts import (
    HINT,
    OPTIONS,
    PLACEHOLDER,
    PRIVATE_METADATA,
    TITLE,
    button,
    context,
    header,
    option,
    plain,
    section,
)
from handlers.blocks.text import bold, code, date, one_line, quoted, size
from handlers.start.form import model_value
from texts import estimates, job_inputs, rehearsals
from texts import start as texts
from texts.errors import sentence
from texts.formats import clauses, full_day, money, sentences
from texts.repair import repair_button
from training_files import lookup

CALLBACK_ID: Final = "start_job"
MODEL: Final = "start_model"
METHOD: Final = "start_method"
EPOCHS: Final = "start_epochs"
FILE: Final = "start_file"
REHEARSE: Final = "start_rehearse"
VALIDATION: Final = "start_validation"
CHANGES: Final = (MODEL, METHOD, EPOCHS, FILE, VALIDATION)
"""The fields on whose change the modal is updated, by action_id."""

# A Slack input holds 3,000 characters.
_LONG: Final = 3_000


def start_modal(
    *,
    dataset: Dataset | None,
    models: Sequence[TrainableModel],
    file_id: str | None = None,
    words: Mapping[str, str] | None = None,
    needs: TrainingNeeds = NOBODY_KNOWS,
    datasets_for_validation: Sequence[Dataset] = (),
    files: Sequence[Dataset] = (),
    overlap: int = 0,
    diverged: str = "",
    instead_of: str = "",
    preview: str = "",
    refused_since: float | None = None,
    provider: str = "",
    private_metadata: str = "",
) -> View:
    """`dataset`, or `file_id` for a file that the provider has already. `words`: what stands in the fields, by
    the names of the settings, as `words_of` and `words_in` give them. `needs`: what
    the job takes of the provider's machine.
    `files`: where the training file may be chosen, those to choose from. `overlap`: how many examples of the training
    file stand in the chosen validation file, too. `diverged`: the learning rate multiplier with which an earlier run
    did. `instead_of`: the fine-tuned model from which the provider cannot go on. `preview` (mrkdwn): what would become
    of the job, as the words stand. `refused_since`: since when the provider of the chosen model says that it trains no
    more. `provider`: who has none, where there are no `models`. At most 100 models and 99
    validation files are offered, as a menu holds no more. Raises ValueError where `private_metadata` is longer than the
    3,000 that Slack carries.
    """
    if size(private_metadata) > PRIVATE_METADATA:
        raise ValueError(f"private_metadata has at most {PRIVATE_METADATA} characters")
    name = code(dataset.name if dataset else file_id or "")
    if not models:
        return _view([section(_no_models(name, dataset, provider))], "")
    words = words or {}
    model, methods, method = choice(dataset, models, words)
    blocks: list[Block] = [section(_introduction(name, dataset))]
    if files:
        blocks.append(_file_input(files, dataset))
    blocks.append(_model_input(models, model, dataset, method))
    if len(methods) > 1:
        blocks.append(_method_input(methods, method))
    blocks.append(section(_estimated(dataset, model, method, words.get("epochs", ""), needs)))
    offered = [one.id for one in models if one.provider == model.provider and not one.tuned]
    if (refused := too_large(model.id, needs.memory, offered)) is not None:
        blocks.append(section(f"⚠️ {quoted(sentence(refused), 1000)}"))
    if dataset is not None and _is_rehearsable(models, model, method):
        blocks.append(
            section(rehearsals.offer(), button=button(rehearsals.rehearse_first_button(), REHEARSE, dataset.id))
        )
    if ends := _until_when(model):
        blocks.append(section(f"⏳ {ends}"))
    if refused_since is not None:
        blocks.append(section(f"⚠️ {texts.trains_no_more(quoted(model.provider, 60), date(refused_since))}"))
    if preview:
        blocks.append(section(preview))
    if model.tuned:
        blocks.append(context(texts.lower_rate()))
    elif instead_of:
        blocks.append(context(texts.cannot_go_on(quoted(provider, 60), named(instead_of))))
    suffix = suffix_from_file(dataset.name) if dataset else None
    label, hint, placeholder = job_inputs.suffix_input(suffix, nameless=dataset is not None and suffix is None)
    epochs = dataset.report.epochs if dataset and dataset.report else None
    if model.takes_suffix:
        blocks.append(_text_input("suffix", (label, hint), words, placeholder=placeholder, longest=64))
    blocks += [
        _text_input("epochs", job_inputs.epochs_input(epochs), words, action_id=EPOCHS),
        _validation_input(datasets_for_validation, _validation_id(dataset, words), needed=method == REINFORCEMENT),
    ]
    chosen = chosen_validation(dataset, words, datasets_for_validation)
    if overlap and chosen is not None:
        blocks.append(context(f"⚠️ {texts.overlap(overlap, code(chosen.name), bold(repair_button()))}"))
    if method == REINFORCEMENT:
        blocks.append(_grader_input(words))
    blocks.append(header(job_inputs.advanced()))
    if method == DPO:
        blocks.append(_text_input("beta", job_inputs.beta_input(), words))
    blocks += [
        _text_input("batch", job_inputs.batch_input(), words),
        _text_input("lr", job_inputs.rate_input(diverged), words),
    ]
    if method == REINFORCEMENT:
        blocks += [
            _text_input("effort", job_inputs.effort_input(), words),
            _text_input("compute", job_inputs.compute_input(), words),
            _text_input("eval_interval", job_inputs.eval_interval_input(), words),
            _text_input("eval_samples", job_inputs.eval_samples_input(), words),
        ]
    label, hint, placeholder = job_inputs.seed_input()
    blocks.append(_text_input("seed", (label, hint), words, placeholder=placeholder, longest=10))
    if model.reports_to_wandb:
        label, hint, placeholder = job_inputs.wandb_input()
        blocks.append(_text_input("wandb", (label, hint), words, placeholder=placeholder, longest=128))
    if model.keeps_metadata:
        label, hint, placeholder = job_inputs.metadata_input()
        blocks.append(_text_input("metadata", (label, hint), words, placeholder=placeholder, longest=_LONG // 4))
    return _view(blocks, private_metadata, submit=texts.start_button())


def rehearsed_view(said: str) -> View:
    """In place of the modal, once a rehearsal is under way."""
    return _view([section(said)], "")


def _is_rehearsable(models: Sequence[TrainableModel], chosen: TrainableModel, method: str) -> bool:
    """Whether another model than the chosen one costs nothing."""
    free = [model for model in models if model.price_per_million == 0 and not model.tuned]
    return method != REINFORCEMENT and any(model != chosen for model in free)


def chosen_validation(dataset: Dataset | None, words: Mapping[str, str], offered: Sequence[Dataset]) -> Dataset | None:
    """The one of those `offered` that the words name, else the one that belongs to the training file."""
    chosen = _validation_id(dataset, words)
    return next((one for one in offered if one.id == chosen), None)


def _validation_id(dataset: Dataset | None, words: Mapping[str, str]) -> str | None:
    return words.get("validation", dataset.validation if dataset else None)


def choice(
    dataset: Dataset | None, models: Sequence[TrainableModel], words: Mapping[str, str]
) -> tuple[TrainableModel, list[str], str]:
    """The model that the words name, else the first; the methods by which it can learn from the file; and the one that
    the words name, else the first."""
    provider = words.get("provider", "")
    named = (model for model in models if model.id == words.get("model") and provider in ("", model.provider))
    model = next(named, models[0])
    methods = _methods(dataset, model)
    return model, methods, next((method for method in methods if method == words.get("method")), methods[0])


def _view(blocks: Sequence[Block], private_metadata: str, submit: str | None = None) -> View:
    return View(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain(texts.title(), TITLE),
        submit=plain(submit, TITLE) if submit else None,
        close=plain(texts.not_now_button(), TITLE),
        blocks=blocks,
        private_metadata=private_metadata,
    )


def _no_models(name: str, dataset: Dataset | None, provider: str) -> str:
    if dataset is not None and dataset.report is not None and dataset.report.method is not None:
        reason = quoted(sentence(untrainable(provider, dataset.report)), 1500)
        return texts.cannot_be_trained_on(name, reason)
    return texts.no_base_models(name)


def _methods(dataset: Dataset | None, model: TrainableModel) -> list[str]:
    """The file decides; where we have not read it, what the model can do."""
    told = dataset.report.method if dataset and dataset.report else None
    if told:
        return [told]
    facts = lookup(model.id)
    known: list[str] = list(facts.methods) if facts else [SUPERVISED, DPO]
    offered = model.vendor.methods if model.vendor else ()
    return [method for method in known if not offered or method in offered] or [*offered]


def _introduction(name: str, dataset: Dataset | None) -> str:
    report = dataset.report if dataset else None
    if report is None:
        return texts.unread_file(name)
    tokens = report.tokens
    about = texts.training_file(name, report.examples, tokens.billed, exact=tokens.exact)
    return sentences(about, texts.format_is_for(report.method or ""))


def _estimated(
    dataset: Dataset | None,
    model: TrainableModel,
    method: str,
    epochs: str,
    needs: TrainingNeeds,
) -> str:
    return f"{bold(estimates.heading())} {_estimate(dataset, model, method, epochs, needs)}"


def _estimate(
    dataset: Dataset | None,
    model: TrainableModel,
    method: str,
    epochs: str,
    needs: TrainingNeeds,
) -> str:
    report = dataset.report if dataset else None
    if method == REINFORCEMENT:
        free = model.price_per_million == 0
        return estimates.free_and_time_shows(money(0)) if free else estimates.price_unknown_by_hour()
    if report is None:
        return estimates.tokens_unknown(_price(model))
    try:
        asked: int | Auto = read_setting("epochs", epochs)
    except Invalid:  # which the field itself says when the modal is submitted
        return estimates.shown_soon()
    told = estimate(report, model.id, asked, price_per_million=model.price_per_million, needs=needs)
    return estimates.estimate(told, chosen=asked != AUTO)


def _price(model: TrainableModel) -> str:
    price = model.price_per_million
    return job_inputs.per_million_tokens(price) if price else money(price)


def _costs(model: TrainableModel, dataset: Dataset | None, method: str) -> bool:
    """Whether its description tells a price."""
    report = dataset.report if dataset else None
    if report is None or method == REINFORCEMENT:
        return bool(model.price_per_million)
    return bool(estimate(report, model.id, price_per_million=model.price_per_million).usd)


def _described(model: TrainableModel, dataset: Dataset | None, method: str) -> str:
    report = dataset.report if dataset else None
    if method == REINFORCEMENT and model.price_per_million != 0:
        price = job_inputs.billed_by_hour()
    elif report is not None:
        price = money(estimate(report, model.id, price_per_million=model.price_per_million).usd)
    else:
        price = _price(model)
    return clauses(price, _ends(model), "" if model.certain else job_inputs.may_not_take_format())


def _ends(model: TrainableModel) -> str:
    """A model that will be gone soon is no good choice without knowing so."""
    day = model.retirement.shutdown_date
    return job_inputs.stops_answering(full_day(day)) if day is not None else ""


def _until_when(model: TrainableModel) -> str:
    """Before money is spent: until when it takes jobs, and until when what comes of them answers."""
    ends, provider = model.retirement, quoted(model.provider, 60)
    if ends.shutdown_date is None:
        return texts.training_ends(provider, full_day(ends.training_ends)) if ends.training_ends else ""
    day, left = full_day(ends.shutdown_date), (ends.shutdown_date - datetime.now(UTC).date()).days
    if ends.training_ends is None or ends.training_ends >= ends.shutdown_date:
        return texts.ends(provider, day, left)
    return texts.training_ends_and_ends(provider, full_day(ends.training_ends), day, left)


def _model_input(
    models: Sequence[TrainableModel], chosen: TrainableModel, dataset: Dataset | None, method: str
) -> InputBlock:
    offered: dict[str, tuple[TrainableModel, Option]] = {}
    for model in (*models[: OPTIONS - 1], chosen):
        value = model_value(model)
        offered.setdefault(value, (model, option(model.label or model.id, value, _described(model, dataset, method))))
    by_group: dict[str, list[Option]] = {}
    for model, entry in offered.values():
        name = job_inputs.fine_tuned_group() if model.tuned else model.provider
        by_group.setdefault(name, []).append(entry)
    groups = [OptionGroup(label=plain(name, 75), options=entries) for name, entries in by_group.items()]
    priced = any(_costs(model, dataset, method) for model, _ in offered.values())
    label, placeholder, hint = job_inputs.model_input(priced=priced)
    select = StaticSelectElement(
        action_id=MODEL,
        placeholder=plain(placeholder, PLACEHOLDER),
        options=None if len(groups) > 1 else groups[0].options,
        option_groups=groups if len(groups) > 1 else None,
        initial_option=offered[model_value(chosen)][1],
    )
    return InputBlock(
        block_id="model",
        label=plain(label, HINT),
        element=select,
        hint=plain(hint, HINT),
        dispatch_action=True,
    )


def _method_input(methods: Sequence[str], chosen: str) -> InputBlock:
    label, hint = job_inputs.method_input()
    entries = {method: option(job_inputs.method(method), method) for method in methods}
    return InputBlock(
        block_id="method",
        label=plain(label, HINT),
        element=StaticSelectElement(action_id=METHOD, options=list(entries.values()), initial_option=entries[chosen]),
        hint=plain(hint, HINT),
        dispatch_action=True,
    )


def _file_input(files: Sequence[Dataset], chosen: Dataset | None) -> InputBlock:
    entries = dataset_options((*([chosen] if chosen else []), *files))
    return InputBlock(
        block_id="file",
        label=plain(job_inputs.file_input(), HINT),
        element=StaticSelectElement(
            action_id=FILE,
            options=list(entries.values()),
            initial_option=entries.get(chosen.id) if chosen else None,
        ),
        dispatch_action=True,
    )


def _text_input(
    name: str,
    label_and_hint: tuple[str, str],
    words: Mapping[str, str],
    *,
    placeholder: str = AUTO,
    longest: int = 20,
    action_id: str = "",
) -> InputBlock:
    """With an `action_id`, Slack sends each character that is typed, so the estimate follows."""
    label, hint = label_and_hint
    each_character = DispatchActionConfig(trigger_actions_on=["on_character_entered"])
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id=action_id or name,
            placeholder=plain(placeholder, PLACEHOLDER),
            initial_value=one_line(words.get(name, ""))[:longest] or None,
            # Longer than any right answer, so that a wrong one gets our sentence and not a key that does nothing.
            max_length=longest * 4,
            dispatch_action_config=each_character if action_id else None,
        ),
        hint=plain(hint, HINT),
        optional=True,
        dispatch_action=bool(action_id) or None,
    )


def _grader_input(words: Mapping[str, str]) -> InputBlock:
    label, hint = job_inputs.grader_input(EXAMPLE)
    return InputBlock(
        block_id="grader",
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id="grader",
            multiline=True,
            placeholder=plain(EXAMPLE, PLACEHOLDER),
            initial_value=words.get("grader", "")[:_LONG] or None,
            max_length=_LONG,
        ),
        hint=plain(hint, HINT),
    )


def _validation_input(datasets: Sequence[Dataset], chosen: str | None, *, needed: bool) -> InputBlock:
    nothing = option(job_inputs.no_validation_option(), NO_VALIDATION)
    entries = {NO_VALIDATION: nothing} | dataset_options(datasets[: OPTIONS - 1])
    if chosen and chosen.startswith("file-") and size(chosen) <= 150:
        entries.setdefault(chosen, option(chosen, chosen, job_inputs.file_at_provider()))
    label, hint = job_inputs.validation_input(any_there=len(entries) > 1)
    return InputBlock(
        block_id="validation",
        label=plain(label, HINT),
        element=StaticSelectElement(
            action_id=VALIDATION,
            options=list(entries.values()),
            initial_option=entries.get(chosen or NO_VALIDATION, nothing),
        ),
        hint=plain(hint, HINT),
        optional=not needed,
        dispatch_action=True,
    )
