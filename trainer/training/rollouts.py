"""Answers that a model gives while it learns by reinforcement, and the rewards that a grader gives them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from graders.grader import Grader
from graders.grading import grade
from graders.sample import Grade, Sample
from trainer.calls import Call, CallReader, Offer
from trainer.serving.schema import follow, grammar
from trainer.serving.vocabulary import Vocabulary
from trainer.training.data import Task

# Rows that are generated side by side. SmolLM2-135M with an adapter gave on two cores 90, 127, 154 and 127 tokens a
# second with 8, 16, 32 and 64 of them; llama.cpp gives 91, and 140 for four at once.
ROWS = 32


def answer_schema(response_format: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that answers are held to; None where they are text."""
    if response_format["type"] == "text":
        return None
    return (response_format.get("json_schema") or {}).get("schema") or {"type": "object"}


class Scores(msgspec.Struct, frozen=True):
    """Rewards of answers: their mean and standard deviation, the share of answers that the grader could not grade, and
    the mean length of an answer in tokens."""

    mean: float
    spread: float
    faults: float
    tokens: float


class Rollouts:
    """Samples answers from a model and grades them. What is drawn depends on the seed and on the model alone."""

    def __init__(
        self,
        grader: Grader,
        vocabulary: Vocabulary,
        *,
        pad_token: int,
        most_tokens: int,
        rows: int,
        seed: int,
        schema: dict[str, Any] | None = None,
    ) -> None:
        """`rows`: answers that grow side by side. `schema`: the JSON schema that answers are held to; Refusal where it
        cannot be followed."""
        if schema is not None:
            grammar(schema)
        self._grader = grader
        self._vocabulary = vocabulary
        self._pad_token = pad_token
        self._most_tokens = most_tokens
        self._rows = rows
        self._seed = seed
        self._schema = schema

    def sample(self, model: Any, tasks: Sequence[Task], draw: int) -> list[list[int]]:
        """An answer to each of the tasks: token ids, the end of the turn included where it came. `draw` numbers the
        drawing: each draws other answers."""
        answers: list[list[int]] = [[] for _ in tasks]
        # Prompts of like length side by side: what is padded is computed, too.
        order = sorted(range(len(tasks)), key=lambda index: tasks[index].length)
        was_training = model.training
        model.eval()
        try:
            with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []), torch.no_grad():
                for start in range(0, len(order), self._rows):
                    # A hash of numbers is the same in each process.
                    torch.manual_seed(hash((self._seed, draw, start)))
                    part = order[start : start + self._rows]
                    for index, ids in zip(part, self._generate(model, [tasks[one] for one in part]), strict=True):
                        answers[index] = ids
        finally:
            model.train(was_training)
        return answers

    def grade(self, task: Task, answer: list[int]) -> Grade:
        """The grade of an answer. Where it could not be said, the reward is 0 and the fault says why."""
        reader = CallReader(Offer(task.tools))
        heard = reader.add(self._vocabulary.tokenizer.decode(answer, skip_special_tokens=True)) + reader.rest()
        text = "".join(said for said in heard if isinstance(said, str))
        graded = grade(self._grader, task.example, Sample(text, tuple(_as_sample(heard))))
        return msgspec.structs.replace(graded, reward=graded.reward or 0.0)

    def scores(self, tasks: Sequence[Task], answers: Sequence[list[int]]) -> Scores:
        graded = [self.grade(task, answer) for task, answer in zip(tasks, answers, strict=True)]
        rewards = torch.tensor([one.reward for one in graded], dtype=torch.float64)
        return Scores(
            mean=float(rewards.mean()),
            spread=float(rewards.std(correction=0)),
            faults=sum(one.fault is not None for one in graded) / len(graded),
            tokens=sum(map(len, answers)) / len(answers),
        )

    def _generate(self, model: Any, tasks: list[Task]) -> list[list[int]]:
        longest = max(task.length for task in tasks)
        ids = torch.full((len(tasks), longest), self._pad_token)
        attention = torch.zeros_like(ids)
        for row, task in enumerate(tasks):
            ids[row, longest - task.length :] = torch.tensor(task.prompt)
            attention[row, longest - task.length :] = 1
        held = (
            None if self._schema is None else LogitsProcessorList([_Held(self._vocabulary, self._schema, len(tasks))])
        )
        said = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=attention.to(model.device),
            logits_processor=held,
            # All that a base model's own settings would choose is named: what is learned from is the model itself.
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            repetition_penalty=1.0,
            max_new_tokens=self._most_tokens,
            pad_token_id=self._pad_token,
            eos_token_id=sorted(self._vocabulary.ends),
            use_cache=True,
            disable_compile=True,
        )
        return [self._until_end(row) for row in said[:, longest:].tolist()]

    def _until_end(self, ids: list[int]) -> list[int]:
        ends = self._vocabulary.ends
        return ids[: next((place + 1 for place, token in enumerate(ids) if token in ends), len(ids))]


def _as_sample(heard: list[str | Call]) -> Iterator[dict[str, Any]]:
    """Tool calls as graders read them."""
    for said in heard:
        if isinstance(said, Call):
            function = {"name": said.name, "arguments": said.arguments}
            yield {"id": said.id, "type": "function", "function": function}


class _Held(LogitsProcessor):
    """Holds each row to a JSON schema."""

    def __init__(self, vocabulary: Vocabulary, schema: dict[str, Any], rows: int) -> None:
        self._ends = sorted(vocabulary.ends)
        self._followers = [follow(vocabulary, schema) for _ in range(rows)]
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        for row, follower in enumerate(self._followers):
            if self._begun and not follower.complete:
                follower.add(int(input_ids[row, -1]))
            if follower.complete:
                allowed[row, self._ends] = True
            else:
                may = torch.from_numpy(follower.allowed())[: scores.shape[1]]
                allowed[row, : len(may)] = may.to(scores.device)
        self._begun = True
        return scores.masked_fill(~allowed, -math.inf)
