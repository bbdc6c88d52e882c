"""Training examples as tokens, with labels where the assistant speaks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from bot.datasets import DatasetError, read_examples
from trainer.errors import TrainingFailed

IGNORED = -100  # the label of a token that is read and not learned


class Tokens(msgspec.Struct, frozen=True):
    """One example: token ids, and for each the label, IGNORED where nothing is learned."""

    input_ids: list[int]
    labels: list[int]


class Tokenized(msgspec.Struct, frozen=True):
    """A file as tokens. `cut` examples were longer than the model reads and lost their end; `dropped` had nothing
    left to learn after that."""

    examples: list[Tokens]
    cut: int
    dropped: int

    @property
    def tokens(self) -> int:
        """Tokens that one epoch reads."""
        return sum(len(example.input_ids) for example in self.examples)


def tokenize_file(path: Path, tokenizer: Any, chat_template: str, context_length: int, param: str) -> Tokenized:
    """Read a checked file. Raises TrainingFailed, blaming `param`, where it cannot be read or nothing is left."""
    if not path.is_file():
        what = param.replace("_", " ")
        raise TrainingFailed(
            f"The {what} was deleted before training began. Upload it again and start a new job.",
            code="file_deleted",
            param=param,
        )
    try:
        return tokenize(read_examples(path), tokenizer, chat_template, context_length, param)
    except DatasetError as error:
        raise TrainingFailed(str(error), code=f"invalid_{param}", param=param) from error


def tokenize(
    examples: Iterable[dict[str, Any]], tokenizer: Any, chat_template: str, context_length: int, param: str
) -> Tokenized:
    """Tokens and labels through the base model's training chat template: only what stands between its generation
    marks is learned, and the template leaves messages with weight 0 unmarked. Examples that are too long are cut at
    the end, as the protocol's guide says."""
    kept: list[Tokens] = []
    cut = dropped = 0
    for number, example in enumerate(examples, start=1):
        try:
            encoded = tokenizer.apply_chat_template(
                [plain(message) for message in example["messages"]],
                tools=example.get("tools") or _old_functions(example),
                chat_template=chat_template,
                tokenize=True,
                return_dict=True,
                return_assistant_tokens_mask=True,
            )
        except Exception as error:  # a template is free to raise anything
            raise TrainingFailed(
                f"Example {number} does not fit the model's chat format: {error}", code=f"invalid_{param}", param=param
            ) from error
        ids, mask = encoded["input_ids"], encoded["assistant_masks"]
        if len(ids) > context_length:
            ids, mask, cut = ids[:context_length], mask[:context_length], cut + 1
        # The first token is never predicted, so learning it alone would be learning nothing.
        if not any(mask[1:]):
            dropped += 1
            continue
        kept.append(Tokens(ids, [token if said else IGNORED for token, said in zip(ids, mask, strict=True)]))
    if not kept:
        raise TrainingFailed(
            "No example has an assistant message to learn from (all have weight 0, or lie beyond the "
            f"{context_length} tokens that the model reads).",
            code=f"invalid_{param}",
            param=param,
        )
    return Tokenized(kept, cut, dropped)


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its content as text: parts of type "text" joined, as templates expect."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text") or part.get("refusal") or "" for part in content if isinstance(part, dict))
    return {**message, "content": content}


def _old_functions(example: dict[str, Any]) -> list[dict[str, Any]] | None:
    functions = example.get("functions")
    return [{"type": "function", "function": function} for function in functions] if functions else None
