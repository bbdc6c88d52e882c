"""What a person asks for when starting a job: the fields of the modal, which are also the words of
`/finetune start`, read and checked in one place.

Ranges from OpenAI's OpenAPI description 2.3.0, read 2026-11-21: n_epochs 1 to 50, batch_size 1 to 256,
learning_rate_multiplier above 0, beta above 0 to 2, compute_multiplier above 0 to 10, seed 0 to 2147483647, suffix 1
to 64 characters, metadata 16 pairs (one is ours) of at most 64 and 512 characters.
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from bot.jobs.grader import read_grader
from bot.providers.protocol import DPO, REINFORCEMENT, SUPERVISED, Auto, Hyperparameters, of_method
from handlers.blocks.parts import OPTION_VALUE
from handlers.blocks.text import size
from texts.formats import listed

AUTO: Final[Auto] = "auto"
NO_VALIDATION: Final = "none"
METHOD_NAMES: Final = {SUPERVISED: "supervised", DPO: "DPO", REINFORCEMENT: "reinforcement"}

_METHOD_WORDS: Final = {"sft": SUPERVISED, "preference": DPO, "rft": REINFORCEMENT, "": ""}
_HYPERPARAMETERS: Final = {
    "epochs": "n_epochs",
    "batch": "batch_size",
    "lr": "learning_rate_multiplier",
    "beta": "beta",
    "effort": "reasoning_effort",
    "compute": "compute_multiplier",
    "eval_interval": "eval_interval",
    "eval_samples": "eval_samples",
}
_MOST_PAIRS: Final = 15


@dataclass(frozen=True)
class ModelOption:
    """A model that can be trained. `price_per_million` is in US dollars per million billed tokens; 0 on
    your own hardware, None where it is unknown. `sure` is False where nobody has told whether it takes the file's
    format. `tuned`: a fine-tuned model, from which training continues.
    """

    id: str
    provider: str
    label: str
    price_per_million: float | None = None
    sure: bool = True
    tuned: bool = False


@dataclass(frozen=True)
class StartForm:
    """`validation` is the id of a data set, or of a file that the provider has. `provider` is "" where the person
    named a model only, `method` where the file decides.
    """

    provider: str
    model: str
    hyperparameters: Hyperparameters = Hyperparameters()
    suffix: str | None = None
    seed: int | None = None
    validation: str | None = None
    method: str = ""
    grader: dict[str, Any] | None = None
    wandb: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def read_start_modal(
    values: Mapping[str, Mapping[str, Mapping[str, object]]], models: Sequence[ModelOption] = ()
) -> StartForm | dict[str, str]:
    """The form from `view["state"]["values"]`, or a sentence for each field that is wrong, by block_id.

    `models`: those that were offered. Only ids too long for a menu's value need them to be found again; without
    `models` such a choice passes with its menu value in place of the model, enough to check the other fields.
    """
    words = words_in(values)
    provider, model = read_model_value(words.pop("model", ""), models)
    form = read_words({**words, "model": model})
    if "grader" in words:
        needed = _needed_for_reinforcement(words)
        if needed:
            return (form if isinstance(form, dict) else {}) | needed
    return form if isinstance(form, dict) else replace(form, provider=provider)


def words_in(values: Mapping[str, Mapping[str, Mapping[str, object]]]) -> dict[str, str]:
    """What stands in the fields of an open window, by block_id; a menu's choice by its value."""
    words: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            chosen = entered.get("selected_option")
            value = chosen.get("value") if isinstance(chosen, Mapping) else entered.get("value")
            words[block_id] = value if isinstance(value, str) else ""
    return words


def words_of(form: StartForm) -> dict[str, str]:
    """The words that read as `form` again; what is left to the provider is left out."""
    words = {name: getattr(form.hyperparameters, told) for name, told in _HYPERPARAMETERS.items()}
    words |= {name: getattr(form, name) for name in ("model", "method", "suffix", "seed", "validation", "wandb")}
    words["provider"] = form.provider
    words["metadata"] = ", ".join(f"{key}={value}" for key, value in form.metadata.items())
    words["grader"] = orjson.dumps(form.grader).decode() if form.grader else ""
    return {name: str(value) for name, value in words.items() if value not in (None, "", AUTO)}


def read_words(words: Mapping[str, str]) -> StartForm | dict[str, str]:
    """The form from words such as `{"epochs": "3", "model": "gpt-4.1-mini"}`; absent ones are left to the
    provider. Words that are no field of the form are not looked at.
    """
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in FIELDS:
        try:
            read[name] = parse_field(name, words.get(name, ""))
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        return errors
    chosen = {told: read.pop(name) for name, told in _HYPERPARAMETERS.items()}
    return StartForm(provider="", hyperparameters=Hyperparameters(**chosen), **read)


def parse_field(name: str, text: str) -> Any:
    """The value of one field; raises ValueError with a sentence for the person where it is none."""
    parse = _PARSERS.get(name)
    if parse is None:
        raise ValueError(f"There is no setting called {name[:40]}. There are: {', '.join(FIELDS)}.")
    return parse(text)


def misplaced(form: StartForm, method: str) -> str | None:
    """A sentence where the form has settings that another method has, and `method` has not."""
    names = [
        name
        for name, told in _HYPERPARAMETERS.items()
        if told not in of_method(method) and getattr(form.hyperparameters, told) != AUTO
    ]
    if form.grader is not None and method != REINFORCEMENT:
        names.append("grader")
    if not names:
        return None
    verb = "is" if len(names) == 1 else "are"
    return f"{listed(names)} {verb} no setting of {METHOD_NAMES.get(method, method)} fine-tuning; leave that out."


