"""The settings of a job that a person may choose, read from the words of a command or of a modal's fields.

Ranges from OpenAI's OpenAPI description 2.3.0, read 2026-11-21: n_epochs 1 to 50, batch_size 1 to 256,
learning_rate_multiplier above 0, beta above 0 to 2, compute_multiplier above 0 to 10, seed 0 to 2147483647, suffix 1
to 64 characters, metadata 16 pairs (one is ours) of at most 64 and 512 characters.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from bot.errors import Invalid
from bot.jobs.job import Job
from bot.providers.protocol import DPO, REINFORCEMENT, SUPERVISED, Auto, Hyperparameters, of_method
from graders.errors import GraderError
from graders.grader import fits_training
from graders.reading import as_json, read_grader

AUTO: Final[Auto] = "auto"
NO_VALIDATION: Final = "none"
METHODS: Final = (SUPERVISED, DPO, REINFORCEMENT)

_OTHER_METHOD_NAMES: Final = {"sft": SUPERVISED, "preference": DPO, "rft": REINFORCEMENT}
# By the setting's name; the values are the protocol's names.
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
_MOST_SEED: Final = 2_147_483_647


class JobSettings(msgspec.Struct, frozen=True):
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
    metadata: dict[str, str] = {}


def read_settings(words: Mapping[str, str]) -> JobSettings | dict[str, Invalid]:
    """The settings from words such as `{"epochs": "3", "model": "gpt-4.1-mini"}`, or what is wrong, by setting. Absent
    ones are left to the provider; other words are ignored.
    """
    read: dict[str, Any] = {}
    wrong: dict[str, Invalid] = {}
    for name in SETTINGS:
        try:
            read[name] = read_setting(name, words.get(name, ""))
        except Invalid as error:
            wrong[name] = error
    if wrong:
        return wrong
    chosen = {protocol_name: read.pop(name) for name, protocol_name in _HYPERPARAMETERS.items()}
    return JobSettings(provider="", hyperparameters=Hyperparameters(**chosen), **read)


def read_setting(name: str, text: str) -> Any:
    """The value of one setting. Raises Invalid."""
    return _READERS[name](text)


def words_of(chosen: JobSettings) -> dict[str, str]:
    """The words that read as these settings again; what is left to the provider is left out."""
    words = {name: getattr(chosen.hyperparameters, protocol_name) for name, protocol_name in _HYPERPARAMETERS.items()}
    words |= {name: getattr(chosen, name) for name in ("model", "method", "suffix", "seed", "validation", "wandb")}
    words["provider"] = chosen.provider
    words["metadata"] = ", ".join(f"{key}={value}" for key, value in chosen.metadata.items())
    words["grader"] = msgspec.json.encode(chosen.grader).decode() if chosen.grader else ""
    return {name: str(value) for name, value in words.items() if value not in (None, "", AUTO)}


def settings_of(job: Job) -> JobSettings:
    """What was asked of a job, to ask for it again. A new seed is drawn."""
    asked = job.requested_hyperparameters
    if asked == Hyperparameters() and job.provider_job_id is None:
        asked = job.hyperparameters
    return JobSettings(
        provider=job.provider,
        model=job.base_model,
        hyperparameters=asked,
        suffix=job.suffix,
        validation=job.validation_dataset_id or job.validation_file,
        # The file decides, if we have it.
        method="" if job.dataset_id else job.method,
        grader=job.grader,
        wandb=job.wandb,
        metadata=job.metadata,
    )


def of_other_methods(chosen: JobSettings, method: str) -> list[str]:
    """The settings among these that `method` does not have, by name."""
    names = [
        name
        for name, protocol_name in _HYPERPARAMETERS.items()
        if protocol_name not in of_method(method) and getattr(chosen.hyperparameters, protocol_name) != AUTO
    ]
    return [*names, "grader"] if chosen.grader is not None and method != REINFORCEMENT else names


def _model(text: str) -> str:
    model = text.strip()
    if not model:
        raise Invalid("base_model_missing", "model")
    if len(model) > 500 or not model.isprintable() or " " in model:
        raise Invalid("invalid_model_name", "model")
    return model


def _method(text: str) -> str:
    word = text.strip().lower()
    method = _OTHER_METHOD_NAMES.get(word, word)
    if method and method not in METHODS:
        raise Invalid("invalid_method", "method")
    return method


def _suffix(text: str) -> str | None:
    suffix = text.strip()
    if not suffix:
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", suffix):
        raise Invalid("invalid_suffix", "suffix")
    return suffix


def _seed(text: str) -> int | None:
    if _is_auto(text):
        return None
    value = _integer(text)
    if value is None or value > _MOST_SEED:
        raise Invalid("invalid_seed", "seed", most=_MOST_SEED)
    return value


def _validation(text: str) -> str | None:
    name = text.strip()
    if name in ("", NO_VALIDATION):
        return None
    if len(name) > 255 or not name.isprintable():
        raise Invalid("invalid_validation_file", "validation")
    return name


def _effort(text: str) -> str:
    word = text.strip().lower()
    if _is_auto(word) or word == "default":
        return AUTO
    if word not in {"low", "medium", "high"}:
        raise Invalid("invalid_effort", "effort")
    return word


def _grader(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        grader = read_grader(text)
    except GraderError as error:
        raise Invalid(error.kind, "grader", **error.values) from None
    if not fits_training(grader):
        raise Invalid("grader_not_for_training", "grader", name=grader.name)
    return as_json(grader)


def _wandb(text: str) -> str | None:
    project = text.strip()
    if not project:
        return None
    # Weights & Biases refuses these in a project's name, and more than 128 characters (its documentation).
    if len(project) > 128 or not project.isprintable() or re.search(r"[/\\#?%:]", project):
        raise Invalid("invalid_wandb_project", "wandb")
    return project


def _metadata(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split(r"[,\n]", text))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value or len(key) > 64 or len(value) > 512:
            raise Invalid("invalid_metadata", "metadata")
        pairs[key] = value
    if len(pairs) > _MOST_PAIRS:
        raise Invalid("too_much_metadata", "metadata", most=_MOST_PAIRS)
    return pairs


def _whole(name: str, least: int, most: int, text: str) -> int | Auto:
    if _is_auto(text):
        return AUTO
    value = _integer(text)
    if value is None or not least <= value <= most:
        raise Invalid("not_whole_number", name, setting=name, least=least, most=most)
    return value


def _above_zero(name: str, most: float, text: str) -> float | Auto:
    if _is_auto(text):
        return AUTO
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value <= most):
        raise Invalid("not_positive", name, setting=name)
    return value


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "model": _model,
    "method": _method,
    "suffix": _suffix,
    "epochs": partial(_whole, "epochs", 1, 50),
    "validation": _validation,
    "batch": partial(_whole, "batch", 1, 256),
    "lr": partial(_above_zero, "lr", math.inf),
    "beta": partial(_above_zero, "beta", 2),
    "grader": _grader,
    "effort": _effort,
    "compute": partial(_above_zero, "compute", 10),
    "eval_interval": partial(_whole, "eval_interval", 1, 10_000),
    "eval_samples": partial(_whole, "eval_samples", 1, 1_000),
    "seed": _seed,
    "wandb": _wandb,
    "metadata": _metadata,
}
SETTINGS: Final = tuple(_READERS)
"""Their names, as people write them."""


def _is_auto(text: str) -> bool:
    return text.strip().lower() in ("", AUTO)


def _integer(text: str) -> int | None:
    # int() would also take "1_0" and other alphabets' digits, which nobody means.
    return int(text.strip()) if re.fullmatch(r"[0-9]{1,12}", text.strip()) else None
