"""What the process that answers takes, after each kind of request that there is.

    python benchmarks/memory.py [--record]

Prints `name: value unit` lines: tokens per second and, after each kind of request, the memory of the process after
chats with the base model, with a fine-tuned one (an adapter of rank 16 on all layers, random) and with four at once;
after calls of functions and answers in JSON, and chats with log probabilities; after completions that score texts of
1,000 and of 4,000 tokens, one and sixteen at a time; and a minute after the last of these. First what the process has
for itself alone (anonymous memory), then with its share of the files that it maps, from which the system takes back
what it needs (PSS). The goal is 0.8 GB of its own. The peer is the same weights in 8 bits, which is what has to be
there. Linux only; the model must have been fetched.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import table
from benchmarks.chat import add_models, chat, fetched, together
from benchmarks.train import MODEL, Server
from trainer.serving.engines import gguf_files
from trainer.serving.worker import IDLE
from trainer.settings import cache_folder

ASKED: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALL: Any = {"tools": [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]}
JSON: Any = {"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}}


def taken(server: Server) -> str:
    [answering] = [
        child
        for child in psutil.Process(server.process.pid).children(recursive=True)
        if "trainer.serving.worker" in child.cmdline()
    ]
    told = dict(line.split(":") for line in Path(f"/proc/{answering.pid}/smaps_rollup").read_text().splitlines()[1:])
    own, with_files = (int(told[kind].removesuffix(" kB")) / 1e6 for kind in ("Anonymous", "Pss"))
    return f"{own:.2f} / {with_files:.2f} GB"


def ask(server: Server, model: str, **how: Any) -> None:
    server.client.chat.completions.create(model=model, messages=ASKED, max_tokens=20, **how)


def score(server: Server, model: str, words: int, texts: int = 1) -> None:
    prompt = [" one" * words] * texts
    server.client.completions.create(model=model, prompt=prompt, max_tokens=1, logprobs=5, echo=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()

    figures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        [tuned] = add_models(Path(name) / "data", fetched(), 1)
        server = Server(Path(name) / "data")

        def note(kind: str) -> None:
            figures[kind] = taken(server)
            print(f"{kind}: {figures[kind]}", flush=True)

        chat(server.client, MODEL, 20)
        _, base = chat(server.client, MODEL, 60)
        note("base")
        chat(server.client, tuned, 20)
        _, fine_tuned = chat(server.client, tuned, 60)
        note("fine-tuned")
        four = together(server.client, tuned, 60, 4)
        note("four at once")
        for model in (MODEL, tuned):
            ask(server, model, **CALL, tool_choice="required")
            ask(server, model, **JSON)
        note("calls and JSON")
        for model in (MODEL, tuned):
            ask(server, model, logprobs=True, top_logprobs=20)
            ask(server, model, presence_penalty=0.5)
        note("log probabilities")
        for model in (MODEL, tuned):
            score(server, model, 1000)
        note("scores, 1,000 tokens")
        score(server, tuned, 1000, 16)
        note("sixteen at once")
        score(server, tuned, 4000)
        note("4,000 tokens")
        many = [threading.Thread(target=ask, args=(server, model), kwargs=CALL) for model in (MODEL, tuned) * 4]
        for one in many:
            one.start()
        for one in many:
            one.join()
        note("all again")
        time.sleep(2 * IDLE)
        chat(server.client, tuned, 20)
        note("a minute later")
        server.stop()
        weights = gguf_files.model_file(fetched(), cache_folder(), 20 * 10**9).stat().st_size
    figures["weights in 8 bits"] = f"{weights / 1e9:.2f} GB"
    figures["tokens per second: base, fine-tuned, four"] = f"{base:.0f}, {fine_tuned:.0f}, {four:.0f}"
    print(f"tokens per second: {base:.0f}, fine-tuned {fine_tuned:.0f}, four at once {four:.0f}", flush=True)
    if options.record:
        table.record("memory", figures)


if __name__ == "__main__":
    main()
