"""Where the id of a person stands: in any column of any table, so that a table that is new is not forgotten."""

import re
from collections.abc import Sequence
from typing import Any

from bot.store.connection import Connection, TextColumns


def direct_messages(db: Connection, user: str, pseudonym: str = "") -> list[str]:
    """Channels in which only this person and the bot are: their ids stand for the person."""
    names = [user, pseudonym or user]
    rows = db.execute(
        "SELECT channel FROM datasets WHERE owner IN (?, ?) AND channel LIKE 'D%'"
        " UNION SELECT channel FROM model_use WHERE user_id IN (?, ?) AND channel LIKE 'D%'"
        " UNION SELECT channel FROM audit WHERE actor IN (?, ?) AND channel LIKE 'D%'",
        names * 3,
    ).fetchall()
    return [row[0] for row in rows]


def pattern(ids: Sequence[str]) -> re.Pattern[str]:
    """A longer id that begins alike is another person's."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, ids))})(?![A-Za-z0-9])")


def may_hold(of: TextColumns, ids: Sequence[str]) -> tuple[str, list[Any]]:
    """A condition with its values: rows that may hold one of these ids, and perhaps a longer one."""
    where = " OR ".join(f"{column} LIKE ?" for column in of.columns for _ in ids)
    return f"({where})", [f"%{each}%" for _ in of.columns for each in ids]
