"""Trains plans by several ranks, without a server: `python -m tests.ranks_process` loads the training libraries, then
reads one `Asked` a line, forks a process for each rank and answers with one `Answer`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any

import msgspec

from trainer.training.messages import Measured, Report
from trainer.training.plan import Plan


class Asked(msgspec.Struct):
    """`stop_after`: the step after whose report rank 0 is asked to save and leave. `sharded`: whatever fits, the base
    in parts and activations computed twice. `peers_only`: rank 0 trains nothing, and tells what another one says."""

    plan: Plan
    stop_after: int | None = None
    sharded: bool = False
    peers_only: bool = False


class Answer(msgspec.Struct):
    """What rank 0 said; of each rank how many numbers of the base it held, and how it ended."""

    reports: list[Report]
    held: list[int]
    codes: list[int]

    @property
    def metrics(self) -> list[dict[str, float]]:
        """Of each step."""
        return [report.metrics for report in self.reports if isinstance(report, Measured)]


class RanksProcess:
    """The test's end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    def train(self, plan: Plan, size: int = 1, **more: Any) -> Answer:
        """By so many ranks, all of which make the last step."""
        answer = self.ask(Asked(msgspec.structs.replace(plan, devices=size), **more))
        assert answer.codes == [0] * size
        return answer

    def ask(self, asked: Asked) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(asked) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Answer)

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    from trainer.training.libraries import load

    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    assert load() is None
    for line in sys.stdin.buffer:
        asked = msgspec.json.decode(line, type=Asked)
        with tempfile.TemporaryDirectory() as folder:
            pids = [_fork(asked, rank, Path(folder)) for rank in range(1 if asked.peers_only else asked.plan.devices)]
            codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
            said = Path(folder) / "said.jsonl"
            reports = msgspec.json.Decoder(Report).decode_lines(said.read_bytes() if said.exists() else b"")
            held = [int(path.read_text()) for path in sorted(Path(folder).glob("held-*"))]
        answers.write(msgspec.json.encode(Answer(reports, held, codes)) + b"\n")


def _fork(asked: Asked, rank: int, folder: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    with contextlib.suppress(BaseException):
        try:
            _train(asked, rank, folder)
            code = 0
        except BaseException:
            traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def _train(asked: Asked, rank: int, folder: Path) -> None:
    from torch.distributed.tensor import DTensor

    from trainer.training import run
    from trainer.training.memory import MemoryPlan
    from trainer.training.peers import Peers
    from trainer.training.ranks import Ranks, join
    from trainer.training.reporting import ControlFlags

    size, flags = asked.plan.devices, ControlFlags()
    models = []

    def hear(report: Report) -> None:
        if rank == 0:
            with (folder / "said.jsonl").open("ab") as file:
                file.write(msgspec.json.encode(report) + b"\n")
        if isinstance(report, Measured) and report.step == asked.stop_after and rank == 0:
            flags.leave()

    def load(*args: Any, **more: Any) -> Any:
        models.append(real(*args, **more))
        return models[-1]

    if asked.peers_only:
        peers = Peers(asked.plan, hear)
        join(0, size, peers.meeting)
        threading.Event().wait()
    real, run.load = run.load, load  # type: ignore[attr-defined]
    if asked.sharded:
        memory = MemoryPlan(2, True, False, 0, size, sharded=True)
        run.plan_memory = lambda *_: memory  # type: ignore[attr-defined]
    ranks = join(rank, size, str(folder / "meeting")) if size > 1 else Ranks()
    run.train(asked.plan, hear, flags, ranks)
    weights = [weight for name, weight in models[0].named_parameters() if "lora" not in name]
    held = sum((weight.to_local() if isinstance(weight, DTensor) else weight).numel() for weight in weights)
    (folder / f"held-{rank}").write_text(str(held))


if __name__ == "__main__":
    main()
