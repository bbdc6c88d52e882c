"""What a file offers to an evaluation: which items are drawn, what kind of answers they have, how long they are. Read
in a worker process; no words of the file come back but its labels."""

import hashlib
import heapq
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bot.conversations.completion import labels
from bot.evaluations.evaluation import AskedHow, DrawnItem, Item, Task
from bot.evaluations.items import items_in, items_of
from training_files import lookup, read_examples
from training_files.catalog import base_of
from training_files.examples import numbered_examples
from training_files.tokens import tokenizer_for

_READ_FOR_LABELS: Final = 500
_SHORT: Final = 40
_UNKNOWN_ANSWER: Final = 200
_FRAME: Final = 4
_COUNTED_AT_ONCE: Final = 64


class Survey(msgspec.Struct, frozen=True):
    """`drawn`: in the order of the file. `n_in_file`: items there are, each once; `unusable`: examples that have none.
    `prompt_tokens` and `answer_tokens`: of all drawn items, by base model; the latter as long as the answers in the
    file, the longest of which has `longest_answer` tokens. `has_reference`: whether the file says what the right
    answers are. `suits`: the name of the grader for them.
    """

    drawn: tuple[DrawnItem, ...]
    n_in_file: int
    unusable: int
    task: Task
    labels: tuple[str, ...]
    suits: str
    has_reference: bool
    prompt_tokens: dict[str, int]
    answer_tokens: dict[str, int]
    longest_answer: int


def survey(path: Path, n: int, seed: int, models: Sequence[str], tokenizers: Path | None = None) -> Survey:
    """Draws `n` of the file's items, the same ones for the same seed. Raises TrainingFileError."""
    wanted, total, unusable = _draw(path, n, seed)
    examples = list(islice(read_examples(path), _READ_FOR_LABELS))
    classes = labels(examples)
    drawn: list[DrawnItem] = []
    lengths: list[int] = []
    kinds = {"calls": 0, "json": 0, "label": 0}
    answer_lengths: list[int] = []
    counter = _Counter(models, tokenizers)
    for number, item in enumerate(items_in(path, wanted)):
        reference = item.reference
        kinds["calls"] += bool(item.fields["reference_calls"])
        kinds["json"] += _is_json(reference)
        kinds["label"] += reference in classes
        if reference:
            answer_lengths.append(len(reference))
        lengths.append(sum(len(message.content) for message in item.messages))
        truth = reference if reference in classes else None
        drawn.append(DrawnItem(number, item.line, item.turn, prompt_hash(item), item.group, dict(item.slices), truth))
        counter.add(item)
    count, many = len(drawn), 0.9 * len(drawn)
    task, suits = Task.TEXT, "match" if answer_lengths and median(answer_lengths) <= _SHORT else "rouge_l"
    if count and classes and kinds["label"] >= many:
        task, suits = Task.CLASSIFICATION, "match"
    elif count and kinds["calls"] >= 0.5 * count:
        task, suits = Task.CALLS, "calls"
    elif count and kinds["json"] >= many:
        task, suits = Task.JSON, "json"
    is_classification = task is Task.CLASSIFICATION
    return Survey(
        tuple(_placed(drawn, lengths, labelled=is_classification)),
        total,
        unusable,
        task,
        classes if is_classification else (),
        suits,
        bool(answer_lengths) or kinds["calls"] > 0,
        *counter.sums(),
        counter.longest,
    )


def _draw(path: Path, n: int, seed: int) -> tuple[set[tuple[int, int]], int, int]:
    """Which (line, turn), how many there are, and how many examples have none. With one seed, those of a smaller n are
    among those of a larger."""
    lowest: list[tuple[int, int, int]] = []
    seen: set[int] = set()
    examples = usable = last = 0
    for line, example in numbered_examples(path):
        examples += 1
        for item in items_of(example, line):
            usable += line != last
            last = line
            digest = hashlib.blake2b(f"{seed}{prompt_hash(item)}{item.reference}".encode(), digest_size=8).digest()
            rank = int.from_bytes(digest)
            if rank in seen:
                continue
            seen.add(rank)
            # The n lowest of random ranks: each has the same chance, and n are held at a time.
            if len(lowest) < n:
                heapq.heappush(lowest, (-rank, line, item.turn))
            elif -rank > lowest[0][0]:
                heapq.heapreplace(lowest, (-rank, line, item.turn))
    return {(line, turn) for _, line, turn in lowest}, len(seen), examples - usable


