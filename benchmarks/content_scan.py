"""The second pass over generated files of two sizes: how fast, and in how much memory.

    python benchmarks/content_scan.py [--megabytes 20 200] [--rounds 3] [--record]

Prints `name: value unit` lines. Each run is a process of its own, start-up included; of each size the median of the
rounds, and the highest peak resident size, in millions of bytes. To the text of `corpus.py` something to find is added:
one example in 50 is nearly repeated, one in 200 answered otherwise, one in 100 holds a key, a mail address or a phone
number. All of that and nothing else must be found, or the run fails. There is no peer: nothing else does all of it.
Needs Linux or macOS.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks import corpus, table
from benchmarks.check import MEGABYTE, Run, run, say

LOOK = """
import json, sys
from pathlib import Path
from training_files import scan_content
found = scan_content(Path(sys.argv[1]))
print(json.dumps({"counts": found.counts, "examples": found.examples}))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--megabytes", type=int, nargs=2, default=[20, 200], help="sizes (default: 20 200)")
    arguments.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    arguments.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    asked = arguments.parse_args()
    figures = {"cores": str(os.cpu_count())}
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in asked.megabytes:
            file = Path(folder) / f"{megabytes}.jsonl"
            planted = write(file, megabytes * MEGABYTE)
            runs = [run([sys.executable, "-c", LOOK, str(file)], dict(os.environ)) for _ in range(asked.rounds)]
            verify(runs[0], planted)
            seconds = statistics.median(one.seconds for one in runs)
            cpu = statistics.median(one.cpu_seconds for one in runs)
            memory = max(one.megabytes for one in runs)
            speed = file.stat().st_size / MEGABYTE / seconds
            file.unlink()
            say(f"seconds_{megabytes}: {seconds:.2f} s")
            say(f"cpu_seconds_{megabytes}: {cpu:.2f} s")
            say(f"speed_{megabytes}: {speed:.1f} MB/s")
            say(f"peak_memory_{megabytes}: {memory:.0f} MB")
            figures |= {
                f"{megabytes} MB": f"{seconds:.2f} s",
                f"{megabytes} MB, speed": f"{speed:.1f} MB/s",
                f"{megabytes} MB, peak memory": f"{memory:.0f} MB",
            }
    if asked.record:
        table.record("content_scan", figures)


def write(path: Path, size: int, seed: int = 1) -> Counter[str]:
    """Writes about `size` bytes of chats with something to find in them; what was added, by code."""
    plain = path.with_suffix(".plain")
    corpus.write(plain, size)
    chance = random.Random(seed)
    planted: Counter[str] = Counter()
    with plain.open("rb") as lines, path.open("wb") as file:
        for number, line in enumerate(lines):
            example = json.loads(line)
            file.write(line)
            messages = example["messages"]
            if number % 50 == 0 and len(messages[-1]["content"]) > 200:
                messages[-1]["content"] += " ok"
                planted["near_duplicate"] += 1
            elif number % 200 == 1:
                messages[-1]["content"] = "0" if messages[-1]["content"] != "0" else "1"
                planted["contradictory_answers"] += 1
            elif number % 100 == 2:
                code, thing = chance.choice(SENSITIVE)
                messages[:] = [
                    {"role": "user", "content": f"{number} {thing} {chance.random()}"},
                    {"role": "assistant", "content": "Noted."},
                ]
                planted[code] += 1
            else:
                continue
            file.write(json.dumps(example, ensure_ascii=False).encode() + b"\n")
    plain.unlink()
    return planted


SENSITIVE = (
    ("secret", "ghp_" + "a8Kd02LmQx9ZpR4tVw7Yb3Nc6Hj1Fs5Ge0Ui"),
    ("personal_data", "jane.roe@gmail.com"),
    ("personal_data", "我的手机是13812345678"),
)


def verify(ours: Run, planted: Counter[str]) -> None:
    """All that was planted is found, and nothing else; of near-duplicates, MinHash may miss one in 20."""
    counts = Counter(ours.answer["counts"])  # type: ignore[call-overload]
    missed = planted - counts
    if counts - planted or missed - Counter(near_duplicate=planted["near_duplicate"] // 20):
        raise SystemExit(f"planted {dict(planted)}, found {dict(counts)}")


if __name__ == "__main__":
    main()
