"""Chats with the trainer against llama.cpp and transformers themselves: the same weights and prompt, in turns.

    python benchmarks/chat.py [--rounds 3] [--tokens 100] [--record]
    python benchmarks/chat.py --threads [--rounds 3] [--tokens 100]

Prints `name: value unit` lines: medians of the time to the first token of a warm model and of tokens per second after
it, for the base model, for one with an adapter (rank 16 on all layers, random: speed does not depend on what it
learned) and for four chats at once; and tokens per second of a bare loop over llama.cpp with the same file and as many
threads, and of a plain `generate` in bf16. With `--threads`: llama.cpp's tokens per second by the number of threads,
for models of three sizes, two of them random (the rule in `trainer/serving/engines/slots.py` goes by it). The model
must have been fetched. On a machine with other work, OMP_WAIT_POLICY=PASSIVE keeps llama.cpp's threads from waiting for
each other for minutes; the trainer sets it for itself.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from openai import OpenAI
from safetensors.numpy import save_file

from benchmarks import table
from benchmarks.train import MODEL, Server
from trainer.base_models import read_table
from trainer.fetch import located
from trainer.objects import Model
from trainer.serving.engines import gguf_files
from trainer.serving.engines.slots import threads
from trainer.settings import cache_folder
from trainer.settings import load as load_settings
from trainer.store import Store

QUESTION = "Tell me a long story about a lighthouse."
PROMPT = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"

LLAMA = """
import sys, time
from pathlib import Path
from trainer.serving.engines.llama_library import Context, Model
from trainer.serving.vocabulary import Vocabulary
ids = Vocabulary(Path(sys.argv[1])).tokenizer.encode(sys.argv[2]).ids
threads = int(sys.argv[5])
context = Context(Model(Path(sys.argv[4])), None, 2048, batch=512, threads=threads, batch_threads=threads)
count = int(sys.argv[3])
for line in sys.stdin:
    context.rewind([])
    logits = context.read(ids)
    began = time.monotonic()
    for _ in range(count - 1):
        logits = context.read([int(logits.argmax())])
    print((count - 1) / (time.monotonic() - began), flush=True)
"""

PLAIN = """
import json, sys, time, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.bfloat16).eval()
ids = tokenizer(sys.argv[2], return_tensors="pt", add_special_tokens=False)
count = int(sys.argv[3])
def seconds(tokens):
    began = time.monotonic()
    model.generate(**ids, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False)
    return time.monotonic() - began
for line in sys.stdin:
    print(json.dumps((count - 1) / (seconds(count) - seconds(1))), flush=True)
"""


class Peer:
    """A script that measures once for each line it gets, and prints tokens per second."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def measure(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return float(json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def random_adapter(weights: Path, folder: Path, seed: int = 0, rank: int = 16) -> None:
    """An adapter as training writes it, on all linear layers, with random numbers."""
    random = np.random.default_rng(seed)
    config = json.loads((weights / "config.json").read_text(encoding="utf-8"))
    wide, heads, kv = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
    head, inner = wide // heads, config["intermediate_size"]
    shapes = {
        "self_attn.q_proj": (wide, heads * head),
        "self_attn.k_proj": (wide, kv * head),
        "self_attn.v_proj": (wide, kv * head),
        "self_attn.o_proj": (heads * head, wide),
        "mlp.gate_proj": (wide, inner),
        "mlp.up_proj": (wide, inner),
        "mlp.down_proj": (inner, wide),
    }
    pairs = {}
    for layer in range(config["num_hidden_layers"]):
        for name, (into, out) in shapes.items():
            at = f"base_model.model.model.layers.{layer}.{name}"
            pairs[f"{at}.lora_A.weight"] = random.standard_normal((rank, into), dtype=np.float32) * 0.01
            pairs[f"{at}.lora_B.weight"] = random.standard_normal((out, rank), dtype=np.float32) * 0.01
    folder.mkdir(parents=True)
    save_file(pairs, str(folder / "adapter_model.safetensors"))
    modules = [name.partition(".")[2] for name in shapes]
    about = {"peft_type": "LORA", "r": rank, "lora_alpha": 32, "target_modules": modules, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(about), encoding="utf-8")


def add_models(data: Path, weights: Path, count: int) -> list[str]:
    """Register so many fine-tuned models in a new data folder; the names that clients use."""
    settings = load_settings(data, cache=cache_folder())
    data.mkdir(parents=True)
    store = Store(data / "trainer.db")
    names = []
    for number in range(count):
        names.append(f"ft:{MODEL}:local::{number:08d}")
        random_adapter(weights, settings.models / f"job-{number}" / "1", seed=number)
        store.add_model(Model(names[-1], MODEL, f"job-{number}/1", int(time.time()), "local", f"job-{number}"))
    return names


def fetched() -> Path:
    weights = located(read_table()[MODEL], cache_folder())
    if weights is None:
        raise SystemExit(f"Fetch the model first: finetune-bot trainer pull {MODEL}")
    return weights


def chat(client: OpenAI, model: str, tokens: int) -> tuple[float, float]:
    """Seconds to the first words of an answer, and tokens per second after them."""
    began = time.monotonic()
    first = 0.0
    stream = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": QUESTION}],
        max_tokens=tokens,
        temperature=0,
        logit_bias={"0": -100, "2": -100},  # never the end of the text or of the turn
        stream=True,
    )
    for chunk in stream:
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.monotonic()
    return first - began, (tokens - 1) / (time.monotonic() - first)


