"""The modal that asks how to train."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    OptionGroup,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.parts import (
    HINT,
    OPTIONS,
    PLACEHOLDER,
    PRIVATE_METADATA,
    TITLE,
    header,
    option,
    plain,
    section,
)
from handlers.blocks.start_form import (
    AUTO,
    NO_VALIDATION,
    ModelOption,
    StartForm,
    model_value,
    parse_field,
    read_start_modal,
    read_words,
)
from handlers.blocks.text import code, counted, money, number, one_line, size

__all__ = [
    "CALLBACK_ID",
    "ModelOption",
    "StartForm",
    "parse_field",
    "read_start_modal",
    "read_words",
    "start_modal",
]

CALLBACK_ID: Final = "start_job"


def start_modal(
    *,
    dataset: Dataset | None,
    models: Sequence[ModelOption],
    file_id: str | None = None,
    defaults: StartForm | None = None,
    datasets_for_validation: Sequence[Dataset] = (),
    private_metadata: str = "",
) -> View:
    """`dataset`, or `file_id` for a file that the provider has already. `defaults`: what is filled in at first,
    such as the settings of a job that is tried again. At most 100 models and 99 validation files are offered, as
    a menu holds no more. Raises ValueError where `private_metadata` is longer than the 3,000 that Slack carries.
    """
    if size(private_metadata) > PRIVATE_METADATA:
        raise ValueError(f"private_metadata has at most {PRIVATE_METADATA} characters")
    name = code(dataset.name if dataset else file_id or "")
    if not models:
        return _view([section(f"{name} cannot be trained now: no provider offers a base model."), _no_models()], "")
    settings = defaults or StartForm(
        provider=models[0].provider, model=models[0].id, validation=dataset.validation if dataset else None
    )
    asked = settings.hyperparameters
    blocks: list[Block] = [
        section(_introduction(name, dataset)),
        _model_input(models, settings, dataset),
        _text_input(
            "suffix",
            "Name of the new model",
            settings.suffix,
            placeholder="for example support",
            hint="Becomes part of the model's name. Letters, digits, hyphens and underscores.",
            longest=64,
        ),
        _text_input(
            "epochs",
            "Epochs",
            asked.n_epochs,
            hint=f"How often training goes through the whole file: 1 to 50, or auto{_auto_epochs(dataset)}.",
        ),
        _validation_input(datasets_for_validation, settings.validation),
        header("Advanced, fine to leave as they are"),
        _text_input(
            "batch",
            "Batch size",
            asked.batch_size,
            hint="How many examples are learned from at a time: 1 to 256, or auto.",
        ),
        _text_input(
            "lr",
            "Learning rate multiplier",
            asked.learning_rate_multiplier,
            hint="How large each step is, against the usual: above 1 learns faster and less surely. Or auto.",
        ),
        _text_input(
            "seed",
            "Seed",
            settings.seed,
            placeholder="random",
            hint="The same number and the same settings give about the same model again. Empty: a random one.",
            longest=10,
        ),
    ]
    return _view(blocks, private_metadata, submit="Start")


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


def _no_models() -> Block:
    return section("Ask an administrator to set one up, or start the trainer that comes with Finetune Bot.")


def _introduction(name: str, dataset: Dataset | None) -> str:
    report = dataset.report if dataset else None
    if report is None:
        return f"Training file: {name}. What it will cost is not known beforehand."
    about = "" if report.tokens.exact else "about "
    return (
        f"Training file: {name}, {counted(report.examples, 'example')}, {about}{number(report.tokens.billed)} "
        f"billed tokens an epoch. The estimates beside the models are for {counted(report.epochs, 'epoch')}."
    )


def _auto_epochs(dataset: Dataset | None) -> str:
    return f" (here {number(dataset.report.epochs)})" if dataset and dataset.report else ""


def _described(model: ModelOption, dataset: Dataset | None) -> str:
    price = _cost(model, dataset)
    return price if model.sure else f"{price}; may not take this format"


def _cost(model: ModelOption, dataset: Dataset | None) -> str:
    """The estimate for one model; the price alone where there is no report to go by."""
    report = dataset.report if dataset else None
    if model.price_per_million is None and not (report and report.cost.get(model.id) is not None):
        return money(None)
    if report is None:
        price = money(model.price_per_million)
        return price if model.price_per_million == 0 else f"{price} per million tokens"
    usd = report.cost.get(model.id)
    # A provider's own price beats the table's, which knows models by name only.
    if model.price_per_million is not None:
        usd = model.price_per_million * report.tokens.billed * report.epochs / 1_000_000
    return money(usd)


def _model_input(models: Sequence[ModelOption], settings: StartForm, dataset: Dataset | None) -> InputBlock:
    offered: dict[str, tuple[ModelOption, Option]] = {}
    for model in models:
        value = model_value(model)
        if len(offered) < OPTIONS:
            offered.setdefault(value, (model, option(model.label or model.id, value, _described(model, dataset))))
    initial = next(
        (entry for model, entry in offered.values() if _is_default(model, settings)),
        next(entry for _, entry in offered.values()),
    )
    providers = list(dict.fromkeys(model.provider for model, _ in offered.values()))
    groups = [
        OptionGroup(
            label=plain(provider, 75),
            options=[entry for model, entry in offered.values() if model.provider == provider],
        )
        for provider in providers
    ]
    select = StaticSelectElement(
        action_id="model",
        placeholder=plain("Choose a base model", PLACEHOLDER),
        options=None if len(groups) > 1 else groups[0].options,
        option_groups=groups if len(groups) > 1 else None,
        initial_option=initial,
    )
    return InputBlock(
        block_id="model",
        label=plain("Base model", HINT),
        element=select,
        hint=plain("The model that learns from the file. The estimate is what training costs.", HINT),
    )


def _is_default(model: ModelOption, settings: StartForm) -> bool:
    return model.id == settings.model and settings.provider in ("", model.provider)


def _text_input(
    name: str,
    label: str,
    value: object,
    *,
    hint: str,
    placeholder: str = AUTO,
    longest: int = 20,
) -> InputBlock:
    text = "" if value is None else one_line(str(value))
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id=name,
            placeholder=plain(placeholder, PLACEHOLDER),
            initial_value=text[:longest] or None,
            # Longer than any right answer, so that a wrong one gets our sentence and not a key that does nothing.
            max_length=longest * 4,
        ),
        hint=plain(hint, HINT),
        optional=True,
    )


def _validation_input(datasets: Sequence[Dataset], chosen: str | None) -> InputBlock:
    nothing = option("None", NO_VALIDATION)
    entries = {NO_VALIDATION: nothing}
    for dataset in datasets:
        if len(entries) < OPTIONS and 0 < size(dataset.id) <= 150:
            examples = counted(dataset.report.examples, "example") if dataset.report else None
            entries.setdefault(dataset.id, option(dataset.name, dataset.id, examples))
    return InputBlock(
        block_id="validation",
        label=plain("Validation file", HINT),
        element=StaticSelectElement(
            action_id="validation",
            options=list(entries.values()),
            initial_option=entries.get(chosen or NO_VALIDATION, nothing),
        ),
        hint=plain("Examples that are kept out of training and show whether it learns more than words.", HINT),
        optional=True,
    )
