"""What is said about files that the bot makes of others."""

from bot.datasets.dataset import Dataset
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code, counted, link, person, quoted
from training_files.split import Split


def made_before(dataset: Dataset, permalink: str | None) -> Message:
    text = f"That was made before: {link(permalink, code(dataset.name))}, here in the thread."
    return message(text, [section(text)])


def under_way(name: str) -> Message:
    text = f"I am at it. {code(name)} comes here in the thread when it is ready."
    return message(text, [section(text)])


def split(user: str, source: Dataset, sides: Split) -> str:
    """The words (mrkdwn) beside the two files."""
    alike = f", with the same shares of each {quoted(sides.stratified_by, 60)} in both" if sides.stratified_by else ""
    return (
        f"{person(user)} had {code(source.name)} split: {counted(sides.training, 'example')} to train on, "
        f"{counted(sides.validation, 'example')} to validate with{alike}."
    )