def together(client: OpenAI, model: str, tokens: int, chats: int) -> float:
    """Tokens per second of several chats at once, all of them counted."""
    asking = [threading.Thread(target=chat, args=(client, model, tokens)) for _ in range(chats)]
    began = time.monotonic()
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return chats * tokens / (time.monotonic() - began)


# Of SmolLM2-360M and of SmolLM2-1.7B, but for the number of layers: a third is enough for the speed of one.
SIZES = {
    "360M, a third": {
        "hidden_size": 960,
        "intermediate_size": 2560,
        "num_attention_heads": 15,
        "num_key_value_heads": 5,
    },
    "1.7B, a third": {"hidden_size": 2048, "intermediate_size": 8192, "num_attention_heads": 32},
}
LAYERS = {"360M, a third": 11, "1.7B, a third": 8}


def random_model(fetched: Path, folder: Path, shape: dict[str, int], layers: int) -> Path:
    """A Llama of this shape with random weights, and the tokenizer of the fetched model."""
    folder.mkdir()
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(fetched / file, folder / file)
    config = json.loads((fetched / "config.json").read_text(encoding="utf-8"))
    heads = shape["num_attention_heads"]
    config |= {"num_key_value_heads": heads, **shape, "num_hidden_layers": layers, "head_dim": 64}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    wide, inner = config["hidden_size"], config["intermediate_size"]
    block = (np.random.default_rng(1).standard_normal(1 << 20) * 0.02).astype(np.float16)
    sizes = {"model.embed_tokens": (config["vocab_size"], wide), "model.norm": (wide,)}
    for layer in range(layers):
        at = f"model.layers.{layer}."
        sizes |= {f"{at}self_attn.{name}_proj": (wide, wide) for name in "qo"}
        sizes |= {f"{at}self_attn.{name}_proj": (config["num_key_value_heads"] * 64, wide) for name in "kv"}
        sizes |= {f"{at}mlp.{name}_proj": (inner, wide) for name in ("gate", "up")}
        sizes |= {f"{at}mlp.down_proj": (wide, inner)}
        sizes |= {f"{at}{name}_layernorm": (wide,) for name in ("input", "post_attention")}
    weights = {f"{name}.weight": np.resize(block, size) for name, size in sizes.items()}
    save_file(weights, str(folder / "model.safetensors"))
    return folder


def by_threads(rounds: int, tokens: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        models = {MODEL: fetched()}
        for size, shape in SIZES.items():
            models[size] = random_model(fetched(), Path(name) / size, shape, LAYERS[size])
        for size, weights in models.items():
            file = gguf_files.model_file(weights, Path(name), 20 * 10**9)
            counts = range(1, (os.cpu_count() or 1) + 1)
            peers = [Peer(LLAMA, str(weights), PROMPT, str(tokens), str(file), str(count)) for count in counts]
            speeds = [[peer.measure() for peer in peers] for _ in range(rounds + 1)][1:]
            for peer in peers:
                peer.stop()
            told = [f"{count}: {statistics.median(seen):.0f}/s" for count, *seen in zip(counts, *speeds, strict=True)]
            print(f"{size}, {file.stat().st_size >> 20} MB, tokens by threads: {', '.join(told)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--threads", action="store_true")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if options.threads:
        by_threads(options.rounds, options.tokens)
        return

    weights = fetched()
    speeds: dict[str, list[float]] = {"base": [], "fine-tuned": [], "llama.cpp": [], "transformers": [], "four": []}
    firsts: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        [tuned] = add_models(data, weights, 1)
        server = Server(data)
        chat(server.client, MODEL, 5)
        together(server.client, tuned, 5, 4)
        file = gguf_files.model_file(weights, cache_folder(), 20 * 10**9)
        common = (str(weights), PROMPT, str(options.tokens))
        llama = Peer(LLAMA, *common, str(file), str(threads(file.stat().st_size, os.cpu_count() or 1)))
        plain = Peer(PLAIN, *common)
        llama.measure(), plain.measure()
        for _ in range(options.rounds):
            for kind, model in (("base", MODEL), ("fine-tuned", tuned)):
                first, speed = chat(server.client, model, options.tokens)
                speeds[kind].append(speed)
                firsts.append(first)
            speeds["llama.cpp"].append(llama.measure())
            speeds["transformers"].append(plain.measure())
            speeds["four"].append(together(server.client, tuned, options.tokens, 4))
        for running in (server, llama, plain):
            running.stop()
    median = {kind: statistics.median(seen) for kind, seen in speeds.items()}
    figures = {
        "first token": f"{statistics.median(firsts) * 1000:.0f} ms",
        "base": f"{median['base']:.0f}/s",
        "fine-tuned": f"{median['fine-tuned']:.0f}/s",
        "four at once": f"{median['four']:.0f}/s",
        "llama.cpp": f"{median['llama.cpp']:.0f}/s",
        "transformers, bf16": f"{median['transformers']:.0f}/s",
        "llama.cpp to fine-tuned": f"{median['llama.cpp'] / median['fine-tuned']:.2f}x",
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.record:
        table.record("chat", figures)


if __name__ == "__main__":
    main()
