"""What goes wrong before a file can be judged at all."""

from bot.errors import BotError


class DatasetError(BotError):
    """A training file cannot be read. The message is fit to show a person."""
