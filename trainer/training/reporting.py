"""What happens between two steps: yield to chats, measure, save, report, pause."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer.errors import TrainingFailed
from trainer.training.classification import Classes
from trainer.training.data import Task
from trainer.training.evaluation import Validation
from trainer.training.messages import Baseline, Measured, Report, Saved, SavedModel
from trainer.training.ranks import Ranks, let_go
from trainer.training.rollouts import Rollouts
from trainer.training.runners.attempts import MARK
from trainer.training.trainers import FAULTS

KEPT_CHECKPOINTS = 3
# The longest that training pauses because somebody chats: a busy chat slows it down and does not stop it.
LONGEST_HOLD = 20.0
# Saving what is needed to go on takes at most about this share of the time.
_SAVING_SHARE = 0.02

Send = Callable[[Report], None]


class ControlFlags:
    """What the server asks of a running training. It waits while `go` is clear. With `stop` it saves its state and ends
    after the current step, and with `model` it also leaves a model that can be asked."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.stop = threading.Event()
        self.model = False

    def pause(self) -> None:
        self.model = True
        self.leave()

    def leave(self) -> None:
        self.stop.set()
        self.go.set()


class ResumeState(msgspec.Struct):
    """What a resumed job needs besides the state that transformers saves: how often the validation set was sampled, the
    epochs whose weights are kept, tokens read, seconds trained."""

    looks: int = 0
    checkpoints: list[SavedModel] = []
    tokens: int = 0
    seconds: float = 0.0


