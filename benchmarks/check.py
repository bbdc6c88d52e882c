"""`finetune-bot check` against the usual script, on the same generated file, in turns, in one run.

    python benchmarks/check.py [--megabytes 200] [--size 1000] [--rounds 3] [--record]

Both do the same work on the same file: JSON, the seven classic checks, tokens. `finetune-bot check` looks for all its
other findings and for duplicates besides; the peer counts the role's token too, as it always does. Then `check` alone,
once each: an empty start, a file of `--size` MB for its memory (0: none), one whose examples call tools, one in which
every example has an error, and one meant for SmolLM2, counted with its own tokenizer as well (where the trainer has
fetched that). The usual script stops at such files.

Prints `name: value unit` lines. Times are of whole processes, start-up included; of each the median of the rounds.
CPU seconds are those of all of a command's processes. Memory is the peak of all of them together, in millions of bytes:
on Linux of what they take at the same moment, pages that they share counted once, looked at every twentieth of a second
in a run of its own, which is not timed; elsewhere the peak resident size. The ratio is of times on the clock, so it
needs a machine that is not busy with other things. Both must count the same content tokens, or the run fails. Needs the
extra `[test]` (bpe-openai holds the vocabulary for tiktoken, so that nothing is downloaded) and Linux or macOS.
"""

import argparse
import contextlib
import gzip
import hashlib
import importlib.resources
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import corpus, table

HERE = Path(__file__).parent
VOCABULARY = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
MEGABYTE = 1_000_000
OWN = "SmolLM2-135M-Instruct"


class Run(NamedTuple):
    seconds: float
    cpu_seconds: float
    megabytes: float
    answer: dict[str, object]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--megabytes", type=int, default=200, help="size of the file (default: 200)")
    arguments.add_argument("--size", type=int, default=1000, help="megabytes of a large file (default: 1000; 0: none)")
    arguments.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    arguments.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), asked.megabytes, asked.rounds, asked.record)
        look_further(Path(folder), asked.size, asked.record)


def compare(folder: Path, megabytes: int, rounds: int, record: bool) -> None:
    file = folder / "chats.jsonl"
    corpus.write(file, megabytes * MEGABYTE)
    environment = os.environ | {"TIKTOKEN_CACHE_DIR": str(vocabulary_folder(folder))}
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(run([sys.executable, str(HERE / "classic.py"), str(file)], environment))
        ours.append(run([sys.executable, "-m", "app", "check", str(file), "--json"], environment))
    verify(ours[0].answer, theirs[0].answer)
    check = statistics.median(one.seconds for one in ours)
    classic = statistics.median(one.seconds for one in theirs)
    check_memory = together([sys.executable, "-m", "app", "check", str(file), "--json"], environment) or max(
        one.megabytes for one in ours
    )
    classic_memory = max(one.megabytes for one in theirs)
    say(f"file: {file.stat().st_size / MEGABYTE:.0f} MB")
    say(f"tokens: {ours[0].answer['tokens']['total']} tokens")
    say(f"check_seconds: {check:.2f} s")
    say(f"classic_seconds: {classic:.2f} s")
    say(f"check_cpu_seconds: {statistics.median(one.cpu_seconds for one in ours):.2f} s")
    say(f"classic_cpu_seconds: {statistics.median(one.cpu_seconds for one in theirs):.2f} s")
    say(f"ratio: {classic / check:.1f} x")
    say(f"check_peak_memory: {check_memory:.0f} MB")
    say(f"classic_peak_memory: {classic_memory:.0f} MB")
    if record:
        figures = {
            "file": f"{megabytes} MB",
            "cores": str(os.cpu_count()),
            "check": f"{check:.2f} s",
            "classic script": f"{classic:.2f} s",
            "ratio": f"{classic / check:.1f}x",
            "check, peak memory": f"{check_memory:.0f} MB",
            "classic, peak memory": f"{classic_memory:.0f} MB",
        }
        table.record("check", figures)


