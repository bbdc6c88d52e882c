"""Conversations and their turns. Implements `bot.conversations.conversation.ConversationStore`."""

from collections.abc import Callable, Sequence

import msgspec

from bot.audit import Entry
from bot.conversations.conversation import Conversation, Turn
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlConversationStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, conversation: Conversation, turns: Sequence[Turn] = ()) -> None:
        def work(db: Connection) -> None:
            opened = db.execute(
                "INSERT INTO conversations (id, channel, thread_ts, owner, model, private, created_at, value)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    conversation.id,
                    conversation.channel,
                    conversation.thread_ts,
                    conversation.owner,
                    conversation.model,
                    conversation.private,
                    conversation.created_at,
                    msgspec.json.encode(conversation).decode(),
                ],
            )
            if opened.rowcount:
                for turn in turns:
                    _add(db, conversation.id, turn)

        await self._database.write(work)

    async def of_thread(self, channel: str, thread_ts: str) -> Conversation | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM conversations WHERE channel = ? AND thread_ts = ?", [channel, thread_ts]
            ).fetchone()
        )
        return msgspec.json.decode(row[0], type=Conversation) if row else None

    async def of_person(self, owner: str, channel: str) -> list[Conversation]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM conversations WHERE channel = ? AND owner = ? ORDER BY created_at DESC",
                [channel, owner],
            ).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Conversation) for row in rows]

    async def get(self, conversation_id: str) -> Conversation | None:
        return await self._database.read(lambda db: _get(db, conversation_id))

    async def update(
        self, conversation_id: str, change: Callable[[Conversation], Conversation], entry: Entry | None = None
    ) -> Conversation | None:
        def work(db: Connection) -> Conversation | None:
            known = _get(db, conversation_id)
            if known is None or (entry is not None and not put_entries(db, [entry])):
                return known
            changed = change(known)
            db.execute(
                "UPDATE conversations SET owner = ?, model = ?, private = ?, value = ? WHERE id = ?",
                [
                    changed.owner,
                    changed.model,
                    changed.private,
                    msgspec.json.encode(changed).decode(),
                    conversation_id,
                ],
            )
            return changed

        return await self._database.write(work)

    async def remove(self, conversation_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(
                "DELETE FROM conversations WHERE id = ? AND id NOT IN (SELECT conversation_id FROM turns)",
                [conversation_id],
            )
        )

    async def turns(self, conversation_id: str) -> list[Turn]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM turns WHERE conversation_id = ? ORDER BY seq", [conversation_id]
            ).fetchall()
        )
        return [_turn(row[0]) for row in rows]

    async def add(self, conversation_id: str, turn: Turn) -> bool:
        return await self._database.write(lambda db: _add(db, conversation_id, turn))

    async def change_turn(
        self, conversation_id: str, ts: str, role: str, change: Callable[[Turn], Turn]
    ) -> Turn | None:
        def work(db: Connection) -> Turn | None:
            row = db.execute(
                "SELECT seq, value FROM turns WHERE conversation_id = ? AND ts = ? AND role = ?",
                [conversation_id, ts, role],
            ).fetchone()
            if row is None:
                return None
            changed = change(_turn(row[1]))
            db.execute(
                "UPDATE turns SET user_id = ?, value = ? WHERE conversation_id = ? AND seq = ?",
                [changed.user, msgspec.json.encode(changed).decode(), conversation_id, row[0]],
            )
            return changed

        return await self._database.write(work)

    async def answered(self, conversation_id: str, turn: Turn) -> None:
        def work(db: Connection) -> None:
            if _add(db, conversation_id, turn):
                _open(db, conversation_id, turn.ts)

        await self._database.write(work)

    async def answer_opened(self, conversation_id: str, asked_ts: str, channel: str, message_ts: str) -> None:
        def work(db: Connection) -> None:
            _open(db, conversation_id, asked_ts)
            db.execute(
                "INSERT INTO answer_messages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [channel, message_ts, conversation_id, asked_ts],
            )

        await self._database.write(work)

    async def answer_shown(self, conversation_id: str, asked_ts: str) -> None:
        await self._database.write(
            lambda db: db.execute(
                "DELETE FROM open_answers WHERE conversation_id = ? AND asked_ts = ?", [conversation_id, asked_ts]
            )
        )

    async def open_answer(self, conversation_id: str, asked_ts: str) -> list[str] | None:
        def work(db: Connection) -> list[str] | None:
            which = [conversation_id, asked_ts]
            if not db.execute(
                "SELECT 1 FROM open_answers WHERE conversation_id = ? AND asked_ts = ?", which
            ).fetchone():
                return None
            return [ts for _, ts in _messages_of(db, *which)]

        return await self._database.read(work)

    async def answer_of(self, channel: str, message_ts: str) -> tuple[str, str] | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT conversation_id, asked_ts FROM answer_messages WHERE channel = ? AND message_ts = ?",
                [channel, message_ts],
            ).fetchone()
        )
        return (row[0], row[1]) if row else None

    async def messages_of(self, conversation_id: str, asked_ts: str) -> list[tuple[str, str]]:
        return await self._database.read(lambda db: _messages_of(db, conversation_id, asked_ts))


def _get(db: Connection, conversation_id: str) -> Conversation | None:
    row = db.execute("SELECT value FROM conversations WHERE id = ?", [conversation_id]).fetchone()
    return msgspec.json.decode(row[0], type=Conversation) if row else None


def _turn(value: str) -> Turn:
    return msgspec.json.decode(value, type=Turn)


def _add(db: Connection, conversation_id: str, turn: Turn) -> bool:
    cursor = db.execute(
        "INSERT INTO turns SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ? FROM turns"
        " WHERE conversation_id = ? ON CONFLICT DO NOTHING",
        [
            conversation_id,
            turn.ts,
            turn.role,
            turn.tool_call_id or "",
            turn.user,
            msgspec.json.encode(turn).decode(),
            conversation_id,
        ],
    )
    return cursor.rowcount == 1


def _open(db: Connection, conversation_id: str, asked_ts: str) -> None:
    db.execute("INSERT INTO open_answers VALUES (?, ?) ON CONFLICT DO NOTHING", [conversation_id, asked_ts])


def _messages_of(db: Connection, conversation_id: str, asked_ts: str) -> list[tuple[str, str]]:
    return db.execute(
        "SELECT channel, message_ts FROM answer_messages WHERE conversation_id = ? AND asked_ts = ?"
        " ORDER BY message_ts",
        [conversation_id, asked_ts],
    ).fetchall()
