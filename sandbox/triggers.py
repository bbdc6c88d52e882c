"""Trigger ids and response URLs: short-lived permissions for the app."""

import secrets
import time
from dataclasses import dataclass

from sandbox.settings import Settings
from sandbox.slack_errors import fail


@dataclass(slots=True)
class Trigger:
    user: str
    born: float
    used: bool = False
    channel: str = ""
    view: str = ""
    """The view in which the person acted, for views.push."""


class Triggers:
    """A trigger_id opens one view within three seconds (docs.slack.dev/interactivity; read 2026-11-21)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all: dict[str, Trigger] = {}

    def new(self, user: str, *, channel: str = "", view: str = "") -> str:
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._all[trigger_id] = Trigger(user, time.monotonic(), channel=channel, view=view)
        return trigger_id

    def redeem(self, trigger_id: str) -> Trigger:
        """Use a trigger. Raises SlackError for one that is unknown, used, or expired."""
        trigger = self._all.get(trigger_id)
        if trigger is None:
            fail("trigger.bad")
        if trigger.used:
            fail("trigger.used")
        if time.monotonic() - trigger.born > self._settings.trigger_life:
            fail("trigger.expired")
        trigger.used = True
        return trigger


@dataclass(slots=True)
class ResponseUrl:
    """A URL where the app may respond to a command or an action for a while, without a token."""

    token: str
    channel: str
    user: str
    born: float
    uses: int = 0
    message_ts: str = ""
    """The message with the button, or the last response to the command: what replace_original replaces."""
    thread_ts: str = ""


class ResponseUrls:
    """Five uses in thirty minutes (docs.slack.dev/interactivity/handling-user-interaction; read 2026-11-21)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all: dict[str, ResponseUrl] = {}

    def new(self, channel: str, user: str, *, message_ts: str = "", thread_ts: str = "") -> ResponseUrl:
        hook = ResponseUrl(secrets.token_urlsafe(24), channel, user, time.monotonic(), 0, message_ts, thread_ts)
        self._all[hook.token] = hook
        return hook

    def use(self, token: str) -> ResponseUrl | None:
        """The response URL, with one use counted; None if unknown. Raises SlackError for a used up or expired one."""
        hook = self._all.get(token)
        if hook is None:
            return None
        if time.monotonic() - hook.born > self._settings.response_url_life:
            fail("response_url.life")
        if hook.uses >= self._settings.response_url_uses:
            fail("response_url.uses")
        hook.uses += 1
        return hook
