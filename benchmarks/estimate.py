"""How long a training takes, as the trainer says it beforehand, against how long it took.

    python benchmarks/estimate.py [--model MODEL]

Three trainings one after the other, each estimated first: many short examples (by the calibration), the same again with
more epochs, and few long ones (by the trainings before). Prints for each `name: estimate s (range), took s: factor`,
from when the job began to train to its model. The model must have been fetched.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.train import MODEL, Server

WORDS = ("time", "said", "each", "which", "their", "will", "about", "many", "then", "them", "write", "would", "like")
# Name, examples, words of each of the two messages, epochs.
RUNS = (("short, calibrated", 24, 12, 1), ("short, measured", 24, 12, 3), ("long, measured", 12, 150, 1))


def examples(count: int, words: int) -> list[dict[str, Any]]:
    chance = random.Random(count)
    said = [[" ".join(chance.choices(WORDS, k=words)) for _ in range(2)] for _ in range(count)]
    return [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]}
        for asked, told in said
    ]


def estimate(server: Server, model: str, tokens: int, count: int, epochs: int) -> dict[str, Any]:
    params = {"model": model, "tokens": tokens, "examples": count, "n_epochs": epochs, "batch_size": 2}
    return server.client.get("/x/estimate", cast_to=dict[str, Any], options={"params": params})


def trained(server: Server, model: str, file: Path, epochs: int) -> float:
    """Seconds from when its files were checked to its model; nothing trains before it."""
    jobs = server.client.fine_tuning.jobs
    uploaded = server.client.files.create(file=file, purpose="fine-tune")
    numbers: Any = {"n_epochs": epochs, "batch_size": 2}
    job = jobs.create(model=model, training_file=uploaded.id, seed=1, hyperparameters=numbers)
    while jobs.retrieve(job.id).status == "validating_files":
        time.sleep(0.05)
    began = time.monotonic()
    while (status := jobs.retrieve(job.id).status) in ("queued", "running"):
        time.sleep(0.1)
    if status != "succeeded":
        raise SystemExit(f"the job {status}")
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=MODEL)
    model = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        try:
            for name, count, words, epochs in RUNS:
                file = Path(folder) / f"{count}-{words}.jsonl"
                file.write_text("\n".join(map(json.dumps, examples(count, words))) + "\n")
                tokens = count * (2 * words + 22)  # the template's own among them
                told = estimate(server, model, tokens, count, epochs)
                while told["calibrating"]:
                    time.sleep(0.5)
                    told = estimate(server, model, tokens, count, epochs)
                if told["seconds"] is None:
                    raise SystemExit("nothing is known, and nothing was measured: see the trainer's log")
                took = trained(server, model, file, epochs)
                between = f"{told['low_seconds']:.0f} to {told['high_seconds']:.0f}"
                print(f"{name}: {told['seconds']:.1f} s ({between}), took {took:.1f} s: {told['seconds'] / took:.2f}")
                sys.stdout.flush()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
