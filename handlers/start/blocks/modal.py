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
from bot.jobs.estimate import Estimate, estimate
from bot.jobs.grader import EXAMPLE
from bot.models.names import suffix_from_file
from bot.providers.protocol import DPO, REINFORCEMENT, SUPERVISED, Auto
from bot.providers.vendors import vendor_of
from handlers.blocks.parts import (
    HINT,
    OPTIONS,
    PLACEHOLDER,
    PRIVATE_METADATA,
    TITLE,
    context,
    header,
    option,
    plain,
    section,
)
from handlers.blocks.text import code, counted, one_line, quoted, size
from handlers.blocks.untrainable import untrainable
from handlers.start.start_form import AUTO, METHOD_NAMES, NO_VALIDATION, ModelOption, model_value, parse_field
from texts.formats import money, number, rough_duration
from training_files import lookup

CALLBACK_ID: Final = "start_job"
CHANGES: Final = ("start_model", "start_method", "start_epochs", "start_file", "start_validation")
"""The fields on whose change the window is shown anew, by action_id."""

LOWER_RATE: Final = (
    "You continue from a fine-tuned model. For a small addition, lower the learning rate multiplier to a half or a "
    "quarter of what it was, so that the model keeps what it has learned."
)
"""After OpenAI's guide (2 to 4 times lower where the new data is much smaller)."""

# A Slack input holds 3,000 characters.
_LONG: Final = 3_000


def start_modal(
    *,
    dataset: Dataset | None,
    models: Sequence[ModelOption],
    file_id: str | None = None,
    words: Mapping[str, str] | None = None,
    paces: Mapping[str, float] | None = None,
    datasets_for_validation: Sequence[Dataset] = (),
    files: Sequence[Dataset] = (),
    overlap: int = 0,
    diverged: str = "",
    outlook: str = "",
    provider: str = "",
    private_metadata: str = "",
) -> View:
    """`dataset`, or `file_id` for a file that the provider has already. `words`: what stands in the fields, by
    their names, as `start_form.words_of` and `words_in` give them. `paces`: seconds per trained token of each model.
    `files`: where the training file may be chosen, those to choose from. `overlap`: how many examples of the training
    file stand in the chosen validation file, too. `diverged`: the learning rate multiplier with which an earlier run
    did. `outlook` (mrkdwn): what would become of the job, as the words stand. `provider`: who has none, where there are
    no `models`. At most 100 models and 99 validation files are offered, as a menu holds no more. Raises ValueError
    where `private_metadata` is longer than the 3,000 that Slack carries.
    """
    if size(private_metadata) > PRIVATE_METADATA:
        raise ValueError(f"private_metadata has at most {PRIVATE_METADATA} characters")
    name = code(dataset.name if dataset else file_id or "")
    if not models:
        return _view([section(_no_models(name, dataset, provider))], "")
    words = words or {}
    model, methods, method = choice(dataset, models, words)
    facts = lookup(model.id)
    blocks: list[Block] = [section(_introduction(name, dataset))]
    if files:
        blocks.append(_file_input(files, dataset))
    blocks.append(_model_input(models, model, dataset, method))
    if len(methods) > 1:
        blocks.append(_method_input(methods, method))
    blocks.append(section(_estimated(dataset, model, method, words.get("epochs", ""), paces)))
    if outlook:
        blocks.append(section(outlook))
    if model.tuned:
        blocks.append(context(LOWER_RATE))
    after_file = suffix_from_file(dataset.name) if dataset else None
    unnamed = f" Empty: {after_file}, after the file." if after_file else ""
    blocks += [
        _text_input(
            "suffix",
            "Name of the new model",
            words,
            placeholder=after_file or "for example support",
            hint=f"Becomes part of the model's name. Letters, digits, hyphens and underscores.{unnamed}",
            longest=64,
        ),
        _text_input(
            "epochs",
            "Epochs",
            words,
            hint=f"How often training goes through the whole file: 1 to 50, or auto{_auto_epochs(dataset)}.",
            tells=True,
        ),
        _validation_input(datasets_for_validation, _validation_id(dataset, words), needed=method == REINFORCEMENT),
    ]
    chosen = chosen_validation(dataset, words, datasets_for_validation)
    if overlap and chosen is not None:
        blocks.append(context(_overlap(overlap, chosen.name)))
    if method == REINFORCEMENT:
        blocks.append(_grader_input(words))
    blocks.append(header("Advanced, fine to leave as they are"))
    if method == DPO:
        blocks.append(
            _text_input(
                "beta",
                "Beta",
                words,
                hint="How closely the model stays to what it was: above 0 to 2. Higher keeps more of it. Or auto.",
            )
        )
    blocks += [
        _text_input(
            "batch",
            "Batch size",
            words,
            hint="How many examples are learned from at a time: 1 to 256, or auto.",
        ),
        _text_input(
            "lr",
            "Learning rate multiplier",
            words,
            hint="How large each step is, against the usual: above 1 learns faster and less surely. Or auto."
            + (f" Training diverged at {diverged}, so choose a lower one." if diverged else ""),
        ),
    ]
    if method == REINFORCEMENT:
        blocks += _reinforcement_inputs(words)
    blocks.append(
        _text_input(
            "seed",
            "Seed",
            words,
            placeholder="random",
            hint="The same number and the same settings give about the same model again. Empty: a random one.",
            longest=10,
        )
    )
    if facts is not None and vendor_of(facts.provider).reports_to_wandb:
        blocks.append(
            _text_input(
                "wandb",
                "Project at Weights & Biases",
                words,
                placeholder="none",
                hint="Figures are sent there, too, where the provider's account is connected to it.",
                longest=128,
            )
        )
    if facts is None or vendor_of(facts.provider).keeps_metadata:
        blocks.append(
            _text_input(
                "metadata",
                "Metadata",
                words,
                placeholder="team=support, ticket=42",
                hint="Pairs that the provider keeps with the job, for you to find it by. No secrets.",
                longest=_LONG // 4,
            )
        )
    return _view(blocks, private_metadata, submit="Start")


