"""What is known about the models that a file may be meant for: prices, limits, dates. The data is models.toml."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

DEFAULT_MODEL = "gpt-4o-mini-2024-07-18"

Encoding = Literal["o200k_base", "cl100k_base", "own"]
Method = Literal["supervised", "dpo", "reinforcement"]
Format = Literal["chat", "completion", "preference", "reinforcement"]

METHODS: dict[str, Method] = {
    "chat": "supervised",
    "completion": "supervised",
    "preference": "dpo",
    "reinforcement": "reinforcement",
}
"""The method by which a file of that format trains."""


class TokenPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens. `cached` is for input that was read from the provider's cache; None where there is
    no other price for it."""

    input: float
    output: float
    cached: float | None = None


class ModelFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`training_price` is in US dollars per million tokens; `base_price` is what it costs to talk to the model, and
    `fine_tuned_price` to one fine-tuned from it. None is unknown, or for a date: none is announced.

    `example_tokens` is the most that one example may have. `message_tokens` and `frame_tokens` are what each
    message and each example add to their content. For OpenAI 4 and 1: that is what two published jobs were
    billed (recounted 2026-11-21), two an example less than the cookbook's formula says.
    For a model with a chat template of its own the figures are the template's: `role_tokens` is what a message of
    that role adds beyond `message_tokens`, `default_system_tokens` the whole system message that the template puts
    before a chat without one, and `content_after_line_break` says that content follows a line break, which the
    tokenizer joins with white space at its start. `framing_tried` tells whether those figures were held against the
    model's own tokenizer here; else counts are said to be estimates.
    `formats` are the formats that the model can be trained on, `max_examples` the most examples of a file. `images`
    tells whether examples of chats may have images; None where it is not known.
    """

    id: str
    provider: Literal["openai", "nebius", "trainer"]
    encoding: Encoding
    methods: tuple[Method, ...]
    source: str
    read: date
    aliases: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ("chat", "preference", "reinforcement")
    example_tokens: int | None = None
    message_tokens: int = 4
    frame_tokens: int = 1
    role_tokens: dict[str, int] = {}
    default_system_tokens: int = 0
    content_after_line_break: bool = False
    framing_tried: bool = True
    training_price: float | None = None
    base_price: TokenPrice | None = None
    fine_tuned_price: TokenPrice | None = None
    min_examples: int = 10
    max_examples: int | None = None
    images: bool | None = None
    max_file_bytes: int | None = None
    training_ends: date | None = None
    shutdown_date: date | None = None

    def takes(self, format: str) -> bool:
        """Whether it can be trained on examples of that format, as far as is known."""
        return METHODS.get(format) in self.methods and format in self.formats

    def trains(self, on: date) -> bool:
        """Whether the provider still takes jobs on that day, as far as is announced."""
        return self.training_ends is None or on < self.training_ends


def lookup(model: str) -> ModelFacts | None:
    """The facts about a model, None where it is not known.

    Takes an id, an alias (`gpt-4o-mini`), a name without its organisation (`SmolLM2-135M-Instruct`) in any
    case, and a fine-tuned model's name (`ft:<base>:<org>:<suffix>:<id>`), for which it answers about the base.
    """
    return _by_name().get(base_of(model).lower())


def base_of(model: str) -> str:
    """The base model in a fine-tuned model's name; another name is given back as it is."""
    match = re.fullmatch(r"ft:([^:]+)(:.*)?", model.strip(), re.DOTALL)
    return match[1] if match else model.strip()


def fine_tunable(on: date) -> list[ModelFacts]:
    """The models that can be trained on that day, in the order of models.toml."""
    return [facts for facts in every_model() if facts.trains(on)]


@cache
def every_model() -> tuple[ModelFacts, ...]:
    """All models known. Raises msgspec.ValidationError where models.toml is wrong."""
    return msgspec.toml.decode(Path(__file__).with_name("models.toml").read_bytes(), type=_Table).model


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    model: tuple[ModelFacts, ...]


@cache
def _by_name() -> dict[str, ModelFacts]:
    names: dict[str, ModelFacts] = {}
    for facts in every_model():
        for name in (facts.id, *facts.aliases):
            names[name.lower()] = facts
    return names


def cost(model: str, billed_tokens_per_epoch: int, epochs: int) -> float | None:
    """US dollars for training `model`, None where its price is not known.

    Price per million x billed tokens of one epoch (each example capped at the model's limit) x epochs. Only
    the training file is billed; a validation file is free (OpenAI's cookbook, read 2026-11-21).
    """
    facts = lookup(model)
    if facts is None or facts.training_price is None:
        return None
    return round(facts.training_price * billed_tokens_per_epoch * epochs / 1_000_000, 6)
