"""Loss and accuracy over a validation set, weighted by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import torch
import torch.nn.functional as nn

from trainer.training.data import IGNORED, Pair, Tokens


class Score(msgspec.Struct, frozen=True):
    """`loss` in nats: the mean negative log-likelihood of a learned token or, of preferences, the mean DPO loss of a
    pair. `token_accuracy` and `sequence_accuracy`: the share of tokens, and of whole answers, predicted right.
    `preferred`: the share of pairs whose preferred answer gained more; `margin`: by how much, in the mean (the
    difference of the two rewards, as DPO defines them)."""

    loss: float
    token_accuracy: float
    sequence_accuracy: float
    preferred: float | None = None
    margin: float | None = None


class Validation(Protocol):
    """A validation set that can be scored, whole or in part."""

    def __len__(self) -> int: ...

    def score(self, model: Any, indexes: Sequence[int]) -> Score: ...


class Answers:
    """The validation set of supervised training."""

    def __init__(self, examples: list[Tokens], pad_token: int, batch_size: int) -> None:
        self._examples = examples
        self._pad_token = pad_token
        self._batch_size = batch_size

    def __len__(self) -> int:
        return len(self._examples)

    def score(self, model: Any, indexes: Sequence[int]) -> Score:
        loss = right = tokens = whole = 0.0
        for part in _parts(indexes, self._batch_size):
            said = likelihoods(model, [self._examples[index] for index in part], self._pad_token)
            loss -= float(said.log_likelihood.sum())
            right += int(said.right.sum())
            tokens += int(said.tokens.sum())
            whole += int((said.right == said.tokens).sum())
        return Score(loss / max(tokens, 1), right / max(tokens, 1), whole / max(len(indexes), 1))


class Preferences:
    """The validation set of DPO. Make it before the first step: the model as it is then is what it is compared with."""

    def __init__(self, pairs: list[Pair], pad_token: int, batch_size: int, beta: float, model: Any) -> None:
        self._pairs = pairs
        self._pad_token = pad_token
        self._batch_size = max(1, batch_size // 2)
        self._beta = beta
        self._before = torch.cat([self._said(model, part)[0] for part in _parts(range(len(pairs)), self._batch_size)])

    def __len__(self) -> int:
        return len(self._pairs)

    def score(self, model: Any, indexes: Sequence[int]) -> Score:
        loss = right = tokens = whole = preferred = gap = 0.0
        for part in _parts(indexes, self._batch_size):
            now, chosen = self._said(model, part)
            gained = self._beta * (now - self._before[list(part)])
            margin = gained[:, 0] - gained[:, 1]
            loss -= float(nn.logsigmoid(margin).sum())
            preferred += int((margin > 0).sum())
            gap += float(margin.sum())
            right += int(chosen.right.sum())
            tokens += int(chosen.tokens.sum())
            whole += int((chosen.right == chosen.tokens).sum())
        count = max(len(indexes), 1)
        return Score(loss / count, right / max(tokens, 1), whole / count, preferred / count, gap / count)

    def _said(self, model: Any, part: Sequence[int]) -> tuple[torch.Tensor, Likelihoods]:
        """Log-likelihoods of the preferred and the rejected answers, shape (pairs, 2); details of the preferred."""
        sides = [
            likelihoods(model, [_answer(self._pairs[index], side) for index in part], self._pad_token)
            for side in ("preferred", "rejected")
        ]
        return torch.stack([side.log_likelihood for side in sides], dim=1), sides[0]


class Likelihoods(msgspec.Struct, frozen=True):
    """For each example of a batch: the log-likelihood of what is learned in it (nats, summed), how many tokens that
    is, and how many of them the model would have said. Shape (examples,), on the CPU."""

    log_likelihood: torch.Tensor
    tokens: torch.Tensor
    right: torch.Tensor


@torch.no_grad()
def likelihoods(model: Any, examples: list[Tokens], pad_token: int) -> Likelihoods:
    was_training = model.training
    model.eval()
    try:
        ids, attention, labels = batch(examples, pad_token, model.device)
        # The whole vocabulary for each position is what costs: only for those that count in one of the examples.
        kept = (labels[:, 1:] != IGNORED).any(0).nonzero()[:, 0]
        logits = model(input_ids=ids, attention_mask=attention, use_cache=False, logits_to_keep=kept).logits
        labels = labels[:, 1:][:, kept]
        counts = labels != IGNORED
        logits, wanted = logits[counts].float(), labels[counts]
        rows = counts.nonzero()[:, 0]
        zeros = torch.zeros(len(examples), device=rows.device)
        return Likelihoods(
            zeros.index_add(0, rows, -nn.cross_entropy(logits, wanted, reduction="none")).cpu(),
            counts.sum(1).cpu(),
            zeros.index_add(0, rows, (logits.argmax(-1) == wanted).float()).cpu(),
        )
    finally:
        model.train(was_training)


def batch(examples: list[Tokens], pad_token: int, device: torch.device) -> tuple[torch.Tensor, ...]:
    """Token ids, attention mask and labels, each of shape (examples, longest), padded on the right."""
    longest = max(example.length for example in examples)
    shape = (len(examples), longest)
    ids, attention = torch.full(shape, pad_token), torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED)
    for row, example in enumerate(examples):
        length = example.length
        ids[row, :length] = torch.tensor(example.input_ids)
        labels[row, :length] = torch.tensor(example.labels)
        attention[row, :length] = 1
    return ids.to(device), attention.to(device), labels.to(device)


def _answer(pair: Pair, side: str) -> Tokens:
    said: list[int] = getattr(pair, side)
    return Tokens(pair.prompt + said, [IGNORED] * len(pair.prompt) + said)


def _parts(indexes: Sequence[int], size: int) -> list[Sequence[int]]:
    return [indexes[start : start + size] for start in range(0, len(indexes), size)]
