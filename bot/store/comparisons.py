"""Comparisons, what was asked and answered in them, and votes. Implements
`bot.compare.comparison.ComparisonStore`."""

from collections.abc import Sequence

import msgspec

from bot.audit import Entry
from bot.compare.comparison import (
    Answers,
    Choice,
    Comparison,
    Due,
    ModelAnswer,
    Question,
    Vote,
)
from bot.errors import Conflict
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlComparisonStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, comparison: Comparison, questions: Sequence[Question], entry: Entry) -> Comparison:
        def work(db: Connection) -> Comparison:
            known = _get(db, comparison.id)
            if known is not None:
                return known
            db.execute(
                "INSERT INTO comparisons (id, channel, thread_ts, blind, created_at, due_at, changes, private, value)"
                " VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?)",
                [
                    comparison.id,
                    comparison.channel,
                    comparison.thread_ts,
                    comparison.arena is not None,
                    comparison.created_at,
                    comparison.private,
                    _json(comparison),
                ],
            )
            for question in questions:
                _ask(db, comparison.id, question)
            put_entries(db, [entry])
            return comparison

        return await self._database.write(work)

    async def get(self, comparison_id: str) -> Comparison | None:
        return await self._database.read(lambda db: _get(db, comparison_id))

    async def of_thread(self, channel: str, thread_ts: str) -> Comparison | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM comparisons WHERE channel = ? AND thread_ts = ?", [channel, thread_ts]
            ).fetchone()
        )
        return msgspec.json.decode(row[0], type=Comparison) if row else None

    async def arenas(self, channel: str) -> list[Comparison]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM comparisons WHERE channel = ? AND blind = 1 ORDER BY created_at DESC", [channel]
            ).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Comparison) for row in rows]

    async def questions(self, comparison_id: str) -> list[Question]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM comparison_questions WHERE comparison_id = ? ORDER BY seq", [comparison_id]
            ).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Question) for row in rows]

    async def ask(self, comparison_id: str, question: Question) -> bool:
        def work(db: Connection) -> bool:
            something_happened(db, comparison_id)
            return _ask(db, comparison_id, question)

        return await self._database.write(work)

    async def answers(self, comparison_id: str) -> Answers:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT question_id, model, value FROM comparison_answers WHERE comparison_id = ?", [comparison_id]
            ).fetchall()
        )
        return {(question, model): msgspec.json.decode(value, type=ModelAnswer) for question, model, value in rows}

    async def answered(self, comparison_id: str, question_id: str, model: str, answer: ModelAnswer) -> None:
        await self._database.write(
            lambda db: db.execute(
                "INSERT INTO comparison_answers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [comparison_id, question_id, model, answer.failure is not None, _json(answer)],
            )
        )

    async def ask_again(self, comparison_id: str, question_id: str) -> bool:
        def work(db: Connection) -> bool:
            forgotten = db.execute(
                "DELETE FROM comparison_answers WHERE comparison_id = ? AND question_id = ? AND failed = 1",
                [comparison_id, question_id],
            )
            if forgotten.rowcount:
                something_happened(db, comparison_id)
            return bool(forgotten.rowcount)

        return await self._database.write(work)

    async def posted(self, comparison_id: str, thread_ts: str) -> None:
        def work(db: Connection) -> None:
            known = _get(db, comparison_id)
            if known is not None:
                db.execute(
                    "UPDATE comparisons SET thread_ts = ?, value = ? WHERE id = ?",
                    [thread_ts, _json(msgspec.structs.replace(known, thread_ts=thread_ts)), comparison_id],
                )

        await self._database.write(work)

    async def votes(self, comparison_id: str) -> list[Vote]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT question_id, pair, voter, choice, at FROM comparison_votes WHERE comparison_id = ?"
                " ORDER BY at, voter",
                [comparison_id],
            ).fetchall()
        )
        return [Vote(question, pair, voter, Choice(choice), at) for question, pair, voter, choice, at in rows]

    async def vote(self, comparison_id: str, vote: Vote, entry: Entry) -> bool:
        def work(db: Connection) -> bool:
            known = _get(db, comparison_id)
            if known is None or not known.names_hidden:
                raise Conflict("arena_revealed")
            before = db.execute(
                "SELECT choice, at FROM comparison_votes WHERE comparison_id = ? AND question_id = ? AND pair = ?"
                " AND voter = ?",
                [comparison_id, vote.question, vote.pair, vote.voter],
            ).fetchone()
            if before is not None and before[1] >= vote.at:
                return False
            db.execute(
                "INSERT INTO comparison_votes VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (comparison_id, question_id, pair, voter)"
                " DO UPDATE SET choice = excluded.choice, at = excluded.at",
                [comparison_id, vote.question, vote.pair, vote.voter, vote.choice, vote.at],
            )
            if before is not None and before[0] == vote.choice:
                return False
            put_entries(db, [entry])
            something_happened(db, comparison_id)
            return True

        return await self._database.write(work)

    async def reveal(self, comparison_id: str, at: float, entry: Entry | None) -> bool:
        def work(db: Connection) -> bool:
            known = _get(db, comparison_id)
            if known is None or known.arena is None or known.arena.revealed_at is not None:
                return False
            revealed = msgspec.structs.replace(known, arena=msgspec.structs.replace(known.arena, revealed_at=at))
            db.execute(
                "UPDATE comparisons SET revealed_at = ?, value = ? WHERE id = ?", [at, _json(revealed), comparison_id]
            )
            put_entries(db, [entry] if entry else [])
            something_happened(db, comparison_id)
            return True

        return await self._database.write(work)

    async def due(self, now: float) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT id FROM comparisons WHERE due_at <= ? ORDER BY due_at", [now]).fetchall()
        )
        return [row[0] for row in rows]

    async def begin(self, comparison_id: str) -> Due | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT value, changes FROM comparisons WHERE id = ?", [comparison_id]).fetchone()
        )
        return Due(msgspec.json.decode(row[0], type=Comparison), row[1]) if row else None

    async def rest(self, due: Due, until: float | None) -> None:
        await self._database.write(
            lambda db: db.execute(
                "UPDATE comparisons SET due_at = ? WHERE id = ? AND changes = ?",
                [until, due.comparison.id, due.changes],
            )
        )


def _get(db: Connection, comparison_id: str) -> Comparison | None:
    row = db.execute("SELECT value FROM comparisons WHERE id = ?", [comparison_id]).fetchone()
    return msgspec.json.decode(row[0], type=Comparison) if row else None


def _ask(db: Connection, comparison_id: str, question: Question) -> bool:
    asked = db.execute(
        "INSERT INTO comparison_questions SELECT ?, ?, coalesce(max(seq), 0) + 1, ?"
        " FROM comparison_questions WHERE comparison_id = ? ON CONFLICT DO NOTHING",
        [comparison_id, question.id, _json(question), comparison_id],
    )
    return asked.rowcount == 1


def something_happened(db: Connection, comparison_id: str) -> None:
    """There is work on it now, also for whoever is at it and has looked already."""
    db.execute("UPDATE comparisons SET due_at = 0, changes = changes + 1 WHERE id = ?", [comparison_id])


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
