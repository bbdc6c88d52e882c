"""*Approve* and *Decline* under a job that waits for approval. Whoever is first decides."""

import contextlib

import orjson

from bot.errors import BotError
from bot.jobs.approval import AlreadyDecided
from bot.jobs.job import Job
from bot.notices.interfaces import PostError
from handlers.blocks import approval as blocks
from handlers.turn import Turn
from handlers.web.rate_limits import Priority
from texts.language import speaking


async def approve(turn: Turn) -> None:
    try:
        job = await turn.services.approvals.approve(await turn.caller(), turn.words)
    except AlreadyDecided as late:
        await turn.answer(blocks.decided_before(late.job))
        return
    await _close_question(turn, job, str((turn.body.get("message") or {}).get("ts") or ""))
    await turn.answer(blocks.done(job))


async def decline(turn: Turn) -> None:
    """Opens a window that asks why."""
    try:
        job = await turn.services.approvals.check(await turn.caller(), turn.words)
    except AlreadyDecided as late:
        await turn.answer(blocks.decided_before(late.job))
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
    reason = blocks.read_reason(view["state"]["values"]) or ""
    try:
        job = await turn.services.approvals.decline(await turn.caller(), place["job"], reason)
    except AlreadyDecided as late:
        await turn.answer(blocks.decided_before(late.job))
        return
    await _close_question(turn, job, place["question"])
    await turn.answer(blocks.done(job))


async def _close_question(turn: Turn, job: Job, ts: str) -> None:
    """Take the buttons away. Where that fails, pressing them answers kindly."""
    if ts:
        with contextlib.suppress(PostError):
            place = await turn.services.languages.place(job.origin.channel, job.requester)
            with speaking(place):
                answered = blocks.answered(job)
            await turn.services.poster.update(job.origin.channel, ts, answered, priority=Priority.MILESTONE)
