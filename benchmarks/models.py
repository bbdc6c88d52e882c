"""Many fine-tuned models, some of them in use: what they take, and how long it takes to come to one.

    python benchmarks/models.py [--models 500] [--used 20] [--record]

Prints `name: value unit` lines: seconds to the first words of models that were not in use, of the same ones asked
again, the time of `GET /v1/models`, and the memory of the process that answers (its own, and with what is mapped from
files). The adapters are random, rank 16 on all layers; the base model must have been fetched. There is no peer.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import table
from benchmarks.chat import add_models, chat, fetched
from benchmarks.train import MODEL, Server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--used", type=int, default=20)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        used = add_models(data, fetched(), options.models)[: options.used]
        server = Server(data)
        chat(server.client, MODEL, 5)
        began = time.monotonic()
        assert len(list(server.client.models.list())) >= options.models
        listed = time.monotonic() - began
        new, again = ([chat(server.client, model, 5)[0] for model in used] for _ in range(2))
        [answering] = [
            child
            for child in psutil.Process(server.process.pid).children(recursive=True)
            if "trainer.serving.worker" in child.cmdline()
        ]
        memory = answering.memory_full_info()
        server.stop()
    figures = {
        "registered": str(options.models),
        "in use": str(options.used),
        "list": f"{listed * 1000:.0f} ms",
        "first words, new": f"{statistics.median(new):.2f} s",
        "at most": f"{max(new):.2f} s",
        "again": f"{statistics.median(again):.2f} s",
        "own memory": f"{memory.uss / 1e9:.2f} GB",
        "with what is mapped": f"{memory.rss / 1e9:.2f} GB",
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.record:
        table.record("models", figures)


if __name__ == "__main__":
    main()
