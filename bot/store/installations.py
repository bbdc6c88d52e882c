"""Workspaces in which the app is installed. Implements `bot.workspaces.installation.InstallationStore`."""

import base64
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from bot.audit import Entry
from bot.encryption import KeyRing
from bot.errors import StartError
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.inspection import reading
from bot.store.trouble import StoreTrouble
from bot.workspaces.installation import Installation, State, Tokens

_PURPOSE: Final = "token"
_CLOCKS_DIFFER: Final = 2.0
"""Seconds by which Slack's clock, which also cuts its seconds off, may be behind ours."""


def known_installation(folder: Path, url: SecretStr | None, schema: str, team: str) -> Installation | None:
    """A workspace as the store of all has it, without its tokens; a bot may be working there. Raises StartError."""
    try:
        with reading(folder, url, schema) as db:
            row = db.execute("SELECT value, state FROM installations WHERE team = ?", [team]).fetchone()
    except (sqlite3.Error, StoreTrouble) as error:
        raise StartError("store_unusable", file=folder, why=error) from error
    if row is None:
        return None
    return msgspec.structs.replace(msgspec.json.decode(row[0], type=Installation), state=State(row[1]))


class SqlInstallations:
    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    async def all(self) -> list[Installation]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT value, state, tokens FROM installations ORDER BY first_at, team").fetchall()
        )
        return [self._installation(row) for row in rows]

    async def save(self, installation: Installation, entry: Entry) -> None:
        team, at, tokens = installation.team, installation.installed_at, installation.tokens
        assert tokens is not None
        value = msgspec.json.encode(msgspec.structs.replace(installation, tokens=None)).decode()
        sealed = self._sealed(team, tokens)

        def work(db: Connection) -> None:
            db.execute(
                "INSERT INTO installations (team, state, first_at, installed_at, expires_at, tokens, value)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (team) DO UPDATE SET state = excluded.state,"
                " installed_at = excluded.installed_at, expires_at = excluded.expires_at, tokens = excluded.tokens,"
                " value = excluded.value, refreshing_until = 0",
                [team, installation.state, at, at, tokens.expires_at, sealed, value],
            )
            put_entries(db, [entry])

        await self._database.write(work)

    async def end(self, team: str, state: State, before: float, entry: Entry) -> bool:
        def work(db: Connection) -> bool:
            row = db.execute("SELECT state, installed_at FROM installations WHERE team = ?", [team]).fetchone()
            # A revoked one may still be removed, a removed one is on its way out.
            if row is None or row[0] in (state, State.REMOVED) or row[1] > before + _CLOCKS_DIFFER:
                return False
            db.execute(
                "UPDATE installations SET state = ?, tokens = NULL, expires_at = NULL WHERE team = ?", [state, team]
            )
            put_entries(db, [entry])
            return True

        return await self._database.write(work)

    async def forget(self, team: str, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM installations WHERE team = ? AND state = ?", [team, State.REMOVED])
            put_entries(db, [entry])

        await self._database.write(work)

    async def claim_refresh(self, team: str, due_before: float, now: float, seconds: float) -> Tokens | None:
        def work(db: Connection) -> str | None:
            rows = db.execute(
                "UPDATE installations SET refreshing_until = ? WHERE team = ? AND state = ? AND expires_at < ?"
                " AND refreshing_until < ? RETURNING tokens",
                [now + seconds, team, State.INSTALLED, due_before, now],
            ).fetchall()
            return str(rows[0][0]) if rows else None

        sealed = await self._database.write(work)
        return self._opened(team, sealed) if sealed is not None else None

    async def refreshed(self, team: str, old: Tokens, new: Tokens) -> bool:
        sealed = self._sealed(team, new)

        def work(db: Connection) -> bool:
            row = db.execute("SELECT state, tokens FROM installations WHERE team = ?", [team]).fetchone()
            if row is None or row[0] != State.INSTALLED or self._opened(team, row[1]) != old:
                return False
            db.execute(
                "UPDATE installations SET tokens = ?, expires_at = ?, refreshing_until = 0 WHERE team = ?",
                [sealed, new.expires_at, team],
            )
            return True

        return await self._database.write(work)

    async def reseal(self) -> int:
        def work(db: Connection) -> int:
            rows = db.execute("SELECT team, tokens FROM installations WHERE tokens IS NOT NULL").fetchall()
            old = [(team, sealed) for team, sealed in rows if not self._ring.is_current(base64.b64decode(sealed))]
            for team, sealed in old:
                anew = self._sealed(team, self._opened(team, sealed))
                db.execute("UPDATE installations SET tokens = ? WHERE team = ?", [anew, team])
            return len(old)

        return await self._database.write(work)

    async def issue_state(self, state: str, expires_at: float) -> None:
        await self._database.write(lambda db: db.execute("INSERT INTO oauth_states VALUES (?, ?)", [state, expires_at]))

    async def consume_state(self, state: str, now: float) -> bool:
        def work(db: Connection) -> bool:
            row = db.execute("SELECT expires_at FROM oauth_states WHERE state = ?", [state]).fetchone()
            db.execute("DELETE FROM oauth_states WHERE state = ? OR expires_at < ?", [state, now])
            return row is not None and row[0] >= now

        return await self._database.write(work)

    def _sealed(self, team: str, tokens: Tokens) -> str:
        return base64.b64encode(self._ring.seal(msgspec.json.encode(tokens), _PURPOSE, of=team)).decode()

    def _opened(self, team: str, sealed: str) -> Tokens:
        return msgspec.json.decode(self._ring.open(base64.b64decode(sealed), _PURPOSE, of=team), type=Tokens)

    def _installation(self, row: Sequence[Any]) -> Installation:
        value, state, sealed = row
        kept = msgspec.json.decode(value, type=Installation)
        tokens = self._opened(kept.team, sealed) if sealed is not None else None
        return msgspec.structs.replace(kept, state=State(state), tokens=tokens)
