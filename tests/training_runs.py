"""Trainings in the test's own process, without a server."""

from pathlib import Path
from typing import Any

import msgspec

from tests.trainer_process import jsonl
from trainer.training.messages import Measured, Report
from trainer.training.plan import Plan


def run_training(
    plan: Plan, examples: list[Any], held_back: list[Any], *, pause_at: int | None = None, **changes: Any
) -> list[dict[str, Any]]:
    """All that a worker says while it trains. `changes`: of the plan."""
    # Takes seconds to import.
    from trainer.training.reporting import ControlFlags
    from trainer.training.run import train

    Path(plan.training_file).write_bytes(jsonl(examples))
    Path(str(plan.validation_file)).write_bytes(jsonl(held_back))
    said: list[dict[str, Any]] = []
    flags = ControlFlags()

    def send(report: Report) -> None:
        said.append(msgspec.to_builtins(report))
        if isinstance(report, Measured) and report.step == pause_at:
            flags.pause()

    train(msgspec.structs.replace(plan, **changes), send, flags)
    return said


def figures(said: list[dict[str, Any]]) -> dict[int, dict[str, float]]:
    """Of each step."""
    return {message["step"]: message["metrics"] for message in said if message["kind"] == "metrics"}
