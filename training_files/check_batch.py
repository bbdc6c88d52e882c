"""Check one batch of a training file's lines, without what was before it: so many processes can work on one file."""

from typing import Any

import msgspec

from training_files.chat import NotAnExample, PlainMessage, decode_plain, is_sound, parse
from training_files.dataset_checks import DatasetChecks, Recorder
from training_files.duplicates import fingerprint
from training_files.findings import Findings
from training_files.length_counter import LengthCounter, Texts
from training_files.lines import Batch
from training_files.validate_example import validate


class CheckedBatch(msgspec.Struct, gc=False):
    """What was found in one batch.

    `lines` is how many lines are not blank. `findings` keeps as many as were asked for; `dataset_checks` is what
    was seen of things that show only over many examples. `numbers` has the line of each example whose tokens are
    counted, `hashes` its fingerprint. Its tokens come later: `lengths` for the model, `other_lengths` for the other
    models' prices.
    """

    number: int
    bytes: int
    byte_order_mark: bool
    oversized: bool
    lines: int = 0
    estimated: bool = False
    findings: Findings = msgspec.field(default_factory=Findings)
    dataset_checks: Recorder = msgspec.field(default_factory=Recorder)
    numbers: list[int] = []
    hashes: list[int] = []
    lengths: list[int] = []
    other_lengths: list[int] = []


def skim_batch(batch: Batch) -> CheckedBatch:
    """Counts the batch's lines without a look at what they say."""
    lines = sum(not line.isspace() for line in batch.lines if line)
    return CheckedBatch(batch.number, len(batch.raw), batch.byte_order_mark, batch.oversized, lines=lines)


def check_batch(batch: Batch, findings: Findings, *, with_roles: bool) -> tuple[CheckedBatch, Texts]:
    """Judges each line, notes what is wrong in `findings`, and gives the texts whose tokens are to be counted, too."""
    checked = CheckedBatch(
        batch.number, len(batch.raw), batch.byte_order_mark, batch.oversized, len(batch.lines), findings=findings
    )
    texts = Texts()
    plain: list[list[PlainMessage]] = []
    odd: list[tuple[int, bytes]] = []  # blank, wrong, or with tools, names and parts: a closer look
    numbers, hashes = texts.numbers, checked.hashes
    for number, line in enumerate(batch.lines, batch.number):
        if not line:
            odd.append((number, line))
            continue
        try:
            example = decode_plain(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            odd.append((number, line))
            continue
        if not is_sound(example.messages):
            odd.append((number, line))
            continue
        plain.append(example.messages)
        numbers.append(number)
        hashes.append(fingerprint(example, line))
    texts.add_plain(plain, with_roles=with_roles)
    dataset_checks: DatasetChecks = checked.dataset_checks
    dataset_checks.chat(numbers, [messages[-1].content for messages in plain], texts.systems)
    for number, line in odd:
        _look_closer(line, number, checked, texts, cut=batch.cut)
    checked.numbers = numbers
    return checked, texts


def check_and_count(batch: Batch, findings: Findings, own: LengthCounter, others: LengthCounter) -> CheckedBatch:
    """Judges each line and counts the tokens, all in this thread."""
    checked, texts = check_batch(batch, findings, with_roles=bool(own.by_role))
    mine, each = own.texts(texts), len(texts.texts)
    counts = own.count(mine, each)
    checked.lengths = own.measure(texts, counts)
    if others is not own:
        theirs = others.texts(texts)
        if others.tokenizer.name != own.tokenizer.name or theirs != mine:
            counts = others.count(theirs, each)
        checked.other_lengths = others.measure(texts, counts)
    return checked


def _look_closer(line: bytes, number: int, checked: CheckedBatch, texts: Texts, *, cut: bool) -> None:
    findings = checked.findings
    if not line or line.isspace():
        checked.lines -= 1
        findings.add("empty_line", number)
        return
    try:
        example: Any = parse(line, cut=cut)
    except NotAnExample as wrong:
        findings.add(wrong.code, number, None, quote=wrong.quote, **wrong.params)
        return
    counted = None
    with findings.of_one_example():
        counted = validate(example, number, findings, checked.dataset_checks)
    if counted is None:
        return
    checked.estimated = checked.estimated or counted.estimated
    messages = example.get("messages", ())
    roles = [str(message.get("role")) for message in messages if isinstance(message, dict)]
    texts.add(number, counted, roles)
    checked.hashes.append(fingerprint(example, line))
