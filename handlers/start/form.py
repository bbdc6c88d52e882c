"""Reading the fields of the modal."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot.errors import Invalid
from bot.jobs.settings import NO_VALIDATION, JobSettings, read_settings
from bot.models.trainable import TrainableModel
from handlers.blocks.parts import OPTION_VALUE
from handlers.blocks.text import size
from texts.errors import sentence

_HASHED: Final = "#"

Values = Mapping[str, Mapping[str, Mapping[str, object]]]
"""As Slack sends them: `view["state"]["values"]`, by block_id and action_id."""


def read_form(values: Values, models: Sequence[TrainableModel] = ()) -> JobSettings | dict[str, Invalid]:
    """The settings, or what is wrong, by block_id.

    `models`: those that were offered. They are only needed for ids too long for a menu's value; without them such a
    choice passes with its value in place of the model, which is enough to check the other fields.
    """
    words = words_in(values)
    provider, model = read_model_value(words.pop("model", ""), models)
    settings = read_settings({**words, "model": model})
    missing = _missing_for_reinforcement(words) if "grader" in words else {}
    if isinstance(settings, dict) or missing:
        return (settings if isinstance(settings, dict) else {}) | missing
    return msgspec.structs.replace(settings, provider=provider)


def wrong(values: Values) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    settings = read_form(values)
    return {field: sentence(error) for field, error in settings.items()} if isinstance(settings, dict) else {}


def words_in(values: Values) -> dict[str, str]:
    """The fields as typed, by block_id; a menu's choice by its value."""
    words: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            chosen = entered.get("selected_option")
            value = chosen.get("value") if isinstance(chosen, Mapping) else entered.get("value")
            words[block_id] = value if isinstance(value, str) else ""
    return words


def model_value(model: TrainableModel) -> str:
    """What stands for a model in a menu, whose values hold 150 characters; longer ids are named by their hash."""
    value = f"{model.provider}|{model.id}"
    if size(value) <= OPTION_VALUE and value.isprintable():
        return value
    return _HASHED + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def read_model_value(value: str, models: Sequence[TrainableModel] = ()) -> tuple[str, str]:
    """Provider and model that a menu's value stands for; ("", "") for none, or for a hash unknown to `models`."""
    for model in models:
        if model_value(model) == value:
            return model.provider, model.id
    if value.startswith(_HASHED):
        return "", "" if models else value
    provider, bar, name = value.partition("|")
    return (provider, name) if bar else ("", "")


def _missing_for_reinforcement(words: Mapping[str, str]) -> dict[str, Invalid]:
    """Both are what the guide to reinforcement fine-tuning asks for (read 2026-11-21)."""
    missing = {}
    if not words["grader"].strip():
        missing["grader"] = Invalid("grader_missing", "grader")
    if words.get("validation", "…").strip() in ("", NO_VALIDATION):
        missing["validation"] = Invalid("validation_missing", "validation")
    return missing
