"""The languages that people chose for channels, by their codes (ISO 639-1). What is said in them is `texts`."""

from typing import Protocol


class ChannelLanguages(Protocol):
    async def get(self, channel: str) -> str | None:
        """None where nobody chose one."""

    async def set(self, channel: str, language: str | None, user: str) -> None:
        """None takes the choice back. The cards of jobs under way there are shown anew."""
