"""What each table holds of a person's own words, and of what was set up for them alone: a step for each thing, inside a
caller's transaction. Done again, a step finds nothing.

Where others go on with a thing (a comparison, an evaluation, a job), it stays, without those words.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from bot.evaluations.run import RunState
from bot.generation.generation import Draft
from bot.jobs import states
from bot.spending.budget import Scope
from bot.store.connection import Connection
from bot.store.generations import withdrawn

Step: TypeAlias = Callable[[Connection, str, str], Counter[str]]
"""Of a store, the person, and their pseudonym; how much was erased of each kind."""

_NEUTRAL: Final = {"type": "string_check", "name": "erased", "input": "", "reference": "", "operation": "eq"}


def conversations(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """What they said, the answers to that, and answers that they edited; what their conversations were set up with."""
    said = db.execute(
        "SELECT conversation_id, ts, role, user_id FROM turns WHERE user_id = ? OR value LIKE ?",
        [user, f'%"edited_by":"{user}"%'],
    ).fetchall()
    for conversation_id, ts, role, by in said:
        # The answer to a message has the message's ts, with a number behind it where it is not the first.
        whole = by == user and role not in ("assistant", "tool")
        like = [f"{ts}+%", f"{ts}~%"] if whole else [ts, ts]
        for table in ("turns", *_OF_ANSWERS):
            at = "ts" if table == "turns" else "asked_ts"
            db.execute(
                f"DELETE FROM {table} WHERE conversation_id = ? AND ({at} = ? OR {at} LIKE ? OR {at} LIKE ?)",
                [conversation_id, ts, *like],
            )
    configured = {row[0] for row in db.execute("SELECT thing FROM audit WHERE actor = ? AND act = 'configure'", [user])}
    for id, value in db.execute("SELECT id, value FROM conversations").fetchall():
        conversation = msgspec.json.decode(value)
        if conversation["owner"] != user and id not in configured:
            continue
        if conversation["owner"] == user and not _rows(db, "turns", "conversation_id", id):
            for table in (*_OF_ANSWERS, "turns"):
                db.execute(f"DELETE FROM {table} WHERE conversation_id = ?", [id])
            db.execute("DELETE FROM conversations WHERE id = ?", [id])
        else:
            cleared: dict[str, Any] = {
                "system": None,
                "title": None,
                "question": None,
                "tools": [],
                "earlier": [],
                "chosen": [],
            }
            _put(db, "conversations", id, {**conversation, **cleared})
    return Counter(messages=len(said))


def comparisons(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """Questions that they asked, with all answers, and arenas over files of theirs."""
    done: Counter[str] = Counter()
    files = _files(db, user)
    for id, value in db.execute("SELECT id, value FROM comparisons").fetchall():
        comparison = msgspec.json.decode(value)
        questions = db.execute("SELECT id, value FROM comparison_questions WHERE comparison_id = ?", [id]).fetchall()
        of_theirs = (comparison.get("arena") or {}).get("dataset_id") in files
        theirs = [one for one, asked in questions if of_theirs or msgspec.json.decode(asked)["asker"] == user]
        for question in theirs:
            for table in ("comparison_votes", "comparison_answers"):
                db.execute(f"DELETE FROM {table} WHERE comparison_id = ? AND question_id = ?", [id, question])
            db.execute("DELETE FROM comparison_questions WHERE comparison_id = ? AND id = ?", [id, question])
        if theirs and len(theirs) == len(questions):
            db.execute("DELETE FROM shown_messages WHERE about = ?", [id])
            db.execute("DELETE FROM comparisons WHERE id = ?", [id])
        elif comparison["owner"] == user:
            _put(db, "comparisons", id, {**comparison, "starters": {}})
        done["questions"] += len(theirs)
    return done


def generations(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """What they had written, and drafts that hold words of theirs."""
    done: Counter[str] = Counter()
    for id, value in db.execute("SELECT id, value FROM generations").fetchall():
        generation = msgspec.json.decode(value)
        if generation["owner"] == user:
            for table in ("generation_drafts", "generation_topics"):
                db.execute(f"DELETE FROM {table} WHERE generation_id = ?", [id])
            if generation.get("source"):
                db.execute("DELETE FROM model_answers WHERE file = ?", [generation["source"]])
            db.execute("DELETE FROM shown_messages WHERE about = ?", [id])
            db.execute("DELETE FROM generations WHERE id = ?", [id])
            done["generations"] += 1
    drafts = db.execute(
        "SELECT generation_id, number, value FROM generation_drafts WHERE value LIKE '%' || ? || '%'", [user]
    ).fetchall()
    for id, number, value in drafts:
        draft = msgspec.json.decode(value, type=Draft)
        if user in draft.editors:
            gone = withdrawn(draft)
            db.execute(
                "UPDATE generation_drafts SET state = ?, value = ? WHERE generation_id = ? AND number = ?",
                [gone.state, msgspec.json.encode(gone).decode(), id, number],
            )
            done["drafts"] += 1
    return done


def evaluations(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """Graders that they wrote, and the names of their files; what is still running ends. Figures stay."""
    files, done = _files(db, user), Counter[str]()
    for id, value in db.execute("SELECT id, value FROM grader_files").fetchall():
        if _owner(msgspec.json.decode(value)) == user:
            db.execute("DELETE FROM grader_files WHERE id = ?", [id])
            done["graders"] += 1
    for id, value in db.execute("SELECT id, value FROM evaluations").fetchall():
        evaluation = msgspec.json.decode(value)
        if evaluation["dataset_id"] in files:
            evaluation["file_name"] = f"{pseudonym}.jsonl"
        if evaluation["owner"] == user:
            evaluation |= {"grader": _NEUTRAL, "grader_name": pseudonym}
            db.execute("DELETE FROM evaluation_repeats WHERE evaluation_id = ? OR last_id = ?", [id, id])
            _end(db, "evaluations", id, evaluation)
        _put(db, "evaluations", id, evaluation, if_not=value)
    for id, value in db.execute("SELECT id, value FROM judge_checks").fetchall():
        check = msgspec.json.decode(value)
        if check["owner"] == user:
            check["request"].pop("rubric", None)
            _end(db, "judge_checks", id, check)
            _put(db, "judge_checks", id, check, if_not=value)
    return done


def jobs(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """Names of their files, what they wanted kept with a job, and reasons that they gave. Jobs and models stay."""
    files = _files(db, user)
    for id, value in db.execute("SELECT id, value FROM datasets").fetchall():
        dataset = msgspec.json.decode(value)
        if id in files:
            _put(db, "datasets", id, {**dataset, "name": f"{pseudonym}.jsonl"}, if_not=value)
    for id, value in db.execute("SELECT id, value FROM jobs").fetchall():
        job = msgspec.json.decode(value)
        if job.get("dataset_id") in files:
            job["file_name"] = f"{pseudonym}.jsonl"
        if job["requester"] == user and job["state"] in states.ENDED:
            job |= {"metadata": {}, "grader": None}
        approval = job.get("approval")
        if approval and approval.get("decided_by") == user:
            approval["reason"] = ""
        _put(db, "jobs", id, job, if_not=value)
    for seq, value in db.execute("SELECT seq, value FROM notices WHERE value LIKE '%' || ? || '%'", [user]).fetchall():
        notice = msgspec.json.decode(value)
        if "reason" in notice["body"]:
            notice["body"]["reason"] = ""
            db.execute("UPDATE notices SET value = ? WHERE seq = ?", [msgspec.json.encode(notice).decode(), seq])
        if notice["channel"] == user:
            db.execute("UPDATE notices SET state = 'given_up' WHERE seq = ? AND state <> 'posted'", [seq])
    return Counter()


def settings(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """What they set for themselves, and what goes on by itself in their name."""
    removed = 0
    for statement in (
        "DELETE FROM people WHERE user_id = ?",
        "DELETE FROM homes WHERE user_id = ?",
        "DELETE FROM agreements WHERE user_id = ?",
    ):
        removed += db.execute(statement, [user]).rowcount
    removed += db.execute("DELETE FROM budgets WHERE scope = ? AND subject = ?", [Scope.PERSON, user]).rowcount
    for id, value in db.execute("SELECT id, value FROM retraining_schedules").fetchall():
        if _owner(msgspec.json.decode(value)) == user:
            removed += db.execute("DELETE FROM retraining_schedules WHERE id = ?", [id]).rowcount
    return Counter(settings=removed)


def requests(db: Connection, user: str, pseudonym: str) -> Counter[str]:
    """What they have just sent, and nobody has answered."""
    sent = db.execute(
        "UPDATE inbox SET state = 'failed', payload = NULL WHERE state = 'pending'"
        " AND (payload LIKE ? OR payload LIKE ? OR payload LIKE ?)",
        [f'%"user":"{user}"%', f'%"user_id":"{user}"%', f'%"user":{{"id":"{user}"%'],
    )
    return Counter(requests=sent.rowcount)


STEPS: Final[tuple[Step, ...]] = (conversations, comparisons, generations, evaluations, jobs, settings, requests)
_OF_ANSWERS: Final = ("ratings", "open_answers", "answer_messages")


def _files(db: Connection, user: str) -> set[str]:
    """Ids of what they uploaded."""
    return {row[0] for row in db.execute("SELECT id FROM datasets WHERE owner = ?", [user]).fetchall()}


def _owner(value: dict[str, Any]) -> str | None:
    return value.get("owner")


def _rows(db: Connection, table: str, column: str, id: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", [id]).fetchone()[0])


def _end(db: Connection, table: str, id: str, run: dict[str, Any]) -> None:
    if run.get("state", RunState.RUNNING) in (RunState.RUNNING, RunState.PAUSED):
        run |= {"state": RunState.CANCELLED, "finished_at": time.time()}
        db.execute(f"UPDATE {table} SET state = ? WHERE id = ?", [RunState.CANCELLED, id])


def _put(db: Connection, table: str, id: str, value: dict[str, Any], if_not: str = "") -> None:
    """Unless it is that already."""
    text = msgspec.json.encode(value).decode()
    if text != if_not:
        db.execute(f"UPDATE {table} SET value = ? WHERE id = ?", [text, id])
