"""The child in which a Python grader runs; `graders.python` starts it.

Run as `python -m graders.python_child BYTES SECONDS`. It reads `[source, sample, item]` as JSON and writes an
`Outcome`; what the grader prints goes nowhere.
"""

import asyncio
import inspect
import math
import os
import sys

import msgspec

from graders.python import Outcome


def main() -> None:
    memory, seconds = map(int, sys.argv[1:])
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    source, sample, item = msgspec.json.decode(sys.stdin.buffer.read())
    _limit(memory, seconds)
    os.write(out, msgspec.json.encode(_graded(source, sample, item)))
    os._exit(0)


def _graded(source: str, sample: object, item: object) -> Outcome:
    space: dict[str, object] = {"__name__": "grader"}
    try:
        exec(compile(source, "grader", "exec"), space)
        value = space["grade"](sample, item)  # type: ignore[operator]
        value = float(asyncio.run(value) if inspect.iscoroutine(value) else value)
    except BaseException as error:  # sys.exit too
        return Outcome(problem=f"{type(error).__name__}: {error}"[:500])
    return Outcome(value) if math.isfinite(value) else Outcome(problem=f"grade returned {value}")


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is all
        return
    for name, most in (("RLIMIT_AS", memory), ("RLIMIT_CPU", seconds), ("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0)):
        try:
            kind = getattr(resource, name)
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
        except (AttributeError, ValueError, OSError):  # macOS refuses the first
            continue


if __name__ == "__main__":
    main()
