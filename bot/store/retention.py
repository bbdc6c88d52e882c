"""What is older than it is to be kept. Implements `bot.personal_data.retention.RetentionStore`."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bot.audit import Entry
from bot.conversations.conversation import Conversation
from bot.evaluations.run import ENDED, RunState
from bot.jobs import states
from bot.personal_data.retention import Kind
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database

_AT_ONCE: Final = 2_000
"""Rows of one transaction: a few hundred milliseconds, in which nobody else writes."""
_NAMES: Final = re.compile(r"ds-[0-9A-Za-z-]+|[0-9a-f]{64}")
"""Data sets, by their ids and by the SHA-256 of their bytes, wherever they stand in a stored value."""
_UNDER_WAY: Final = (RunState.RUNNING, RunState.PAUSED)


class SqlRetention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expired_files(self, before: float) -> list[str]:
        return await self._database.read(lambda db: _expired_files(db, before))

    async def count(self, kind: Kind, before: float) -> int:
        def work(db: Connection) -> int:
            return sum(
                int(
                    db.execute(f"SELECT count(*) FROM {each.table} WHERE {each.where}", each.values(before)).fetchone()[
                        0
                    ]
                )
                for each in _OF_KIND[kind]
            )

        return await self._database.read(work)

    async def delete(self, kind: Kind, before: float, record: Callable[[int], Entry]) -> int:
        def work(db: Connection) -> int:
            for each in _OF_KIND[kind]:
                keys = db.execute(
                    f"SELECT {', '.join(each.key)} FROM {each.table} WHERE {each.where} LIMIT {_AT_ONCE}",
                    each.values(before),
                ).fetchall()
                if keys:
                    each.delete(db, keys)
                    put_entries(db, [record(len(keys))])
                    return len(keys)
            return 0

        return await self._database.write(work)


def _expired_files(db: Connection, before: float) -> list[str]:
    rows = db.execute(
        "SELECT id, sha256 FROM datasets WHERE deleted_at IS NULL AND listed = 1 AND created_at < ? AND id NOT IN ("
        " SELECT dataset_id FROM jobs WHERE created_at >= ? AND dataset_id IS NOT NULL"
        " UNION SELECT validation_dataset_id FROM jobs WHERE created_at >= ? AND validation_dataset_id IS NOT NULL"
        " UNION SELECT dataset_id FROM evaluations WHERE created_at >= ?) ORDER BY created_at",
        [before] * 4,
    ).fetchall()
    if not rows:
        return []
    needed = {name for value in _under_way(db) for name in _NAMES.findall(value)} | _of_regular_trainings(db)
    parts = db.execute("SELECT derived_from, id FROM datasets WHERE listed = 0 AND deleted_at IS NULL").fetchall()
    names: dict[str, list[str]] = {id: [id, sha256] for id, sha256 in rows}
    for source, part in parts:
        names.get(source, []).append(part)
    return [id for id, known_as in names.items() if needed.isdisjoint(known_as)]


def _under_way(db: Connection) -> list[str]:
    """Whatever has not ended, as it is stored: a file that one of these names is needed."""
    found = db.execute(
        f"SELECT value FROM jobs WHERE state NOT IN ({marks(states.ENDED)}) UNION ALL"
        " SELECT value FROM job_groups WHERE ended = 0 UNION ALL"
        f" SELECT value FROM evaluations WHERE state IN ({marks(_UNDER_WAY)})"
        " OR id IN (SELECT evaluation_id FROM evaluation_repeats) UNION ALL"
        f" SELECT value FROM judge_checks WHERE state IN ({marks(_UNDER_WAY)}) UNION ALL"
        f" SELECT value FROM generations WHERE state IN ({marks(_UNDER_WAY)}) UNION ALL"
        " SELECT value FROM comparisons WHERE due_at IS NOT NULL OR (blind = 1 AND revealed_at IS NULL) UNION ALL"
        " SELECT value FROM retraining_schedules",
        [*states.ENDED, *_UNDER_WAY * 3],
    ).fetchall()
    return [value for (value,) in found]


def _of_regular_trainings(db: Connection) -> set[str]:
    """The files of training sets that are trained on regularly, with what these were made of and are judged by: the
    next model goes on from them."""
    collections = [
        msgspec.json.decode(value)["collection_id"] for (value,) in db.execute("SELECT value FROM retraining_schedules")
    ]
    wanted = {
        dataset_id
        for some in portions(collections)
        for (dataset_id,) in db.execute(
            "SELECT DISTINCT dataset_id FROM exported_examples JOIN examples ON examples.id = example_id"
            f" WHERE collection_id IN ({marks(some)})",
            some,
        )
    }
    kept: set[str] = set()
    while wanted:
        kept |= wanted
        found = [
            msgspec.json.decode(value)
            for some in portions(wanted)
            for (value,) in db.execute(f"SELECT value FROM datasets WHERE id IN ({marks(some)})", some)
        ]
        wanted = {one[key] for one in found for key in ("derived_from", "validation") if one.get(key)} - kept
    return kept


class _Expired(NamedTuple):
    """Rows of a table that are older than a moment; `values` are those of `where`. `delete` gets keys of such rows."""

    table: str
    key: tuple[str, ...]
    where: str
    values: Callable[[float], list[Any]]
    delete: Callable[[Connection, Sequence[Any]], None]


def _ts(before: float) -> str:
    """As Slack writes it: such texts are in the order of time."""
    return f"{before:.6f}"


def _delete_turns(db: Connection, keys: Sequence[Any]) -> None:
    """The conversation stays, so that its thread goes on; what was said is unknown to the model then, which people are
    told. A rating stays as a figure."""
    for conversation_id, seq, ts in keys:
        db.execute("DELETE FROM turns WHERE conversation_id = ? AND seq = ?", [conversation_id, seq])
        db.execute("UPDATE ratings SET why = NULL WHERE conversation_id = ? AND asked_ts = ?", [conversation_id, ts])
        for table in ("answer_messages", "open_answers"):
            db.execute(f"DELETE FROM {table} WHERE conversation_id = ? AND asked_ts = ?", [conversation_id, ts])
    for id in {conversation_id for conversation_id, _, _ in keys}:
        (value,) = db.execute("SELECT value FROM conversations WHERE id = ?", [id]).fetchone()
        known = msgspec.json.decode(value, type=Conversation)
        changed = msgspec.structs.replace(known, forgotten=True, question=None)
        db.execute("UPDATE conversations SET value = ? WHERE id = ?", [msgspec.json.encode(changed).decode(), id])


def _delete_questions(db: Connection, keys: Sequence[Any]) -> None:
    for table, id in (("comparison_answers", "question_id"), ("comparison_questions", "id")):
        db.executemany(f"DELETE FROM {table} WHERE comparison_id = ? AND {id} = ?", keys)


def _delete_arenas(db: Connection, keys: Sequence[Any]) -> None:
    for table in ("comparison_votes", "comparison_answers", "comparison_questions"):
        db.executemany(f"DELETE FROM {table} WHERE comparison_id = ?", keys)
    db.executemany("DELETE FROM shown_messages WHERE about = ?", keys)
    db.executemany("DELETE FROM comparisons WHERE id = ?", keys)


def _delete_answers(db: Connection, keys: Sequence[Any]) -> None:
    db.executemany("DELETE FROM model_answers WHERE key = ?", keys)


def _delete_generations(db: Connection, keys: Sequence[Any]) -> None:
    for table in ("generation_drafts", "generation_topics"):
        db.executemany(f"DELETE FROM {table} WHERE generation_id = ?", keys)
    db.executemany("DELETE FROM shown_messages WHERE about = ?", keys)
    db.executemany("DELETE FROM generations WHERE id = ?", keys)


_OF_KIND: Final[dict[Kind, tuple[_Expired, ...]]] = {
    Kind.MESSAGES: (
        _Expired("turns", ("conversation_id", "seq", "ts"), "ts < ?", lambda before: [_ts(before)], _delete_turns),
        # Side by side a question has the ts of its message.
        _Expired(
            "comparison_questions",
            ("comparison_id", "id"),
            "id < ? AND comparison_id IN (SELECT id FROM comparisons WHERE blind = 0 AND due_at IS NULL)",
            lambda before: [_ts(before)],
            _delete_questions,
        ),
        _Expired(
            "comparisons",
            ("id",),
            "blind = 1 AND revealed_at IS NOT NULL AND due_at IS NULL AND created_at < ?",
            lambda before: [before],
            _delete_arenas,
        ),
    ),
    # Whatever asks goes by what is there: an answer that is gone is asked for again.
    Kind.ANSWERS: (
        _Expired(
            "model_answers",
            ("key",),
            "at < ? AND key NOT IN (SELECT counted.key FROM evaluation_answers AS counted JOIN evaluations"
            f" ON id = evaluation_id WHERE counted.key IS NOT NULL AND state IN ({marks(_UNDER_WAY)}))",
            lambda before: [before, *_UNDER_WAY],
            _delete_answers,
        ),
    ),
    Kind.GENERATIONS: (
        _Expired(
            "generations",
            ("id",),
            f"state IN ({marks(ENDED)}) AND created_at < ?",
            lambda before: [*ENDED, before],
            _delete_generations,
        ),
    ),
}
