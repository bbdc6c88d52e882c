"""Ids and time stamps in Slack's formats."""

import secrets
import time

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id(prefix: str) -> str:
    """A new id such as `F0A1B2C3D4E`: a letter for the kind, then ten characters."""
    return prefix + "0" + "".join(secrets.choice(ALPHABET) for _ in range(9))


class Clock:
    """Message time stamps: seconds with six decimals, unique and increasing for the whole workspace.

    Slack promises uniqueness only within a channel; unique in the workspace makes logs easier to read.
    """

    def __init__(self) -> None:
        self._last = 0

    def ts(self) -> str:
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def seen(self, ts: str) -> None:
        """Never return a time stamp at or before `ts`, which was read from disk."""
        seconds, _, micro = ts.partition(".")
        if seconds.isdigit() and micro.isdigit():
            self._last = max(self._last, int(seconds) * 1_000_000 + int(micro))
