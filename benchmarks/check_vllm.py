"""Run the tests of chats by vLLM against a real one.

    scripts/check-vllm [--vllm COMMAND] [--record]
    scripts/check-vllm --url http://… --adapters FOLDER [--model ID] [--record]

Without `--url` one is started: `vllm`, or the command that `--vllm` names, on a GPU or a processor with AVX-512. A
running one must have been started as docs/trainer.md says. All is to be done within eight minutes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import table
from benchmarks.vllm_server import MODEL, processor, started, version

ROOT = Path(__file__).parents[1]
TESTS = "tests/trainer/test_vllm.py"
MOST_SECONDS = 480.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--vllm", default="vllm")
    parser.add_argument("--url")
    parser.add_argument("--adapters", type=Path)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if options.url and not options.adapters:
        parser.error("--url needs --adapters, the folder from which that server takes them")

    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        adapters = (options.adapters or folder / "adapters").absolute()
        url = options.url or stack.enter_context(started(options.vllm, adapters, model=options.model))
        serving = time.monotonic()
        passed, failed = run(url, adapters, options.model, folder / "results.xml", began + MOST_SECONDS - serving)
        figures = {
            "vLLM": version(url),
            "processor": processor(),
            "passed": str(passed),
            "failed": ", ".join(failed) or "none",
            "start": "-" if options.url else f"{serving - began:.0f} s",
            "tests": f"{time.monotonic() - serving:.0f} s",
        }
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.record:
        table.record("check-vllm", figures)
    sys.exit(bool(failed) or not passed)


def run(url: str, adapters: Path, model: str, results: Path, seconds: float) -> tuple[int, list[str]]:
    """How many tests passed, and the names of those that did not."""
    asked = {"VLLM_CHECK_URL": url, "VLLM_CHECK_ADAPTERS": str(adapters), "VLLM_CHECK_MODEL": model}
    command = [sys.executable, "-m", "pytest", "-q", TESTS, f"--junit-xml={results}"]
    try:
        subprocess.run(command, cwd=ROOT, env={**os.environ, **asked}, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return 0, ["not done in time"]
    cases = list(ElementTree.parse(results).iter("testcase"))
    failed = [case.attrib["name"] for case in cases if len(case)]
    return len(cases) - len(failed), failed


if __name__ == "__main__":
    main()
