"""Whose turn is next: a pure function of what waits and of what was used lately.

A higher priority goes first. Among equals goes whose key has used the least lately, then whose channel has, then who
came first. Each job is taken to use its share as soon as it has its place, so one with many jobs does not stand before
one with a few. Waiting raises the priority without limit: nobody waits for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

LATELY = 24 * 3600
"""Seconds for which what was used counts."""
AGEING = 6 * 3600
"""Who has waited so many seconds stands where one of the next higher priority stands."""
# What a job that has its place is taken to use, in device seconds: about what trainings on a GPU take.
_FORECAST = 1800.0

Group: TypeAlias = tuple[str, str]
"""A key and a channel; each may be empty."""


class Waiting(msgspec.Struct, frozen=True):
    """A job that waits since a moment; `priority` is 0, 1 or 2."""

    id: str
    since: float
    group: Group
    priority: int = 1
    devices: int = 1


def in_order(waiting: Sequence[Waiting], used: Mapping[Group, float], at: float) -> list[Waiting]:
    """`used`: device seconds of each group lately, those of running jobs included."""
    by_key: dict[str, float] = defaultdict(float)
    by_group: dict[Group, float] = defaultdict(float, used)
    for (key, _), seconds in used.items():
        by_key[key] += seconds

    def rank(job: Waiting) -> tuple[float, float, float, float, str]:
        level = job.priority + (at - job.since) // AGEING
        return -level, by_key[job.group[0]], by_group[job.group], job.since, job.id

    # In a group the order is the same whatever was used, so only the first of each group is compared. Last is next.
    groups: dict[Group, list[Waiting]] = defaultdict(list)
    for job in sorted(waiting, key=rank, reverse=True):
        groups[job.group].append(job)
    order = []
    while groups:
        job = min((jobs[-1] for jobs in groups.values()), key=rank)
        order.append(groups[job.group].pop())
        if not groups[job.group]:
            del groups[job.group]
        by_key[job.group[0]] += _FORECAST * job.devices
        by_group[job.group] += _FORECAST * job.devices
    return order
