"""Evaluations, their items, what models answered and how that was graded. Implements
`bot.evaluations.evaluation.EvaluationStore`."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from bot.audit import Entry
from bot.evaluations.evaluation import (
    DrawnItem,
    Evaluation,
    GradeRow,
    ModelProgress,
    Place,
    Progress,
    Repeat,
    StoredAnswer,
)
from bot.evaluations.run import Reason
from bot.jobs.notice import Notice
from bot.spending.model_use import ModelUse
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database
from bot.store.outbox import put_notices
from bot.store.runs import SqlRunStore, as_json
from bot.store.spending import put_use

_RECENT = 100
_ANEW = (
    "ON CONFLICT (evaluation_id, model, number, sample) DO UPDATE SET key = excluded.key, why = excluded.why,"
    " reward = excluded.reward, passed = excluded.passed, label = excluded.label, parts = excluded.parts,"
    " fault = excluded.fault"
)


class SqlEvaluationStore(SqlRunStore[Evaluation]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "evaluations", Evaluation)

    async def open(self, evaluation: Evaluation, items: Sequence[DrawnItem], entry: Entry) -> Evaluation:
        def work(db: Connection) -> Evaluation:
            known = self._get(db, evaluation.id)
            if known is not None:
                return known
            _insert(db, evaluation)
            db.executemany(
                "INSERT INTO evaluation_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        evaluation.id,
                        item.number,
                        item.line,
                        item.turn,
                        item.prompt,
                        item.group,
                        as_json(item.slices),
                        item.truth,
                        item.control,
                    )
                    for item in items
                ],
            )
            put_entries(db, [entry])
            return evaluation

        return await self._database.write(work)

    async def latest(self, channel: str, limit: int) -> list[Evaluation]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM evaluations WHERE channel = ? ORDER BY created_at DESC LIMIT ?", [channel, limit]
            ).fetchall()
        )
        return [self._read(row[0]) for row in rows]

    async def of_thread(self, channel: str, thread_ts: str) -> Evaluation | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM evaluations WHERE channel = ? AND thread_ts = ? ORDER BY created_at DESC LIMIT 1",
                [channel, thread_ts],
            ).fetchone()
        )
        return self._read(row[0]) if row else None

    async def items(self, evaluation_id: str) -> list[DrawnItem]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT number, line, turn, prompt, cluster, slices, truth, control FROM evaluation_items"
                " WHERE evaluation_id = ? ORDER BY number",
                [evaluation_id],
            ).fetchall()
        )
        return [
            DrawnItem(number, line, turn, prompt, group, msgspec.json.decode(slices), truth, bool(control))
            for number, line, turn, prompt, group, slices, truth, control in rows
        ]

    async def known_answers(self, keys: Collection[str]) -> set[str]:
        def work(db: Connection) -> set[str]:
            return {
                row[0]
                for some in portions(keys)
                for row in db.execute(f"SELECT key FROM model_answers WHERE key IN ({marks(some)})", some)
            }

        return await self._database.read(work)

    async def answers(self, keys: Collection[str]) -> dict[str, StoredAnswer]:
        def work(db: Connection) -> list[tuple[str, str]]:
            return [
                row
                for some in portions(keys)
                for row in db.execute(f"SELECT key, value FROM model_answers WHERE key IN ({marks(some)})", some)
            ]

        rows = await self._database.read(work)
        return {key: msgspec.json.decode(value, type=StoredAnswer) for key, value in rows}

    async def keep_answer(self, key: str, model: str, file: str, answer: StoredAnswer, use: ModelUse | None) -> None:
        def work(db: Connection) -> None:
            kept = db.execute(
                "INSERT INTO model_answers (key, model, file, seq, seconds, at, value) VALUES (?, ?, ?, (SELECT"
                " coalesce(max(seq), 0) + 1 FROM model_answers WHERE model = ?), ?, ?, ?) ON CONFLICT DO NOTHING",
                [key, model, file, model, answer.seconds, time.time(), as_json(answer)],
            )
            if use is not None and kept.rowcount == 1:
                put_use(db, use)

        await self._database.write(work)

    async def answered(self, evaluation_id: str) -> dict[Place, str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT model, number, sample, key FROM evaluation_answers WHERE evaluation_id = ? AND key IS NOT NULL",
                [evaluation_id],
            ).fetchall()
        )
        return {Place(model, number, sample): key for model, number, sample, key in rows}

    async def record(
        self, evaluation_id: str, keys: Mapping[Place, str], grades: Sequence[GradeRow], cached: int = 0
    ) -> None:
        def work(db: Connection) -> None:
            db.executemany(
                f"INSERT INTO evaluation_answers VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?) {_ANEW}",
                [
                    (
                        evaluation_id,
                        row.place.model,
                        row.place.number,
                        row.place.sample,
                        keys[row.place],
                        row.reward,
                        row.passed,
                        row.label,
                        as_json(row.parts) if row.parts else None,
                        as_json(row.fault) if row.fault else None,
                    )
                    for row in grades
                ],
            )
            db.execute(
                "UPDATE evaluations SET changes = changes + 1, cached = cached + ? WHERE id = ?",
                [cached, evaluation_id],
            )

        await self._database.write(work)

    async def fail(self, evaluation_id: str, place: Place, reason: Reason) -> None:
        def work(db: Connection) -> None:
            db.execute(
                f"INSERT INTO evaluation_answers VALUES (?, ?, ?, ?, NULL, ?, NULL, NULL, NULL, NULL, NULL) {_ANEW}",
                [evaluation_id, place.model, place.number, place.sample, as_json(reason)],
            )
            self._something_happened(db, evaluation_id)

        await self._database.write(work)

    async def failures(self, evaluation_id: str) -> dict[Place, Reason]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT model, number, sample, why FROM evaluation_answers WHERE evaluation_id = ? AND key IS NULL",
                [evaluation_id],
            ).fetchall()
        )
        return {
            Place(model, number, sample): msgspec.json.decode(why, type=Reason) for model, number, sample, why in rows
        }

    async def seconds_per_answer(self, model: str) -> float | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT avg(seconds) FROM"
                " (SELECT seconds FROM model_answers WHERE model = ? ORDER BY seq DESC LIMIT ?) AS recent",
                [model, _RECENT],
            ).fetchone()
        )
        return row[0] if row else None

    async def grades(self, evaluation_id: str) -> list[GradeRow]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT model, number, sample, reward, passed, label, parts, fault FROM evaluation_answers"
                " WHERE evaluation_id = ? AND key IS NOT NULL ORDER BY number, model, sample",
                [evaluation_id],
            ).fetchall()
        )
        return [
            GradeRow(
                Place(model, number, sample),
                reward,
                None if passed is None else bool(passed),
                label,
                msgspec.json.decode(parts) if parts else {},
                msgspec.json.decode(fault, type=Reason) if fault else None,
            )
            for model, number, sample, reward, passed, label, parts, fault in rows
        ]

    async def probabilities(self, evaluation_id: str) -> dict[tuple[int, int], dict[str, float]]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT counted.model, counted.number, answer.value"
                " FROM evaluation_answers AS counted JOIN model_answers AS answer ON answer.key = counted.key"
                " WHERE counted.evaluation_id = ? AND counted.sample = 0",
                [evaluation_id],
            ).fetchall()
        )
        told = {(model, number): _PROBABILITIES.decode(value).probabilities for model, number, value in rows}
        return {place: dict(labels) for place, labels in told.items() if labels}

    async def progress(self, evaluation: Evaluation) -> Progress:
        def work(db: Connection) -> tuple[list[Any], int, int]:
            rows = db.execute(
                "SELECT model, count(key), count(*) - count(key) FROM evaluation_answers WHERE evaluation_id = ?"
                " GROUP BY model",
                [evaluation.id],
            ).fetchall()
            (items,) = db.execute(
                "SELECT count(*) FROM evaluation_items WHERE evaluation_id = ?", [evaluation.id]
            ).fetchone()
            row = db.execute("SELECT cached FROM evaluations WHERE id = ?", [evaluation.id]).fetchone()
            return rows, items, row[0] if row else 0

        rows, items, cached = await self._database.read(work)
        found = {model: ModelProgress(done, failed) for model, done, failed in rows}
        by_model = {model: found.get(place, ModelProgress()) for place, model in enumerate(evaluation.models)}
        failed = sum(one.failed for one in by_model.values())
        done = sum(one.done for one in by_model.values()) + failed
        return Progress(done, items * len(evaluation.models) * evaluation.samples, by_model, cached, failed, 0.0)

    async def forget_file(self, file: str) -> int:
        def work(db: Connection) -> int:
            db.execute("UPDATE evaluations SET file = '' WHERE file = ?", [file])
            # Where another file has the same prompt, the answer goes over to that.
            db.execute(
                "UPDATE model_answers SET file = coalesce((SELECT evaluation.file FROM evaluation_answers AS counted"
                " JOIN evaluations AS evaluation ON evaluation.id = counted.evaluation_id"
                " WHERE counted.key = model_answers.key AND evaluation.file != '' LIMIT 1), file) WHERE file = ?",
                [file],
            )
            gone: int = db.execute("DELETE FROM model_answers WHERE file = ?", [file]).rowcount
            return gone

        return await self._database.write(work)

    async def forget_model(self, model: str) -> int:
        def work(db: Connection) -> int:
            gone: int = db.execute("DELETE FROM model_answers WHERE model = ?", [model]).rowcount
            return gone

        return await self._database.write(work)

    async def repeat(self, evaluation_id: str) -> Repeat | None:
        rows = await self._repeats("evaluation_id = ?", [evaluation_id])
        return rows[0] if rows else None

    async def set_repeat(
        self, evaluation_id: str, repeat: Repeat | None, entry: Entry | None, notices: Sequence[Notice] = ()
    ) -> None:
        def work(db: Connection) -> None:
            if repeat is None:
                db.execute("DELETE FROM evaluation_repeats WHERE evaluation_id = ?", [evaluation_id])
            else:
                _put_repeat(db, repeat)
            put_entries(db, [entry] if entry else [])
            put_notices(db, notices)
            self._something_happened(db, evaluation_id)

        await self._database.write(work)

    async def due_repeats(self, now: float) -> list[Repeat]:
        return await self._repeats("next_at <= ?", [now])

    async def open_repeat(self, evaluation: Evaluation, repeat: Repeat, entry: Entry) -> None:
        def work(db: Connection) -> None:
            if self._get(db, evaluation.id) is not None:
                return
            _insert(db, evaluation)
            db.execute(
                "INSERT INTO evaluation_items SELECT ?, number, line, turn, prompt, cluster, slices, truth, control"
                " FROM evaluation_items WHERE evaluation_id = ?",
                [evaluation.id, repeat.evaluation],
            )
            _put_repeat(db, repeat)
            put_entries(db, [entry])

        await self._database.write(work)

    async def _repeats(self, where: str, values: Sequence[str | float]) -> list[Repeat]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT evaluation_id, days, next_at, last_id, done FROM evaluation_repeats WHERE {where}", values
            ).fetchall()
        )
        return [Repeat(*row) for row in rows]

    async def current_model(self, channel: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT model FROM current_models WHERE channel = ?", [channel]).fetchone()
        )
        return row[0] if row else None

    async def set_current_model(self, channel: str, model: str | None, by: str, at: float, entry: Entry) -> None:
        def work(db: Connection) -> None:
            if model is None:
                db.execute("DELETE FROM current_models WHERE channel = ?", [channel])
            else:
                db.execute(
                    "INSERT INTO current_models VALUES (?, ?, ?, ?) ON CONFLICT (channel) DO UPDATE SET"
                    " model = excluded.model, set_by = excluded.set_by, at = excluded.at",
                    [channel, model, by, at],
                )
            put_entries(db, [entry])

        await self._database.write(work)

    def _forget_failures(self, db: Connection, run_id: str) -> None:
        db.execute("DELETE FROM evaluation_answers WHERE evaluation_id = ? AND key IS NULL", [run_id])


def _insert(db: Connection, evaluation: Evaluation) -> None:
    db.execute(
        "INSERT INTO evaluations (id, channel, thread_ts, state, file, owner, private, dataset_id, created_at, changes,"
        " cached, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
        [
            evaluation.id,
            evaluation.channel,
            evaluation.thread_ts,
            evaluation.state,
            evaluation.file,
            evaluation.owner,
            evaluation.private,
            evaluation.dataset_id,
            evaluation.created_at,
            as_json(evaluation),
        ],
    )


def _put_repeat(db: Connection, repeat: Repeat) -> None:
    db.execute(
        "INSERT INTO evaluation_repeats VALUES (?, ?, ?, ?, ?) ON CONFLICT (evaluation_id) DO UPDATE SET"
        " days = excluded.days, next_at = excluded.next_at, last_id = excluded.last_id, done = excluded.done",
        msgspec.structs.astuple(repeat),
    )


class _Probabilities(msgspec.Struct):
    """What is asked of a stored answer."""

    probabilities: tuple[tuple[str, float], ...] = ()


_PROBABILITIES = msgspec.json.Decoder(_Probabilities)
