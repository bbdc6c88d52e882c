"""The languages that people chose for channels, by their codes (ISO 639-1). What is said in them is `texts`."""

from typing import Protocol

from bot.audit import Entry


class ChannelLanguages(Protocol):
    async def get(self, channel: str) -> str | None:
        """None where nobody chose one."""

    async def set(self, channel: str, language: str | None, entry: Entry) -> None:
        """None takes the choice back. Stored with its line in the audit log; cards of jobs under way there are shown
        anew."""
