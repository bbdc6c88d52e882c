"""What befalls a store that a person can do something about."""

from bot.errors import BotError


class StoreTrouble(BotError):
    """The store cannot be used at the moment; nothing was written."""