def look_further(folder: Path, size: int, record: bool) -> None:
    """`check` alone, once each, on files that the peer does not take or need not be asked about."""
    figures = {}
    kinds: list[tuple[str, int, Callable[[Path, int], None]]] = [
        ("start", 0, corpus.write),
        ("100 MB", 100, corpus.write),
        ("tool calls, 100 MB", 100, lambda path, size: corpus.write(path, size, tools=True)),
        ("errors, 100 MB", 100, write_errors),
        ("SmolLM2, 20 MB", 20, corpus.write),
    ]
    if size:
        kinds.append((f"{size:,} MB", size, corpus.write))
    for name, megabytes, write in kinds:
        file = folder / "file.jsonl"
        write(file, megabytes * MEGABYTE or 1)
        command = [sys.executable, "-m", "app", "check", str(file), "--json"]
        own = name.startswith("SmolLM2")
        if own:
            command += ["--model", OWN]
        done = run(command, dict(os.environ))
        if own and done.answer["tokens"]["tokenizer"] != OWN:
            figures[name] = "not fetched"
            continue
        done = done._replace(megabytes=together(command, dict(os.environ)) or done.megabytes)
        figures[name] = f"{done.seconds:.2f} s, {done.megabytes:.0f} MB"
        key = name.replace(",", "").replace(" ", "_")
        say(f"{key}_seconds: {done.seconds:.2f} s")
        say(f"{key}_peak_memory: {done.megabytes:.0f} MB")
    if record and size:
        table.record("check, other files", figures)


def write_errors(path: Path, size: int) -> None:
    """A file in which each example has a role that is none."""
    clean = path.with_name("clean.jsonl")
    corpus.write(clean, size)
    with clean.open("rb") as lines, path.open("wb") as out:
        out.writelines(line.replace(b'"role": "user"', b'"role": "human"') for line in lines)
    clean.unlink()


def run(command: list[str], environment: dict[str, str]) -> Run:
    """Runs a command to its end. Raises SystemExit with its words where it fails."""
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, env=environment, cwd=HERE.parent)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode not in (0, 1):  # 1: errors found in the file
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said[:2000]!r}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes there, kilobytes here
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / MEGABYTE, json.loads(said))


def together(command: list[str], environment: dict[str, str]) -> float:
    """The peak of what a command's processes take together, in megabytes; 0 where it cannot be seen."""
    if not Path("/proc/self/smaps_rollup").exists():
        return 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, cwd=HERE.parent)
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(OSError):  # one has just ended
            peak = max(peak, sum(map(proportional, with_children(process.pid))))
        time.sleep(0.05)
    return peak / MEGABYTE


def with_children(process: int) -> list[int]:
    found = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found += with_children(int(child))
    return found


def proportional(process: int) -> int:
    """The bytes of a process, a page that several share divided among them."""
    sizes = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in sizes if line.startswith("Pss:"))


def verify(ours: dict[str, object], theirs: dict[str, object]) -> None:
    """The same examples and content tokens: ours adds 4 a message and 1 an example, theirs is asked for content."""
    if ours["examples"] != theirs["examples"] or ours["counts"] != theirs["errors"]:
        raise SystemExit(f"the two disagree: {ours['examples']}, {ours['counts']} and {theirs}")
    billed = ours["tokens"]["total"]
    expected = theirs["content_tokens"] + 4 * theirs["messages"] + theirs["examples"]
    if billed != expected:
        raise SystemExit(f"the two count different tokens: {billed} and {expected}")


def vocabulary_folder(folder: Path) -> Path:
    """A cache folder in which tiktoken finds o200k_base."""
    cache = folder / "tiktoken"
    cache.mkdir()
    packed = importlib.resources.files("bpe_openai").joinpath("data/o200k_base.tiktoken.gz").read_bytes()
    (cache / hashlib.sha1(VOCABULARY.encode()).hexdigest()).write_bytes(gzip.decompress(packed))
    return cache


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
