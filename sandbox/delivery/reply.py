"""The app's reply to a delivery."""

from dataclasses import dataclass

from sandbox.model import Json


@dataclass(frozen=True, slots=True)
class Reply:
    acked: bool
    reason: str = ""
    """Why not: `timeout`, `nobody` (no socket, or nothing listens), `http_error`."""
    payload: Json | None = None
    no_retry: bool = False
