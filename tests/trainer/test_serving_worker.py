"""The serving worker's scheduler, with a pipe that keeps what is said."""

import queue
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import ENDLESS, MODEL_ID, build_tiny_model
from tests.trainer_process import wait_for
from trainer.base_models import read_table
from trainer.serving import worker
from trainer.serving.engines import gguf_files
from trainer.serving.engines.transformers_engine import TransformersEngine
from trainer.serving.messages import (
    Answered,
    Command,
    Conversation,
    Delta,
    End,
    Generate,
    Generation,
    GenerationRequest,
    ModelRef,
    Refused,
    Sampling,
    Start,
    StreamEvent,
)
from trainer.serving.worker import RequestScheduler, available_engines

PATIENCE = 240.0


class Pipe:
    def __init__(self) -> None:
        self.received: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.said: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self.send = self.said.put

    def ask(self, id: str, model: ModelRef, **how: Any) -> None:
        chat = Conversation([{"role": "user", "content": "Hello"}])
        generation = Generation(chat, **{"max_tokens": 4, "sampling": Sampling(seed=1), **how})
        self.received.put(Generate(GenerationRequest(id, model, generation)))

    def hear(self, *ids: str) -> dict[str, list[StreamEvent]]:
        """What is said to these requests, until each has its end."""
        heard: dict[str, list[StreamEvent]] = {id: [] for id in ids}
        open = set(ids)
        while open:
            answered = self.said.get(timeout=PATIENCE)
            heard[answered.id].append(answered.event)
            if isinstance(answered.event, End | Refused):
                open.discard(answered.id)
        return heard


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    base = read_table(build_tiny_model(tmp_path_factory.mktemp("worker")))[MODEL_ID]
    return ModelRef(base.id, base.source[0].path, base.template(), base.context_length)


def scheduler(*engines: Any) -> Pipe:
    pipe: Any = Pipe()
    threading.Thread(target=RequestScheduler(pipe, engines).run, daemon=True).start()
    return pipe


@pytest.mark.parametrize("only_transformers", [False, True])
def test_more_chats_than_grow_at_once_all_start_and_are_answered(
    model: ModelRef, tmp_path: Path, only_transformers: bool
) -> None:
    pipe = scheduler(*available_engines(tmp_path, 0, 20)[only_transformers:])
    ids = [f"gen-{number}" for number in range(9)]
    for id in ids:
        pipe.ask(id, model, max_tokens=30, sampling=Sampling(logit_bias=ENDLESS))
    heard = pipe.hear(*ids)
    assert all(isinstance(events[0], Start) and isinstance(events[-1], End) for events in heard.values())


def test_a_model_that_llama_cpp_cannot_take_is_answered_by_transformers(
    model: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(weights: Path, cache: Path, most_bytes: int) -> Path:
        raise ValueError("llama.cpp has no place for this")

    monkeypatch.setattr(gguf_files, "model_file", broken)
    transformers = TransformersEngine()
    pipe = scheduler(*available_engines(tmp_path, 0, 20)[:1], transformers)
    pipe.ask("gen-1", model)
    events = pipe.hear("gen-1")["gen-1"]
    assert [type(event) for event in events].count(Start) == 1
    assert isinstance(events[0], Start)
    assert isinstance(events[-1], End)
    assert transformers.loaded


def test_whatever_is_asked_of_a_model_that_llama_cpp_takes_is_answered_by_it_alone(
    model: ModelRef, tmp_path: Path
) -> None:
    transformers = TransformersEngine()
    pipe = scheduler(*available_engines(tmp_path, 0, 20)[:1], transformers)
    pipe.ask("gen-1", model, logprobs=1)
    pipe.ask("gen-2", model, sampling=Sampling(presence_penalty=0.5))
    pipe.ask("gen-3", model, schema={"type": "no such type"})
    pipe.ask("gen-4", model, echo=True, logprobs=0)
    heard = pipe.hear("gen-1", "gen-2", "gen-3", "gen-4")
    assert any(event.tokens for event in heard["gen-1"] if isinstance(event, Delta))
    assert isinstance(heard["gen-2"][-1], End)
    [refused] = heard["gen-3"]
    assert isinstance(refused, Refused)
    assert refused.code == "invalid_schema"
    assert isinstance(heard["gen-4"][-1], End)
    assert not transformers.loaded


def test_what_transformers_holds_is_let_go_where_nobody_uses_it_and_loaded_again(
    model: ModelRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.2)
    transformers = TransformersEngine()
    pipe = scheduler(transformers)
    texts = []
    for id in ("gen-1", "gen-2"):
        pipe.ask(id, model, sampling=Sampling(temperature=0))
        texts.append([event.text for event in pipe.hear(id)[id] if isinstance(event, Delta)])
        wait_for(lambda: not transformers.loaded)
    assert texts[0] == texts[1]
