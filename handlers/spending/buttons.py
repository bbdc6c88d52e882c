"""*Approve* and *Decline* under a job that waits for approval. Whoever is first decides."""

import contextlib

import orjson

from bot.access import Action
from bot.errors import BotError
from bot.jobs.approval import AlreadyDecided
from bot.jobs.job import Job
from bot.notices.interfaces import PostError
from handlers.blocks import approval as blocks
from handlers.turn import Turn
from handlers.web.rate_limits import Priority


async def approve(turn: Turn) -> None:
    job = await turn.job(turn.words, Action.APPROVE)
    try:
        job = await turn.services.approvals.approve(job.id, turn.entry(Action.APPROVE, job.id))
    except AlreadyDecided as late:
        if not _by(turn, late.job):
            await turn.answer(blocks.decided_before(late.job))
            return
        job = late.job
    await turn.services.job_queue.tick()
    await _close_question(turn, job, str((turn.body.get("message") or {}).get("ts") or ""))
    await turn.answer(blocks.done(job))


async def decline(turn: Turn) -> None:
    """Opens a window that asks why."""
    job = await turn.job(turn.words, Action.APPROVE)
    if job.approval is None or job.approval.approved is not None:
        await turn.answer(blocks.decided_before(job))
        return
    if turn.trigger_id is None:
        raise BotError("A window can only be opened from a button.")
    question = str((turn.body.get("message") or {}).get("ts") or "")
    metadata = orjson.dumps({"channel": turn.channel, "job": job.id, "question": question}).decode()
    await turn.services.poster.open_view(turn.trigger_id, blocks.decline_window(job, metadata).to_dict())


async def declined(turn: Turn) -> None:
    """The window was sent off."""
    view = turn.body["view"]
    place = orjson.loads(view["private_metadata"])
    # Asked anew: who opened the window may have lost the role since.
    job = await turn.job(place["job"], Action.APPROVE)
    reason = blocks.read_reason(view["state"]["values"]) or ""
    try:
        job = await turn.services.approvals.decline(job.id, reason, turn.entry("decline", job.id, details=reason))
    except AlreadyDecided as late:
        if not _by(turn, late.job):
            await turn.answer(blocks.decided_before(late.job))
            return
        job = late.job
    await _close_question(turn, job, place["question"])
    await turn.answer(blocks.done(job))


def _by(turn: Turn, job: Job) -> bool:
    """Whether it was this very act that decided, before a crash."""
    return turn.again and job.approval is not None and job.approval.decided_by == turn.user


async def _close_question(turn: Turn, job: Job, ts: str) -> None:
    """Take the buttons away. Where that fails, pressing them answers kindly."""
    if ts:
        with contextlib.suppress(PostError):
            await turn.services.poster.update(job.origin.channel, ts, blocks.answered(job), priority=Priority.MILESTONE)
