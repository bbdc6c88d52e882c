"""TRL's trainers adapted: the data is tokenized already, its order is our own, checkpoints are private."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
import trl.trainer.utils
from datasets import Dataset  # type: ignore[import-untyped]  # ships no types
from peft import PeftModel
from torch.distributed.tensor import DTensor
from torch.utils.data import Sampler
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from texts import grader_errors
from trainer.errors import TrainingFailed
from trainer.training.data import IGNORED, Pair, Task, Tokens
from trainer.training.order import EvenOrder, GroupedOrder, Order
from trainer.training.rollouts import Rollouts
from trainer.training.runners.attempts import MARK

# It warns that what makes our own rollouts TRL's may change: a new version is tried before it is taken in.
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")


def _only_what_is_learned(device: torch.device) -> bool:
    """For TRL's fused head. Where there is no Triton, TRL (1.16) computes the vocabulary's probabilities at every
    position, learned or not, which with short answers to long prompts is half of a step."""
    return True


trl.trainer.utils._use_triton = _only_what_is_learned


class _Ours:
    """Shared by all. `counted` holds what was read so far: "tokens", and of the step at hand "sequences" and
    "right" (those whose every learned token was predicted)."""

    args: Any
    model: Any
    counted: dict[str, int]
    lengths: list[int]

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        size = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
        return Order(self.lengths, size, self.args.seed)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        # Only what training goes on from: no pickled arguments, no tokenizer, no adapter that is a mere reference.
        assert output_dir is not None
        if self.args.should_save:  # all ranks of a model in parts come here
            self.model.save_pretrained(output_dir, **kept(self.model))

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """None is written into a checkpoint; `export` writes one."""

    def _count(self, inputs: dict[str, Any]) -> None:
        if self.model.training:
            read = inputs.get("attention_mask")  # examples in one row have none, and no padding
            self.counted["tokens"] += int(inputs["input_ids"].numel() if read is None else read.sum())


class Supervised(_Ours, SFTTrainer):
    def __init__(self, examples: list[Tokens], batch_size: int, *, args: Any, **more: Any) -> None:
        """`batch_size` counts the examples of all ranks."""
        self.lengths = [example.length for example in examples]
        self.counted = {"tokens": 0, "sequences": 0, "right": 0}
        order = Order(self.lengths, batch_size, args.seed)
        rows = args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
        self._sampler = EvenOrder(order, batch_size, rows)
        blank = Tokens(examples[0].input_ids[:1] * 2, [IGNORED] * 2)
        read = [*examples, *[blank] * (len(self._sampler) - len(examples))]
        data = {"input_ids": [one.input_ids for one in read], "labels": [one.labels for one in read]}
        super().__init__(train_dataset=Dataset.from_dict(data), args=args, **more)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return self._sampler

    def _run_epoch(self, **how: Any) -> None:
        # Where batches are skipped and dealt to several ranks, accelerate (1.15) does not tell the sampler.
        self._sampler.set_epoch(how["epoch"])
        super()._run_epoch(**how)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **more: Any) -> Any:
        self._count(inputs)
        of = inputs.get("seq_idx")  # which example each token belongs to, where they stand in one row
        watched = _Watched(model, lambda outputs: self._look(outputs, of))
        return super().compute_loss(watched, inputs, *args, **more)

    def _count(self, inputs: dict[str, Any]) -> None:
        if not self.model.training:
            return
        learned, of, read = inputs["labels"] != IGNORED, inputs.get("seq_idx"), inputs.get("attention_mask")
        if of is None:
            assert read is not None
            self.counted["tokens"] += int(read[learned.any(-1)].sum())
        else:
            self.counted["tokens"] += int(torch.isin(of, torch.unique(of[learned])).sum())

    def _look(self, outputs: Any, of: torch.Tensor | None) -> None:
        # A row, or an example, of which nothing is learned is a blank.
        learned, missed = outputs.label_mask, outputs.label_mask & ~outputs.is_top1.bool()
        if of is None:
            self.counted["sequences"] += int(learned.any(-1).sum())
            self.counted["right"] += int((learned.any(-1) & ~missed.any(-1)).sum())
        else:
            # At the end of an example nothing is predicted: the token there predicts the next example's first token.
            of = of[:, : missed.shape[1]]
            examples = len(torch.unique(of[learned]))
            self.counted["sequences"] += examples
            self.counted["right"] += examples - len(torch.unique(of[missed]))


class Preference(_Ours, DPOTrainer):
    def __init__(self, pairs: list[Pair], **more: Any) -> None:
        self.lengths = [pair.length for pair in pairs]
        self.counted = {"tokens": 0, "sequences": 0, "right": 0}
        data = {
            "prompt_ids": [pair.prompt for pair in pairs],
            "chosen_ids": [pair.preferred for pair in pairs],
            "rejected_ids": [pair.rejected for pair in pairs],
        }
        super().__init__(train_dataset=Dataset.from_dict(data), **more)

    def _prepare_dataset(self, dataset: Any, *args: Any, **more: Any) -> Any:
        return dataset

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **more: Any) -> Any:
        self._count(inputs)
        return super().compute_loss(model, inputs, *args, **more)


class Rewarded(_Ours, GRPOTrainer):
    """Reinforcement by GRPO: an answer gains as much as its reward stands above those of the other answers to its
    prompt."""

    def __init__(self, tasks: list[Task], rollouts: Rollouts, batch_size: int, **more: Any) -> None:
        """`batch_size` counts prompts."""
        self.lengths = [task.length for task in tasks]
        self.counted = {"tokens": 0, "sequences": 0, "right": 0}
        self._tasks = tasks
        self._rollouts = rollouts
        self._prompts = batch_size
        super().__init__(
            # A prompt is named by its number: TRL only hands it on.
            train_dataset=Dataset.from_dict({"prompt": [str(number) for number in range(len(tasks))]}),
            reward_funcs=self._rewards,
            rollout_func=self._roll_out,
            **more,
        )

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        order = Order(self.lengths, self._prompts, self.args.seed)
        return GroupedOrder(order, self._prompts, self.args.num_generations, self.args.gradient_accumulation_steps)

    def _roll_out(self, prompts: list[str], trainer: Any) -> dict[str, Any]:
        tasks = [self._tasks[int(number)] for number in prompts]
        answers = self._rollouts.sample(self.model, tasks, draw=self.state.global_step)
        self.counted["tokens"] += sum(task.length for task in tasks) + sum(map(len, answers))
        return {"prompt_ids": [task.prompt for task in tasks], "completion_ids": answers, "logprobs": None}

    def _rewards(
        self, prompts: list[str], completion_ids: list[list[int]], log_metric: Any, **more: Any
    ) -> list[float | None]:
        graded = [
            self._rollouts.grade(self._tasks[int(number)], ids)
            for number, ids in zip(prompts, completion_ids, strict=True)
        ]
        if self.state.global_step == 0 and graded[0].fault and not any(one.available for one in graded):
            raise TrainingFailed(
                f"The grader cannot grade here: {grader_errors.sentence(graded[0].fault)}",
                code="invalid_grader",
                param="method.reinforcement.grader",
            )
        log_metric(FAULTS, sum(one.fault is not None for one in graded) / len(graded))
        return [one.reward for one in graded]


FAULTS = "grader_faults"


def kept(model: Any) -> dict[str, Any]:
    """Arguments of `save_pretrained`: DPO keeps a frozen copy of an adapter that it goes on from, and one rank alone
    could not gather the base's parts, which PEFT (0.21) would before it leaves them out."""
    if not isinstance(model, PeftModel):
        return {}
    whole = {name: weight for name, weight in model.state_dict().items() if not isinstance(weight, DTensor)}
    return {"selected_adapters": ["default"], "state_dict": whole}


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model that can be asked: an adapter, or all weights in bf16 with the tokenizer."""
    if isinstance(model, PeftModel):
        model.save_pretrained(str(folder), **kept(model))
        return
    weights = {name: weight.to(torch.bfloat16) for name, weight in model.state_dict().items()}
    for name in model.all_tied_weights_keys:
        del weights[name]
    model.save_pretrained(folder, state_dict=weights)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "bfloat16"}, indent=2) + "\n")
    tokenizer.save_pretrained(folder)


class _Watched:
    """A model whose outputs are shown to somebody: TRL computes what it needs from them and throws them away."""

    def __init__(self, model: Any, look: Any) -> None:
        self._model, self._look = model, look

    def __call__(self, **inputs: Any) -> Any:
        outputs = self._model(**inputs)
        with torch.no_grad():
            self._look(outputs)
        return outputs


def last_saved(state: Path) -> Path | None:
    """The newest checkpoint that was saved wholly; `ReportingCallback` puts its mark into it last of all."""
    whole = [folder for folder in state.glob("checkpoint-*") if (folder / MARK).is_file()]
    return max(whole, key=lambda folder: int(folder.name.split("-")[-1]), default=None)
