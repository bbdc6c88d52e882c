"""The main job, from a person's acts to what they see: real processes, the real small model, no browser.

    python benchmarks/loop.py [--rounds 3] [--record]

Each round starts `finetune-bot try` in a new folder, drops examples/house-voice.jsonl (12 hand-written examples),
starts training with the defaults, waits for the notice that the model is ready, opens a chat and asks a question.
Prints `name: value unit` lines; of each the median of the rounds. The model must have been fetched. The peer of a
training step is in benchmarks of the trainer; here nothing is compared, the figure is what a person waits.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from app.trying import Trial
from benchmarks import table
from sandbox.client import SandboxClient

FILE = Path(__file__).parents[1] / "examples" / "house-voice.jsonl"
CHANNEL = "#support-model"


async def loop(page_url: str) -> dict[str, float]:
    """Seconds of each stretch."""
    async with SandboxClient(page_url) as person:
        began = time.monotonic()
        drop = await person.drop("ana", CHANNEL, FILE)
        report = await person.wait_message(CHANNEL, thread_ts=drop["ts"], contains="ready for training", timeout=60)
        reported = time.monotonic()
        await person.click("ana", CHANNEL, report["ts"], "start_job")
        view = await person.wait_view("ana")
        await person.submit("ana", view["id"], {})
        pressed = time.monotonic()
        card = await person.wait_message(CHANNEL, contains="Training loss", after=report["ts"], timeout=300)
        measured = time.monotonic()
        end = await person.wait_message(CHANNEL, thread_ts=card["ts"], contains="Your model is ready", timeout=900)
        ready = time.monotonic()
        await person.click("ana", CHANNEL, end["ts"], "job_chat")
        chat = await person.wait_message(CHANNEL, contains="This thread talks to", after=end["ts"], timeout=60)
        asked = time.monotonic()
        question = await person.say("ana", CHANNEL, "Do you rent bicycles?", thread_ts=chat["ts"])
        await person.wait_message(CHANNEL, thread_ts=chat["ts"], after=question["ts"], timeout=120)
        return {
            "drop to report": reported - began,
            "start to first figures on the card": measured - pressed,
            "start to success notice": ready - pressed,
            "question to first words": time.monotonic() - asked,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(Path(folder) / "try", port=0)
            trial.prepare(reset=False)
            with trial.started() as page_url:
                rounds.append(asyncio.run(loop(page_url)))
    figures = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    for name, seconds in figures.items():
        print(f"{name}: {seconds:.2f} s")
    if options.record:
        table.record("loop", {name: f"{seconds:.1f} s" for name, seconds in figures.items()})


if __name__ == "__main__":
    main()