def chosen_validation(dataset: Dataset | None, words: Mapping[str, str], offered: Sequence[Dataset]) -> Dataset | None:
    """The one of those `offered` that the words name, else the one that belongs to the training file."""
    chosen = _validation_id(dataset, words)
    return next((one for one in offered if one.id == chosen), None)


def _validation_id(dataset: Dataset | None, words: Mapping[str, str]) -> str | None:
    return words.get("validation", dataset.validation if dataset else None)


def _overlap(shared: int, name: str) -> str:
    stand = "stands" if shared == 1 else "stand"
    return (
        f"⚠️ {counted(shared, 'example')} of the training file {stand} in {code(name)}, too, which then measures what "
        "was learned by heart. *Mend* on the report leaves them out."
    )


def choice(
    dataset: Dataset | None, models: Sequence[ModelOption], words: Mapping[str, str]
) -> tuple[ModelOption, list[str], str]:
    """The model that the words name, else the first; the methods by which it can learn from the file; and the one that
    the words name, else the first."""
    provider = words.get("provider", "")
    named = (model for model in models if model.id == words.get("model") and provider in ("", model.provider))
    model = next(named, models[0])
    methods = _methods(dataset, model)
    return model, methods, next((method for method in methods if method == words.get("method")), methods[0])


def estimate_words(told: Estimate, *, chosen: bool) -> str:
    """ "$0.05 · about 12 min of training · 10,400 billed tokens in 8 epochs". `chosen`: the epochs, by the person."""
    if told.seconds is None:
        time = "time not known yet"
    else:
        time = f"{'about ' if told.seconds >= 60 else ''}{rough_duration(told.seconds)} of training"
    epochs = counted(told.epochs, "epoch") + ("" if chosen else " (auto)")
    tokens = "tokens" if told.usd == 0 else "billed tokens"  # one's own hardware sends no bill
    return f"{money(told.usd)} · {time} · {number(told.tokens)} {tokens} in {epochs}"


def _view(blocks: Sequence[Block], private_metadata: str, submit: str | None = None) -> View:
    return View(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain("Start fine-tuning", TITLE),
        submit=plain(submit, TITLE) if submit else None,
        close=plain("Not now", TITLE),
        blocks=blocks,
        private_metadata=private_metadata,
    )


