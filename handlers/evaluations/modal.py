"""The window in which an evaluation is put together. What it would take and show stands in it, and follows what
is chosen."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import (
    Block,
    ExternalDataMultiSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.evaluations.evaluation import DEFAULT_N, MOST_MODELS
from handlers.blocks.dataset_options import dataset_options
from handlers.blocks.modals import modal
from handlers.blocks.model_name import model_options
from handlers.blocks.parts import HINT, OPTIONS, PLACEHOLDER, TITLE, context, divider, option, plain, section
from handlers.blocks.text import size
from handlers.evaluations.choice import JSON, Choice
from texts.errors import sentence
from texts.evaluations import modal as texts
from texts.evaluations import question

CALLBACK_ID: Final = "evaluate"
MODELS: Final = "evaluate_models"
FILE: Final = "evaluate_file"
GRADER: Final = "evaluate_grader"
N: Final = "evaluate_n"
SAMPLES: Final = "evaluate_samples"
CHANGES: Final = (FILE, GRADER, N, SAMPLES)
"""The fields beside the models on whose change the plan is made anew, by action_id."""
_OWN: Final = "own"
_FITTING: Final = "fitting"
_TYPED: Final = "typed"
# A Slack input holds 3,000 characters.
_LONG: Final = 3_000

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""As Slack sends them: `view["state"]["values"]`, by block_id and action_id."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the window carries: where the evaluation will be born, of which job, and that it asks the examples of an
    earlier one."""

    channel: str
    thread_ts: str | None = None
    job: str | None = None
    seed: int | None = None


def evaluation_modal(
    state: State,
    choice: Choice,
    *,
    names: Mapping[str, str],
    files: Sequence[Dataset],
    graders: Mapping[str, str],
    plan: str,
) -> View:
    """`choice` stands in the fields; `names`: what its models are called. `files`: those that can be asked; `graders`:
    their names by what stands for them. `plan` is mrkdwn; "" where there is none yet."""
    blocks: list[Block] = [
        _models_input(names),
        _file_input(files, choice.dataset, has_own=state.job is not None),
        _grader_input(graders, choice.grader),
    ]
    if choice.grader is not None and choice.grader not in graders:
        blocks.append(_json_input(choice.grader))
    # Above what seldom anybody fills in: below it, the cost would be out of sight.
    blocks += [
        section(plan) if plan else context(texts.choose_first()),
        divider(),
        _count_input(N, texts.n_field(DEFAULT_N), choice.n),
        _count_input(SAMPLES, texts.samples_field(), choice.samples),
    ]
    return modal(
        texts.modal_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=question.start_button(),
        close=question.not_now_button(),
        private_metadata=msgspec.json.encode(state).decode(),
    )


def state_of(view: Mapping[str, Any]) -> State:
    return msgspec.json.decode(view["private_metadata"], type=State)


def read(values: Values) -> Choice:
    """What was chosen and typed. Raises Invalid."""
    file, grader = _chosen(values, FILE), _chosen(values, GRADER)
    typed = _typed(values, JSON)
    return Choice(
        models=tuple(str(one.get("value")) for one in _field(values, MODELS).get("selected_options") or ()),
        dataset=None if file in (None, _OWN) else file,
        grader=typed if grader == _TYPED else None if grader in (None, _FITTING) else grader,
        n=_count(values, N, "n"),
        samples=_count(values, SAMPLES, "samples"),
    )


def wrong(values: Values) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    said = {}
    try:
        choice = read(values)
    except Invalid as error:
        return {str(error.field): sentence(error)}
    if not choice.models:
        said[MODELS] = sentence(Invalid("nothing_to_evaluate"))
    if choice.grader == "":
        said[JSON if JSON in values else GRADER] = sentence(Invalid("grader_is_missing"))
    return said


def _models_input(chosen: Mapping[str, str]) -> InputBlock:
    label, placeholder, hint = texts.models_field()
    return InputBlock(
        block_id=MODELS,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=ExternalDataMultiSelectElement(
            action_id=MODELS,
            placeholder=plain(placeholder, PLACEHOLDER),
            initial_options=model_options(chosen)[:MOST_MODELS] or None,
            min_query_length=0,
            max_selected_items=MOST_MODELS,
        ),
        dispatch_action=True,
    )


def _file_input(files: Sequence[Dataset], chosen: str | None, *, has_own: bool) -> InputBlock:
    entries: dict[str, Option] = {_OWN: option(texts.own_file_option(), _OWN)} if has_own else {}
    entries |= dataset_options(sorted(files, key=lambda one: one.id != chosen)[: OPTIONS - len(entries)])
    label, hint = texts.file_field()
    return InputBlock(
        block_id=FILE,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=StaticSelectElement(
            action_id=FILE,
            options=list(entries.values()),
            initial_option=entries.get(chosen or _OWN),
        ),
        dispatch_action=True,
    )


def _grader_input(graders: Mapping[str, str], chosen: str | None) -> InputBlock:
    entries = {_FITTING: option(texts.fitting_option(), _FITTING)}
    for value, name in graders.items():
        if len(entries) < OPTIONS - 1:
            entries[value] = option(name, value)
    entries[_TYPED] = option(texts.typed_option(), _TYPED)
    label, hint = texts.grader_field()
    initial = _FITTING if chosen is None else chosen if chosen in entries else _TYPED
    return InputBlock(
        block_id=GRADER,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=StaticSelectElement(action_id=GRADER, options=list(entries.values()), initial_option=entries[initial]),
        dispatch_action=True,
    )


def _json_input(typed: str) -> InputBlock:
    label, hint = texts.json_field()
    return InputBlock(
        block_id=JSON,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(
            action_id=JSON,
            multiline=True,
            initial_value=typed if 0 < size(typed) <= _LONG else None,
            max_length=_LONG,
        ),
        optional=True,
    )


def _count_input(name: str, label_and_hint: tuple[str, str], count: int | None) -> InputBlock:
    label, hint = label_and_hint
    return InputBlock(
        block_id=name,
        label=plain(label, TITLE * 3),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(
            action_id=name,
            initial_value=str(count) if count else None,
            max_length=20,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_character_entered"]),
        ),
        optional=True,
        dispatch_action=True,
    )


def _field(values: Values, name: str) -> Mapping[str, Any]:
    return (values.get(name) or {}).get(name) or {}


def _chosen(values: Values, name: str) -> str | None:
    value = (_field(values, name).get("selected_option") or {}).get("value")
    return None if value is None else str(value)


def _typed(values: Values, name: str) -> str:
    return str(_field(values, name).get("value") or "").strip()


def _count(values: Values, field: str, name: str) -> int | None:
    typed = re.sub(r"[\s,，]", "", _typed(values, field))
    if not typed:
        return None
    if not re.fullmatch(r"\d{1,6}", typed) or int(typed) < 1:
        raise Invalid("not_a_count", field, name=name, value=typed)
    return int(typed)
