"""A few examples of a training file, drawn at random, as conversations to read.

Reads the file once and decodes next to nothing of it: every line draws a random number, and those with the smallest
that can be read are the sample. So each example is equally likely, whatever stands between them.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from training_files.chat import read_object
from training_files.errors import TrainingFileError
from training_files.lines import open_file, read_batches
from training_files.tables import file_type

TEXT = 600
"""Characters of a turn that are shown."""

TURNS = 12
"""Turns of a conversation that are shown: the first half of them and the last, at whose end the answer is."""


class Sampled(msgspec.Struct, frozen=True):
    """One example. `line` counts from 1. `turns` are pairs of who speaks and what is said: roles in a chat, else
    `prompt` and `completion`, `preferred` and `non_preferred`, or the names of the fields that a grader reads.
    The text is the file's own, so escape it before it reaches mrkdwn. `left_out`: how many turns of a long conversation
    are missing behind the first `TURNS // 2`.
    """

    line: int
    format: str
    turns: tuple[tuple[str, str], ...]
    left_out: int = 0


def sample(path: Path, *, n: int = 3, seed: int) -> list[Sampled]:
    """`n` examples in the file's order, fewer where it has fewer that can be read; the same for the same seed.

    Raises TrainingFileError where the file cannot be read, or is no JSONL.
    """
    with open_file(path) as file:
        foreign = file_type.recognise(file.read(file_type.HEAD))
    if foreign is not None:
        raise TrainingFileError("no_jsonl_yet", name=path.name, format=foreign.name)
    drawn: list[tuple[float, int, Sampled]] = []  # a heap whose first is the one to go: the largest number
    rng = random.Random(seed)
    for number, line in _lines(path):
        draw = -rng.random()
        if len(drawn) == n and draw < drawn[0][0]:
            continue
        shown = _shown(line, number)
        if shown is not None:
            (heapq.heappushpop if len(drawn) == n else heapq.heappush)(drawn, (draw, number, shown))
    return [shown for _, _, shown in sorted(drawn, key=lambda one: one[1])]


def _sampled(example: dict[str, Any], line: int) -> Sampled | None:
    """Each text cut to `TEXT` characters; None where it is no example."""
    messages = example.get("messages")
    given = example.get("input")
    if isinstance(messages, list) and messages:
        said = list(_spoken(messages))
        if said[-1][0] == "assistant":
            return _shortened(line, "chat", said)
        graded = [(key, _text(value)) for key, value in example.items() if key not in _KNOWN]
        return _shortened(line, "reinforcement" if graded else "chat", said, graded[:TURNS])
    if "prompt" in example and "completion" in example:
        texts = [(part, _text(example[part])) for part in ("prompt", "completion")]
        return _shortened(line, "completion", texts)
    if isinstance(given, dict) and "preferred_output" in example:
        asked = given.get("messages")
        said = list(_spoken(asked)) if isinstance(asked, list) else []
        answers = [
            (who, _cut("\n".join(text for _, text in _spoken(output))) if isinstance(output, list) else _text(output))
            for who, output in (
                ("preferred", example["preferred_output"]),
                ("non_preferred", example.get("non_preferred_output")),
            )
        ]
        return _shortened(line, "preference", said, answers)
    return None


_KNOWN = ("messages", "tools", "functions", "parallel_tool_calls")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for batch in read_batches(path):
        for number, line in enumerate(batch.lines, batch.number):
            if line and not line.isspace():
                yield number, line


def _shown(line: bytes, number: int) -> Sampled | None:
    example = read_object(line)
    return _sampled(example, number) if example is not None else None


def _spoken(messages: list[Any]) -> Iterator[tuple[str, str]]:
    for message in messages:
        if isinstance(message, dict):
            role = message.get("role")
            yield (role if isinstance(role, str) else "?"), _cut("\n".join(_said(message)))
        else:
            yield "?", _text(message)


def _said(message: dict[str, Any]) -> Iterator[str]:
    """What a message says, calls, or shows, one thing after the other."""
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]
            elif isinstance(part, dict) and part.get("type") == "image_url":
                yield "[image]"
            else:
                yield _text(part)
    elif content not in (None, ""):
        yield _text(content)
    if isinstance(message.get("refusal"), str):
        yield message["refusal"]
    calls = message.get("tool_calls")
    calls = list(calls) if isinstance(calls, list) else []
    for call in (*calls, {"function": message.get("function_call")}):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield f"{_text(function.get('name'))}({_text(function.get('arguments', ''))})"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _cut(value)
    try:
        return _cut(msgspec.json.encode(value).decode())
    except (RecursionError, ValueError):  # nested too deeply to be written
        return "…"


def _cut(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 1] + "…"


def _shortened(line: int, format: str, said: list[tuple[str, str]], others: Sequence[tuple[str, str]] = ()) -> Sampled:
    """Of a long conversation, its beginning and its end; `others` come after it."""
    left_out = max(0, len(said) - TURNS)
    if left_out:
        said = said[: TURNS // 2] + said[-(TURNS // 2) :]
    return Sampled(line, format, (*said, *others), left_out)
