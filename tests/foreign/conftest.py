"""Programs that nobody here wrote, in environments of their own, against the real trainer with the real small model.

`pytest -m soak tests/foreign` installs them; FOREIGN_CLIENTS names a folder that keeps them for the next run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import build_tiny_model
from tests.trainer_process import KEY, Trainer
from trainer.settings import cache_folder

BASE = "SmolLM2-135M-Instruct"
EXAMPLES = Path(__file__).parents[2] / "examples" / "house-voice.jsonl"
PACKAGES = ["openai", "litellm", "mcp", "instructor", "langchain-openai", "lm-eval[api]", "transformers"]
# What pip and npm say where nobody answers, or where a machine without a network has a mirror that lacks the package.
UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeout",
    "No matching distribution",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ETIMEDOUT",
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("FOREIGN_CLIENTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="session")
def python(folder: Path) -> Path:
    """A Python that has the clients, and nothing of ours."""
    environment = folder / "python"
    if not (environment / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        install([str(environment / "bin" / "pip"), "install", "--quiet", *PACKAGES], folder)
        (environment / "ready").touch()
    return environment / "bin" / "python"


@pytest.fixture(scope="session")
def node(folder: Path) -> Path:
    """A folder in which Node finds its SDK."""
    if shutil.which("npm") is None:
        pytest.skip("Node and npm are not here.")
    if not (folder / "node_modules" / "openai").exists():
        install(["npm", "install", "--prefix", str(folder), "openai"], folder)
    return folder


def install(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1500)
    said = [line for line in done.stderr.splitlines() if any(sign in line for sign in UNREACHABLE)]
    if done.returncode and said:
        pytest.skip(f"The package registry cannot be reached: {said[-1]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainer]:
    table = build_tiny_model(tmp_path_factory.mktemp("tiny"))
    running = Trainer(tmp_path_factory.mktemp("trainer"), table, cache_folder())
    yield running
    running.stop()


@pytest.fixture(scope="session")
def model(trainer: Trainer) -> str:
    """A fine-tuned one."""
    file = trainer.upload(EXAMPLES.read_bytes())
    job = trainer.client.fine_tuning.jobs.create(
        model=BASE, training_file=file, seed=1, suffix="foreign", hyperparameters={"n_epochs": 2}
    )
    ended = trainer.ended(job.id, seconds=900)
    assert ended.status == "succeeded", ended.error
    name: Any = ended.fine_tuned_model
    return str(name)


@pytest.fixture(scope="session")
def run(trainer: Trainer) -> Callable[..., str]:
    """Run a program to its end as its user would, with the two variables that move it over; what it printed."""

    def run(*command: str | Path, cwd: Path | None = None) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=900,
            env={
                **os.environ,
                "OPENAI_BASE_URL": trainer.url,
                "OPENAI_API_KEY": KEY,
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "HF_HUB_OFFLINE": "1",
                "HF_DATASETS_CACHE": str(trainer.data / "hf"),
            },
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-6000:]
        return done.stdout

    return run
