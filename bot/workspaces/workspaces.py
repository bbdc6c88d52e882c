"""What becomes of an installation: installed, refreshed, revoked, removed and erased. Each step is in the audit log."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.audit import SETTINGS, TERMINAL, Entry
from bot.errors import NotFound
from bot.workspaces.installation import Installation, InstallationStore, State, Tokens, team_of
from training_files.redact import remember_secret

log = structlog.get_logger()

STATE_SECONDS: Final = 600.0
"""How long somebody may take over Slack's page."""
_REFRESH_BEFORE: Final = 2 * 3600.0
"""Slack's tokens last twelve hours where they rotate (docs.slack.dev/authentication/using-token-rotation)."""
_CLAIM_SECONDS: Final = 60.0
_SLACK: Final = "slack"


class NotRefreshed(Exception):
    """Slack gave no new token, for the logs; `final` where it never will for this refresh token."""

    def __init__(self, why: str, *, final: bool) -> None:
        super().__init__(why)
        self.final = final


Refresh = Callable[[str], Awaitable[Tokens]]
"""New tokens for a refresh token, which is then used up. Raises NotRefreshed."""


class Workspaces:
    def __init__(self, store: InstallationStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    async def all(self) -> list[Installation]:
        """Raises Unopened."""
        found = await self._store.all()
        for one in found:
            _remember(one.tokens)
        return found

    async def install(self, installation: Installation) -> None:
        team_of(installation.team)
        _remember(installation.tokens)
        at = installation.installed_at
        await self._store.save(
            installation, self._entry(installation.team, "install", installation.installed_by, at, str(at))
        )

    async def remove(self, team: str, at: float) -> bool:
        """The app was removed from it at that time: what there is of it may be erased. False where that is known, or it
        was installed again since."""
        return await self._end(team, State.REMOVED, at, _SLACK)

    async def revoke(self, team: str, at: float) -> bool:
        """Its token is not taken any more."""
        return await self._end(team, State.REVOKED, at, _SLACK)

    async def ask_to_erase(self, team: str) -> None:
        """In a terminal. Raises NotFound, Invalid."""
        team_of(team)
        known = {one.team for one in await self._store.all()}
        if team not in known:
            raise NotFound("unknown_workspace", team=team)
        await self._end(team, State.REMOVED, self._clock(), TERMINAL)

    async def _end(self, team: str, state: State, at: float, actor: str) -> bool:
        act = "uninstall" if state is State.REMOVED else "revoke token"
        return await self._store.end(team, state, at, self._entry(team, act, actor, self._clock(), str(at)))

    async def erased(self, team: str, left: str) -> None:
        """All that there was of it is gone but this line. `left`: what its providers still hold, in words."""
        at = self._clock()
        await self._store.forget(team, self._entry(team, "erase workspace", SETTINGS, at, str(at), left))

    async def refresh(self, team: str, ask: Refresh) -> Tokens | None:
        """The new tokens where they were due, and nobody else is at it. Whatever fails, the old one goes on until it
        expires. Raises NotRefreshed."""
        now = self._clock()
        old = await self._store.claim_refresh(team, now + _REFRESH_BEFORE, now, _CLAIM_SECONDS)
        if old is None or old.refresh is None:
            return None
        new = await ask(old.refresh)
        _remember(new)
        return new if await self._store.refreshed(team, old, new) else None

    async def rotate_keys(self) -> int:
        """How many tokens were sealed anew."""
        return await self._store.reseal()

    async def issue_state(self) -> str:
        state = secrets.token_urlsafe(32)
        await self._store.issue_state(state, self._clock() + STATE_SECONDS)
        return state

    async def consume_state(self, state: str) -> bool:
        return await self._store.consume_state(state, self._clock())

    @staticmethod
    def _entry(team: str, act: str, actor: str, at: float, key: str, details: str = "") -> Entry:
        return Entry(f"workspace/{team}/{act}/{key}", at, actor, act, f"workspace {team}", details=details)


def _remember(tokens: Tokens | None) -> None:
    """No log, no message shows them."""
    for token in (tokens.bot, tokens.refresh) if tokens else ():
        if token:
            remember_secret(token)
