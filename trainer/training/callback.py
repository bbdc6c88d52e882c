"""What happens between two steps: give way, measure, save, report."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer.errors import TrainingFailed
from trainer.training.data import Tokens
from trainer.training.evaluation import evaluate

KEPT_CHECKPOINTS = 3
# The longest that training stands still because somebody chats: a busy chat slows it down and does not stop it.
LONGEST_HOLD = 20.0

Send = Callable[..., None]


class Between(TrainerCallback):
    """Reports metrics after each step; at the end of each epoch measures the whole validation set and saves a
    checkpoint; while `go` is clear, waits."""

    def __init__(
        self,
        *,
        send: Send,
        go: threading.Event,
        output: Path,
        steps_per_epoch: int,
        total_steps: int,
        validation: list[Tokens],
        pad_token: int,
        batch_size: int,
    ) -> None:
        self._send = send
        self._go = go
        self._output = output
        self._steps_per_epoch = steps_per_epoch
        self._total_steps = total_steps
        self._validation = validation
        self._pad_token = pad_token
        self._batch_size = batch_size
        # About twenty looks at the validation set in a job, each at one batch, as the protocol's events show.
        self._interval = max(1, total_steps // 20)
        self._looks = 0
        self._measured: dict[str, float] = {}
        self._started = time.monotonic()
        self._saved: list[Path] = []

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._go.wait(LONGEST_HOLD)

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._go.wait(LONGEST_HOLD)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        # Before on_log, so that what is measured here goes out with the step's own figures.
        self._measured = {}
        model, step = kwargs["model"], state.global_step
        epoch_ends = step % self._steps_per_epoch == 0
        if self._validation and (step % self._interval == 0 or epoch_ends):
            score = evaluate(model, self._next_batch(), self._pad_token, self._batch_size)
            self._measured |= {"valid_loss": score.loss, "valid_mean_token_accuracy": score.token_accuracy}
        if self._validation and epoch_ends:
            score = evaluate(model, self._validation, self._pad_token, self._batch_size)
            self._measured |= {"full_valid_loss": score.loss, "full_valid_mean_token_accuracy": score.token_accuracy}

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not logs or "loss" not in logs:  # the summary after the last step
            return
        step, loss = state.global_step, float(logs["loss"])
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The training loss became {loss} at step {step}: the learning rate is too high for this data. "
                "Start again with a smaller learning_rate_multiplier.",
                code="loss_diverged",
                param="learning_rate_multiplier",
            )
        metrics = {
            "train_loss": round(loss, 5),
            "train_mean_token_accuracy": round(float(logs["mean_token_accuracy"]), 5),
            **{name: round(value, 5) for name, value in self._measured.items()},
        }
        pace = (time.monotonic() - self._started) / step
        self._send(
            kind="metrics",
            step=step,
            total_steps=self._total_steps,
            metrics=metrics,
            seconds_left=pace * (self._total_steps - step),
        )
        if step % self._steps_per_epoch == 0:
            self._save(kwargs["model"], step, metrics)

    def _next_batch(self) -> list[Tokens]:
        """The next few examples of the validation set, round and round."""
        start = self._looks * self._batch_size
        self._looks += 1
        size = min(self._batch_size, len(self._validation))
        return [self._validation[(start + index) % len(self._validation)] for index in range(size)]

    def _save(self, model: Any, step: int, metrics: dict[str, float]) -> None:
        folder = self._output / f"step-{step}"
        model.save_pretrained(folder)
        self._saved.append(folder)
        self._send(kind="checkpoint", step=step, folder=folder.name, metrics=metrics)
        while len(self._saved) > KEPT_CHECKPOINTS:
            shutil.rmtree(self._saved.pop(0), ignore_errors=True)
