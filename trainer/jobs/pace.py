"""How long a training will take, judged by those that this machine has done.

A step takes a while by itself (the optimizer, all weights read once) and more for each token that it reads. Both are
held together as tokens: a step counts as `step_tokens` more than it reads, and each of these takes as long as another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

import msgspec

from trainer.machine import machine
from trainer.objects import Pace, now
from trainer.training.messages import Measured, Report, Started

# Machines change their load, and people their files: older trainings say little.
_LATEST = 10
# A guess, of a small model on two cores, for machines that trained before they were calibrated.
_STEP_TOKENS = 180.0
_MOST_STEP_TOKENS = 5000.0
# How far the next training may lie beyond those that were measured: in both directions, a factor.
_MEASURED, _CALIBRATED = 1.25, 1.6


class Duration(msgspec.Struct, frozen=True):
    """Seconds from the beginning of a training to its model, and between which they probably lie; from how many
    `trainings` here that is known, 0 where it was calibrated only."""

    seconds: float
    low: float
    high: float
    trainings: int


def duration(paces: Sequence[Pace], steps: int, tokens: int) -> Duration | None:
    """Of a training of so many steps that read so many tokens in all; None where nothing is known. `paces`: of the same
    base model, method and machine, newest first; what was measured before the machine got another device counts no
    more."""
    same = [pace for pace in paces if pace.device == paces[0].device]
    calibrated = [pace for pace in same if pace.step_tokens is not None][:1]
    trainings = [pace for pace in same if pace.step_tokens is None][:_LATEST]
    known = trainings or calibrated
    if not known:
        return None
    extra = (calibrated[0].step_tokens or 0.0) if calibrated else _STEP_TOKENS
    rates = [pace.seconds / (pace.tokens + extra * pace.steps) for pace in known]
    work = tokens + extra * steps
    around = median(pace.around for pace in known)
    margin = _MEASURED if trainings else _CALIBRATED
    return Duration(
        seconds=around + median(rates) * work,
        low=(around + min(rates) * work) / margin,
        high=(around + max(rates) * work) * margin,
        trainings=len(trainings),
    )


class Stopwatch:
    """Watches a training from its beginning by what it reports."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._started: Started | None = None
        self._last: Measured | None = None
        self._to_first_step = 0.0
        self.steps: list[tuple[int, float]] = []
        """Of each step: how many tokens it read, and its seconds."""

    def hear(self, report: Report) -> None:
        match report:
            case Started():
                self._started = report
            case Measured():
                tokens, seconds = int(report.metrics["elapsed_tokens"]), report.seconds or 0.0
                if self._last is None:
                    self._to_first_step = time.monotonic() - self._began - seconds
                before = self._read()
                self.steps.append((tokens - before[0], seconds - before[1]))
                self._last = report

    def pace(self, base: str, method: str) -> Pace | None:
        """Of a training that has just ended; None where it was not seen from its first step on."""
        tokens, seconds = self._read()
        if not self._is_whole or not tokens or not seconds:
            return None
        around = max(0.0, time.monotonic() - self._began - seconds)
        return self._pace(base, method, tokens, seconds, around)

    def calibrated(self, base: str, method: str) -> Pace | None:
        """Of one that was broken off after steps of two lengths. Its first step is left out: it warms things up."""
        line = fitted(self.steps[1:])
        if line is None:
            return None
        a_step, a_token = line
        tokens = sum(read for read, _ in self.steps[1:])
        steps = len(self.steps) - 1
        seconds = steps * a_step + tokens * a_token
        pace = self._pace(base, method, tokens, seconds, self._to_first_step)
        return msgspec.structs.replace(pace, steps=steps, step_tokens=a_step / a_token)

    @property
    def _is_whole(self) -> bool:
        started, last = self._started, self._last
        return started is not None and started.resumed_at is None and last is not None and last.step == len(self.steps)

    def _read(self) -> tuple[int, float]:
        last = self._last
        return (int(last.metrics["elapsed_tokens"]), last.seconds or 0.0) if last else (0, 0.0)

    def _pace(self, base: str, method: str, tokens: int, seconds: float, around: float) -> Pace:
        lineage = self._started.lineage if self._started else {}
        code = lineage.get("code", {})
        return Pace(
            base=base,
            method=method,
            whole=lineage.get("settings", {}).get("weights") == "all",
            machine=machine(),
            device=f"{code.get('computed_on', '')} {code.get('in', '')}".strip(),
            steps=len(self.steps),
            tokens=tokens,
            seconds=seconds,
            around=around,
            created_at=now(),
            memory=(self._started.memory or None) if self._started else None,
        )


def fitted(steps: Sequence[tuple[int, float]]) -> tuple[float, float] | None:
    """Seconds of a step by itself, and of each token; None where there are no steps of two lengths. `steps`: of each
    its tokens and seconds."""
    if not steps:
        return None
    middle = (min(read for read, _ in steps) + max(read for read, _ in steps)) / 2
    short = [(read, took) for read, took in steps if read < middle]
    long = [(read, took) for read, took in steps if read > middle]
    if not short or not long:
        return None
    (read, took), (more, longer) = (
        (median(one for one, _ in some), median(one for _, one in some)) for some in (short, long)
    )
    # Where a long step takes hardly longer (a GPU that waits for its orders), nobody has seen yet what a token takes.
    a_token = max((longer - took) / (more - read), longer / (more + _MOST_STEP_TOKENS))
    return max(0.0, longer - a_token * more), a_token
