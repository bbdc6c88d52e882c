"""What must hold after any history of a move, beside what holds of its jobs."""

from collections import Counter

import msgspec

from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.notice import GroupEnded, Notice
from bot.models.retirement_warnings import WARNING_DAYS
from bot.moves.move import Move
from tests.simulation import invariants
from tests.simulation.moving import MoveWorld


def violations(world: MoveWorld) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    found = invariants.violations(world)
    checks = (_trained_once, _compared_once, _end_told, _switched_after_agreement, _warned_once)
    return found + [sentence for check in checks for sentence in check(world)]


def _trained_once(world: MoveWorld) -> list[str]:
    jobs = [msgspec.json.decode(value, type=Job) for (value,) in world.store.execute("SELECT value FROM jobs")]
    successors = Counter(job.parent for job in jobs if job.parent)
    return [f"{model} is trained {successors[model]} times" for model in world.old if successors[model] > 1]


def _compared_once(world: MoveWorld) -> list[str]:
    return [f"{models} were compared {times} times" for models, times in world.evaluated.items() if times > 1]


def _end_told(world: MoveWorld) -> list[str]:
    """Once. A job about which nobody decides holds it up."""
    left = world.store.execute("SELECT 1 FROM jobs WHERE state = ?", [states.UNCERTAIN]).fetchone()
    told = Counter(
        notice.under_card
        for (value,) in world.store.execute("SELECT value FROM notices")
        if isinstance((notice := msgspec.json.decode(value, type=Notice)).body, GroupEnded)
        and notice.under_card is not None
    )
    moves = [msgspec.json.decode(value, type=Move) for (value,) in world.store.execute("SELECT value FROM job_groups")]
    found = [f"the end of {move.id} was to be told to nobody" for move in moves if not left and not told[move.id]]
    return found + [f"the end of {move} was told {times} times" for move, times in told.items() if times > 1]


def _switched_after_agreement(world: MoveWorld) -> list[str]:
    current = [model for (model,) in world.store.execute("SELECT model FROM current_models")]
    return [f"{model} was taken into use, and nobody had agreed" for model in current if model not in world.agreed]


def _warned_once(world: MoveWorld) -> list[str]:
    """Each channel at each mark, in their order."""
    found, marks = [], (*WARNING_DAYS, 0)
    rows = world.store.execute("SELECT id, value FROM notices WHERE id LIKE 'retirement/%' ORDER BY seq").fetchall()
    by_channel: dict[str, list[int]] = {}
    for id, value in rows:
        by_channel.setdefault(msgspec.json.decode(value, type=Notice).channel, []).append(int(id.rsplit("/", 1)[1]))
    for channel, told in by_channel.items():
        if any(mark not in marks for mark in told):
            found.append(f"{channel} was warned between the marks: {told}")
        if told != sorted(set(told), reverse=True):
            found.append(f"{channel} was warned out of order: {told}")
    return found
