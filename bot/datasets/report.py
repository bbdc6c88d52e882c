"""What the check of a training file found: a value, made by `check`, read by everybody else."""

from typing import Literal

import msgspec

Severity = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file: where, and what to do about it.

    `line` counts from 1; None where the finding is about the whole file. `message` is one or two plain
    sentences, fit to show a person; it may quote the file, so escape it before it reaches mrkdwn. `field` is
    the place inside the example, such as `messages[2].role`; None where the finding is about the whole line.
    """

    code: str
    line: int | None
    message: str
    severity: Severity = "error"
    field: str | None = None


class Tokens(msgspec.Struct, frozen=True):
    """Token counts of a file, one epoch. `total`, `max`, `median` and `p95` count what an example holds for
    the model (content and framing); `billed` is what a provider charges for one epoch, each example capped
    at the model's limit. `exact` is False where the figures are estimates, and `why` then says in one sentence
    what was estimated. Median and 95th percentile are nearest ranks: lengths that occur in the file.
    """

    total: int
    max: int
    median: int
    p95: int
    billed: int
    exact: bool
    tokenizer: str
    why: str = ""


class Report(msgspec.Struct, frozen=True):
    """The result of checking one file for one model.

    `errors` and `warnings` hold the first 1,000 each, `counts` counts all by code. `epochs` is what would be
    used (asked for, or chosen by the documented rule), and `epochs_reason` says why in one sentence; `cost`
    maps a model's id to US dollars for all epochs, or to None where no price is known, `model` first.
    """

    ok: bool
    format: str
    examples: int
    errors: list[Finding]
    warnings: list[Finding]
    counts: dict[str, int]
    tokens: Tokens
    epochs: int
    cost: dict[str, float | None]
    model: str
    bytes: int
    sha256: str
    epochs_reason: str = ""
