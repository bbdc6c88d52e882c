"""What a person asks for when starting a job: the fields of the modal, which are also the words of
`/finetune start`, read and checked in one place.

Ranges from OpenAI's OpenAPI description 2.3.0, read 2026-11-21: n_epochs 1 to 50, batch_size 1 to 256,
learning_rate_multiplier above 0, seed 0 to 2147483647, suffix 1 to 64 characters.
"""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.jobs.job import Auto, Hyperparameters
from handlers.blocks.parts import OPTION_VALUE
from handlers.blocks.text import size

AUTO: Final[Auto] = "auto"
NO_VALIDATION: Final = "none"
FIELDS: Final = ("model", "suffix", "epochs", "validation", "batch", "lr", "seed")

FieldValue = int | float | str | None


@dataclass(frozen=True)
class ModelOption:
    """A base model that can be trained. `price_per_million` is in US dollars per million billed tokens; 0 on
    your own hardware, None where it is unknown. `sure` is False where nobody has told whether it takes the file's
    format.
    """

    id: str
    provider: str
    label: str
    price_per_million: float | None = None
    sure: bool = True


@dataclass(frozen=True)
class StartForm:
    """`validation` is the id of a data set. `provider` is "" where the person named a model only."""

    provider: str
    model: str
    hyperparameters: Hyperparameters = Hyperparameters()
    suffix: str | None = None
    seed: int | None = None
    validation: str | None = None


def read_start_modal(
    values: Mapping[str, Mapping[str, Mapping[str, object]]], models: Sequence[ModelOption] = ()
) -> StartForm | dict[str, str]:
    """The form from `view["state"]["values"]`, or a sentence for each field that is wrong, by block_id.

    `models`: those that were offered. Only ids too long for a menu's value need them to be found again; without
    `models` such a choice passes with its menu value in place of the model, enough to check the other fields.
    """
    words: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            chosen = entered.get("selected_option")
            value = chosen.get("value") if isinstance(chosen, Mapping) else entered.get("value")
            words[block_id] = value if isinstance(value, str) else ""
    provider, model = read_model_value(words.pop("model", ""), models)
    form = read_words({**words, "model": model})
    if isinstance(form, dict):
        return form
    return StartForm(
        provider=provider,
        model=form.model,
        hyperparameters=form.hyperparameters,
        suffix=form.suffix,
        seed=form.seed,
        validation=form.validation,
    )


def read_words(words: Mapping[str, str]) -> StartForm | dict[str, str]:
    """The form from words such as `{"epochs": "3", "model": "gpt-4.1-mini"}`; absent ones are left to the
    provider. Words that are no field of the form are not looked at.
    """
    read: dict[str, FieldValue] = {}
    errors: dict[str, str] = {}
    for name in FIELDS:
        try:
            read[name] = parse_field(name, words.get(name, ""))
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        return errors
    return StartForm(
        provider="",
        model=parse_model(words.get("model", "")),
        hyperparameters=Hyperparameters(
            n_epochs=parse_epochs(words.get("epochs", "")),
            batch_size=parse_batch(words.get("batch", "")),
            learning_rate_multiplier=parse_lr(words.get("lr", "")),
        ),
        suffix=parse_suffix(words.get("suffix", "")),
        seed=parse_seed(words.get("seed", "")),
        validation=parse_validation(words.get("validation", "")),
    )


def parse_field(name: str, text: str) -> FieldValue:
    """The value of one field; raises ValueError with a sentence for the person where it is none."""
    match name:
        case "model":
            return parse_model(text)
        case "epochs":
            return parse_epochs(text)
        case "batch":
            return parse_batch(text)
        case "lr":
            return parse_lr(text)
        case "suffix":
            return parse_suffix(text)
        case "seed":
            return parse_seed(text)
        case "validation":
            return parse_validation(text)
        case _:
            raise ValueError(f"There is no setting called {name[:40]}. There are: {', '.join(FIELDS)}.")


def parse_model(text: str) -> str:
    model = text.strip()
    if not model:
        raise ValueError("Choose a base model.")
    if len(model) > 500 or not model.isprintable() or " " in model:
        raise ValueError("That is no model's name. /finetune models lists those that can be trained.")
    return model


def parse_epochs(text: str) -> int | Auto:
    return _whole(text, "Epochs", 1, 50)


def parse_batch(text: str) -> int | Auto:
    return _whole(text, "The batch size", 1, 256)


def parse_lr(text: str) -> float | Auto:
    if _is_auto(text):
        return AUTO
    sentence = "The learning rate multiplier is a number above 0, such as 0.3 or 2, or auto."
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        raise ValueError(sentence) from None
    if not math.isfinite(value) or value <= 0:
        raise ValueError(sentence)
    return value


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


def _is_auto(text: str) -> bool:
    return text.strip().lower() in ("", AUTO)


def _integer(text: str) -> int | None:
    # int() would also take "1_0" and other alphabets' digits, which nobody means.
    return int(text.strip()) if re.fullmatch(r"[0-9]{1,12}", text.strip()) else None


def _whole(text: str, what: str, least: int, most: int) -> int | Auto:
    if _is_auto(text):
        return AUTO
    value = _integer(text)
    if value is None or not least <= value <= most:
        verb = "are" if what.endswith("s") else "is"
        raise ValueError(f"{what} {verb} a whole number from {least} to {most}, or auto.")
    return value