def _no_models(name: str, dataset: Dataset | None, provider: str) -> str:
    if dataset is not None and dataset.report is not None and dataset.report.method is not None:
        return f"{name} cannot be trained on here. {quoted(untrainable(provider, dataset.report), 1500)}"
    return (
        f"{name} cannot be trained on now: no provider offers a base model. Ask an administrator to set one up, or "
        "start the trainer that comes with Finetune Bot."
    )


def _methods(dataset: Dataset | None, model: ModelOption) -> list[str]:
    """The file decides; where we have not read it, what the model can do."""
    told = dataset.report.method if dataset and dataset.report else None
    if told:
        return [told]
    facts = lookup(model.id)
    return list(facts.methods) if facts else [SUPERVISED, DPO]


def _introduction(name: str, dataset: Dataset | None) -> str:
    report = dataset.report if dataset else None
    if report is None:
        return f"Training file: {name}, which the provider has. I have not read it."
    about = "" if report.tokens.exact else "about "
    known = METHOD_NAMES.get(report.method or "")
    method = f" Its format is for {known} fine-tuning." if known else ""
    return (
        f"Training file: {name}, {counted(report.examples, 'example')}, {about}{number(report.tokens.billed)} "
        f"tokens an epoch.{method}"
    )


def _estimated(
    dataset: Dataset | None, model: ModelOption, method: str, epochs: str, paces: Mapping[str, float] | None
) -> str:
    report = dataset.report if dataset else None
    if method == REINFORCEMENT:
        return "*Estimate:* reinforcement fine-tuning is billed by the hour, so its price is not known beforehand."
    if report is None:
        price = model.price_per_million
        per = " per million tokens" if price else ""
        return f"*Estimate:* {money(price)}{per}. How many tokens the file has, only the provider knows."
    try:
        asked: int | Auto = parse_field("epochs", epochs)
    except ValueError:  # which the field itself says when the window is sent off
        return "*Estimate:* shown as soon as *Epochs* is a whole number from 1 to 50, or auto."
    told = estimate(report, model.id, asked, price_per_million=model.price_per_million, paces=paces)
    return f"*Estimate:* {estimate_words(told, chosen=asked != AUTO)}"


def _auto_epochs(dataset: Dataset | None) -> str:
    return f" (here {number(dataset.report.epochs)})" if dataset and dataset.report else ""


def _described(model: ModelOption, dataset: Dataset | None, method: str) -> str:
    report = dataset.report if dataset else None
    if method == REINFORCEMENT:
        price = "billed by the hour"
    elif report is not None:
        price = money(estimate(report, model.id, price_per_million=model.price_per_million).usd)
    elif model.price_per_million:
        price = f"{money(model.price_per_million)} per million tokens"
    else:
        price = money(model.price_per_million)
    ends = _ends(model)
    return ", ".join(filter(None, [price, ends, "" if model.sure else "may not take this format"]))


def _ends(model: ModelOption) -> str:
    """A model that will be gone soon is no good choice without knowing so."""
    facts = lookup(model.id)
    if facts is None or facts.shutdown_date is None:
        return ""
    gone = facts.shutdown_date <= datetime.now(UTC).date()
    return "shut down" if gone else f"answers until {facts.shutdown_date}"


def _model_input(
    models: Sequence[ModelOption], chosen: ModelOption, dataset: Dataset | None, method: str
) -> InputBlock:
    offered: dict[str, tuple[ModelOption, Option]] = {}
    for model in (*models[: OPTIONS - 1], chosen):
        value = model_value(model)
        offered.setdefault(value, (model, option(model.label or model.id, value, _described(model, dataset, method))))
    by_group: dict[str, list[Option]] = {}
    for model, entry in offered.values():
        name = "Continue from a fine-tuned model" if model.tuned else model.provider
        by_group.setdefault(name, []).append(entry)
    groups = [OptionGroup(label=plain(name, 75), options=entries) for name, entries in by_group.items()]
    select = StaticSelectElement(
        action_id="start_model",
        placeholder=plain("Choose a base model", PLACEHOLDER),
        options=None if len(groups) > 1 else groups[0].options,
        option_groups=groups if len(groups) > 1 else None,
        initial_option=offered[model_value(chosen)][1],
    )
    return InputBlock(
        block_id="model",
        label=plain("Base model", HINT),
        element=select,
        hint=plain("The model that learns from the file. The price is what training costs.", HINT),
        dispatch_action=True,
    )


