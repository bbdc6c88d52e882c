"""Short-lived permissions that Slack hands out: trigger ids and response URLs."""

import secrets
import time
from dataclasses import dataclass

from sandbox.refusals import refuse
from sandbox.settings import Settings


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
        """Use a trigger up. Refuses one that is unknown, used, or too old."""
        trigger = self._all.get(trigger_id)
        if trigger is None:
            refuse("trigger.bad")
        if trigger.used:
            refuse("trigger.used")
        if time.monotonic() - trigger.born > self._settings.trigger_life:
            refuse("trigger.expired")
        trigger.used = True
        return trigger


@dataclass(slots=True)
class ResponseUrl:
    """An address at which the app may answer a command or a click, without token, for a while."""

    token: str
    channel: str
    user: str
    born: float
    uses: int = 0
    message_ts: str = ""
    """The message with the button, or the last answer to the command: what replace_original replaces."""
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
        """The hook, one use counted; None when there is none. Refuses a worn or old one."""
        hook = self._all.get(token)
        if hook is None:
            return None
        if time.monotonic() - hook.born > self._settings.response_url_life:
            refuse("response_url.life")
        if hook.uses >= self._settings.response_url_uses:
            refuse("response_url.uses")
        hook.uses += 1
        return hook
