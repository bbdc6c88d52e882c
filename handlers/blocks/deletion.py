"""Questions before something is deleted, and what was deleted."""

from slack_sdk.models.blocks import ButtonElement

from bot.datasets import Dataset
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, message, section
from handlers.blocks.text import code, escape


def ask_dataset(dataset: Dataset) -> Message:
    text = (
        f"Delete {code(dataset.name)} ({code(dataset.id)})? My copy and the provider's go; models trained on it stay. "
        "The file in Slack stays, too."
    )
    return message(text, [section(text), actions(_delete("dataset_delete", dataset.id))])


def ask_model(model: str) -> Message:
    text = f"Delete the model {code(model, 300)}? Nobody can talk to it afterwards, and it cannot be brought back."
    return message(text, [section(text), actions(_delete("model_delete", model))])


def deleted_in_slack(dataset: Dataset) -> Message:
    text = (
        f"{code(dataset.name)} was deleted in Slack. I still have a copy, and the provider may have one. "
        "Shall I delete those, too? Models trained on it stay."
    )
    return message(text, [section(text), actions(_delete("dataset_delete", dataset.id))])


def dataset_deleted(dataset: Dataset, *, at_provider: bool, provider: str) -> Message:
    where = f"My copy and the one at {escape(provider)} are" if at_provider else "My copy is"
    text = f"{where} gone: {code(dataset.name)}."
    return message(text, [section(text)])


def model_deleted(model: str) -> Message:
    text = f"The model {code(model, 300)} is deleted."
    return message(text, [section(text)])


def _delete(action_id: str, value: str) -> ButtonElement:
    return button("Delete", action_id, value, style="danger")
