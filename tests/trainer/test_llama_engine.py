"""Answers by llama.cpp, asked directly: the tiny model, and adapters with random weights."""

import gc
import json
import os
import queue
import threading
import time
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.engine_answers import CHAT, said, text
from tests.tiny_model import HEADS, HIDDEN, LAYERS, MODEL_ID, build_tiny_model
from trainer.base_models import read_table
from trainer.serving.engines import gguf_files, llama_library
from trainer.serving.engines.interface import CannotServe
from trainer.serving.engines.llama_engine import LlamaEngine
from trainer.serving.engines.slots import SlotPool, threads
from trainer.serving.engines.transformers_engine import TransformersEngine
from trainer.serving.messages import (
    Delta,
    End,
    Generation,
    GenerationRequest,
    ModelRef,
    Refusal,
    Sampling,
    Start,
    StreamEvent,
    Text,
)
from trainer.serving.vocabulary import Vocabulary

# The tiny model's answers under this bias never end by themselves.
ENDLESS = {"2": -100.0}


def test_a_model_is_freed_after_what_was_made_from_it_also_where_the_collector_finds_them_in_a_cycle() -> None:
    freed: list[str] = []
    model = llama_library.Resource("model", freed.append)  # older than the others, and so finalized before them
    adapter = llama_library.Resource("adapter", freed.append, model)
    context = llama_library.Resource("context", freed.append, model, adapter)
    for one in (model, adapter, context):
        vars(one)["cycle"] = (model, adapter, context)
    del model, adapter, context, one
    assert freed == []
    gc.collect()
    assert freed == ["context", "adapter", "model"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def adapters(home: Path, model: ModelRef) -> list[ModelRef]:
    return [msgspec.structs.replace(model, adapter=str(_adapter(home / f"adapter-{seed}", seed))) for seed in range(3)]


@pytest.fixture(scope="module")
def engine(home: Path) -> LlamaEngine:
    return LlamaEngine(SlotPool(home))


def _adapter(folder: Path, seed: int) -> Path:
    """A LoRA adapter of rank 4 on all of attention, strong enough to be seen."""
    assert HEADS * 8 == HIDDEN
    random = np.random.default_rng(seed)
    pairs: dict[str, Any] = {}
    for layer in range(LAYERS):
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            at = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            pairs[f"{at}.lora_A.weight"] = (random.standard_normal((4, HIDDEN)) * 0.3).astype(np.float32)
            pairs[f"{at}.lora_B.weight"] = (random.standard_normal((HIDDEN, 4)) * 0.3).astype(np.float32)
    folder.mkdir()
    save_file(pairs, str(folder / "adapter_model.safetensors"))
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}), encoding="utf-8")
    return folder


def judged(engine: LlamaEngine, model: ModelRef, prompt: list[int]) -> Any:
    """What llama.cpp thinks of the next token: log probabilities of the whole vocabulary."""
    import torch

    with engine.slots.taken(model, 400) as context:
        context.rewind([])
        return torch.log_softmax(torch.from_numpy(context.read(prompt)), dim=-1)


def test_llama_cpp_judges_as_transformers_does_with_and_without_an_adapter(
    engine: LlamaEngine, model: ModelRef, adapters: list[ModelRef]
) -> None:
    import torch

    from trainer.serving.engines.transformers_model import TransformersModel

    reference = TransformersModel()
    prompt = Vocabulary(Path(model.weights)).prompt(GenerationRequest("gen-1", model, Generation(CHAT, 1)))
    judgements = []
    for ref in (model, adapters[0], adapters[1]):
        reference.use(ref)
        with torch.inference_mode():
            logits = reference.model(input_ids=torch.tensor([prompt])).logits[0, -1].float()
        logs = torch.log_softmax(logits, dim=-1)
        theirs = judged(engine, ref, prompt)
        likeliest = theirs.topk(40).indices
        assert float((logs - theirs)[likeliest].abs().max()) < 0.1
        judgements.append(logs)
    # The adapters do more than what 8 bits may change.
    assert float((judgements[0] - judgements[1]).abs().max()) > 0.5
    assert float((judgements[1] - judgements[2]).abs().max()) > 0.5


