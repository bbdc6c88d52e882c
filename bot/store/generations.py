"""Generations, their topics and drafts. Implements `bot.generation.generation.GenerationStore` and
`bot.collections.withdrawal.Passages`."""

from collections.abc import Collection, Sequence

import msgspec

from bot.audit import Entry
from bot.evaluations.run import RunState
from bot.generation.generation import Draft, Generation, State, Topic, Why
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.runs import SqlRunStore, as_json


class SqlGenerationStore(SqlRunStore[Generation]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "generations", Generation)

    async def open(self, generation: Generation, topics: Sequence[Topic], entry: Entry) -> Generation:
        def work(db: Connection) -> Generation:
            known = self._get(db, generation.id)
            if known is not None:
                return known
            db.execute(
                "INSERT INTO generations (id, channel, thread_ts, state, created_at, changes, value)"
                " VALUES (?, ?, ?, ?, ?, 0, ?)",
                [
                    generation.id,
                    generation.channel,
                    generation.thread_ts,
                    generation.state,
                    generation.created_at,
                    as_json(generation),
                ],
            )
            for number, topic in enumerate(topics):
                db.execute("INSERT INTO generation_topics VALUES (?, ?, ?)", [generation.id, number, as_json(topic)])
            put_entries(db, [entry])
            return generation

        return await self._database.write(work)

    async def topics(self, generation_id: str) -> list[Topic]:
        return [topic for _, topic in await self._database.read(lambda db: _topics(db, generation_id))]

    async def drafts(self, generation_id: str) -> list[Draft]:
        return await self._database.read(lambda db: _drafts(db, generation_id))

    async def draft(self, generation_id: str, number: int) -> Draft | None:
        return await self._database.read(lambda db: _draft(db, generation_id, number))

    async def add(self, generation_id: str, drafts: Sequence[Draft]) -> None:
        def work(db: Connection) -> None:
            forgotten = {number for number, topic in _topics(db, generation_id) if topic.forgotten}
            for draft in (withdrawn(one) if one.topic in forgotten else one for one in drafts):
                db.execute(
                    "INSERT INTO generation_drafts VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    [generation_id, draft.number, draft.state, as_json(draft)],
                )
            self._something_happened(db, generation_id)

        await self._database.write(work)

    async def replace(self, generation_id: str, was: Draft, now: Draft, *, audit: Sequence[Entry] = ()) -> bool:
        return await self._database.write(lambda db: self._replace(db, generation_id, was, now, audit))

    async def again(self, generation_id: str, was: Draft, now: Draft, *, audit: Sequence[Entry] = ()) -> bool:
        def goes_on(known: Generation) -> Generation | None:
            return msgspec.structs.replace(known, state=RunState.RUNNING, why=None)

        def work(db: Connection) -> bool:
            known = self._get(db, generation_id)
            if known is None or not self._replace(db, generation_id, was, now, audit):
                return False
            if known.state is RunState.FINISHED:
                self._change(db, generation_id, goes_on, ())
            return True

        return await self._database.write(work)

    async def erase_replies(self, generation_id: str) -> None:
        await self._database.write(lambda db: self._erase_replies(db, generation_id))

    async def threads_of(self, user: str) -> int:
        return sum(map(len, (await self._database.read(lambda db: _of_person(db, user))).values()))

    async def forget_words(self, user: str) -> None:
        def work(db: Connection) -> None:
            for generation_id, numbers in _of_person(db, user).items():
                self._forget(db, generation_id, numbers)

        await self._database.write(work)

    def _forget(self, db: Connection, generation_id: str, numbers: Collection[int]) -> None:
        for number in numbers:
            db.execute(
                "UPDATE generation_topics SET value = ? WHERE generation_id = ? AND number = ?",
                [as_json(Topic("", forgotten=True)), generation_id, number],
            )
        for draft in _drafts(db, generation_id):
            if draft.topic in numbers:
                _put(db, generation_id, withdrawn(draft))
        self._erase_replies(db, generation_id)
        self._something_happened(db, generation_id)

    def _erase_replies(self, db: Connection, generation_id: str) -> None:
        generation = self._get(db, generation_id)
        if generation is not None and generation.source:
            db.execute("DELETE FROM model_answers WHERE file = ?", [generation.source])

    def _set_result(self, db: Connection, run_id: str, result: bytes, at: float) -> Generation | None:
        """Not where somebody has an answer asked for again meanwhile: the run goes on."""
        if any(one.state is State.ASKED for one in _drafts(db, run_id)):
            return None
        return super()._set_result(db, run_id, result, at)

    def _replace(self, db: Connection, generation_id: str, was: Draft, now: Draft, audit: Sequence[Entry]) -> bool:
        if _draft(db, generation_id, was.number) != was:
            return False
        _put(db, generation_id, now)
        put_entries(db, audit)
        self._something_happened(db, generation_id)
        return True

    def _forget_failures(self, db: Connection, run_id: str) -> None:
        failed = db.execute(
            "SELECT value FROM generation_drafts WHERE generation_id = ? AND state = ?", [run_id, State.FAILED]
        ).fetchall()
        for row in failed:
            draft = msgspec.json.decode(row[0], type=Draft)
            _put(db, run_id, msgspec.structs.replace(draft, state=State.ASKED))


def _topics(db: Connection, generation_id: str) -> list[tuple[int, Topic]]:
    """With their numbers."""
    rows = db.execute(
        "SELECT number, value FROM generation_topics WHERE generation_id = ? ORDER BY number", [generation_id]
    ).fetchall()
    return [(number, msgspec.json.decode(value, type=Topic)) for number, value in rows]


def _of_person(db: Connection, user: str) -> dict[str, set[int]]:
    """The topics that hold a person's words, by generation."""
    found: dict[str, set[int]] = {}
    rows = db.execute(
        "SELECT generation_id, number, value FROM generation_topics WHERE value LIKE ?", [f"%{user}%"]
    ).fetchall()
    for generation_id, number, value in rows:
        if user in msgspec.json.decode(value, type=Topic).people:
            found.setdefault(generation_id, set()).add(number)
    return found


def _drafts(db: Connection, generation_id: str) -> list[Draft]:
    rows = db.execute(
        "SELECT value FROM generation_drafts WHERE generation_id = ? ORDER BY number", [generation_id]
    ).fetchall()
    return [msgspec.json.decode(row[0], type=Draft) for row in rows]


def withdrawn(draft: Draft) -> Draft:
    """Without its words."""
    return Draft(draft.number, draft.topic, draft.round, "", draft.answerable, State.DROPPED, Why.WITHDRAWN)


def _draft(db: Connection, generation_id: str, number: int) -> Draft | None:
    row = db.execute(
        "SELECT value FROM generation_drafts WHERE generation_id = ? AND number = ?", [generation_id, number]
    ).fetchone()
    return msgspec.json.decode(row[0], type=Draft) if row else None


def _put(db: Connection, generation_id: str, draft: Draft) -> None:
    db.execute(
        "UPDATE generation_drafts SET state = ?, value = ? WHERE generation_id = ? AND number = ?",
        [draft.state, as_json(draft), generation_id, draft.number],
    )
