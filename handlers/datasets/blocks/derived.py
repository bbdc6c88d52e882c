"""What is said about files that the bot makes of others."""

from bot.datasets.dataset import Dataset
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import code, link, person, quoted
from texts.datasets import derived as texts
from texts.datasets.report import examples
from training_files.split import Split


def made_before(dataset: Dataset, permalink: str | None) -> Message:
    text = texts.made_before(link(permalink, code(dataset.name)))
    return message(text, [section(text)])


def under_way(name: str) -> Message:
    text = texts.under_way(code(name))
    return message(text, [section(text)])


def split(user: str, source: Dataset, sides: Split) -> str:
    """The words (mrkdwn) beside the two files."""
    return texts.was_split(
        person(user),
        code(source.name),
        examples(sides.training),
        examples(sides.validation),
        same_shares=quoted(sides.stratified_by, 60) if sides.stratified_by else "",
    )
