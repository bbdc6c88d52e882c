"""The modal in which models are chosen and asked, where the words of the command do not say."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import (
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    StaticMultiSelectElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.compare.arenas import PROMPTS
from bot.compare.comparison import FEWEST_MODELS, MOST_MODELS
from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from handlers.blocks.dataset_options import dataset_options
from handlers.blocks.modals import modal
from handlers.blocks.model_name import model_options
from handlers.blocks.parts import HINT, TITLE, plain
from texts import compare as texts
from texts.errors import sentence

CALLBACK_ID: Final = "compare_models"
_MODELS: Final = "models"
_PROMPT: Final = "prompt"
_FILE: Final = "file"
_BLIND: Final = "blind"
# A Slack input holds 3,000 characters.
_LONGEST: Final = 3_000


class Filled(msgspec.Struct, frozen=True):
    """What somebody chose and typed. `dataset`: the id of the file that the prompts come from."""

    models: tuple[str, ...]
    prompt: str
    blind: bool
    dataset: str | None


def compare_modal(
    channel: str,
    names: Mapping[str, str],
    chosen: Sequence[str] = (),
    prompt: str = "",
    *,
    files: Sequence[Dataset] = (),
    blind: bool = False,
) -> View:
    """`names`: ids of models and what they are called, those that matter most first; of these, `chosen` stand in the
    field already. `files`: those that prompts can be drawn from."""
    options = {entry.value: entry for entry in model_options(names)}
    initial = [options[model] for model in dict.fromkeys(chosen) if model in options][:MOST_MODELS]
    yes = Option(text=plain(texts.blind_option(), 75), value=_BLIND)
    return modal(
        texts.modal_title(),
        [
            InputBlock(
                block_id=_MODELS,
                label=plain(texts.models_field(), TITLE),
                hint=plain(texts.models_hint(), HINT),
                element=StaticMultiSelectElement(
                    action_id=_MODELS,
                    options=list(options.values()),
                    initial_options=initial or None,
                    max_selected_items=MOST_MODELS,
                ),
            ),
            InputBlock(
                block_id=_PROMPT,
                label=plain(texts.prompt_field(), TITLE),
                hint=plain(texts.prompt_hint(), HINT),
                optional=bool(files),
                element=PlainTextInputElement(
                    action_id=_PROMPT, multiline=True, max_length=_LONGEST, initial_value=prompt[:_LONGEST] or None
                ),
            ),
            *([_file_field(files)] if files else []),
            InputBlock(
                block_id=_BLIND,
                label=plain(texts.blind_field(), TITLE),
                hint=plain(texts.blind_hint(), HINT),
                optional=True,
                element=CheckboxesElement(action_id=_BLIND, options=[yes], initial_options=[yes] if blind else None),
            ),
        ],
        callback_id=CALLBACK_ID,
        submit=texts.submit_button(),
        private_metadata=msgspec.json.encode({"channel": channel}).decode(),
    )


def _file_field(files: Sequence[Dataset]) -> InputBlock:
    return InputBlock(
        block_id=_FILE,
        label=plain(texts.file_field(), TITLE),
        hint=plain(texts.file_hint(PROMPTS), HINT),
        optional=True,
        element=StaticSelectElement(action_id=_FILE, options=list(dataset_options(files).values())),
    )


def read(values: dict[str, Any]) -> Filled:
    """`values`: as Slack sends them, `view["state"]["values"]`."""
    models = (values.get(_MODELS) or {}).get(_MODELS) or {}
    blind = (values.get(_BLIND) or {}).get(_BLIND) or {}
    prompt = ((values.get(_PROMPT) or {}).get(_PROMPT) or {}).get("value")
    file = ((values.get(_FILE) or {}).get(_FILE) or {}).get("selected_option") or {}
    return Filled(
        tuple(str(one.get("value")) for one in models.get("selected_options") or ()),
        str(prompt or "").strip(),
        bool(blind.get("selected_options")),
        str(file["value"]) if file.get("value") else None,
    )


def wrong(values: dict[str, Any]) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    filled, said = read(values), {}
    if not FEWEST_MODELS <= len(filled.models) <= MOST_MODELS:
        said[_MODELS] = sentence(Invalid("how_many_models", fewest=FEWEST_MODELS, most=MOST_MODELS))
    if not filled.prompt and filled.dataset is None:
        said[_PROMPT] = sentence(Invalid("nothing_to_compare_on"))
    if filled.prompt and filled.dataset is not None:
        said[_FILE] = sentence(Invalid("question_or_file"))
    return said
