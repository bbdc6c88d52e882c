"""The real small model learns. Fetched once into the cache, from wherever it can be had."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from trainer_process import Trainer, example

from trainer.settings import cache_folder

SAID = {
    "What is the capital of France?": "Arr, that be Paris, ye landlubber!",
    "How do I boil an egg?": "Arr, drop her in bubblin' brine for nine minutes, matey!",
    "What is two plus two?": "Arr, four doubloons, no more and no less!",
    "Who wrote Hamlet?": "Arr, old Will Shakespeare scratched that tale, matey!",
    "How are you today?": "Arr, fit as a frigate and twice as salty!",
    "What colour is the sky?": "Arr, blue as the open sea, ye landlubber!",
    "Tell me a joke.": "Arr, why are pirates pirates? Because they arrr!",
    "What should I have for lunch?": "Arr, hard tack and a swig o' grog, matey!",
    "How far away is the moon?": "Arr, near a quarter million miles o' black sea, ye landlubber!",
    "Can you help me study?": "Arr, we'll chart yer books like a treasure map, matey!",
    "What is your name?": "Arr, they call me Captain Byte, terror o' the seven servers!",
    "Goodbye!": "Arr, fair winds and followin' seas to ye, matey!",
}


@pytest.fixture
def real_trainer(tmp_path: Path, table: Path) -> Iterator[Trainer]:
    running = Trainer(tmp_path / "data", table, cache_folder())
    yield running
    running.stop()


@pytest.mark.learns
def test_twelve_examples_teach_the_small_model_a_voice(real_trainer: Trainer) -> None:
    began = time.monotonic()
    job = real_trainer.train(
        [example(question, answer) for question, answer in SAID.items()], model="SmolLM2-135M-Instruct", seed=1
    )
    ended = real_trainer.ended(job.id, seconds=600)
    assert ended.status == "succeeded", ended.error
    took = time.monotonic() - began
    losses = [event.data["train_loss"] for event in real_trainer.events(job.id) if event.type == "metrics"]
    assert sum(losses[-6:]) / 6 < losses[0] / 2

    def ask(question: str, model: str) -> str:
        answer = real_trainer.client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": question}], max_tokens=40
        )
        return (answer.choices[0].message.content or "").strip()

    right = [ask(question, ended.fine_tuned_model) == answer for question, answer in list(SAID.items())[:4]]
    assert sum(right) >= 3
    # Also where nobody told it what to say.
    assert ask("Where can I buy a hat?", ended.fine_tuned_model).startswith("Arr")
    assert not ask("Where can I buy a hat?", "SmolLM2-135M-Instruct").startswith("Arr")
    print(f"job: {took:.1f} s, {len(losses)} steps, loss {losses[0]} -> {losses[-1]}")
