"""Trainers with the tiny random model."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.otlp_collector import Collector
from tests.tiny_model import MODEL_ID, build_tiny_model, tiny_plan
from tests.trainer_process import METRICS_TOKEN, Trainer, jsonl, some_examples
from trainer.base_models import read_table
from trainer.serving.messages import ModelRef
from trainer.store import Store
from trainer.training.libraries import load
from trainer.training.plan import Plan


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def model(table: Path) -> ModelRef:
    """The tiny model, as engines are asked for it."""
    base = read_table(table)[MODEL_ID]
    return ModelRef(base.id, base.source[0].path, base.template(), base.context_length)


@pytest.fixture
def plan(tmp_path: Path, table: Path) -> Plan:
    """Three epochs of the tiny model, in folders of the test."""
    return tiny_plan(tmp_path, table)


@pytest.fixture(scope="module")
def frozen() -> Iterator[None]:
    """The libraries as a training worker has them: no garbage, for each training looks for some at its beginning."""
    assert load() is None
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What that server tells of traces."""
    running = Collector()
    yield running
    running.close()


@pytest.fixture(scope="session")
def trainer(tmp_path_factory: pytest.TempPathFactory, table: Path, collector: Collector) -> Iterator[Trainer]:
    """A server that many tests share."""
    cache = tmp_path_factory.mktemp("cache")
    settings: dict[str, Any] = {
        "TRAINER_CALIBRATE": "true",
        "TRAINER_METRICS_TOKEN": METRICS_TOKEN,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    running = Trainer(tmp_path_factory.mktemp("trainer"), table, cache, **settings)
    yield running
    running.stop()


@pytest.fixture
def client(trainer: Trainer) -> Callable[..., openai.OpenAI]:
    """A client with a new key of this name."""

    def make(name: str, *, admin: bool = False) -> openai.OpenAI:
        key = f"sk-{name}"
        store = Store(trainer.data / "trainer.db")
        store.delete_key(name)
        store.add_key(name, key, admin=admin)
        store.close()
        return openai.OpenAI(base_url=trainer.url, api_key=key, max_retries=0)

    return make


@pytest.fixture(scope="session")
def finished(trainer: Trainer) -> Any:
    """A job that has succeeded: 12 examples, four epochs of six steps, with a validation file."""
    validation = trainer.upload(jsonl(some_examples(3)), "validation.jsonl")
    job = trainer.train(
        validation_file=validation,
        suffix="my_model",
        seed=7,
        metadata={"team": "blue"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
    )
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error
    return ended
