"""Messages between the server and the process that trains a job. Values, sent as JSON lines.

A training outlives its server, and may meet a newer one: fields are added with defaults, and none is renamed.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

# From the server


class Serve(msgspec.Struct, frozen=True, tag_field="op", tag="serve"):
    """There is a server, and which process it is."""

    pid: int
    created: float


class Hold(msgspec.Struct, frozen=True, tag_field="op", tag="hold"):
    """Pause between two steps: somebody chats."""


class Go(msgspec.Struct, frozen=True, tag_field="op", tag="go"):
    """Go on."""


class Pause(msgspec.Struct, frozen=True, tag_field="op", tag="pause"):
    """Save, leave a model that can be asked, and end."""


class Leave(msgspec.Struct, frozen=True, tag_field="op", tag="leave"):
    """Save, and end."""


Command: TypeAlias = Hold | Go | Pause | Leave


# From the process that trains


class SavedModel(msgspec.Struct, frozen=True):
    """Weights that can be asked: the step after which they were saved, their folder's name, and what was measured."""

    step: int
    folder: str
    metrics: dict[str, float]


class Started(msgspec.Struct, frozen=True, tag_field="kind", tag="started"):
    """The numbers that the job trains with. `cut` examples were too long, `dropped` ones had nothing to learn;
    `resumed_at` is the step from which it goes on, `classes` the answers of a classification; the last three are those
    of reinforcement. `memory`: bytes that the device has in all, 0 where an older version did not tell."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float
    cut: int
    dropped: int
    context_length: int
    lineage: dict[str, Any]
    resumed_at: int | None = None
    classes: list[str] | None = None
    eval_interval: int | None = None
    eval_samples: int | None = None
    compute_multiplier: float | None = None
    memory: int = 0


class NeedsDevices(msgspec.Struct, frozen=True, tag_field="kind", tag="needs_devices"):
    """Its devices are not enough for it; so many are. It has ended, to be begun anew on them."""

    devices: int


class Baseline(msgspec.Struct, frozen=True, tag_field="kind", tag="baseline"):
    """What was measured of the validation file before the first step of reinforcement."""

    metrics: dict[str, float]


class Measured(msgspec.Struct, frozen=True, tag_field="kind", tag="metrics"):
    """A step was made. `seconds` is how long the job has trained (None: by an older version, which did not tell),
    `seconds_left` how long it will."""

    step: int
    total_steps: int
    metrics: dict[str, int | float]
    seconds_left: float
    seconds: float | None = None


class Saved(msgspec.Struct, frozen=True, tag_field="kind", tag="saved"):
    """The job can go on from this step."""

    step: int


class Told(msgspec.Struct, frozen=True, tag_field="kind", tag="told"):
    """Something that people should know, and that changes nothing: about where the job trains."""

    message: str


class OutOfLine(msgspec.Struct, frozen=True, tag_field="kind", tag="out_of_line"):
    """Of a job that was handed to a cluster: nobody needs to wait behind it. It has its node, or there is none that
    could take it, where it is not `placed`."""

    placed: bool = True


class Stopped(msgspec.Struct, frozen=True, tag_field="kind", tag="stopped"):
    """It ended as requested, with a model if one was requested."""

    snapshot: SavedModel | None = None


class Failed(msgspec.Struct, frozen=True, tag_field="kind", tag="failed"):
    """Why the job cannot go on, as its `error`."""

    code: str
    message: str
    param: str | None = None


class Done(msgspec.Struct, frozen=True, tag_field="kind", tag="done"):
    """`checkpoints` are those whose weights are kept, in the order of their steps. `best` is the step of the one that
    is the job's model; None for the last."""

    checkpoints: list[SavedModel]
    trained_tokens: int
    best: int | None = None


Report: TypeAlias = Started | NeedsDevices | Baseline | Measured | Saved | Told | OutOfLine | Stopped | Failed | Done
