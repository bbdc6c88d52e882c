"""The serving worker's desk, with a pipe that keeps what is said."""

import queue
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tiny_model import ENDLESS, MODEL_ID, build_tiny_model
from trainer_process import wait_for

from trainer.base_models import read_table
from trainer.serving import gguf_files, worker
from trainer.serving.request import Ask, Conversation, Request, Sampling, Wanted
from trainer.serving.worker import Desk

PATIENCE = 240.0


class Pipe:
    desk: Desk

    def __init__(self) -> None:
        self.received: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def send(self, **message: Any) -> None:
        self.said.put(message)

    def ask(self, id: str, wanted: Wanted, **how: Any) -> None:
        chat = Conversation([{"role": "user", "content": "Hello"}])
        ask = Ask(id, wanted, Request(chat, **{"max_tokens": 4, "sampling": Sampling(seed=1), **how}))
        self.received.put({"op": "ask", "ask": msgspec.to_builtins(ask)})

    def hear(self, *ids: str) -> dict[str, list[dict[str, Any]]]:
        """What is said to these asks, until each has its end."""
        heard: dict[str, list[dict[str, Any]]] = {id: [] for id in ids}
        open = set(ids)
        while open:
            message = self.said.get(timeout=PATIENCE)
            heard[message["id"]].append(message)
            if message["kind"] in ("end", "refused"):
                open.discard(message["id"])
        return heard


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    base = read_table(build_tiny_model(tmp_path_factory.mktemp("desk")))[MODEL_ID]
    return Wanted(base.id, base.source[0].path, base.template(), base.context_length)


def desk(cache: Path) -> Pipe:
    pipe: Any = Pipe()
    pipe.desk = Desk(pipe, cache, 0, 20)
    threading.Thread(target=pipe.desk.run, daemon=True).start()
    return pipe


def test_more_chats_than_grow_at_once_are_all_answered(wanted: Wanted, tmp_path: Path) -> None:
    pipe = desk(tmp_path)
    ids = [f"ask-{number}" for number in range(9)]
    for id in ids:
        pipe.ask(id, wanted)
    heard = pipe.hear(*ids)
    assert all(said[0]["kind"] == "start" for said in heard.values())
    assert all(said[-1]["kind"] == "end" for said in heard.values())


def test_a_model_that_llama_cpp_cannot_take_is_answered_by_transformers(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(weights: Path, cache: Path, most_bytes: int) -> Path:
        raise ValueError("llama.cpp has no place for this")

    monkeypatch.setattr(gguf_files, "model_file", broken)
    pipe = desk(tmp_path)
    pipe.ask("ask-1", wanted)
    said = pipe.hear("ask-1")["ask-1"]
    assert [one["kind"] for one in said].count("start") == 1
    assert said[0]["kind"] == "start"
    assert said[-1]["kind"] == "end"


def test_what_only_transformers_answers_goes_on_beside_llama_cpp(wanted: Wanted, tmp_path: Path) -> None:
    pipe = desk(tmp_path)
    pipe.ask("ask-1", wanted, logprobs=1)
    pipe.ask("ask-2", wanted)
    pipe.ask("ask-3", wanted, schema={"type": "no such type"})
    heard = pipe.hear("ask-1", "ask-2", "ask-3")
    assert any(one.get("tokens") for one in heard["ask-1"])
    assert heard["ask-2"][-1]["kind"] == "end"
    assert heard["ask-3"] == [{**heard["ask-3"][0], "kind": "refused", "code": "invalid_schema"}]


def test_many_that_only_transformers_answers_all_start_at_once_and_end(wanted: Wanted, tmp_path: Path) -> None:
    pipe = desk(tmp_path)
    ids = [f"ask-{number}" for number in range(9)]
    for id in ids:
        pipe.ask(id, wanted, logprobs=1, max_tokens=30, sampling=Sampling(logit_bias=ENDLESS))
    heard = pipe.hear(*ids)
    assert all(said[0]["kind"] == "start" and said[-1]["kind"] == "end" for said in heard.values())


def test_what_transformers_holds_is_let_go_where_nobody_uses_it_and_loaded_again(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.2)
    pipe = desk(tmp_path)
    texts = []
    for id in ("ask-1", "ask-2"):
        pipe.ask(id, wanted, logprobs=1, sampling=Sampling(temperature=0))
        texts.append([one.get("text") for one in pipe.hear(id)[id]])
        wait_for(lambda: "_engine" not in vars(pipe.desk))
    assert texts[0] == texts[1]
