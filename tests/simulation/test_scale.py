"""The simulation of many workspaces, a small one: its figures are `benchmarks/scale.py`'s."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_in_several_workspaces_each_job_is_told_once_within_what_slack_grants() -> None:
    """It fails by itself where a job is told twice, or never, or created twice."""
    asked = ["--workspaces", "4", "--jobs", "120", "--from", "10", "--to", "10.5", "--poll", "60", "--tick", "5"]
    command = [sys.executable, str(ROOT / "benchmarks" / "scale.py"), *asked]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    figures = dict(line.split(": ", 1) for line in answer.stdout.splitlines() if ": " in line)
    assert figures["Slack, refused"] == "0"
    told = int(figures["jobs in the stores, told"].split(", ")[1])
    assert told > 3
    assert float(figures["provider, requests a job"]) < 60
    last = float(figures["end to told, p50 / p99 / last"].split(" / ")[2].removesuffix(" s"))
    assert last < 2 * 60 + 10, "a look at the states, and one that came too early"
