"""Erasing a person from the store. Implements `bot.personal_data.erasure.ErasureStore`.

Words go table by table, in `store.persons_words`. The id itself is looked for in every column of every table, so that a
table that is new is not forgotten.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bot.audit import Entry
from bot.personal_data.erasure import Begun
from bot.store.audit import put_entries
from bot.store.connection import Connection, TextColumns
from bot.store.database import Database
from bot.store.persons_ids import direct_messages, may_hold, pattern
from bot.store.persons_words import STEPS

_OLD_STORES: Final = "bot-before-restore-*"


class SqlErasures:
    """`folder`: where the store lies, with what older stores it replaced."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def begin(self, user: str, at: float, models: Sequence[str]) -> Begun:
        def work(db: Connection) -> Begun:
            known = db.execute("SELECT pseudonym, models FROM erasures WHERE person = ?", [user]).fetchone()
            if known is None:
                known = f"erased-{secrets.token_hex(4)}", msgspec.json.encode(models).decode()
                db.execute(
                    "INSERT INTO erasures (pseudonym, person, begun_at, models) VALUES (?, ?, ?, ?)",
                    [known[0], user, at, known[1]],
                )
            return Begun(known[0], tuple(msgspec.json.decode(known[1])))

        return await self._database.write(work)

    async def uploads(self, user: str) -> list[str]:
        def work(db: Connection) -> list[str]:
            rows = db.execute(
                "SELECT id FROM datasets WHERE owner = ? UNION SELECT dataset_id FROM exported_examples"
                " JOIN example_people ON example_people.example_id = exported_examples.example_id WHERE user_id = ?",
                [user, user],
            ).fetchall()
            found = {row[0] for row in rows}
            made = db.execute('SELECT id, value FROM datasets WHERE value LIKE \'%"derived_from":"%\'').fetchall()
            source = {id: msgspec.json.decode(value)["derived_from"] for id, value in made}
            while more := {id for id, of in source.items() if of in found} - found:
                found |= more
            return sorted(found)

        return await self._database.read(work)

    async def erase_words(self, user: str, pseudonym: str) -> Counter[str]:
        done: Counter[str] = Counter()
        for step in STEPS:
            done += await self._database.write(lambda db, step=step: step(db, user, pseudonym))  # type: ignore[misc]
        return done

    async def put_pseudonym(self, user: str, pseudonym: str, besides: str) -> int:
        direct = await self._database.read(lambda db: direct_messages(db, user, pseudonym))
        ids = [user, *direct]
        changed = 0
        for one in await self._database.read(_tables):
            changed += await self._database.write(
                lambda db, one=one: _replace(db, one, ids, pseudonym, besides)  # type: ignore[misc]
            )
        return changed

    async def finish(self, pseudonym: str, entry: Entry) -> bool:
        def work(db: Connection) -> None:
            db.execute("UPDATE erasures SET person = NULL, finished_at = ? WHERE pseudonym = ?", [entry.at, pseudonym])
            put_entries(db, [entry])

        for old in self._folder.glob(_OLD_STORES):
            old.unlink()
        await self._database.write(work)
        return await self._database.sweep()


def _tables(db: Connection) -> list[TextColumns]:
    """The audit log last: it says what was done until then."""
    found = [one for one in db.text_columns() if one.table != "erasures" and one.columns]
    return sorted(found, key=lambda one: (one.table == "audit", one.table))


def _replace(db: Connection, of: TextColumns, ids: Sequence[str], pseudonym: str, besides: str) -> int:
    table, keys, columns = of
    where, values = may_hold(of, ids)
    if table == "inbox":
        where, values = f"{where} AND key <> ?", [*values, besides]
    rows = db.execute(f"SELECT DISTINCT {', '.join((*keys, *columns))} FROM {table} WHERE {where}", values).fetchall()
    changed, known_as = 0, pattern(ids)
    for row in rows:
        was = dict(zip((*keys, *columns), row, strict=True))
        now = {name: known_as.sub(pseudonym, was[name]) for name in columns if isinstance(was[name], str)}
        new = {name: value for name, value in now.items() if value != was[name]}
        if new:
            which = keys or list(new)
            changed += db.execute(
                f"UPDATE {table} SET {_each(new, ', ')} WHERE {_each(which, ' AND ')}",
                [*new.values(), *(was[name] for name in which)],
            ).rowcount
    return changed


def _each(names: Iterable[str], joint: str) -> str:
    return joint.join(f"{name} = ?" for name in names)
