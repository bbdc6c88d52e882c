"""Timeouts, lifetimes and rate limits, which tests can change."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

CHOICES = {"rates": ("strict", "off"), "app_distribution": ("internal", "distributed")}


@dataclass(slots=True)
class Settings:
    """Times are in seconds. The defaults are Slack's; tests shorten them through the control API."""

    ack_timeout: float = 3.0
    """An event, command or interaction must be acknowledged within this time."""
    retry_delays: list[float] = field(default_factory=lambda: [1.0, 60.0, 300.0])
    """An event that was not acknowledged is sent again after these delays (at most three times)."""
    trigger_life: float = 3.0
    """How long a `trigger_id` is valid."""
    response_url_life: float = 1800.0
    response_url_uses: int = 5
    stream_life: float = 306.0
    """Slack ends a streamed message about five minutes after its start."""
    stream_length: int = 12_000
    """Characters that one streamed message holds: its text, and with text also what its tasks and plan say."""
    agent_sessions: bool = True
    """Whether the workspace has agent sessions; without them agents.sessions.* says feature_disabled."""
    status_life: float = 120.0
    """An assistant's status expires after two minutes."""
    file_processing: float = 0.4
    """How long a file has no mimetype after its upload; until then no image block can show it."""
    upload_share_delay: float = 0.05
    """Sharing an uploaded file is asynchronous: its message appears this long after the call's response."""
    refresh_sockets_after: float = 0.0
    """Ask each socket to reconnect after this time (Slack does so about hourly); 0 never asks."""
    latency: float = 0.0
    """Every call of the Web API takes this long, as over a network; Slack's own take about a tenth of a second."""
    rates: str = "strict"
    """`strict`: Slack's published rates. `off`: none."""
    rate_overrides: dict[str, float] = field(default_factory=dict)
    """Calls a minute for individual methods, for example {"chat.update": 5}."""
    app_distribution: str = "internal"
    """`internal`, or `distributed`: sold outside the Marketplace, so that Slack lets it read little history."""
    http_delivery: str = ""
    """Deliver to this URL by signed POST; empty means Socket Mode."""

    def update(self, changes: dict[str, Any]) -> None:
        """Change settings by name. Raises ValueError for an unknown name or a value of the wrong type."""
        known = {f.name for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}; there are: {', '.join(sorted(known))}")
            old = getattr(self, name)
            if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if type(value) is not type(old):
                raise ValueError(f"setting {name} must be a {type(old).__name__}")
            if value not in CHOICES.get(name, (value,)):
                raise ValueError(f"{name} must be {' or '.join(CHOICES[name])}")
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