def test_positions_stretched_as_llama_3_does_are_judged_as_transformers_does(home: Path, engine: LlamaEngine) -> None:
    import torch

    from trainer.serving.engines.transformers_model import TransformersModel

    base = read_table(build_tiny_model(home / "stretched"))[MODEL_ID]
    model = ModelRef(base.id, base.source[0].path, base.template(), base.context_length)
    # Positions tell little in a model whose attention looks everywhere alike: make it look sharply.
    weights = load_file(Path(model.weights) / "model.safetensors")
    sharp = {name: weight * (6 if "q_proj" in name or "v_proj" in name else 1) for name, weight in weights.items()}
    save_file(sharp, str(Path(model.weights) / "model.safetensors"), metadata={"format": "pt"})
    told = Path(model.weights) / "config.json"
    plain = json.loads(told.read_text(encoding="utf-8"))
    prompt = np.random.default_rng(1).integers(3, 250, 300).tolist()

    def logs(**more: Any) -> Any:
        told.write_text(json.dumps(plain | more), encoding="utf-8")
        reference = TransformersModel()
        reference.use(model)
        with torch.inference_mode():
            return torch.log_softmax(reference.model(input_ids=torch.tensor([prompt])).logits[0, -1].float(), dim=-1)

    unstretched = logs()
    rope = {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    stretched = logs(rope_scaling={"rope_type": "llama3", **rope})
    theirs = judged(engine, model, prompt)
    likeliest = theirs.topk(40).indices
    off = [float((one - theirs)[likeliest].abs().max()) for one in (stretched, unstretched)]
    # What 8 bits may change, and what the wrong positions would.
    assert off[0] < 0.2
    assert off[1] > 5 * off[0], off


def test_the_same_seed_says_the_same_whatever_else_is_asked(engine: LlamaEngine, adapters: list[ModelRef]) -> None:
    request = Generation(CHAT, 24, Sampling(temperature=1.2, seed=11, logit_bias=ENDLESS), n=2)
    alone = said(engine, adapters[0], request)
    assert text(alone, 0) != text(alone, 1)
    beside: list[list[StreamEvent]] = []
    others = [
        threading.Thread(target=lambda model=model: beside.append(said(engine, model, request)))
        for model in (*adapters, adapters[0])
    ]
    for other in others:
        other.start()
    again = said(engine, adapters[0], request)
    for other in others:
        other.join()
    assert again == alone
    assert len(beside) == 4
    assert beside.count(alone) == 2


def test_temperature_0_says_what_transformers_says(engine: LlamaEngine, model: ModelRef) -> None:
    request = Generation(Text("Once upon a time"), 1, Sampling(temperature=0))
    assert text(said(engine, model, request)) == text(said(TransformersEngine(), model, request))


def test_an_answer_is_counted_and_ends_at_its_limit(engine: LlamaEngine, model: ModelRef) -> None:
    answer = said(engine, model, Generation(CHAT, 9, Sampling(seed=1, logit_bias=ENDLESS)))
    assert isinstance(answer[0], Start)
    assert answer[0].prompt_tokens > 10
    assert answer[-1] == End("length", 9)
    assert len(text(answer)) == 9


def test_only_what_the_model_names_ends_an_answer(engine: LlamaEngine, model: ModelRef) -> None:
    # Token 0 is <|endoftext|>, which llama.cpp takes for an end wherever it sees that word.
    answer = said(engine, model, Generation(CHAT, 6, Sampling(temperature=0, logit_bias={"0": 100.0})))
    assert answer[-1] == End("length", 6)
    assert not text(answer)


def test_nothing_is_shown_of_a_stop_sequence(engine: LlamaEngine, model: ModelRef) -> None:
    request = Generation(CHAT, 40, Sampling(seed=1, logit_bias=ENDLESS))
    whole = text(said(engine, model, request))
    stopped = said(engine, model, msgspec.structs.replace(request, stop=[whole[10:13]]))
    assert text(stopped) == whole[: whole.index(whole[10:13])]
    assert isinstance(stopped[-1], End)
    assert stopped[-1].finish_reason == "stop"


def test_an_answer_held_to_a_schema_is_json_that_the_schema_allows(engine: LlamaEngine, model: ModelRef) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    schema["additionalProperties"] = False
    answer = said(engine, model, Generation(CHAT, 60, Sampling(temperature=1, seed=5), schema=schema))
    assert json.loads(text(answer))["mood"] in ("good", "bad")
    with pytest.raises(Refusal) as caught:
        said(engine, model, Generation(CHAT, 60, schema={"type": "no such type"}))
    assert caught.value.refused.code == "invalid_schema"


def test_models_of_other_vocabularies_answer_under_schemas_in_turns(tmp_path: Path) -> None:
    # Each closes the one before, and may come to lie where that lay.
    schema: dict[str, Any] = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    generation = Generation(CHAT, 60, Sampling(temperature=0), schema={**schema, "additionalProperties": False})
    several = []
    for name in ("one", "other"):
        base = read_table(build_tiny_model(tmp_path / name))[MODEL_ID]
        several.append(ModelRef(base.id, base.source[0].path, base.template(), base.context_length))
    engine = LlamaEngine(SlotPool(tmp_path, most_bytes=1))
    for _ in range(6):
        for model in several:
            assert json.loads(text(said(engine, model, generation)))["mood"] in ("good", "bad")


def test_an_answer_that_waits_in_line_is_said_to_come(home: Path, model: ModelRef) -> None:
    engine = LlamaEngine(SlotPool(home))
    heard: queue.SimpleQueue[StreamEvent] = queue.SimpleQueue()
    request = GenerationRequest("gen-1", model, Generation(CHAT, 3, Sampling(seed=1, logit_bias=ENDLESS)))
    waiting = threading.Thread(target=engine.answer, args=(request, heard.put, lambda: False))
    with ExitStack() as all_taken:
        for _ in range(4):
            all_taken.enter_context(engine.slots.taken(model, 10))
        waiting.start()
        assert isinstance(heard.get(timeout=240), Start)
        assert heard.empty()
    waiting.join(240)
    assert isinstance(heard.get(timeout=240), Delta)


def test_who_goes_away_gets_no_more(engine: LlamaEngine, model: ModelRef) -> None:
    heard: list[StreamEvent] = []
    request = Generation(CHAT, 2000, Sampling(seed=1, logit_bias=ENDLESS))
    engine.answer(GenerationRequest("gen-1", model, request), heard.append, lambda: len(heard) >= 3)
    assert len(heard) == 3


def test_a_model_that_llama_cpp_does_not_know_is_left_to_transformers(
    engine: LlamaEngine, model: ModelRef, tmp_path: Path
) -> None:
    assert engine.serves(model)
    (tmp_path / "config.json").write_text('{"model_type": "gemma3_text"}', encoding="utf-8")
    assert not engine.serves(msgspec.structs.replace(model, weights=str(tmp_path)))


def test_a_model_that_could_not_be_loaded_is_not_tried_again(home: Path, model: ModelRef, tmp_path: Path) -> None:
    broken = msgspec.structs.replace(model, adapter=str(tmp_path / "none"))
    engine = LlamaEngine(SlotPool(home))
    with pytest.raises(CannotServe):
        said(engine, broken, Generation(CHAT, 1))
    assert not engine.serves(broken)


def test_what_was_asked_before_is_only_read_once(engine: LlamaEngine, model: ModelRef) -> None:
    with engine.slots.taken(model, 100) as context:
        context.rewind([])
        first = context.read([5, 6, 7, 8])
        assert context.rewind([5, 6, 9]) == 2
        context.read([9])
        assert context.rewind([5, 6]) == 2
        assert np.allclose(context.read([7, 8]), first, atol=0.05)
        assert context.rewind([1]) == 0


def test_slots_share_weights_and_adapters_and_let_them_go(home: Path, adapters: list[ModelRef]) -> None:
    pool = SlotPool(home)
    with ExitStack() as all_taken:
        contexts = [all_taken.enter_context(pool.taken(model, 10)) for model in (*adapters[:2], adapters[0])]
        assert len({id(context.model) for context in contexts}) == 1
        assert contexts[0].adapter is contexts[2].adapter is not contexts[1].adapter
        alive = weakref.ref(contexts[0].model)
        del contexts
    for model in adapters[:2]:
        assert model.adapter is not None
        pool.forget(model.adapter)
    assert alive() is None


def test_slots_unused_for_longest_close_where_memory_is_short(home: Path, adapters: list[ModelRef]) -> None:
    two = SlotPool(home)
    with two.taken(adapters[0], 10), two.taken(adapters[1], 10):
        room = two.bytes
    slots = SlotPool(home, most_bytes=room)
    for model in (adapters[0], adapters[1], adapters[0], adapters[2]):
        with slots.taken(model, 10):
            pass
    assert slots.open == [adapters[0], adapters[2]]
    assert slots.bytes <= room


def test_of_several_slots_of_a_model_one_stays_open(home: Path, adapters: list[ModelRef]) -> None:
    slots = SlotPool(home)

    def use(model: ModelRef, count: int) -> None:
        with ExitStack() as all_taken:
            for _ in range(count):
                all_taken.enter_context(slots.taken(model, 10))

    use(adapters[0], 3)
    use(adapters[1], 1)
    slots.close_unused(1000)
    assert len(slots.open) == 4
    # No more than four answer at once: others come instead of those that stood beside one of their own.
    use(adapters[2], 2)
    assert sorted(slots.open, key=adapters.index) == [adapters[0], adapters[1], adapters[2], adapters[2]]
    slots.close_unused(0)
    assert sorted(slots.open, key=adapters.index) == adapters


def test_files_unused_for_longest_are_removed_where_the_cache_is_full(tmp_path: Path) -> None:
    models = [Path(read_table(build_tiny_model(tmp_path / name))[MODEL_ID].source[0].path) for name in "abcd"]
    cache = tmp_path / "cache"
    files = [gguf_files.model_file(model, cache, 10**9) for model in models[:3]]
    for age, file in enumerate(files, start=1):
        os.utime(file, (0, time.time() - 1000 * age))
    left = cache / "gguf" / "of-a-killed-process.part"
    left.touch()
    os.utime(left, (0, 0))
    room = int(files[0].stat().st_size * 2.5)
    assert gguf_files.model_file(models[2], cache, room) == files[2]  # the oldest, used again
    new = gguf_files.model_file(models[3], cache, room)
    assert set((cache / "gguf").iterdir()) == {files[2], new}
    assert new.stat().st_size == files[2].stat().st_size


@pytest.mark.parametrize(
    ("megabytes", "processors", "used"), [(145, 16, 1), (640, 16, 1), (1_800, 2, 2), (1_800, 16, 3), (8_700, 16, 16)]
)
def test_large_models_have_more_threads_for_each_answer(megabytes: int, processors: int, used: int) -> None:
    assert threads(megabytes * 10**6, processors) == used


def test_a_deleted_model_has_no_slot(home: Path, adapters: list[ModelRef]) -> None:
    slots = SlotPool(home)
    for model in adapters[:2]:
        with slots.taken(model, 10):
            pass
    assert adapters[0].adapter is not None
    slots.forget(adapters[0].adapter)
    assert slots.open == [adapters[1]]


def test_a_slot_that_nobody_used_closes(home: Path, model: ModelRef) -> None:
    for _ in range(10):
        with SlotPool(home).taken(model, 10):
            pass
