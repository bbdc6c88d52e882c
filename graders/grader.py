"""The shapes of graders: OpenAI's, and ours beyond them.

OpenAI's are from its OpenAPI description 2.3.0 and its guide to graders, read 2026-11-21. A text of a grader may hold
templates (`graders.templates`). `pass_threshold` is that of OpenAI's evals: the reward from which an answer is right.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

MOST_SOURCE: Final = 256_000
"""Bytes of a Python grader's source: the guide says under 256 kB."""

EXAMPLE: Final = (
    '{"type": "string_check", "name": "exact", "operation": "eq", '
    '"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}'
)
"""A grader to begin with: right or wrong, by an `answer` beside each example's messages."""

ANSWER: Final = "{{sample.output_text}}"
CALLS: Final = "{{sample.output_tools}}"
REFERENCE: Final = "{{item.reference}}"
REFERENCE_CALLS: Final = "{{item.reference_calls}}"

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    """What all graders have in common: a `type` and a name."""

    name: Text


class StringCheck(Shape, frozen=True, tag="string_check"):
    """1 where the comparison holds, else 0. `like` and `ilike`: the input contains the reference."""

    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]


Metric = Literal[
    "cosine",
    "fuzzy_match",
    "bleu",
    "gleu",
    "meteor",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
]


class TextSimilarity(Shape, frozen=True, tag="text_similarity"):
    """How near two texts are, from 0 to 1."""

    input: str
    reference: str
    evaluation_metric: Metric
    pass_threshold: float | None = None


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A message to a judge. `content`: text, a part, or a list of both."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | dict[str, Any] | list[Any]
    type: Literal["message"] | None = None


