"""The time zones of people."""

from datetime import UTC
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Zones(Protocol):
    async def zone(self, user: str) -> str:
        """The IANA name of a person's time zone; UTC where nobody knows."""


def known_zone(name: str) -> ZoneInfo:
    """UTC for one that this machine has not heard of."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(str(UTC))
