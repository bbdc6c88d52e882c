"""Is a small model better after training? The whole way, as a person goes it in Slack.

A file is dropped, a model trained on it in the project's own trainer, and both are evaluated on a file that was held
back. Prints the sentence and the table.

    python benchmarks/better.py examples/house-voice.jsonl examples/house-voice-validation.jsonl \\
        --grader '{"type": "contains", "name": "voice", "values": ["Happy pedalling"]}'
    python benchmarks/better.py lsat-train.jsonl lsat-validation.jsonl --first 24 --n 40 --epochs 1

AR-LSAT (Zhong and others, AR-LSAT: Investigating Analytical Reasoning of Text, 2021; github.com/zhongwanjun/AR-LSAT)
has questions with five options each; in these files the answer is one letter. A model of 135 million parameters is not
expected to reason; it is to be seen whether the evaluation says so.
"""

import argparse
import asyncio
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from app.trying import BASE_MODEL, Trial
from sandbox.client import SandboxClient

USER, CHANNEL, SUFFIX = "ana", "#support-model", "evaluated"
HOURS = 3600.0 * 3


async def main(training: Path, held_back: Path, grader: str, first: int | None, n: int, epochs: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), port=_free_port(), base_model=BASE_MODEL, trainer_environment={})
        trial.prepare(reset=False)
        with trial.started() as url:
            async with SandboxClient(url) as person:
                began = time.monotonic()
                await _train(person, training, first, epochs)
                print(f"trained in {time.monotonic() - began:.0f} s")
                began = time.monotonic()
                result = await _evaluate(person, held_back, grader, n)
                print(f"evaluated in {time.monotonic() - began:.0f} s")
                print(result["text"])
                for block in result["blocks"]:
                    for row in block.get("rows", ()):
                        print(" | ".join(str(cell["text"]) for cell in row))


async def _train(person: SandboxClient, file: Path, first: int | None, epochs: str) -> None:
    content = b"".join(file.read_bytes().splitlines(keepends=True)[:first])
    report = await _dropped(person, file.name, content)
    await person.click(USER, CHANNEL, report["ts"], "start_job")
    view = await person.wait_view(USER, 60)
    wrong = await person.submit(USER, view["id"], {"suffix": SUFFIX, "epochs": epochs})
    if wrong:
        raise SystemExit(str(wrong))
    await person.wait_message(CHANNEL, payload={"id": "card/*"}, action_id="job_chat", timeout=HOURS)


async def _evaluate(person: SandboxClient, file: Path, grader: str, n: int) -> dict[str, Any]:
    await _dropped(person, file.name, file.read_bytes())
    words = f"evaluate {BASE_MODEL},{SUFFIX} on {file.name} n={n} confirm=yes"
    await person.command(USER, CHANNEL, "/finetune", f"{words} with {grader}" if grader else words)
    card = await person.wait_message(CHANNEL, payload={"id": "eval-*/card"}, timeout=120)
    return await person.wait_message(CHANNEL, thread_ts=card["ts"], payload={"id": "eval-*/result"}, timeout=HOURS)


async def _dropped(person: SandboxClient, name: str, content: bytes) -> dict[str, Any]:
    """The report on a file."""
    dropped = await person.drop_bytes(USER, CHANNEL, [(name, content)])
    return await person.wait_message(
        CHANNEL, thread_ts=dropped["ts"], payload={"id": "report/*"}, action_id="dataset_more", timeout=120
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path)
    parser.add_argument("held_back", type=Path)
    parser.add_argument("--grader", default="", help="a name, or JSON; left out, what fits the file")
    parser.add_argument("--first", type=int, help="train on so many examples only")
    parser.add_argument("--n", type=int, default=200, help="ask so many")
    parser.add_argument("--epochs", default="auto")
    asked = parser.parse_args()
    asyncio.run(main(asked.training, asked.held_back, asked.grader, asked.first, asked.n, asked.epochs))