def model_value(option: ModelOption) -> str:
    """What stands for a model in a menu, whose values hold 150 characters; longer ids are named by their hash."""
    value = f"{option.provider}|{option.id}"
    if size(value) <= OPTION_VALUE and value.isprintable():
        return value
    return "#" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def read_model_value(value: str, models: Sequence[ModelOption] = ()) -> tuple[str, str]:
    """Provider and model that a menu's value stands for; ("", "") for none, or for a hash unknown to `models`."""
    for option in models:
        if model_value(option) == value:
            return option.provider, option.id
    if value.startswith("#") and not models:
        return "", value
    provider, bar, model = value.partition("|")
    return (provider, model) if bar and not value.startswith("#") else ("", "")


def _needed_for_reinforcement(words: Mapping[str, str]) -> dict[str, str]:
    """Both are what the guide to reinforcement fine-tuning asks for (read 2026-11-21)."""
    needed = {}
    if not words["grader"].strip():
        needed["grader"] = "Reinforcement fine-tuning needs a grader, which says how good an answer is."
    if "validation" in words and parse_validation(words["validation"]) is None:
        needed["validation"] = "Reinforcement fine-tuning needs a validation file. Split on the report makes one."
    return needed


def parse_model(text: str) -> str:
    model = text.strip()
    if not model:
        raise ValueError("Choose a base model.")
    if len(model) > 500 or not model.isprintable() or " " in model:
        raise ValueError("That is no model's name. /finetune models lists those that can be trained.")
    return model


def parse_method(text: str) -> str:
    word = text.strip().lower()
    method = _METHOD_WORDS.get(word, word)
    if method and method not in METHOD_NAMES:
        raise ValueError("The method is supervised, dpo or reinforcement.")
    return method


def parse_suffix(text: str) -> str | None:
    suffix = text.strip()
    if not suffix:
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", suffix):
        raise ValueError("The name takes up to 64 letters (a to z), digits, hyphens and underscores, no spaces.")
    return suffix


def parse_seed(text: str) -> int | None:
    if _is_auto(text):
        return None
    value = _integer(text)
    if value is None or not 0 <= value <= 2_147_483_647:
        raise ValueError("The seed is a whole number from 0 to 2147483647. Leave it empty for a random one.")
    return value


def parse_validation(text: str) -> str | None:
    name = text.strip()
    if name in ("", NO_VALIDATION):
        return None
    if len(name) > 255 or not name.isprintable():
        raise ValueError("That is no validation file. Choose one of the files that were checked here.")
    return name


def parse_effort(text: str) -> str:
    word = text.strip().lower()
    if _is_auto(word) or word == "default":
        return AUTO
    if word not in {"low", "medium", "high"}:
        raise ValueError("The reasoning effort is low, medium or high, or auto.")
    return word


def parse_grader(text: str) -> dict[str, Any] | None:
    return read_grader(text) if text.strip() else None


def parse_wandb(text: str) -> str | None:
    project = text.strip()
    if not project:
        return None
    # Weights & Biases refuses these in a project's name, and more than 128 characters (its documentation).
    if len(project) > 128 or not project.isprintable() or re.search(r"[/\\#?%:]", project):
        raise ValueError("A project at Weights & Biases has up to 128 characters, none of / \\ # ? % : among them.")
    return project


def parse_metadata(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split(r"[,\n]", text))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value or len(key) > 64 or len(value) > 512:
            raise ValueError(
                "Metadata are pairs such as team=support, ticket=42: names of up to 64 characters, values of up to 512."
            )
        pairs[key] = value
    if len(pairs) > _MOST_PAIRS:
        raise ValueError(f"Metadata are at most {_MOST_PAIRS} pairs.")
    return pairs


def _whole(what: str, least: int, most: int) -> Callable[[str], int | Auto]:
    def parse(text: str) -> int | Auto:
        if _is_auto(text):
            return AUTO
        value = _integer(text)
        if value is None or not least <= value <= most:
            verb = "are" if what.endswith("s") else "is"
            raise ValueError(f"{what} {verb} a whole number from {least} to {most}, or auto.")
        return value

    return parse


def _above_zero(what: str, examples: str, most: float = math.inf) -> Callable[[str], float | Auto]:
    def parse(text: str) -> float | Auto:
        if _is_auto(text):
            return AUTO
        limit = f" and at most {most:g}" if most < math.inf else ""
        sentence = f"{what} is a number above 0{limit}, such as {examples}, or auto."
        try:
            value = float(text.strip().replace(",", "."))
        except ValueError:
            raise ValueError(sentence) from None
        if not math.isfinite(value) or not 0 < value <= most:
            raise ValueError(sentence)
        return value

    return parse


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "model": parse_model,
    "method": parse_method,
    "suffix": parse_suffix,
    "epochs": _whole("Epochs", 1, 50),
    "validation": parse_validation,
    "batch": _whole("The batch size", 1, 256),
    "lr": _above_zero("The learning rate multiplier", "0.3 or 2"),
    "beta": _above_zero("Beta", "0.1", most=2),
    "grader": parse_grader,
    "effort": parse_effort,
    "compute": _above_zero("The compute multiplier", "0.5 or 2", most=10),
    "eval_interval": _whole("The evaluation interval", 1, 10_000),
    "eval_samples": _whole("Evaluation samples", 1, 1_000),
    "seed": parse_seed,
    "wandb": parse_wandb,
    "metadata": parse_metadata,
}
FIELDS: Final = tuple(_PARSERS)


def _is_auto(text: str) -> bool:
    return text.strip().lower() in ("", AUTO)


def _integer(text: str) -> int | None:
    # int() would also take "1_0" and other alphabets' digits, which nobody means.
    return int(text.strip()) if re.fullmatch(r"[0-9]{1,12}", text.strip()) else None
