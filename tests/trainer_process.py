"""A trainer in a process of its own, and the official SDK as its client: what tests of the trainer share."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import openai
import psutil

KEY = "sk-for-tests"
METRICS_TOKEN = "for-prometheus"
T = TypeVar("T")


def wait_for(what: Callable[..., T | None], seconds: float = 480) -> T:
    """What the function gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.03)


def example(question: str, answer: str, **more: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": answer, **more}
    return {"messages": [{"role": "user", "content": question}, said]}


def jsonl(examples: list[Any]) -> bytes:
    return "\n".join(json.dumps(one) for one in examples).encode()


def some_examples(count: int = 12) -> list[dict[str, Any]]:
    return [example(f"What comes after {number}?", f"It is {number + 1}!") for number in range(count)]


def some_pairs(count: int = 12) -> list[dict[str, Any]]:
    """Preferences: a number rather than an excuse."""
    return [
        {
            "input": {"messages": one["messages"][:1]},
            "preferred_output": one["messages"][1:],
            "non_preferred_output": [{"role": "assistant", "content": "I would rather not say."}],
        }
        for one in some_examples(count)
    ]


def some_tasks(count: int = 12) -> list[dict[str, Any]]:
    """Prompts to be answered with a text that holds the letter e, as `HOLDS_LETTER` has it."""
    return [{"messages": one["messages"][:1], "letter": "e"} for one in some_examples(count)]


HOLDS_LETTER = {
    "type": "string_check",
    "name": "holds",
    "operation": "like",
    "input": "{{sample.output_text}}",
    "reference": "{{item.letter}}",
}


def reinforced(grader: dict[str, Any] = HOLDS_LETTER, **hyperparameters: Any) -> dict[str, Any]:
    """A job's `method`."""
    return {"type": "reinforcement", "reinforcement": {"grader": grader, "hyperparameters": hyperparameters}}


class Trainer:
    """One running server. On `port` 0 it has another address after each start."""

    def __init__(self, data: Path, table: Path, cache: Path, *, port: int = 0, **environment: str) -> None:
        self.data = data
        self.port = port
        self.environment = {
            **os.environ,
            "TRAINER_KEY": KEY,
            "TRAINER_BASE_MODELS": str(table),
            "FINETUNE_CACHE": str(cache),
            "TRAINER_CALIBRATE": "false",
            **environment,
        }
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trainer", "serve", "--port", str(self.port)),
                *("--data", str(self.data), "--org", "acme"),
            ],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("trainer ready "), line
        self.url = line.split()[-1]
        self.client = openai.OpenAI(base_url=self.url, api_key=KEY, max_retries=0)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def refuses(self) -> bool:
        """Whether it takes no connection any more."""
        try:
            self.client.models.list()
        except openai.APIConnectionError:
            return True
        return False

    def kill(self) -> None:
        """The server alone: a training goes on."""
        self.process.kill()
        self.process.wait()

    def kill_all(self) -> None:
        """The server and whatever it started."""
        running = self.process.poll() is None
        children = psutil.Process(self.process.pid).children(recursive=True) if running else []
        self.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

    def workers(self, module: str) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since it was listed
                if module in child.cmdline():
                    found.append(child)
        return found

    def upload(self, content: bytes, name: str = "examples.jsonl") -> str:
        return self.client.files.create(file=(name, content), purpose="fine-tune").id

    def train(self, examples: list[Any] | None = None, **settings: Any) -> Any:
        """Start a job on the tiny model."""
        file = self.upload(jsonl(some_examples() if examples is None else examples))
        return self.client.fine_tuning.jobs.create(**{"model": "tiny-random", "training_file": file, **settings})

    def ended(self, job_id: str, seconds: float = 480) -> Any:
        """The job once it has ended, however it did."""

        def look() -> Any:
            job = self.client.fine_tuning.jobs.retrieve(job_id)
            return job if job.status in ("succeeded", "failed", "cancelled") else None

        return wait_for(look, seconds)

    def events(self, job_id: str) -> list[Any]:
        """All events, oldest first."""
        return list(self.client.fine_tuning.jobs.list_events(job_id, limit=100))[::-1]

    def steps(self, job_id: str) -> int:
        """How many steps the job has made."""
        page: Any = self.client.fine_tuning.jobs.list_events(job_id, limit=1)
        return (page.data[0].data or {}).get("step", 0) if page.data else 0
