"""Whether one adapter says the same in transformers, llama.cpp and vLLM: greedy tokens, compared one by one.

    python benchmarks/same_tokens.py --vllm COMMAND [--adapter FOLDER] [--tokens 64] [--record]

The trainer trains an adapter of the small model on examples/house-voice.jsonl. The questions of that file and of its
validation file are then asked of each engine, by the same token ids: of transformers in fp32 (the reference) and bf16,
of llama.cpp with weights in fp32 and in 8 bits (as chats have them on a CPU), of vLLM in fp32 and in bf16 (as it serves
by default). Prints how many answers are the same to the last token, and after how many tokens the others part. The
model must have been fetched, and vLLM must run here.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gguf
import httpx
import msgspec
import torch

from benchmarks import table
from benchmarks.train import MODEL, ROOT, Server
from benchmarks.vllm_server import processor, started, version, weights
from trainer.base_models import read_table
from trainer.serving.engines import gguf_files
from trainer.serving.engines.llama_library import Adapter, Context, Model
from trainer.serving.engines.transformers_model import Context as TransformersContext
from trainer.serving.engines.transformers_model import TransformersModel
from trainer.serving.messages import Conversation, Generation, GenerationRequest, ModelRef, Sampling
from trainer.serving.vllm.adapters import AdapterFolder
from trainer.serving.vllm.completion import completion
from trainer.serving.vocabulary import Vocabulary
from trainer.settings import cache_folder
from trainer.settings import load as load_settings
from trainer.store import Store
from trainer.tensors import tensors
from trainer.weights import load

EXAMPLES = ("house-voice.jsonl", "house-voice-validation.jsonl")
Answers = list[list[int]]


def trained(data: Path) -> Path:
    """The folder of a new adapter."""
    server = Server(data)
    file = server.client.files.create(file=ROOT / "examples" / EXAMPLES[0], purpose="fine-tune")
    job = server.client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, seed=1)
    while (job := server.client.fine_tuning.jobs.retrieve(job.id)).finished_at is None:
        time.sleep(0.5)
    server.stop()
    settings = load_settings(data, cache=cache_folder())
    store = Store(data / "trainer.db")
    model = store.model(job.fine_tuned_model or "")
    store.close()
    assert model is not None, job.error
    return settings.models / model.folder


def by_transformers(ref: ModelRef, numbers: torch.dtype, prompts: Answers, ends: set[int], most: int) -> Answers:
    model = TransformersModel()
    model.model, model.ref = load(ref.weights, numbers=numbers).eval(), msgspec.structs.replace(ref, adapter=None)
    model.use(ref)
    return [greedy(TransformersContext(model).read, prompt, ends, most) for prompt in prompts]


def by_llama(file: Path, adapter: Path, prompts: Answers, ends: set[int], most: int) -> Answers:
    model = Model(file)
    context = Context(model, Adapter(model, adapter), 2048, batch=512, threads=1, batch_threads=1)
    answers = []
    for prompt in prompts:
        context.rewind([])
        answers.append(greedy(context.read, prompt, ends, most))
    return answers


def by_vllm(url: str, name: str, words: Vocabulary, prompts: Answers, most: int) -> Answers:
    answers = []
    for prompt in prompts:
        body = completion(name, Generation(Conversation([]), most, Sampling(temperature=0)), prompt, most, words)
        answer = httpx.post(f"{url}/v1/completions", json={**body, "stream": False}, timeout=300).raise_for_status()
        ids = list(answer.json()["choices"][0]["token_ids"])
        end = next((at for at, id in enumerate(ids) if id in words.ends), len(ids))
        answers.append(ids[: end + 1])
    return answers


def greedy(read: Callable[[Sequence[int]], Any], prompt: list[int], ends: set[int], most: int) -> list[int]:
    said: list[int] = []
    logits = read(prompt)
    while len(said) < most:
        said.append(int(logits.argmax()))
        if said[-1] in ends:
            break
        logits = read(said[-1:])
    return said


def compared(right: Answers, answers: Answers) -> str:
    """How many are the same to the last token, and after how many tokens the others part."""
    parts = [
        next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))
        for a, b in zip(right, answers, strict=True)
        if a != b
    ]
    same = f"{len(right) - len(parts)} of {len(right)}"
    return f"{same}, else after {min(parts)} to {max(parts)} (median {statistics.median(parts):.0f})" if parts else same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--vllm", default="vllm")
    parser.add_argument("--adapter", type=Path, help="one that was trained so before")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    most = options.tokens

    base, folder = read_table()[MODEL], weights()
    words = Vocabulary(folder)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        adapter = (options.adapter or trained(place / "data")).absolute()
        ref = ModelRef(base.id, str(folder), base.template(), base.context_length, str(adapter))
        asked = [json.loads(line) for file in EXAMPLES for line in (ROOT / "examples" / file).open(encoding="utf-8")]
        prompts = [
            words.prompt(GenerationRequest("", ref, Generation(Conversation(one["messages"][:-1]), most)))
            for one in asked
        ]
        right = by_transformers(ref, torch.float32, prompts, words.ends, most)
        figures = {"tokens": f"{len(right)} answers, {sum(map(len, right))} tokens"}

        def note(kind: str, answers: Answers) -> None:
            figures[kind] = compared(right, answers)
            print(f"{kind}: {figures[kind]}", flush=True)

        print(f"transformers, fp32: {figures['tokens']}", flush=True)
        note("transformers, bf16", by_transformers(ref, torch.bfloat16, prompts, words.ends, most))
        small = place / "adapter.gguf"
        gguf_files.write_adapter(adapter, folder, small)
        whole = place / "model.gguf"
        kind, of = gguf.LlamaFileType.ALL_F32, gguf_files.without_vocabulary
        gguf_files.write_model(folder, tensors(folder), whole, kind, lambda *_: gguf_files.Type.F32, of)
        note("llama.cpp, fp32", by_llama(whole, small, prompts, words.ends, most))
        eight = gguf_files.model_file(folder, cache_folder(), 20 * 10**9)
        note("llama.cpp, 8 bits", by_llama(eight, small, prompts, words.ends, most))
        for precision, short in (("float32", "fp32"), ("bfloat16", "bf16")):
            adapters = place / f"adapters-{short}"
            with started(options.vllm, adapters, "--dtype", precision) as url:
                served = AdapterFolder(adapters).publish(f"ft:{short}", adapter, str(folder))
                note(f"vLLM, {short}", by_vllm(url, served, words, prompts, most))
                figures["vLLM"] = version(url)
    figures["processor"] = processor()
    if options.record:
        table.record("same_tokens", figures)


if __name__ == "__main__":
    main()