def _method_input(methods: Sequence[str], chosen: str) -> InputBlock:
    entries = {method: option(METHOD_NAMES.get(method, method), method) for method in methods}
    return InputBlock(
        block_id="method",
        label=plain("Method", HINT),
        element=StaticSelectElement(
            action_id="start_method", options=list(entries.values()), initial_option=entries[chosen]
        ),
        hint=plain("It must be the one that the file was made for.", HINT),
        dispatch_action=True,
    )


def _file_input(files: Sequence[Dataset], chosen: Dataset | None) -> InputBlock:
    entries: dict[str, Option] = {}
    for file in (*([chosen] if chosen else []), *files):
        if len(entries) < OPTIONS and 0 < size(file.id) <= 150:
            examples = counted(file.report.examples, "example") if file.report else None
            entries.setdefault(file.id, option(file.name, file.id, examples))
    return InputBlock(
        block_id="file",
        label=plain("Training file", HINT),
        element=StaticSelectElement(
            action_id="start_file",
            options=list(entries.values()),
            initial_option=entries.get(chosen.id) if chosen else None,
        ),
        dispatch_action=True,
    )


def _text_input(
    name: str,
    label: str,
    words: Mapping[str, str],
    *,
    hint: str,
    placeholder: str = AUTO,
    longest: int = 20,
    tells: bool = False,
) -> InputBlock:
    """`tells`: each character is told, so that the estimate follows."""
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id=f"start_{name}" if tells else name,
            placeholder=plain(placeholder, PLACEHOLDER),
            initial_value=one_line(words.get(name, ""))[:longest] or None,
            # Longer than any right answer, so that a wrong one gets our sentence and not a key that does nothing.
            max_length=longest * 4,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_character_entered"]) if tells else None,
        ),
        hint=plain(hint, HINT),
        optional=True,
        dispatch_action=tells or None,
    )


def _grader_input(words: Mapping[str, str]) -> InputBlock:
    return InputBlock(
        block_id="grader",
        label=plain("Grader", HINT),
        element=PlainTextInputElement(
            action_id="grader",
            multiline=True,
            placeholder=plain(EXAMPLE, PLACEHOLDER),
            initial_value=words.get("grader", "")[:_LONG] or None,
            max_length=_LONG,
        ),
        hint=plain(f"Says how good an answer is, as JSON: {EXAMPLE}", HINT),
    )


def _reinforcement_inputs(words: Mapping[str, str]) -> list[Block]:
    return [
        _text_input("effort", "Reasoning effort", words, hint="low, medium or high, or auto."),
        _text_input(
            "compute", "Compute multiplier", words, hint="How much is tried in each step: above 0 to 10, or auto."
        ),
        _text_input("eval_interval", "Evaluation interval", words, hint="Steps between evaluations, or auto."),
        _text_input("eval_samples", "Evaluation samples", words, hint="How many of each example, or auto."),
    ]


def _validation_input(datasets: Sequence[Dataset], chosen: str | None, *, needed: bool) -> InputBlock:
    nothing = option("None", NO_VALIDATION)
    entries = {NO_VALIDATION: nothing}
    for dataset in datasets:
        if len(entries) < OPTIONS and 0 < size(dataset.id) <= 150:
            examples = counted(dataset.report.examples, "example") if dataset.report else None
            entries.setdefault(dataset.id, option(dataset.name, dataset.id, examples))
    if chosen and chosen.startswith("file-") and size(chosen) <= 150:
        entries.setdefault(chosen, option(chosen, chosen, "a file that the provider has"))
    split = " Split, on the report, makes one." if len(entries) == 1 else ""
    return InputBlock(
        block_id="validation",
        label=plain("Validation file", HINT),
        element=StaticSelectElement(
            action_id="start_validation",
            options=list(entries.values()),
            initial_option=entries.get(chosen or NO_VALIDATION, nothing),
        ),
        hint=plain(f"Examples that are kept out of training and show whether it learns more than words.{split}", HINT),
        optional=not needed,
        dispatch_action=True,
    )
