"""Prompts for an arena, drawn from a training or validation file."""

import hashlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from bot.providers.chat import ChatMessage
from training_files import read_examples

Prompt = tuple[ChatMessage, ...]


def draw(path: Path, n: int, seed: int) -> list[Prompt]:
    """At most `n` prompts of the file, each once; the same ones in the same order for the same seed.

    Raises TrainingFileError.
    """
    rng = random.Random(seed)
    seen: set[bytes] = set()
    drawn: list[Prompt] = []
    for prompt in _prompts(path):
        digest = hashlib.sha256(orjson.dumps([(one.role, one.content) for one in prompt])).digest()
        if digest in seen:
            continue
        seen.add(digest)
        # Reservoir sampling: each has the same chance, and n are held at a time.
        if len(drawn) < n:
            drawn.append(prompt)
        elif (place := rng.randrange(len(seen))) < n:
            drawn[place] = prompt
    rng.shuffle(drawn)
    return drawn


def prompts_in(path: Path) -> set[Prompt]:
    """All of the file. Raises TrainingFileError."""
    return set(_prompts(path))


def _prompts(path: Path) -> Iterator[Prompt]:
    for example in read_examples(path):
        prompt = prompt_of(example)
        if prompt:
            yield prompt


def prompt_of(example: Mapping[str, Any]) -> Prompt:
    """What a model would be asked: a chat up to its last question, of preferences the input, of completions the prompt.
    Nothing where that is not text."""
    given = example.get("input")
    messages = example.get("messages") or (given.get("messages") if isinstance(given, dict) else None)
    if isinstance(example.get("prompt"), str):
        messages = [{"role": "user", "content": example["prompt"]}]
    if not isinstance(messages, list):
        return ()
    said = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str) or message.get("tool_calls"):
            break
        if message.get("role") not in ("system", "developer", "user", "assistant"):
            break
        said.append(ChatMessage(str(message["role"]), message["content"]))
    while said and (said[-1].role != "user" or not said[-1].content.strip()):
        said.pop()
    return tuple(said)
