"""What is said about files that the bot makes of others."""

from bot.datasets.dataset import Dataset
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code, counted, link, person, quoted


def made_before(dataset: Dataset, permalink: str | None) -> Message:
    text = f"That was made before: {link(permalink, code(dataset.name))}, here in the thread."
    return message(text, [section(text)])


def under_way(name: str) -> Message:
    text = f"I am at it. {code(name)} comes here in the thread when it is ready."
    return message(text, [section(text)])


def split(user: str, source: Dataset, training: int, validation: int, stratified_by: str | None) -> str:
    """The words (mrkdwn) beside the two files."""
    alike = f", with the same shares of each {quoted(stratified_by, 60)} in both" if stratified_by else ""
    return (
        f"{person(user)} had {code(source.name)} split: {counted(training, 'example')} to train on, "
        f"{counted(validation, 'example')} to validate with{alike}."
    )
