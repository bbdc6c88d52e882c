"""What fine-tuning teaches the small model, on examples it has not seen: base and fine-tuned, with intervals.

    python benchmarks/learning.py style [--record]
    python benchmarks/learning.py choice --train FILE --validation FILE [--examples 400] [--record]

`style` trains on examples/house-voice.jsonl with the defaults and asks the held-back questions of
house-voice-validation.jsonl: how many answers open and close in the house's words. `choice` takes chats whose answer is
one of a few letters (AR-LSAT: hundreds of examples take half an hour on two cores) and counts right answers by the
probabilities of the classes. Chance is what the most frequent class would score. Intervals are Wilson's, at 95 %.
"""

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import table

ROOT = Path(__file__).parents[1]
MODEL = "SmolLM2-135M-Instruct"
OPENS, CLOSES = "Ring ring!", "Happy pedalling!"


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence (Wilson 1927)."""
    share, spread = right / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return middle - half, middle + half


def said(right: int, of: int) -> str:
    low, high = wilson(right, of)
    return f"{right / of:.0%} ({right} of {of}; {low:.0%} to {high:.0%})"


def train(training: Path, folder: Path, rank: int | None = None, **numbers: Any) -> Path:
    """The folder of the last epoch's weights: an adapter or, with rank 0, a whole model."""
    from trainer.training.messages import Done, Measured, Report
    from trainer.training.plan import Plan
    from trainer.training.reporting import ControlFlags
    from trainer.training.run import train as run

    base, weights = _base()
    plan = Plan(
        job_id="learning",
        base=base.id,
        weights=str(weights),
        chat_template=base.template(),
        context_length=base.context_length,
        learning_rate=base.learning_rate,
        lora_rank=base.lora_rank if rank is None else rank,
        lora_alpha=base.lora_alpha,
        training_file=str(training),
        output=str(folder / "output"),
        state=str(folder / "state"),
        seed=1,
        **numbers,
    )
    reports: list[Report] = []

    def hear(report: Report) -> None:
        reports.append(report)
        if isinstance(report, Measured) and report.step % 20 == 0:
            print(f"step {report.step}/{report.total_steps}: {report.metrics['train_loss']}", flush=True)

    run(plan, hear, ControlFlags())
    done = reports[-1]
    assert isinstance(done, Done)
    kept = done.checkpoints[-1]
    print(f"after {kept.step} steps: {kept.metrics}", flush=True)
    return folder / "output" / kept.folder


def style(folder: Path, rank: int | None, **numbers: Any) -> dict[str, str]:
    from training_files import read_examples

    validation = ROOT / "examples" / "house-voice-validation.jsonl"
    adapter = train(ROOT / "examples" / "house-voice.jsonl", folder, rank, validation_file=str(validation), **numbers)
    held_back = list(read_examples(validation))
    questions = [one["messages"][:-1] for one in held_back]
    learned = "all" if rank == 0 else f"adapter of rank {rank or _base()[0].lora_rank}"
    figures = {"data": "house-voice", "examples": "12", "learned": learned}
    for name, where in (("base", None), ("fine-tuned", adapter)):
        answers = _answers(where, questions)
        right = sum(answer.startswith(OPENS) and answer.endswith(CLOSES) for answer in answers)
        figures[name] = said(right, len(answers))
    return {**figures, "chance": "0%"}


def choice(folder: Path, training: Path, validation: Path, examples: int) -> dict[str, str]:
    import random

    from trainer.training.classification import ClassOptions, find_classes
    from trainer.training.data import Reader, examples_of

    lines = training.read_text(encoding="utf-8").splitlines()
    some = folder / "some.jsonl"
    some.write_text("\n".join(random.Random(1).sample(lines, min(examples, len(lines)))), encoding="utf-8")
    base, _ = _base()
    model, tokenizer = _load(None)
    reader = Reader(tokenizer, base.template(), base.context_length)
    read = [
        reader.supervised(examples_of(path, "training_file"), "training_file").examples for path in (some, validation)
    ]
    classes = find_classes(read[0], read[1], ClassOptions(), tokenizer, tokenizer.pad_token_id or 0)
    assert classes is not None
    answers = Counter(tuple(token for token in one.labels if token >= 0) for one in read[1])
    count = len(read[1])
    figures = {"data": training.stem, "examples": str(min(examples, len(lines)))}
    figures["base"] = said(round(classes.score(model)["classification/accuracy"] * count), count)
    del model
    tuned, _ = _load(train(some, folder, n_epochs=1))
    figures["fine-tuned"] = said(round(classes.score(tuned)["classification/accuracy"] * count), count)
    return {**figures, "chance": f"{max(answers.values()) / count:.0%}"}


def _base() -> tuple[Any, Path]:
    from trainer.base_models import read_table
    from trainer.fetch import located
    from trainer.settings import cache_folder

    base = read_table()[MODEL]
    weights = located(base, cache_folder())
    if weights is None:
        raise SystemExit(f"Fetch the model first: finetune-bot trainer pull {MODEL}")
    return base, weights


def _load(adapter: Path | None) -> tuple[Any, Any]:
    from peft import PeftModel
    from transformers import AutoTokenizer

    from trainer.weights import load, silence_transformers

    silence_transformers()
    _, weights = _base()
    whole = adapter is not None and (adapter / "config.json").is_file()
    model = load(str(adapter if whole else weights))
    if adapter is not None and not whole:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    return model.eval(), AutoTokenizer.from_pretrained(weights)


def _answers(adapter: Path | None, questions: Sequence[list[dict[str, Any]]]) -> list[str]:
    base, _ = _base()
    model, tokenizer = _load(adapter)
    answers = []
    for messages in questions:
        asked = tokenizer.apply_chat_template(
            messages, chat_template=base.template(), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        said = model.generate(**asked, max_new_tokens=60, do_sample=False, pad_token_id=tokenizer.pad_token_id or 0)
        answers.append(tokenizer.decode(said[0, asked["input_ids"].shape[1] :], skip_special_tokens=True).strip())
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["style", "choice"])
    parser.add_argument("--train", type=Path)
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--examples", type=int, default=400)
    parser.add_argument("--epochs", type=int, help="for style; the default is auto")
    parser.add_argument("--multiplier", type=float, help="for style: of the rate; the default is auto")
    parser.add_argument("--rank", type=int, help="for style: of the adapter; 0 trains all weights")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.what == "style":
            numbers = {"n_epochs": options.epochs, "learning_rate_multiplier": options.multiplier}
            figures = style(Path(name), options.rank, **numbers)
        else:
            figures = choice(Path(name), options.train, options.validation, options.examples)
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.record:
        table.record(f"learning, {options.what}", figures)


if __name__ == "__main__":
    main()
