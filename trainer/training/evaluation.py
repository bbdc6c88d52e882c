"""Loss and token accuracy over a validation set, weighted by token."""

from __future__ import annotations

from typing import Any

import msgspec
import torch

from trainer.training.data import IGNORED, Tokens


class Score(msgspec.Struct, frozen=True):
    """Mean negative log-likelihood in nats per learned token, and the share of them predicted right."""

    loss: float
    token_accuracy: float


@torch.no_grad()
def evaluate(model: Any, examples: list[Tokens], pad_token: int, batch_size: int) -> Score:
    was_training = model.training
    model.eval()
    loss = correct = count = 0.0
    try:
        for start in range(0, len(examples), batch_size):
            ids, attention, labels = _batch(examples[start : start + batch_size], pad_token, model.device)
            logits = model(input_ids=ids, attention_mask=attention, use_cache=False).logits[:, :-1]
            said = labels[:, 1:] != IGNORED
            # Only the positions that count are turned into fp32: the whole vocabulary for each is what costs.
            logits, wanted = logits[said].float(), labels[:, 1:][said]
            loss += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
            correct += int((logits.argmax(-1) == wanted).sum())
            count += int(said.sum())
    finally:
        model.train(was_training)
    return Score(loss / max(count, 1), correct / max(count, 1))


def _batch(
    examples: list[Tokens], pad_token: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(example.input_ids) for example in examples)
    shape = (len(examples), longest)
    ids, attention = torch.full(shape, pad_token), torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED)
    for row, example in enumerate(examples):
        length = len(example.input_ids)
        ids[row, :length] = torch.tensor(example.input_ids)
        labels[row, :length] = torch.tensor(example.labels)
        attention[row, :length] = 1
    return ids.to(device), attention.to(device), labels.to(device)