Messages = Annotated[tuple[Message, ...], msgspec.Meta(min_length=1)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class LabelModel(Shape, frozen=True, tag="label_model"):
    """1 where another model gives the answer one of `passing_labels`, else 0."""

    model: Text
    input: Messages
    labels: Texts
    passing_labels: Texts


class ScoreModel(Shape, frozen=True, tag="score_model"):
    """The score that another model gives, within `range` (0 to 1 where none is given)."""

    model: Text
    input: Messages
    range: Annotated[tuple[float, ...], msgspec.Meta(min_length=2, max_length=2)] | None = None
    sampling_params: dict[str, Any] | None = None
    pass_threshold: float | None = None


class Python(Shape, frozen=True, tag="python"):
    """What a function `grade(sample, item)` returns."""

    source: Text
    image_tag: str | None = None
    pass_threshold: float | None = None


class Normalized(Shape, frozen=True, tag="normalized"):
    """1 where both are the same but for case, width, space, punctuation, and in English articles."""

    input: str = ANSWER
    reference: str = REFERENCE


class Contains(Shape, frozen=True, tag="contains"):
    """1 where the input holds any, or all, of `values`."""

    values: Texts = (REFERENCE,)
    match: Literal["any", "all"] = "any"
    ignore_case: bool = False
    input: str = ANSWER


class Pattern(Shape, frozen=True, tag="pattern"):
    """1 where the regular expression, of RE2's syntax, is found in the input. Templates are not filled in `pattern`."""

    pattern: Text
    ignore_case: bool = False
    input: str = ANSWER


class Choice(Shape, frozen=True, tag="choice"):
    """1 where the letter that the input chooses ("The answer is (B).", "答案是B") is that of the reference."""

    letters: Text = "ABCDE"
    input: str = ANSWER
    reference: str = REFERENCE


class JsonEqual(Shape, frozen=True, tag="json_equal"):
    """1 where both are the same JSON value: 1 and 1.0 are, keys come in any order, lists where `any_order` says so."""

    any_order: bool = False
    input: str = ANSWER
    reference: str = REFERENCE


class JsonSchema(Shape, frozen=True, tag="json_schema"):
    """1 where the input is JSON that fits the schema. With `within`, JSON somewhere in the text is enough."""

    schema: dict[str, Any] | bool = True
    within: bool = False
    input: str = ANSWER


class FunctionCall(Shape, frozen=True, tag="function_call"):
    """1 where the calls of the answer are those of the reference, by name and arguments.

    `all`: each wanted call is there and no other, in any order; `ordered`: in this order too; `any`: one of them is
    there. `arguments` False: names are enough.
    """

    match: Literal["all", "any", "ordered"] = "all"
    arguments: bool = True
    input: str = CALLS
    reference: str = REFERENCE_CALLS


class ValidCalls(Shape, frozen=True, tag="valid_calls"):
    """1 where the answer calls functions, and each call fits its tool's schema. `tools`: as in a chat's request, or a
    template that stands for such a list."""

    tools: str | tuple[dict[str, Any], ...] = "{{item.tools}}"
    input: str = CALLS


class Number(Shape, frozen=True, tag="number"):
    """1 where the last number of the input is that of the reference, within a tolerance: `absolute`, or `relative` to
    the reference, whichever is wider."""

    absolute: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    relative: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    input: str = ANSWER
    reference: str = REFERENCE


class EditDistance(Shape, frozen=True, tag="edit_distance"):
    """1 where at most so many characters are added, left out or replaced (Levenshtein)."""

    most: Annotated[int, msgspec.Meta(ge=0)] = 5
    input: str = ANSWER
    reference: str = REFERENCE


class Perplexity(Shape, frozen=True, tag="perplexity"):
    """The mean probability of a token (geometric), 1 / perplexity, from 0 to 1; the perplexity is among the parts."""


class TokenAccuracy(Shape, frozen=True, tag="token_accuracy"):
    """The share of tokens that were the most probable in their place."""


OfTraining = StringCheck | TextSimilarity | ScoreModel | Python
Ours = (
    Normalized
    | Contains
    | Pattern
    | Choice
    | JsonEqual
    | JsonSchema
    | FunctionCall
    | ValidCalls
    | Number
    | EditDistance
    | Perplexity
    | TokenAccuracy
)
Single = OfTraining | LabelModel | Ours


class Multi(Shape, frozen=True, tag="multi"):
    """Several graders in one formula, in which they stand by their keys. They are not nested."""

    graders: Annotated[dict[str, Single], msgspec.Meta(min_length=1)]
    calculate_output: Text
    pass_threshold: float | None = None


class OfItem(Shape, frozen=True, tag="of_item"):
    """Each example brings its own grader, as JSON in a field; `models` are those that they ask, for who plans."""

    field: Text = "grader"
    models: tuple[Text, ...] = ()
    pass_threshold: float | None = None


Grader = Single | Multi | OfItem


def singles(grader: Grader) -> tuple[Single, ...]:
    """Those of a multi grader, or the one that it is; none of one that each example brings."""
    if isinstance(grader, OfItem):
        return ()
    return tuple(grader.graders.values()) if isinstance(grader, Multi) else (grader,)


def judges(grader: Grader) -> tuple[str, ...]:
    """The models that it asks, each once."""
    if isinstance(grader, OfItem):
        return grader.models
    asked = (single.model for single in singles(grader) if isinstance(single, LabelModel | ScoreModel))
    return tuple(dict.fromkeys(asked))


def needs_model(grader: Grader) -> bool:
    return bool(judges(grader))


def needs_embeddings(grader: Grader) -> bool:
    return any(isinstance(one, TextSimilarity) and one.evaluation_metric == "cosine" for one in singles(grader))


def fits_training(grader: Grader) -> bool:
    """Whether OpenAI's protocol has it as a grader of reinforcement fine-tuning."""
    if isinstance(grader, OfItem):
        return False
    return all(isinstance(single, OfTraining) for single in singles(grader)) and all(
        getattr(one, "pass_threshold", None) is None for one in (grader, *singles(grader))
    )
