"""Python graders, in a process of their own with limits on time and memory. This is the parent's side.

The limits hold mistakes up, not malice: the process may read files and use the network as any other. So a source runs
only if an administrator put it, word for word, into a folder (`trusted_sources`); nothing else does.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from graders.errors import GraderError, NotAvailable
from graders.grader import MOST_SOURCE
from graders.sample import Sample

MEMORY: Final = 1 << 30
"""Bytes of address space that the child may take, where the system holds it to that (Linux)."""

SECONDS: Final = 30
"""Until the child is ended; of processor time, too."""


class Outcome(msgspec.Struct):
    """What the child says: a reward, or the exception in Python's words."""

    reward: float | None = None
    problem: str = ""


def trusted_sources(folder: Path) -> frozenset[str]:
    """The Python files in a folder. Raises OSError where it cannot be read."""
    files = (path for path in sorted(folder.glob("*.py")) if path.is_file() and path.stat().st_size < MOST_SOURCE)
    return frozenset(_plain(path.read_text(encoding="utf-8", errors="replace")) for path in files)


def require_trusted(source: str, trusted: frozenset[str]) -> None:
    """Raises NotAvailable where nobody put the source there."""
    if _plain(source) not in trusted:
        raise NotAvailable("grader_python_off")


def run(
    source: str, item: Mapping[str, Any], sample: Sample, trusted: frozenset[str], seconds: float = SECONDS
) -> float:
    """What `grade(sample, item)` of a trusted source returns. Raises GraderError; NotAvailable for others."""
    require_trusted(source, trusted)
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # and no secrets
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "graders.python_child", str(MEMORY), str(max(1, round(seconds)))],
            input=msgspec.json.encode([source, _as_dictionary(sample), item], enc_hook=str),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=seconds,
        )
        outcome = msgspec.json.decode(done.stdout, type=Outcome)
    except subprocess.TimeoutExpired:
        raise GraderError("grader_python_too_slow", seconds=round(seconds)) from None
    except (msgspec.DecodeError, UnicodeError):
        raise GraderError("grader_python_failed", problem=f"exit {done.returncode}") from None
    if outcome.reward is None:
        raise GraderError("grader_python_failed", problem=outcome.problem[:200])
    return outcome.reward


def _as_dictionary(sample: Sample) -> dict[str, Any]:
    """As OpenAI hands it to `grade`."""
    try:
        output_json = msgspec.json.decode(sample.output_text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        output_json = None
    tools = list(sample.output_tools)
    return {"output_text": sample.output_text, "output_json": output_json, "output_tools": tools, "choices": []}


def _plain(source: str) -> str:
    return source.replace("\r\n", "\n").strip()
