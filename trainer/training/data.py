"""Training examples as tokens: chats, completions and preference pairs, with labels where something is learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from texts.training_file_errors import sentence
from trainer.errors import TrainingFailed
from trainer.plain_message import plain
from training_files import TrainingFileError, read_examples

IGNORED = -100  # the label of a token that is read and not learned


class Tokens(msgspec.Struct, frozen=True):
    """One example: token ids, and for each the label, IGNORED where nothing is learned."""

    input_ids: list[int]
    labels: list[int]

    @property
    def length(self) -> int:
        return len(self.input_ids)


class Pair(msgspec.Struct, frozen=True):
    """One preference: token ids of the prompt, of the answer that is preferred and of the one that is not."""

    prompt: list[int]
    preferred: list[int]
    rejected: list[int]

    @property
    def length(self) -> int:
        return 2 * len(self.prompt) + len(self.preferred) + len(self.rejected)


class Task(msgspec.Struct, frozen=True):
    """One prompt of reinforcement: its token ids, up to where the answer begins, the example, whose fields graders
    read, and the tools that it offers."""

    prompt: list[int]
    example: dict[str, Any]
    tools: list[dict[str, Any]] = []

    @property
    def length(self) -> int:
        return len(self.prompt)


E = TypeVar("E", Tokens, Pair, Task)


class Tokenized(msgspec.Struct, Generic[E], frozen=True):
    """A file as tokens. `cut` examples were longer than the model reads and lost their end; `dropped` had nothing
    left to learn after that."""

    examples: list[E]
    cut: int = 0
    dropped: int = 0

    @property
    def tokens(self) -> int:
        """Tokens that one epoch reads."""
        return sum(example.length for example in self.examples)


class Reader:
    """Turns examples into tokens for one base model, through its training chat template."""

    def __init__(self, tokenizer: Any, chat_template: str, context_length: int) -> None:
        self.tokenizer = tokenizer
        self.chat_template = chat_template
        self.context_length = context_length

    def supervised(self, examples: Iterable[dict[str, Any]], param: str) -> Tokenized[Tokens]:
        """Tokens and labels of chats and completions.

        Of a chat only what stands between the template's generation marks is learned, and the template leaves
        messages with weight 0 unmarked; of a completion, the completion. Examples that are too long are cut at the
        end, as the protocol's guide says. Raises TrainingFailed, blaming `param`.
        """
        kept: list[Tokens] = []
        cut = dropped = 0
        for number, example in enumerate(examples, start=1):
            ids, mask = self._completion(example) if "prompt" in example else self._chat(example, number, param)
            if len(ids) > self.context_length:
                ids, mask, cut = ids[: self.context_length], mask[: self.context_length], cut + 1
            # The first token is never predicted, so learning it alone would be learning nothing.
            if not any(mask[1:]):
                dropped += 1
                continue
            kept.append(Tokens(ids, [token if said else IGNORED for token, said in zip(ids, mask, strict=True)]))
        self._require(kept, "an assistant message to learn from (all have weight 0, or lie", param)
        return Tokenized(kept, cut, dropped)

    def preferences(self, examples: Iterable[dict[str, Any]], param: str) -> Tokenized[Pair]:
        """Pairs of answers to the same prompt. Raises TrainingFailed, blaming `param`."""
        kept: list[Pair] = []
        cut = dropped = 0
        for number, example in enumerate(examples, start=1):
            given = example.get("input") or {}
            asked = given.get("messages") or []
            tools = given.get("tools")
            prompt = self._render(asked, tools, number, param, opened=True)["input_ids"]
            room = self.context_length - len(prompt)
            answers = []
            for side in ("preferred_output", "non_preferred_output"):
                # A weight in the prompt is no matter here: only the answers are compared.
                whole = self._render([*asked, *(example.get(side) or [])], tools, number, param)
                ids, mask = whole["input_ids"], whole["assistant_masks"]
                if ids[: len(prompt)] != prompt:
                    raise TrainingFailed(
                        f"Example {number}: with this model's chat format, its {side} does not follow from its input.",
                        code=f"invalid_{param}",
                        param=param,
                    )
                end = len(mask) - mask[::-1].index(1) if any(mask) else len(prompt)
                answers.append(ids[len(prompt) : end])
            if max(map(len, answers)) > room:
                cut += 1
                answers = [answer[: max(room, 0)] for answer in answers]
            if not all(answers) or answers[0] == answers[1]:
                dropped += 1
                continue
            kept.append(Pair(prompt, *answers))
        self._require(kept, "two different answers to compare (all are equal, or lie", param)
        return Tokenized(kept, cut, dropped)

    def tasks(self, examples: Iterable[dict[str, Any]], param: str, most_tokens: int) -> Tokenized[Task]:
        """Prompts to be answered in at most `most_tokens`. Those that leave no room for that are dropped: a prompt that
        is cut asks something else. Raises TrainingFailed, blaming `param`."""
        kept: list[Task] = []
        dropped = 0
        for number, example in enumerate(examples, start=1):
            tools = example.get("tools") or _old_functions(example)
            prompt = self._render(example["messages"], tools, number, param, opened=True)["input_ids"]
            if len(prompt) + most_tokens > self.context_length:
                dropped += 1
                continue
            kept.append(Task(prompt, example, tools or []))
        self._require(kept, f"a prompt that leaves room for an answer of {most_tokens} tokens (all lie", param)
        return Tokenized(kept, dropped=dropped)

    def _require(self, kept: list[Any], what: str, param: str) -> None:
        if not kept:
            raise TrainingFailed(
                f"No example has {what} beyond the {self.context_length} tokens that the model reads).",
                code=f"invalid_{param}",
                param=param,
            )

    def _chat(self, example: dict[str, Any], number: int, param: str) -> tuple[list[int], list[int]]:
        tools = example.get("tools") or _old_functions(example)
        encoded = self._render(example["messages"], tools, number, param)
        return encoded["input_ids"], encoded["assistant_masks"]

    def _completion(self, example: dict[str, Any]) -> tuple[list[int], list[int]]:
        # Apart, as they meet when the model is used: a prompt's last token never merges with the completion's first.
        prompt = list(self.tokenizer(str(example["prompt"]))["input_ids"])
        said = list(self.tokenizer(str(example["completion"]), add_special_tokens=False)["input_ids"])
        said.append(self.tokenizer.eos_token_id)
        return prompt + said, [0] * len(prompt) + [1] * len(said)

    def _render(
        self, messages: list[dict[str, Any]], tools: Any, number: int, param: str, *, opened: bool = False
    ) -> Any:
        try:
            return self.tokenizer.apply_chat_template(
                [plain(message) for message in messages],
                tools=tools,
                chat_template=self.chat_template,
                add_generation_prompt=opened,
                tokenize=True,
                return_dict=True,
                return_assistant_tokens_mask=not opened,
            )
        except Exception as error:  # a template is free to raise anything
            raise TrainingFailed(
                f"Example {number} does not fit the model's chat format: {error}", code=f"invalid_{param}", param=param
            ) from error


def examples_of(path: Path, param: str) -> Iterator[dict[str, Any]]:
    """The examples of a checked file. Raises TrainingFailed, blaming `param`, where it cannot be read."""
    if not path.is_file():
        what = param.replace("_", " ")
        raise TrainingFailed(
            f"The {what} was deleted before training began. Upload it again and start a new job.",
            code="file_deleted",
            param=param,
        )
    try:
        yield from read_examples(path)
    except TrainingFileError as error:
        raise TrainingFailed(sentence(error), code=f"invalid_{param}", param=param) from error


def _old_functions(example: dict[str, Any]) -> list[dict[str, Any]] | None:
    functions = example.get("functions")
    return [{"type": "function", "function": function} for function in functions] if functions else None
