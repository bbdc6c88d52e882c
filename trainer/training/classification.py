"""Fine-tunes that choose one of a few answers: recognised, and scored as everybody scores classifiers.

A class is an answer's tokens. For each held-back example the model's probabilities of the classes are compared with
each other; whatever else it might say is left aside, as the older service did.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import msgspec
import torch

from trainer.errors import TrainingFailed
from trainer.training.data import IGNORED, Tokens
from trainer.training.evaluation import likelihoods

MOST_CLASSES = 20
LONGEST_CLASS = 12  # tokens
FEWEST_EACH = 5  # examples a class, on average, for a file to be recognised as one of classes

N_CLASSES, POSITIVE, BETAS = "classification_n_classes", "classification_positive_class", "classification_betas"


class ClassOptions(msgspec.Struct, frozen=True):
    """What a job's metadata ask for. `betas` are those of F-beta."""

    n_classes: int | None = None
    positive: str | None = None
    betas: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, metadata: dict[str, str]) -> ClassOptions | None:
        """None where nothing is asked for. Raises TrainingFailed where a number is none."""
        if not {N_CLASSES, POSITIVE} & metadata.keys():
            return None
        try:
            count = int(metadata[N_CLASSES]) if N_CLASSES in metadata else None
            betas = tuple(float(word) for word in metadata.get(BETAS, "1").strip("[]").split(",") if word.strip())
        except ValueError as error:
            raise TrainingFailed(
                f"The metadata {N_CLASSES} is a whole number and {BETAS} are numbers with commas between.",
                code="invalid_metadata",
                param="metadata",
            ) from error
        return cls(count, metadata.get(POSITIVE), betas or (1.0,))


class Classes:
    """The classes of a training file, and the held-back examples to score them on. `positive` is the index of the
    class that precision and recall are about, None where there are more than two."""

    def __init__(
        self, names: list[str], answers: list[list[int]], examples: list[Tokens], options: ClassOptions, pad_token: int
    ) -> None:
        self.names = names
        self._answers = answers
        self._examples = [(prompt, tuple(answer)) for prompt, answer in map(_split, examples)]
        self._options = options
        self._pad_token = pad_token
        self.positive: int | None = None
        if len(names) == 2:
            # The rarer one, which stands last, unless somebody says which.
            self.positive = names.index(options.positive) if options.positive is not None else 1

    def score(self, model: Any) -> dict[str, float]:
        """Figures by the older service's names. A figure that is not defined (one class alone in the file) is left
        out."""
        from sklearn import metrics  # takes a second to import

        index = {tuple(answer): place for place, answer in enumerate(self._answers)}
        truth = [index.get(answer, -1) for _, answer in self._examples]
        chances = torch.stack([self._chances(model, prompt) for prompt, _ in self._examples])
        said = chances.argmax(1).tolist()
        figures = {
            "classification/accuracy": metrics.accuracy_score(truth, said),
            "classification/weighted_f1_score": metrics.f1_score(truth, said, average="weighted", zero_division=0),
        }
        if self.positive is not None:
            is_it = [one == self.positive for one in truth]
            said_it = [one == self.positive for one in said]
            chance = chances[:, self.positive].tolist()
            figures["classification/precision"] = metrics.precision_score(is_it, said_it, zero_division=0)
            figures["classification/recall"] = metrics.recall_score(is_it, said_it, zero_division=0)
            for beta in self._options.betas:
                figures[f"classification/f{beta:g}"] = metrics.fbeta_score(is_it, said_it, beta=beta, zero_division=0)
            if len(set(is_it)) == 2:
                figures["classification/auroc"] = metrics.roc_auc_score(is_it, chance)
                figures["classification/auprc"] = metrics.average_precision_score(is_it, chance)
        return {name: float(value) for name, value in figures.items() if math.isfinite(value)}

    @torch.no_grad()
    def _chances(self, model: Any, prompt: list[int]) -> torch.Tensor:
        """Probability of each class after the prompt, shape (classes,), together 1."""
        firsts = [answer[0] for answer in self._answers]
        if len(set(firsts)) == len(firsts):  # the first token tells: one look is enough
            was_training = model.training
            model.eval()
            ids = torch.tensor([prompt], device=model.device)
            logits = model(input_ids=ids, use_cache=False, logits_to_keep=1).logits[0, -1].float().cpu()
            model.train(was_training)
            return torch.softmax(logits[firsts], 0)
        each = [Tokens(prompt + answer, [IGNORED] * len(prompt) + answer) for answer in self._answers]
        return torch.softmax(likelihoods(model, each, self._pad_token).log_likelihood, 0)


def find_classes(
    training: list[Tokens], validation: list[Tokens], options: ClassOptions | None, tokenizer: Any, pad_token: int
) -> Classes | None:
    """The classes of a training file that asks for them or looks like one, the frequent first; else None.

    Raises TrainingFailed where what was asked for does not fit the file.
    """
    answers = Counter(tuple(_split(example)[1]) for example in training)
    looks_like = (
        2 <= len(answers) <= min(MOST_CLASSES, len(training) // FEWEST_EACH) and max(map(len, answers)) <= LONGEST_CLASS
    )
    if options is None and not looks_like:
        return None
    options = options or ClassOptions()
    ordered = [list(answer) for answer, _ in sorted(answers.items(), key=lambda item: (-item[1], item[0]))]
    names = [str(tokenizer.decode(answer, skip_special_tokens=True)).strip() for answer in ordered]
    if options.n_classes is not None and options.n_classes != len(names):
        raise TrainingFailed(
            f"{N_CLASSES} says {options.n_classes}, but the training file has {len(names)} different answers"
            + (f": {', '.join(names)}." if len(names) <= MOST_CLASSES else "."),
            code="invalid_metadata",
            param="metadata",
        )
    if len(names) < 2 or len(names) > 1000:
        raise TrainingFailed(
            f"The training file has {len(names)} different answer(s): that is not a choice between a few classes.",
            code="invalid_metadata",
            param="metadata",
        )
    if options.positive is not None and options.positive.strip() not in names:
        raise TrainingFailed(
            f"{POSITIVE} says {options.positive!r}, but no answer in the training file is that.",
            code="invalid_metadata",
            param="metadata",
        )
    options = msgspec.structs.replace(options, positive=options.positive.strip()) if options.positive else options
    return Classes(names, ordered, validation, options, pad_token)


def _split(example: Tokens) -> tuple[list[int], list[int]]:
    """What stands before the last thing that is learned, and that thing."""
    labels = example.labels
    end = len(labels) - next(place for place, label in enumerate(reversed(labels)) if label != IGNORED)
    start = end
    while start > 0 and labels[start - 1] != IGNORED:
        start -= 1
    return example.input_ids[:start], example.input_ids[start:end]
