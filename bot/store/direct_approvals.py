"""Questions about approval, and what became of them, for people who want them as direct messages, too."""

from collections.abc import Sequence

from bot.jobs.notice import (
    ApprovalAsked,
    Approved,
    Body,
    Ended,
    EndedElsewhere,
    GroupApprovalAsked,
    GroupApproved,
    GroupEnded,
    Notice,
)
from bot.store.connection import Connection


def approvals_for_people(db: Connection, notices: Sequence[Notice]) -> list[Notice]:
    """Inside a caller's transaction. Whether somebody may approve is looked at when they are asked. What is of a
    private channel is told to its owner alone."""
    return [direct for notice in notices if notice.under_card for direct in _for_people(db, notice)]


def _for_people(db: Connection, notice: Notice) -> list[Notice]:
    owner = notice.about.owner
    match notice.body:
        case ApprovalAsked() | GroupApprovalAsked():
            if notice.about.private:
                return []
            return [_direct(notice, notice.body, user) for user in _wanting(db) if user != owner]
        case Approved() | GroupApproved():
            return [_direct(notice, notice.body, owner)] if owner in _wanting(db) else []
        case Ended() if notice.under_card == notice.about.id:
            told = owner in _wanting(db) and _was_declined(db, "id = ?", notice.about.id)
            return [_direct(notice, EndedElsewhere(), owner)] if told else []
        case GroupEnded():
            told = owner in _wanting(db) and _was_declined(db, "group_id = ?", notice.about.id)
            return [_direct(notice, GroupEnded(), owner)] if told else []
        case _:
            return []


def _direct(notice: Notice, body: Body, user: str) -> Notice:
    return Notice(f"{notice.id}/direct/{user}", body, user, notice.about, notice.since)


def _wanting(db: Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT user_id FROM people WHERE approvals_directly = 1").fetchall()]


def _was_declined(db: Connection, which: str, value: str) -> bool:
    return db.execute(f"SELECT 1 FROM jobs WHERE {which} AND declined = 1 LIMIT 1", [value]).fetchone() is not None
