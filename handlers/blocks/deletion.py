"""Questions before something is deleted, and what was deleted.

Where Slack gives a trigger the question is a modal: at the end of a thread nobody would see it.
"""

from typing import Final

import msgspec
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DeletedDataset
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, message, section
from handlers.blocks.text import code, escape
from texts import deletion as texts
from texts.formats import sentences

DELETE_DATASET: Final = "dataset_delete"
DELETE_MODEL: Final = "model_delete"
ASK_DATASET: Final = "dataset_delete_asked"
ASK_MODEL: Final = "model_delete_asked"
DATASET: Final = "dataset_deletion"
MODEL: Final = "model_deletion"


class DeletionTarget(msgspec.Struct, frozen=True):
    """What the modal carries: what is to be deleted, by its id, and where that was asked for."""

    channel: str
    id: str


def ask_dataset(dataset: Dataset) -> Message:
    text = _about_dataset(dataset)
    return message(text, [section(text), actions(_delete(DELETE_DATASET, dataset.id))])


def dataset_modal(dataset: Dataset, channel: str) -> View:
    return _modal(DATASET, _about_dataset(dataset), DeletionTarget(channel, dataset.id))


def ask_model(model: str) -> Message:
    text = _about_model(model)
    return message(text, [section(text), actions(_delete(DELETE_MODEL, model))])


def model_modal(model: str, channel: str) -> View:
    return _modal(MODEL, _about_model(model), DeletionTarget(channel, model))


def deleted_in_slack(dataset: Dataset) -> Message:
    text = texts.deleted_in_slack(code(dataset.name))
    return message(text, [section(text), actions(_delete(DELETE_DATASET, dataset.id))])


def dataset_deleted(deleted: DeletedDataset) -> Message:
    text = texts.dataset_deleted(code(deleted.dataset.name), [escape(provider) for provider in deleted.providers])
    if deleted.left:
        text = sentences(text, texts.left_at([escape(provider) for provider in deleted.left]))
    return message(text, [section(text)])


def model_deleted(model: str) -> Message:
    text = texts.model_deleted(named(model))
    return message(text, [section(text)])


def _about_dataset(dataset: Dataset) -> str:
    return texts.about_dataset(code(dataset.name), code(dataset.id))


def _about_model(model: str) -> str:
    return texts.about_model(named(model), code(model, 300))


def _modal(callback_id: str, text: str, target: DeletionTarget) -> View:
    return modal(
        texts.title(),
        [section(text)],
        callback_id=callback_id,
        submit=texts.delete_button(),
        close=texts.keep_button(),
        private_metadata=msgspec.json.encode(target).decode(),
    )


def _delete(action_id: str, value: str) -> ButtonElement:
    return button(texts.delete_button(), action_id, value, style="danger")
