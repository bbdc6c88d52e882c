"""What reinforcement teaches the small model: to answer in one word, by a grader that counts words.

    python benchmarks/reinforce.py [--seeds 3] [--first 1] [--epochs 1] [--multiplier 1] [--record]

60 questions are trained on, 10 choose the checkpoint, 30 are held back. Each of these is answered four times, before
and after, at the temperature of training: counted is the share of answers that are one word. Intervals are at 95 % over
questions, the gain's by pairs of the same question (`bot.evaluations.statistics`).
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.learning import _base, _load
from bot.evaluations.statistics import compare, mean_interval

ONE = {"type": "pattern", "name": "one word", "pattern": r"^[A-Za-z]+[.!]?$"}
GRADER = {
    "type": "multi",
    "name": "short",
    "graders": {
        "one": ONE,
        "few": {"type": "pattern", "name": "few words", "pattern": r"^[A-Za-z]+( [A-Za-z]+){0,2}[.!]?$"},
    },
    "calculate_output": "(one + few) / 2",
}
OPPOSITES = "hot big fast old light happy rich strong early open wet hard full high loud clean sharp near sweet brave"
ANIMALS = "cow dog cat horse bee hen sheep pig goat duck owl lion wolf frog snake bear mouse whale fox donkey"
THINGS = (
    "grass snow coal blood gold milk lemon sky rose sand chocolate tomato ink salt carrot plum pine honey rust lime"
)
COUNTRIES = (
    "France Spain Italy Japan Egypt Peru Cuba Kenya Chile Norway Greece Poland Austria India China Iran Iraq Nepal "
    "Sweden Hungary"
)
PLURALS = "mouse child foot tooth man leaf knife wife goose city box bus fly party hero potato key toy sheep ox"
FORMS = {
    "What is the opposite of {}?": OPPOSITES,
    "Which sound does a {} make?": ANIMALS,
    "What colour is {}?": THINGS,
    "What is the capital of {}?": COUNTRIES,
    "What is the plural of {}?": PLURALS,
}
ANSWERS = 4
ROOM = 8


def questions() -> tuple[list[dict[str, Any]], ...]:
    """Those to train on, those to choose by, and those held back: 12, 2 and 6 or more of each form."""
    parts: tuple[list[dict[str, Any]], ...] = ([], [], [])
    for form, words in FORMS.items():
        for place, word in enumerate(words.split()):
            asked = form.format(word) + " Answer with one word only."
            part = parts[0 if place < 12 else 1 if place < 14 else 2]
            messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": asked}]
            part.append({"messages": messages, "words": 1})
    return parts


def run(seed: int, folder: Path, **numbers: Any) -> dict[str, str]:
    from trainer.training.messages import Done, Measured, Report
    from trainer.training.plan import Plan, Reinforcement
    from trainer.training.reporting import ControlFlags
    from trainer.training.run import train

    base, weights = _base()
    training, choosing, held_back = questions()
    files = []
    for name, part in (("training", training), ("validation", choosing)):
        files.append(folder / f"{name}.jsonl")
        files[-1].write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    plan = Plan(
        job_id="reinforce",
        base=base.id,
        weights=str(weights),
        chat_template=base.template(),
        context_length=base.context_length,
        learning_rate=base.learning_rate,
        lora_rank=base.lora_rank,
        lora_alpha=base.lora_alpha,
        training_file=str(files[0]),
        validation_file=str(files[1]),
        output=str(folder / "output"),
        state=str(folder / "state"),
        seed=seed,
        method="reinforcement",
        reinforcement=Reinforcement(GRADER, eval_interval=8, eval_samples=2),
        metadata={"max_completion_tokens": str(ROOM)},
        **numbers,
    )
    reports: list[Report] = []

    def hear(report: Report) -> None:
        reports.append(report)
        if isinstance(report, Measured):
            print(f"step {report.step}/{report.total_steps}: {report.metrics}", flush=True)

    began, used = time.monotonic(), time.process_time()
    train(plan, hear, ControlFlags())
    seconds, processor = time.monotonic() - began, time.process_time() - used
    done = reports[-1]
    assert isinstance(done, Done)
    kept = next(one for one in done.checkpoints if one.step == done.best)
    before = forms(None, held_back)
    after = forms(folder / "output" / kept.folder, held_back)
    gain = compare(before, after)
    return {
        "seed": str(seed),
        "before": said(before),
        "after": said(after),
        "gain": f"{gain.gain * 100:.0f} points ({gain.low * 100:.0f} to {gain.high * 100:.0f})",
        "best step": f"{kept.step} of {next(r for r in reversed(reports) if isinstance(r, Measured)).total_steps}",
        "time": f"{seconds / 60:.0f} min ({processor / 60:.0f} of a processor)",
    }


def said(shares: Sequence[float]) -> str:
    estimate = mean_interval(shares)
    return f"{estimate.value:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"


def forms(adapter: Path | None, held_back: list[dict[str, Any]]) -> list[float]:
    """Of each question the share of its answers that are one word."""
    from graders.reading import grader_of
    from trainer.serving.vocabulary import vocabulary
    from trainer.training.data import Reader
    from trainer.training.rollouts import ROWS, Rollouts

    base, weights = _base()
    model, tokenizer = _load(adapter)
    tasks = Reader(tokenizer, base.template(), base.context_length).tasks(held_back, "file", ROOM).examples
    rollouts = Rollouts(
        grader_of(ONE),
        vocabulary(str(weights)),
        pad_token=tokenizer.pad_token_id or 0,
        most_tokens=ROOM,
        rows=ROWS,
        seed=7,
    )
    asked = [task for task in tasks for _ in range(ANSWERS)]
    rewards = [
        rollouts.grade(task, answer).reward or 0.0
        for task, answer in zip(asked, rollouts.sample(model, asked, draw=0), strict=True)
    ]
    return [sum(rewards[start : start + ANSWERS]) / ANSWERS for start in range(0, len(rewards), ANSWERS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--multiplier", type=float, help="of the rate; the default is auto")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    numbers = {
        "n_epochs": options.epochs,
        "batch_size": options.batch,
        "learning_rate_multiplier": options.multiplier,
    }
    rows = []
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as name:
            rows.append(run(seed, Path(name), **numbers))
        print(" · ".join(f"{key}: {value}" for key, value in rows[-1].items()), flush=True)
    if options.record:
        table.record("reinforcement", {key: " / ".join(row[key] for row in rows) for key in rows[0]})


if __name__ == "__main__":
    main()
