"""The inputs with which a person describes a job: of the modal that starts one, and of the one for a sweep. Slack takes
plain text in them. Each function gives label and hint, if it does not say otherwise."""

from typing import Final

from texts.formats import dollars, sentences
from texts.language import _

WANDB: Final = "Weights & Biases"


def method(name: str) -> str:
    """`name`: the protocol's. In a menu."""
    return {
        "supervised": _("Supervised"),
        "dpo": _("DPO"),
        "reinforcement": _("Reinforcement"),
    }.get(name, name)


def file_input() -> str:
    return _("Training file")


def model_input(*, priced: bool) -> tuple[str, str, str]:
    """Label, placeholder and hint. `priced`: a price stands beside one of them."""
    hint = _("The model that learns from the file.")
    return (
        _("Base model"),
        _("Choose a base model"),
        sentences(hint, _("The price is what training costs.") if priced else None),
    )


def fine_tuned_group() -> str:
    """Over the fine-tuned models in the menu."""
    return _("Continue from a fine-tuned model")


def billed_by_hour() -> str:
    return _("billed by the hour")


def per_million_tokens(usd: float) -> str:
    return _("{price} per million tokens", price=dollars(usd))


def may_not_take_format() -> str:
    return _("may not take this format")


def stops_answering(day: str) -> str:
    return _("gone on {day}", day=day)


def method_input() -> tuple[str, str]:
    """Label and hint."""
    return _("Method"), _("It must be the one that the file was made for.")


def suffix_input(default: str | None, *, nameless: bool = False) -> tuple[str, str, str]:
    """Label, hint and placeholder. `default`: the name that the model gets from its file; `nameless`: that has no
    letters for one."""
    label, placeholder = _("Name of the new model"), default or _("for example support")
    if nameless:
        hint = _(
            "The file's name has no letters that a model's name can take, so give it one here: letters, digits, "
            "hyphens and underscores. Empty: it goes by its base model and a code."
        )
        return label, hint, placeholder
    if default is None:
        return label, _("Becomes part of the model's name. Letters, digits, hyphens and underscores."), placeholder
    hint = _(
        "Becomes part of the model's name. Letters, digits, hyphens and underscores. Empty: {default}, after the file.",
        default=default,
    )
    return label, hint, placeholder


def epochs_input(auto: int | None) -> tuple[str, str]:
    """`auto`: how many that would be for this file."""
    if auto is None:
        return _("Epochs"), _("How often training goes through the whole file: 1 to 50, or auto.")
    return _("Epochs"), _("How often training goes through the whole file: 1 to 50, or auto (here {auto}).", auto=auto)


def validation_input(*, any_there: bool) -> tuple[str, str]:
    label = _("Validation file")
    if any_there:
        return label, _(
            "Examples that are kept out of training and show whether it learns more than the examples by heart."
        )
    return label, _(
        "Examples that are kept out of training and show whether it learns more than the examples by heart. Split, on "
        "the report, makes one."
    )


def no_validation_option() -> str:
    return _("None")


def file_at_provider() -> str:
    return _("a file that the provider has")


def advanced() -> str:
    return _("Advanced, fine to leave as they are")


def grader_input(example: str) -> tuple[str, str]:
    return _("Grader"), _("Says how good an answer is, as JSON: {example}", example=example)


def beta_input() -> tuple[str, str]:
    return (
        _("Beta"),
        _("How closely the model stays to what it was: above 0 to 2. Higher keeps more of it. Or auto."),
    )


def batch_input() -> tuple[str, str]:
    return _("Batch size"), _("How many examples are learned from at a time: 1 to 256, or auto.")


def rate_input(diverged: str) -> tuple[str, str]:
    """`diverged`: the multiplier with which an earlier run did; "" if none did."""
    label = _("Learning rate multiplier")
    hint = _("How large each step is, against the usual: above 1 learns faster and less surely. Or auto.")
    if not diverged:
        return label, hint
    return label, sentences(hint, _("Training diverged at {rate}, so choose a lower one.", rate=diverged))


def effort_input() -> tuple[str, str]:
    return _("Reasoning effort"), _("low, medium or high, or auto.")


def compute_input() -> tuple[str, str]:
    return _("Compute multiplier"), _("How much is tried in each step: above 0 to 10, or auto.")


def eval_interval_input() -> tuple[str, str]:
    return _("Evaluation interval"), _("Steps between evaluations, or auto.")


def eval_samples_input() -> tuple[str, str]:
    return _("Evaluation samples"), _("How many of each example, or auto.")


def seed_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    return (
        _("Seed"),
        _("The same number and the same settings give about the same model again. Empty: a random one."),
        _("random"),
    )


def wandb_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    return (
        _("Project at {service}", service=WANDB),
        _("Figures are sent there, too, if the provider's account is connected to it."),
        _("none"),
    )


def metadata_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    hint = _("Pairs that the provider keeps with the job, for you to find it by. No secrets.")
    return _("Metadata"), hint, "team=support, ticket=42"
