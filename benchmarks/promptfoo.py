#!/usr/bin/env python
"""Read every Promptfoo configuration below a folder, such as a copy of a public repository, and count what maps.

    python benchmarks/promptfoo.py FOLDER

A file that ends the program is a bug; what is refused or left out is counted by its reason. Nothing is run or fetched.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from graders.errors import GraderError
from graders.grading import grade
from graders.promptfoo import read_promptfoo
from graders.sample import Sample


def main() -> None:
    folder = Path(sys.argv[1])
    counts, refused, left_out = Counter[str](), Counter[str](), Counter[str]()
    began = time.perf_counter()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file()):
        try:
            found = read_promptfoo(path.read_bytes(), judge="judge")
        except GraderError as error:
            refused[error.kind] += 1
            continue
        counts["files"] += 1
        counts["tests"] += len(found.cases)
        counts["tests with a grader"] += sum(case.grader is not None for case in found.cases)
        left_out.update(part.reason.value for part in found.left_out)
        for number in range(len(found.prompts)):
            for example in found.examples(number):
                assert found.grader is not None
                counts[
                    "graded" if grade(found.grader, example, Sample("Yes.")).reward is not None else "not graded"
                ] += 1
    print(f"{dict(counts)} in {time.perf_counter() - began:.1f} s")
    print(f"left out: {dict(left_out)}; refused: {dict(refused)}")


if __name__ == "__main__":
    main()
