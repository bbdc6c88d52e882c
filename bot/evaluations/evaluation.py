"""An evaluation: the same examples of a file asked of several models, graded, and what comes of it.

The answers are kept apart from evaluations, by what was asked: so nothing is paid twice. Prompts are kept by their hash
only; their words stay in the file.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

import msgspec

from bot.audit import Entry
from bot.conversations.completion import CompletionFormat
from bot.evaluations.run import Reason, Run, RunStore
from bot.jobs.notice import Notice
from bot.providers.chat import ChatMessage, Parameters, TokenLogprobs, ToolCall, Usage
from bot.spending.model_use import ModelUse

GOLDEN: Final = "golden"
"""In place of a file, for what judges said of answers that people rated."""
MOST_MODELS: Final = 12
DEFAULT_N: Final = 200
MOST_N: Final = 20_000
MOST_SAMPLES: Final = 20
MOST_CONTROL_TOKENS: Final = 256
MOST_DAYS: Final = 90


class Task(StrEnum):
    """What the answers of a file are."""

    CLASSIFICATION = "classification"
    CALLS = "calls"
    JSON = "json"
    TEXT = "text"


class Item(msgspec.Struct, frozen=True):
    """One answer of a file that is asked for again. `line` is that of its example, from 1; `turn` counts the answers in
    it, from 0. `fields` are what graders' templates call `item`: the example's own keys, `reference` (the answer in the
    file), `reference_calls` (its function calls, as in the protocol) and `prompt` (the last question). Items of one
    `group` belong together: their errors are not independent. `slices`: by which word, which value."""

    line: int
    messages: tuple[ChatMessage, ...]
    fields: dict[str, Any]
    group: str = ""
    slices: dict[str, str] = {}
    tools: tuple[dict[str, Any], ...] = ()
    turn: int = 0

    @property
    def reference(self) -> str:
        return str(self.fields.get("reference") or "")


class DrawnItem(msgspec.Struct, frozen=True):
    """As much of an item as is kept: no words of it. `number` counts within the evaluation, in the order of the file;
    `truth` is the label in the file where the task is classification. `control`: from the small set of general
    questions that comes with the bot; `line` then counts within that."""

    number: int
    line: int
    turn: int
    prompt: str
    group: str = ""
    slices: dict[str, str] = {}
    truth: str | None = None
    control: bool = False


class Caveat(msgspec.Struct, frozen=True):
    """What people should know before money is spent: a kind and its values, for `texts`.

    overlap -- `count` examples stand in the training file, too
    few -- only `n` items
    judge_of_family -- `judge` and `model` are of one family
    chose_checkpoints -- the file ranked the job's checkpoints while it was trained
    no_exact_grader -- long answers, which only words in common (ROUGE-L) compare
    unusable -- `count` examples cannot be asked
    unknown_price -- of `models`
    """

    kind: str
    values: dict[str, Any] = {}


class AskedHow(msgspec.Struct, frozen=True):
    """How a model is asked, beside the prompt: all that changes what it answers. With `labels` it chooses one;
    `logprobs`: it is to tell how likely its tokens are."""

    parameters: Parameters = Parameters()
    format: CompletionFormat | None = None
    labels: tuple[str, ...] = ()
    logprobs: bool = False


class Evaluation(Run, frozen=True, kw_only=True):
    """The first of `models` is the baseline. `grader` is JSON (`graders.as_json`), `grader_name` what people call it.
    `n` items were drawn with `seed`, the same for all models; each is asked `samples` times. `formats`: of completion
    models. `labels`: the answers of a classification. `file`: the SHA-256 of the file that the items come from.
    `control`: whether the control set is asked, too. `again`: the how manieth repetition it is, whose answers are asked
    for anew; `repeats`: the evaluation that came before.
    """

    kind: ClassVar[str] = "evaluation"

    dataset_id: str
    file_name: str
    file: str
    grader: dict[str, Any]
    grader_name: str
    n: int
    seed: int
    samples: int = 1
    parameters: Parameters = Parameters(temperature=0.0)
    task: Task = Task.TEXT
    labels: tuple[str, ...] = ()
    formats: dict[str, CompletionFormat] = msgspec.field(default_factory=dict)
    most_tokens: dict[str, int] = msgspec.field(default_factory=dict)
    logprobs: bool = False
    control: bool = False
    job_id: str | None = None
    n_in_file: int = 0
    again: int = 0
    repeats: str | None = None

    def sample_number(self, sample: int) -> int:
        """By which an answer is kept: a repetition asks for other ones."""
        return self.again * MOST_SAMPLES + sample

    def asked_how(self, model: str, *, control: bool = False) -> AskedHow:
        """`control`: for an item of the control set."""
        if control:
            parameters = msgspec.structs.replace(self.parameters, max_tokens=MOST_CONTROL_TOKENS)
            return AskedHow(parameters, self.formats.get(model))
        parameters = msgspec.structs.replace(self.parameters, max_tokens=self.most_tokens.get(model))
        return AskedHow(parameters, self.formats.get(model), self.labels, self.logprobs)


class EvaluationRequest(msgspec.Struct, frozen=True):
    """What somebody asks for. `dataset_id`: None for the file that validated the job; `grader`: None for what suits the
    file, and `grader_name` goes with it; `n`: None for 200, or all where there are fewer; `seed`: that of an earlier
    evaluation, whose items shall be asked again (with a larger `n`, these and others), None for the file's;
    `control`: None for where it costs nothing."""

    models: tuple[str, ...]
    dataset_id: str | None = None
    grader: dict[str, Any] | None = None
    grader_name: str | None = None
    n: int | None = None
    samples: int = 1
    job_id: str | None = None
    control: bool | None = None
    seed: int | None = None


class Plan(msgspec.Struct, frozen=True):
    """What is said before money is spent. `n` of the `n_in_file` items are asked: `answers` of the models are missing,
    `cached` are there. `usd` and `seconds` (of all that is missing) are None where nobody knows. `detectable`: the
    gains in points, from the easiest case to the hardest, that so many items show. `free`: all runs on own hardware.
    """

    models: tuple[str, ...]
    dataset_id: str
    file_name: str
    grader: dict[str, Any]
    grader_name: str
    task: Task
    labels: tuple[str, ...]
    n: int
    n_in_file: int
    samples: int
    answers: int
    cached: int
    usd: float | None
    seconds: float | None
    free: bool
    control: bool = False
    job_id: str | None = None
    detectable: tuple[float, float] | None = None
    caveats: tuple[Caveat, ...] = ()


class StoredAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model answered, whole. `probabilities`: of each label, where the provider tells; `logprobs`: of the tokens
    that it said. `usd` is None where nobody knows the price."""

    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    usd: float | None = None
    seconds: float = 0
    probabilities: tuple[tuple[str, float], ...] = ()
    logprobs: tuple[TokenLogprobs, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """Which answer of an evaluation: of which model (its place in `models`), to which item, the how manieth sample."""

    model: int
    number: int
    sample: int = 0


class GradeRow(msgspec.Struct, frozen=True):
    """`reward` is None where it could not be said, for the `fault`. `passed`: whether it counts as right; None where
    the grader has no such meaning. `label`: which label was answered, "" for none of them."""

    place: Place
    reward: float | None
    passed: bool | None = None
    label: str | None = None
    parts: dict[str, float] = {}
    fault: Reason | None = None


class ModelProgress(msgspec.Struct, frozen=True):
    """Answers that are graded, and those that failed."""

    done: int = 0
    failed: int = 0


class Progress(msgspec.Struct, frozen=True):
    """`done` of `of` answers are graded, or failed; `cached` of them had been given before. `usd`: what the evaluation
    has cost so far. `per_second`: how fast it goes now, `seconds_left` with that; None where nobody knows."""

    done: int
    of: int
    by_model: dict[str, ModelProgress] = {}
    cached: int = 0
    failed: int = 0
    usd: float = 0.0
    unknown_price: bool = False
    per_second: float | None = None
    seconds_left: float | None = None


class Repeat(msgspec.Struct, frozen=True):
    """An evaluation that is repeated: every so many `days`, next at `next_at` (seconds since the epoch). `last`: the id
    of the latest repetition, at first its own; `done`: how many there were."""

    evaluation: str
    days: int
    next_at: float
    last: str
    done: int = 0


class EvaluationStore(RunStore[Evaluation], Protocol):
    async def open(self, evaluation: Evaluation, items: Sequence[DrawnItem], entry: Entry) -> Evaluation:
        """Keep it with its items and its line in the audit log; what is stored already is left as it is, and given
        back."""

    async def latest(self, channel: str, limit: int) -> list[Evaluation]:
        """Of this channel, the latest first."""

    async def of_thread(self, channel: str, thread_ts: str) -> Evaluation | None:
        """The latest in that thread."""

    async def items(self, evaluation_id: str) -> list[DrawnItem]: ...

    async def known_answers(self, keys: Collection[str]) -> set[str]:
        """Which of these answers are there."""

    async def answers(self, keys: Collection[str]) -> dict[str, StoredAnswer]: ...

    async def keep_answer(self, key: str, model: str, file: str, answer: StoredAnswer, use: ModelUse | None) -> None:
        """What `model` answered and what that used, in one transaction; an answer that is there stays. `file`: the
        SHA-256 of the file whose words were asked."""

    async def answered(self, evaluation_id: str) -> dict[Place, str]:
        """The keys of the answers that the evaluation counts."""

    async def record(
        self, evaluation_id: str, keys: Mapping[Place, str], grades: Sequence[GradeRow], cached: int = 0
    ) -> None:
        """The evaluation counts these answers, with their grades; `cached` of them had been given before."""

    async def fail(self, evaluation_id: str, place: Place, reason: Reason) -> None:
        """A model gave no answer. It is not asked again until that is forgotten (see `change`)."""

    async def failures(self, evaluation_id: str) -> dict[Place, Reason]: ...

    async def seconds_per_answer(self, model: str) -> float | None:
        """The mean of the answers of this model that are kept; None where there are none."""

    async def grades(self, evaluation_id: str) -> list[GradeRow]: ...

    async def probabilities(self, evaluation_id: str) -> dict[tuple[int, int], dict[str, float]]:
        """Of each label, by model and item; of the first sample."""

    async def progress(self, evaluation: Evaluation) -> Progress:
        """Without how fast it goes, and what it cost."""

    async def forget_file(self, file: str) -> int:
        """Delete the answers that were asked with this file's words, unless another file's evaluation counts them; how
        many."""

    async def forget_model(self, model: str) -> int:
        """Delete what this model answered."""

    async def repeat(self, evaluation_id: str) -> Repeat | None: ...

    async def set_repeat(
        self, evaluation_id: str, repeat: Repeat | None, entry: Entry | None, notices: Sequence[Notice] = ()
    ) -> None:
        """None ends it."""

    async def due_repeats(self, now: float) -> list[Repeat]: ...

    async def open_repeat(self, evaluation: Evaluation, repeat: Repeat, entry: Entry) -> None:
        """Keep the repetition, with the items of the evaluation that is repeated, and what comes after it: one
        transaction. Nothing where it is there."""

    async def current_model(self, channel: str) -> str | None: ...

    async def set_current_model(self, channel: str, model: str | None, by: str, at: float, entry: Entry) -> None: ...
