"""A validation file, taken out of a training file; or part of it.

Examples that are the same but for case and blanks stay on one side: the validation loss is to tell about what the
model has not seen. Where the answers are a few labels, each label gives its share. Lines are copied as they are, in
their order. Memory: some 60 bytes an example.
"""

import hashlib
import os
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from training_files.chat import read_object
from training_files.errors import TrainingFileError
from training_files.lines import read_batches
from training_files.outputs import require_replaceable

MOST_LABELS = 50
"""More different answers than this are no labels."""

LONGEST_LABEL = 100
"""Characters. A longer answer is no label."""

EXAMPLES_PER_LABEL = 3
"""With fewer on average, short answers are not taken for labels."""


class Split(msgspec.Struct, frozen=True):
    """Examples on either side. `stratified_by` names the field whose labels stand on both sides in the same shares,
    None where the answers are no labels.
    """

    training: int
    validation: int
    stratified_by: str | None


def split(path: Path, training: Path, validation: Path, *, share: float = 0.1, seed: int = 42) -> Split:
    """Writes about `share` of the examples of `path`, at least one, to `validation` and the others to `training`.

    The same seed gives the same split, whatever the order of the lines. Files that are there are replaced, once both
    new ones are complete. Raises TrainingFileError where the file cannot be read, has a line that is no example, or too
    few different examples.
    """
    if not 0 < share < 1:
        raise TrainingFileError("share_out_of_range", share=share)
    if len({path.resolve(), training.resolve(), validation.resolve()}) < 3:
        raise TrainingFileError("three_names_needed")
    require_replaceable(training, validation)
    groups, labels, field = _survey(path, seed)
    strata: dict[int, list[int]] = {}
    for group, label in zip(groups, labels or bytes(len(groups)), strict=True):
        strata.setdefault(label, []).append(group)
    chosen = _choose(list(strata.values()), share)
    if not chosen:
        raise TrainingFileError("too_few_to_split", name=path.name, examples=len(groups))
    sides = [int(group in chosen) for group in groups]
    _write(path, [training, validation], sides)
    return Split(sides.count(0), sides.count(1), field)


def subset(path: Path, out: Path, *, examples: int, seed: int = 42) -> int:
    """Writes about so many of the examples of `path` to `out`, in their order; how many it were. With one seed, those
    of a smaller subset are among those of a larger. What is there is replaced. Raises TrainingFileError like `split`.
    """
    require_replaceable(out)
    groups, _, _ = _survey(path, seed)
    chosen: set[int] = set()
    wanted = 0
    for group, size in sorted(Counter(groups).items()):
        if wanted >= examples:
            break
        chosen.add(group)
        wanted += size
    _write(path, [out], [0 if group in chosen else None for group in groups])
    return wanted


def _survey(path: Path, seed: int) -> tuple["array[int]", bytes | None, str | None]:
    """Of each example its group, a hash that puts the groups in random order; its label as a number; the field in
    which the labels stand. None and None where there are no labels.
    """
    groups = array("Q")
    numbers: dict[str, int] | None = {}
    labels = bytearray()
    field = ""
    key = str(seed).encode()[:64]
    before = b""
    for number, line in _lines(path):
        if line == before:
            groups.append(groups[-1])
            labels += labels[-1:]
            continue
        before = line
        example = _example(line, number, path)
        text = _QUOTES.sub('"', _BLANKS.sub(" ", msgspec.json.encode(example).decode().casefold()))
        digest = hashlib.blake2b(text.encode(), digest_size=8, key=key).digest()
        groups.append(int.from_bytes(digest, "big"))
        if numbers is not None:
            field, answer = _answer(example)
            label = " ".join(answer.casefold().split())
            if len(label) > LONGEST_LABEL or (label not in numbers and len(numbers) == MOST_LABELS):
                numbers = None
            else:
                labels.append(numbers.setdefault(label, len(numbers)))
    if numbers is None or not 2 <= len(numbers) <= len(groups) / EXAMPLES_PER_LABEL:
        return groups, None, None
    return groups, bytes(labels), field


def _choose(strata: list[list[int]], share: float) -> set[int]:
    """The groups that go to the validation file; empty where they are fewer than two in all."""
    total = sum(map(len, strata))
    if total < 2:
        return set()
    wanted = min(max(1, round(share * total)), total - 1)
    # Each stratum its share, rounded down; what is left goes to those that lost most by it.
    quotas = [int(wanted * len(stratum) / total) for stratum in strata] if total else []
    by_loss = sorted(range(len(strata)), key=lambda one: quotas[one] - wanted * len(strata[one]) / total)
    for one in islice(by_loss, wanted - sum(quotas)):
        quotas[one] += 1
    chosen: set[int] = set()
    for stratum, quota in zip(strata, quotas, strict=True):
        for group, size in sorted(Counter(stratum).items()):
            if quota == 0:
                break
            if size <= quota:
                chosen.add(group)
                quota -= size
    sizes = Counter(chain.from_iterable(strata))
    if not chosen and len(sizes) > 1:  # every group is larger than what was wanted
        chosen = {min(sizes, key=lambda group: (sizes[group], group))}
    return chosen


def _write(path: Path, outs: Sequence[Path], sides: Sequence[int | None]) -> None:
    """`sides`: for each example the number of its file, None for one that goes nowhere."""
    fresh = [out.with_name(f".{out.name}.part") for out in outs]
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(one.open("wb")) for one in fresh]
            for (_, line), side in zip(_lines(path), sides, strict=True):
                if side is not None:
                    files[side].write(line.strip() + b"\n")
        for one, out in zip(fresh, outs, strict=True):
            os.replace(one, out)
    except OSError as error:
        file, reason = str(error.filename or outs[0]), error.strerror or str(error)
        raise TrainingFileError("cannot_be_written", file=file, reason=reason) from error
    finally:
        for one in fresh:
            one.unlink(missing_ok=True)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for batch in read_batches(path):
        if batch.oversized:
            raise TrainingFileError("line_too_long", name=path.name, line=batch.number)
        for number, line in enumerate(batch.lines, batch.number):
            if line and not line.isspace():
                yield number, line


def _example(line: bytes, number: int, path: Path) -> dict[str, Any]:
    example = read_object(line)
    if example is None:
        raise TrainingFileError("line_not_split", name=path.name, line=number)
    return example


def _answer(example: dict[str, Any]) -> tuple[str, str]:
    """The field of the example's answer and its text, empty where it has none."""
    if isinstance(example.get("completion"), str):
        return "completion", example["completion"]
    messages = example.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if isinstance(last, dict) and last.get("role") == "assistant" and isinstance(last.get("content"), str):
        return "answer", last["content"]
    return "", ""


_BLANKS = re.compile(r"(?:\\[nrt]|\s)+")  # in JSON, where line breaks and tabs are escaped
_QUOTES = re.compile(r' ?" ?')
