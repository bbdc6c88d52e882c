"""A command run in a process of its own, with what it took."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# A process inherits the peak of the one that started it, and that of a test run is large: a small one stands between.
_BETWEEN = """
import json, os, resource, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
said = process.stdout.read().decode()
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
seconds = time.perf_counter() - begun
print(json.dumps([process.returncode, said, peak, seconds, usage.ru_utime + usage.ru_stime]))
"""


class Measured(NamedTuple):
    """`megabytes` is the peak resident size in millions of bytes, `processor` the seconds of processor time with that
    of its children, `complaints` what was written to stderr.
    """

    code: int
    said: str
    megabytes: float
    seconds: float
    processor: float
    complaints: str


def measured(*arguments: str | Path) -> Measured:
    """Runs Python with these arguments to its end. On Linux and macOS."""
    command = [sys.executable, "-c", _BETWEEN, sys.executable, *map(str, arguments)]
    between = subprocess.run(command, capture_output=True, text=True, check=True)
    code, said, megabytes, seconds, processor = json.loads(between.stdout)
    return Measured(code, said, megabytes, seconds, processor, between.stderr)
