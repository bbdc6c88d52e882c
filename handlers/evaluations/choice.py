"""What somebody wants to have evaluated, as it is carried by buttons and by the window."""

from typing import Final

import msgspec

JSON: Final = "evaluate_json"
"""The field of the window that holds a grader as JSON."""


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """`models` are ids, the first is the baseline. `dataset`: the id of a file, None for the one that validated the
    `job`. `grader`: a name, the id of a file that was dropped (`grader-…`), or JSON; None for what fits the file.
    `seed`: that of an earlier evaluation, whose examples are asked again."""

    models: tuple[str, ...] = ()
    dataset: str | None = None
    grader: str | None = None
    n: int | None = None
    samples: int | None = None
    job: str | None = None
    seed: int | None = None