def _placed(drawn: Sequence[DrawnItem], lengths: Sequence[int], *, labelled: bool) -> list[DrawnItem]:
    """With the slices that take all items to tell, and several answers of one example as one group."""
    edges = sorted(lengths)[len(lengths) // 3 :: max(1, len(lengths) // 3)][:2] if len(lengths) >= 3 else []
    turns: dict[int, int] = {}
    for item in drawn:
        turns[item.line] = turns.get(item.line, 0) + 1
    placed = []
    for item, length in zip(drawn, lengths, strict=True):
        slices = dict(item.slices)
        if edges and edges[0] != edges[-1]:
            slices["length"] = "short" if length < edges[0] else "long" if length >= edges[-1] else "medium"
        truth = item.truth if labelled else None
        if truth is not None:
            slices["label"] = truth
        group = item.group or (f"line:{item.line}" if turns[item.line] > 1 else "")
        placed.append(msgspec.structs.replace(item, slices=slices, group=group, truth=truth))
    return placed


def prompt_hash(item: Item) -> str:
    """Of all that a model is asked."""
    return _sha256((item.messages, item.tools))


def answer_keys(
    provider: str, model: str, prompt: str, asked: AskedHow, sample: int, kept_in: str = ""
) -> tuple[str, ...]:
    """By which an answer is known again; `prompt` is the hash of what was asked. By the first it is kept; those of the
    others may be used in its place. What was asked in public may be used anywhere, what was asked in a private channel
    (`kept_in`) only there: no plan elsewhere shows that somebody has asked."""
    public = _sha256((provider, model, prompt, asked, sample))
    return (_sha256((kept_in, public)), public) if kept_in else (public,)


def _sha256(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


class _Counter:
    """Tokens of prompts and answers, by base model; models of one tokenizer are counted once."""

    def __init__(self, models: Sequence[str], tokenizers: Path | None) -> None:
        self._by_model = {}
        for base in dict.fromkeys(map(base_of, models)):
            self._by_model[base] = tokenizer_for(base, lookup(base), tokenizers)
        self._names = {tokenizer.name: tokenizer for tokenizer in self._by_model.values()}
        self._waiting: list[tuple[str, str, int]] = []
        self._prompts = dict.fromkeys(self._names, 0)
        self._answers = dict.fromkeys(self._names, 0)
        self.longest = 0

    def add(self, item: Item) -> None:
        text = "\n".join(message.content for message in item.messages)
        if item.tools:
            text += msgspec.json.encode(item.tools).decode()
        calls = item.fields["reference_calls"]
        answer = item.reference + (msgspec.json.encode(calls).decode() if calls else "")
        self._waiting.append((text, answer, _FRAME * len(item.messages)))
        if len(self._waiting) >= _COUNTED_AT_ONCE:
            self._count()

    def sums(self) -> tuple[dict[str, int], dict[str, int]]:
        self._count()
        names = {base: tokenizer.name for base, tokenizer in self._by_model.items()}
        return (
            {base: self._prompts[name] for base, name in names.items()},
            {base: self._answers[name] for base, name in names.items()},
        )

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        for name, tokenizer in self._names.items():
            frames = sum(frame for _, _, frame in waiting)
            self._prompts[name] += sum(tokenizer.count([text for text, _, _ in waiting])) + frames
            told = [answer for _, answer, _ in waiting if answer]
            unknown = _UNKNOWN_ANSWER * (len(waiting) - len(told))
            lengths = tokenizer.count(told) if told else []
            self._answers[name] += sum(lengths) + unknown
            self.longest = max(self.longest, *lengths, 0)


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
