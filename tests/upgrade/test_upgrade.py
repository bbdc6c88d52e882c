"""A store of an older bot is taken over as it is, by the code that is here now."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("a_store.py")

OLDER = "6c865e69"
"""The last commit before the store learnt PostgreSQL."""
JOBS = 10_000


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of then."""
    if subprocess.run(["git", "cat-file", "-e", OLDER], cwd=ROOT, capture_output=True).returncode:
        assert "CI" not in os.environ, "CI needs the whole history"
        pytest.skip("the history is not here")
    folder = tmp_path_factory.mktemp("older")
    code = subprocess.run(["git", "archive", OLDER], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=code, check=True)
    return folder


def test_ten_thousand_jobs_and_all_that_is_under_way_survive_the_upgrade(older: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    by(older, "fill", state, JOBS)
    before = list(told(older, state))
    after = {(kind, key): value for kind, key, value in told(ROOT, state)}
    assert sum(kind == "job" for kind, _, _ in before) > JOBS
    for kind, key, value in before:
        assert holds(after[kind, key], value), (kind, key)
    assert len(after) == len(before)


def told(code: Path, state: Path) -> list[tuple[str, str, Any]]:
    return [tuple(json.loads(line)) for line in by(code, "tell", state).splitlines()]


def by(code: Path, *arguments: object) -> bytes:
    # The older one's tests and benchmarks import each other without the name of their folder.
    folders = (code,) if code == ROOT else (code, code / "tests", code / "benchmarks")
    path = os.pathsep.join(map(str, folders))
    program = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, check=True, stdout=subprocess.PIPE).stdout


def holds(new: Any, old: Any) -> bool:
    """Whether nothing that was there is missing or different. Values may have got new fields."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(holds, new, old))
    return bool(new == old)
