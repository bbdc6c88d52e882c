"""Rate limits: Slack's tiers for methods, and one message a second in a channel.

docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21). Slack allows "at least" these rates, and sometimes
more. The sandbox allows exactly these, so that a bot which stays within them here does so in Slack.
"""

import math
import time
from collections import Counter, deque

from sandbox.settings import Settings
from sandbox.slack_errors import fail, limit

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute for each method, app and workspace."""
HISTORY = ("conversations.history", "conversations.replies")
"""What distributed apps may read once a minute (docs.slack.dev/changelog, 2025-05-29; read 2026-11-28)."""
POST_BURST = 5
"""chat.postMessage: this many at once in one channel, then one a second ("short bursts are allowed")."""
POST_WORKSPACE = 300
"""chat.postMessage: "several hundred messages per minute" in a workspace."""
WINDOW = 60.0


class Limits:
    """Counts calls. Above the rate they fail with the seconds to wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls: dict[str, deque[float]] = {}
        self._channels: dict[str, tuple[float, float]] = {}
        self.refused: Counter[str] = Counter()
        """How many calls of each method were above its rate."""

    def count(self, method: str, tier: int) -> None:
        """Count one call of a method. Raises SlackError `ratelimited` with `retry_after` in seconds above the rate."""
        overrides = self._settings.rate_overrides
        if self._settings.app_distribution == "distributed":
            overrides = dict.fromkeys(HISTORY, float(limit("history.rate"))) | overrides
        rate = overrides.get(method, TIERS.get(tier, POST_WORKSPACE))
        if self._settings.rates == "off" and method not in overrides:
            return
        now = time.monotonic()
        calls = self._calls.setdefault(method, deque())
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) >= rate:
            self.refused[method] += 1
            wait = math.ceil(calls[0] + WINDOW - now) if calls else int(WINDOW)
            fail("rate", retry_after=max(1, wait))
        calls.append(now)

    def post(self, channel: str) -> None:
        """Count one posted message in a channel."""
        if self._settings.rates == "off":
            return
        now = time.monotonic()
        left, since = self._channels.get(channel, (float(POST_BURST), now))
        left = min(float(POST_BURST), left + (now - since))
        if left < 1:
            self._channels[channel] = (left, now)
            self.refused["chat.postMessage"] += 1
            fail("rate.channel", retry_after=1)
        self._channels[channel] = (left - 1, now)