class ReportingCallback(TrainerCallback):
    """Reports metrics after each step; at the end of each epoch measures the whole validation set and saves the
    weights; every so often saves what is needed to go on. `save` writes weights into a folder; `counted` is the
    trainer's own.

    Of several ranks each does the same, but for writing: that, and when to save or to stop, is for rank 0."""

    def __init__(
        self,
        *,
        send: Send,
        flags: ControlFlags,
        output: Path,
        save: Callable[[Any, Path], None],
        examples: int,
        batch_size: int,
        total_steps: int,
        counted: dict[str, int],
        ranks: Ranks | None = None,
        validation: Validation | None = None,
        validation_batch: int = 1,
        classes: Classes | None = None,
        save_seconds: float = 60.0,
        resumed: ResumeState | None = None,
    ) -> None:
        self._send = send
        self._flags = flags
        self._output = output
        self._save = save
        self._examples = examples
        self._batch_size = batch_size
        self._steps_per_epoch = math.ceil(examples / batch_size)
        self._total_steps = total_steps
        self._counted = counted
        self._ranks = ranks or Ranks()
        self._validation = validation
        self._validation_batch = validation_batch
        self._classes = classes
        # About twenty looks at the validation set in a job, each at one batch, as the protocol's events show.
        self._interval = max(1, total_steps // 20)
        self._save_seconds = save_seconds
        self._state = resumed or ResumeState()
        self._tokens = self._state.tokens
        self._stops = False
        self._began = self._saved_at = time.monotonic() - self._state.seconds
        self._saved_at = time.monotonic()
        self._saving_began = 0.0
        self._measured: dict[str, float] = {}
        self._sequences = self._right = 0
        self.metrics: dict[str, float] = {}  # of the last step

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._flags.go.wait(LONGEST_HOLD)
        self._counted["sequences"] = self._counted["right"] = 0

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._flags.go.wait(LONGEST_HOLD)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        # Before on_log, so that what is measured here goes out with the step's own figures.
        self._measured = {}
        step = state.global_step
        self._measure(kwargs["model"], step)
        let_go(kwargs["model"])
        tokens, self._sequences, self._right = self._ranks.total(
            [self._counted["tokens"], self._counted["sequences"], self._counted["right"]]
        )
        self._tokens += tokens
        self._counted["tokens"] = 0
        overdue = time.monotonic() - self._saved_at >= self._save_seconds
        saves, stops = self._ranks.agree([overdue, self._flags.stop.is_set()])
        self._stops = bool(stops)
        control.should_save = bool(saves or stops) and step < self._total_steps

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
        measured = {**self._figures(logs), **self._measured}
        self.metrics = metrics = {name: round(value, 5) for name, value in measured.items()}
        epoch, step_of_epoch = divmod(step, self._steps_per_epoch)
        worked = time.monotonic() - self._began
        elapsed: dict[str, int | float] = {
            "elapsed_tokens": self._tokens,
            "elapsed_examples": epoch * self._examples + step_of_epoch * self._batch_size,
        }
        if self._sequences:
            elapsed["train_sequence_accuracy"] = round(self._right / self._sequences, 5)
        self._send(
            Measured(
                step=step,
                total_steps=self._total_steps,
                metrics={**metrics, **elapsed},
                seconds=worked,
                seconds_left=worked / step * (self._total_steps - step),
            )
        )
        if self._is_kept(step) and self._ranks.first:
            self._keep_weights(kwargs["model"], step, metrics)
        self._saving_began = time.monotonic()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The state was written: mark it as whole, remove older ones."""
        assert args.output_dir is not None
        self._ranks.agree([])  # all have written
        control.should_training_stop = control.should_training_stop or self._stops
        if not self._ranks.first:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        now = time.monotonic()
        self._state.tokens, self._state.seconds = self._tokens, now - self._began
        part = folder / (MARK + ".part")
        part.write_bytes(msgspec.json.encode(self._state))
        part.replace(folder / MARK)
        for other in folder.parent.glob("checkpoint-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        self._saved_at = now
        self._save_seconds = max(self._save_seconds, (now - self._saving_began) / _SAVING_SHARE)
        self._send(Saved(state.global_step))

    @property
    def checkpoints(self) -> list[SavedModel]:
        """The steps whose weights are kept, in order."""
        return self._state.checkpoints

    @property
    def tokens(self) -> int:
        """Tokens that were read so far."""
        return self._tokens

    def _measure(self, model: Any, step: int) -> None:
        """Measure what is to be told with this step's figures."""
        epoch_ends = self._is_kept(step)
        if self._validation is not None:
            if step % self._interval == 0 or epoch_ends:
                self._look(model, self._next_batch(), "valid")
            if epoch_ends:
                self._look(model, range(len(self._validation)), "full_valid")
        if self._classes is not None and epoch_ends:
            self._measured |= self._classes.score(model)

    def _figures(self, logs: dict[str, Any]) -> dict[str, float]:
        """The figures of a step, from TRL's."""
        return {
            "train_loss": float(logs["loss"]),
            "train_mean_token_accuracy": float(logs["mean_token_accuracy"]),
            **{name: float(logs[key]) for name, key in _PREFERENCES.items() if key in logs},
        }

    def _is_kept(self, step: int) -> bool:
        """Whether the weights after this step are a checkpoint."""
        return step % self._steps_per_epoch == 0

    def _look(self, model: Any, indexes: Any, name: str) -> None:
        assert self._validation is not None
        score = self._validation.score(model, indexes)
        self._measured |= {f"{name}_loss": score.loss, f"{name}_mean_token_accuracy": score.token_accuracy}
        if score.preferred is not None and score.margin is not None:
            self._measured |= {f"{name}_reward_accuracy": score.preferred, f"{name}_reward_margin": score.margin}
        else:
            self._measured[f"{name}_sequence_accuracy"] = score.sequence_accuracy

    def _next_batch(self) -> list[int]:
        """The next few examples of the validation set, round and round."""
        assert self._validation is not None
        start, count = self._state.looks * self._validation_batch, len(self._validation)
        self._state.looks += 1
        return [(start + index) % count for index in range(min(self._validation_batch, count))]

    def _keep_weights(self, model: Any, step: int, metrics: dict[str, float]) -> None:
        folder = self._output / f"step-{step}"
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was cut off after this
        self._save(model, part)
        part.replace(folder)
        known = [one for one in self._state.checkpoints if one.step < step]
        self._state.checkpoints = [*known, SavedModel(step, folder.name, metrics)]
        while len(self._state.checkpoints) > KEPT_CHECKPOINTS:
            self._state.checkpoints.remove(self._least())
        # A job that goes on from its last state makes what came since anew, so nothing but those that count now matter.
        names = {one.folder for one in self._state.checkpoints}
        for folder in self._output.glob("step-*"):
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def _least(self) -> SavedModel:
        """The checkpoint that is given up where there are too many: the oldest."""
        return self._state.checkpoints[0]


class RewardReporting(ReportingCallback):
    """The same for reinforcement: every so many steps the model answers the whole validation set, and the checkpoints
    with the highest rewards are kept."""

    def __init__(
        self, *, rollouts: Rollouts, tasks: list[Task], eval_interval: int, eval_samples: int, **more: Any
    ) -> None:
        """`tasks` is the validation set, each prompt answered `eval_samples` times."""
        super().__init__(**more)
        self._rollouts = rollouts
        self._tasks = [task for task in tasks for _ in range(eval_samples)]
        self._eval_interval = eval_interval
        # What was saved may speak of one that was given up since.
        self._state.checkpoints = [one for one in self._state.checkpoints if (self._output / one.folder).is_dir()]

    @property
    def best(self) -> SavedModel:
        """The checkpoint with the highest reward; of equals the latest."""
        return max(self._state.checkpoints, key=_rank)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step == 0:
            self._send(Baseline({name: round(value, 5) for name, value in self._validated(kwargs["model"]).items()}))

    def _measure(self, model: Any, step: int) -> None:
        if self._is_kept(step):
            self._measured = self._validated(model)

    def _validated(self, model: Any) -> dict[str, float]:
        # The same draw each time: what differs between two steps is the model.
        scores = self._rollouts.scores(self._tasks, self._rollouts.sample(model, self._tasks, draw=-1))
        return {
            "full_valid_mean_reward": scores.mean,
            "full_valid_reward_std": scores.spread,
            "full_valid_mean_parse_error": scores.faults,
            "full_valid_mean_completion_tokens": scores.tokens,
        }

    def _figures(self, logs: dict[str, Any]) -> dict[str, float]:
        return {name: float(logs[key]) for name, key in _ROLLOUTS.items()}

    def _is_kept(self, step: int) -> bool:
        return step % self._eval_interval == 0 or step == self._total_steps

    def _least(self) -> SavedModel:
        return min(self._state.checkpoints, key=_rank)


def _rank(checkpoint: SavedModel) -> tuple[float, int]:
    return checkpoint.metrics["full_valid_mean_reward"], checkpoint.step


_PREFERENCES = {"train_reward_accuracy": "rewards/accuracies", "train_reward_margin": "rewards/margins"}
# The first and the parse error are named as the service names them; it has no names for the others.
_ROLLOUTS = {
    "train_mean_reward": "reward",
    "train_reward_std": "reward_std",
    "train_frac_reward_zero_std": "frac_reward_zero_std",
    "train_mean_parse_error": FAULTS,
    "train_mean_completion_tokens": "completions/mean_length",
    "train_entropy": "entropy",
}
