"""The second pass: read the file once, then compare the examples that may be alike.

While reading, secrets and personal data are found, and of each example a few numbers go to disk: where its line stands,
hashes of its prompt and answer, and the keys under which examples that resemble each other meet. Then each column is
sorted in turn; the pairs that meet are read again from the file and compared as they are. Memory holds one block of the
file, one column, and at most `MOST` examples are compared.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from training_files import pii_and_secrets
from training_files.chat import read_object
from training_files.content_scan.disk_buffer import Columns
from training_files.content_scan.minhash import BANDS, SharedText, levenshtein_similarity, normalised, similarity
from training_files.content_scan.prompt_and_answer import PromptAndAnswer, prompt_and_answer, texts
from training_files.content_scan.refusals import refuses
from training_files.content_scan.scan_report import ContentScan, fair
from training_files.findings import Findings, errors_worth
from training_files.lines import open_file, read_batches
from training_files.pii_numbers import PhoneLookup
from training_files.report import Param

MOST = 5_000_000
"""Examples that are compared with each other; of a longer file, the first ones."""

LONGEST = 8_000
"""Characters of a prompt, and of an answer, that are compared; of a longer one, the first."""

ALIKE = 0.95
"""Share of the text that near-duplicates have in common, in order; """

IN_COMMON = 0.85
"""and in whatever order, beside what many examples of the file have in common."""

PARTS_ALIKE = 0.8
"""Share that the prompts and the answers of near-duplicates each have in common: the same question with another answer
teaches something else, and so does the same answer to another question.
"""

VARIANT = 0.2
"""Share that two answers have in common, from which on one is a variant of the other and no contradiction."""

SHORT = 40
"""Characters: a shorter answer is a label or a fact, and any other one contradicts it."""

REFUSALS, FEWEST_REFUSALS = 0.2, 5
"""Share of the answers that refuse from which on it is said, and how many there must be."""


def scan(path: Path, *, progress: Callable[[int, int], None] | None = None) -> ContentScan:
    """See `content_scan.scan_content`."""
    begun = time.perf_counter()
    pii, others = Findings(), Findings()  # apart: each keeps its first ones
    phones = PhoneLookup()
    with _Comparison(path) as comparison:
        refusals = _Refusals()
        examples = 0
        for block in _blocks(path, progress):
            for entry in block:
                _find_pii_and_secrets(entry, pii, phones)
                refusals.see(entry)
            examples += len(block)
            comparison.take(block)
        refusals.finish(others)
        for pair in comparison.near_duplicates():
            others.add("near_duplicate", pair.line, None, other=pair.other, quote=pair.quote, **pair.params)
        contradictions = Findings()
        for pair in comparison.contradictions():
            contradictions.add(
                "contradictory_answers", pair.line, None, other=pair.other, quote=pair.quote, **pair.params
            )
    collected = (pii, others, contradictions)
    findings = fair([finding for one in collected for finding in one.first("warning")])
    counts = {code: count for one in collected for code, count in one.counts.items()}
    return ContentScan(findings, counts, examples, time.perf_counter() - begun)


def near_duplicates(path: Path, left_out: bytearray | None) -> dict[int, int]:
    """See `content_scan.near_duplicates`."""
    with _Comparison(path) as comparison:
        for block in _blocks(path, left_out=left_out):
            comparison.take(block)
        return {pair.line: pair.other for pair in comparison.near_duplicates()}


class _Entry(msgspec.Struct, gc=False):
    """One example: the number of its line, where that begins in the file, the line, what is on it."""

    number: int
    offset: int
    line: bytes
    example: Any
    said: PromptAndAnswer | None


def _blocks(
    path: Path, progress: Callable[[int, int], None] | None = None, *, left_out: bytearray | None = None
) -> Iterator[list[_Entry]]:
    """The readable examples, block by block. Stops where too many lines were unreadable, as `check` does."""
    size = path.stat().st_size if path.is_file() else 0
    done = offset = unreadable = 0
    lost = False  # in a line that is skipped: where the next one begins is not known yet
    for batch in read_batches(path):
        if batch.byte_order_mark:
            offset += 3
        if lost and batch.lines:
            offset = done + batch.raw.index(b"\n") + 1
            lost = False
        block = []
        for number, line in enumerate(batch.lines, batch.number):
            if not (left_out and left_out[number - 1]):
                example = read_object(line) if line else None
                if example is not None:
                    block.append(_Entry(number, offset, line, example, prompt_and_answer(example)))
                elif line and not line.isspace():
                    unreadable += 1
            offset += len(line) + 1
        lost = lost or batch.oversized
        done += len(batch.raw)
        if block:
            yield block
        if progress is not None:
            progress(done, max(size, done))
        if unreadable > errors_worth(done):
            return


def _find_pii_and_secrets(entry: _Entry, found: Findings, phones: PhoneLookup) -> None:
    """Adds one finding for each code, with all kinds in its sentence and the first place."""
    if not pii_and_secrets.may_hold(entry.line):
        return
    if not (found.keeps("personal_data") or found.keeps("secret")):
        for code in _codes(entry, phones):
            found.count(code)
        return
    kinds: dict[str, Counter[str]] = {}
    firsts: dict[str, tuple[str, str, pii_and_secrets.Span]] = {}
    for place, text in texts(entry.example):
        for span in pii_and_secrets.find(text, phones):
            code = _code(span.kind)
            kinds.setdefault(code, Counter())[span.kind] += 1
            firsts.setdefault(code, (place, text, span))
    for code, (place, text, span) in firsts.items():
        found.add(code, entry.number, place, kinds=dict(kinds[code]), quote=_around(text, span, phones))


def _codes(entry: _Entry, phones: PhoneLookup) -> set[str]:
    """Those of the findings of an example, looked for only until they are known."""
    codes: set[str] = set()
    for _, text in texts(entry.example):
        may_hold_secret = pii_and_secrets.may_hold_secret(text.encode("utf-8", "replace"))
        if "personal_data" in codes and not may_hold_secret:
            continue
        for kind in pii_and_secrets.kinds(text, phones):
            codes.add(_code(kind))
            if len(codes) == 2:
                return codes
            if not may_hold_secret:
                break
    return codes


def _code(kind: str) -> str:
    return "personal_data" if kind in pii_and_secrets.PERSONAL else "secret"


def _around(text: str, span: pii_and_secrets.Span, phones: PhoneLookup) -> str:
    """The text about a find, with it and all others masked."""
    before = pii_and_secrets.mask(text[: span.start], phones)[0]
    after = pii_and_secrets.mask(text[span.end : span.end + 4_000], phones)[0]
    return f"{before[-50:]}{span.label}{after}"[:120]


class _Pair(msgspec.Struct, frozen=True, gc=False):
    """A line that repeats or contradicts an earlier one."""

    line: int
    other: int
    params: dict[str, Param]
    quote: str


class _Refusals:
    """Counts answers that refuse."""

    def __init__(self) -> None:
        self.answers = self.refusals = 0
        self.first: int | None = None
        self.quote = ""

    def see(self, entry: _Entry) -> None:
        what = entry.said
        if what is None or not (what.answer or what.refused):
            return
        self.answers += 1
        if what.refused or refuses(what.answer):
            self.refusals += 1
            if self.first is None:
                self.first, self.quote = entry.number, pii_and_secrets.mask(what.answer[:4_000])[0]

    def finish(self, found: Findings) -> None:
        if self.refusals >= FEWEST_REFUSALS and self.refusals >= REFUSALS * self.answers:
            percent = _percent(self.refusals / self.answers)
            found.add(
                "many_refusals",
                None,
                quote=self.quote,
                refusals=self.refusals,
                answers=self.answers,
                percent=percent,
                first=self.first or 0,
            )


_BAND_NAMES = tuple(f"band{band}" for band in range(BANDS))
_NUMBERS = ("line", "offset", "length", "example", "prompt", "answer")
_NO_ANSWER = 0


class _Comparison:
    """Which examples of a file resemble or contradict each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shared = SharedText()
        types: dict[str, type[np.generic]] = {**dict.fromkeys(_BAND_NAMES, np.uint32), "judged": np.bool_}
        self._columns = Columns(types | dict.fromkeys(_NUMBERS, np.int64))
        self._taken = 0
        self._file: BinaryIO

    def __enter__(self) -> "_Comparison":
        self._file = open_file(self._path)
        self._columns.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._columns.__exit__(*error)
        self._file.close()

    def take(self, block: list[_Entry]) -> None:
        """Notes what is needed of the examples to compare them later."""
        entries = [(entry, entry.said) for entry in block if entry.said is not None][: MOST - self._taken]
        if not entries:
            return
        self._taken += len(entries)
        prompts = [normalised(what.prompt[:LONGEST]) for _, what in entries]
        answers = [normalised(what.answer[:LONGEST]) for _, what in entries]
        bodies = list(map(_body, (what for _, what in entries), prompts, answers))
        self._shared.learn(bodies)
        bands, judged = self._shared.bands(bodies)
        for band, name in enumerate(_BAND_NAMES):
            self._columns.append(name, bands[:, band])
        self._columns.append("judged", judged)
        rows = [
            (
                entry.number,
                entry.offset,
                len(entry.line),
                hash((what.setting, what.prompt, what.answer, what.rejected)),
                hash((what.setting, prompt, what.prompt[LONGEST:])) if what.answer else _NO_ANSWER,
                hash((answer, what.answer[LONGEST:], what.rejected)),
            )
            for (entry, what), prompt, answer in zip(entries, prompts, answers, strict=True)
        ]
        for name, column in zip(_NUMBERS, zip(*rows, strict=True), strict=True):
            self._columns.append(name, column)

    def near_duplicates(self) -> Iterator[_Pair]:
        """Lines that nearly repeat an earlier one, which is itself none of them; in order."""
        if not self._taken:
            return
        chosen = self._columns.read("judged")
        chosen[_repeats(self._columns.read("example"))] = False  # exact duplicates are the first pass's
        indexes = np.flatnonzero(chosen)
        repeating: set[int] = set()
        for meeting in self._meetings(indexes):
            later, earlier = int(indexes[meeting // len(indexes)]), int(indexes[meeting % len(indexes)])
            if later in repeating or earlier in repeating:
                continue  # it is known already; and what it resembles is to stay in the file
            one, other = self._read(earlier), self._read(later)
            share = self._alike(one, other)
            if share is not None:
                repeating.add(later)
                params: dict[str, Param] = {"percent": _percent(share)}
                yield _Pair(self._line(later), self._line(earlier), params, _beginning(other.prompt))

    def contradictions(self) -> Iterator[_Pair]:
        """Lines whose prompt an earlier one answers otherwise; in order."""
        if not self._taken:
            return
        prompts, answers = self._columns.read("prompt"), self._columns.read("answer")
        order = np.argsort(prompts, kind="stable")
        firsts = order[_firsts(prompts[order])]
        differs = (prompts[order] != _NO_ANSWER) & (answers[order] != answers[firsts])
        later, first = order[differs], firsts[differs]
        by_line = np.argsort(later)
        for index, other in zip(later[by_line].tolist(), first[by_line].tolist(), strict=True):
            one = self._read(index)
            params = _contradicts(self._read(other), one)
            if params is not None:
                yield _Pair(self._line(index), self._line(other), params, _beginning(one.prompt))

    def _meetings(self, indexes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The pairs worth comparing, in order: those of which a band is the same. Each is one number, that of the
        later times the number of all plus that of the earlier. Of many that meet, each is paired with the first
        and with the one before it.
        """
        met = np.zeros(0, np.int64)
        for name in _BAND_NAMES:
            keys = self._columns.read(name)[indexes]
            order = np.argsort(keys, kind="stable")
            ordered = keys[order]
            same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
            later, first, before = order[same], order[_firsts(ordered)[same]], order[same - 1]
            met = np.unique(np.concatenate((met, later * len(indexes) + first, later * len(indexes) + before)))
        return met

    def _alike(self, one: PromptAndAnswer, other: PromptAndAnswer) -> float | None:
        """The share of the text that is the same, None where the two are no near-duplicates."""
        prompts = [normalised(what.prompt[:LONGEST]) for what in (one, other)]
        answers = [normalised(what.answer[:LONGEST]) for what in (one, other)]
        if answers[0] != answers[1] and min(map(len, answers)) < SHORT:
            return None
        if any(levenshtein_similarity(*parts, least=PARTS_ALIKE) is None for parts in (prompts, answers)):
            return None
        bodies = list(map(_body, (one, other), prompts, answers))
        if self._shared.similarity(*bodies) < IN_COMMON:
            return None
        return levenshtein_similarity(*bodies, least=ALIKE)

    def _line(self, index: int) -> int:
        return int(self._columns.at("line", index))

    def _read(self, index: int) -> PromptAndAnswer:
        """The example, read again."""
        self._file.seek(int(self._columns.at("offset", index)))
        example = read_object(self._file.read(int(self._columns.at("length", index))))
        return prompt_and_answer(example) or PromptAndAnswer("", "", "")  # where the file has changed meanwhile


def _body(what: PromptAndAnswer, prompt: str, answer: str) -> bytes:
    """What is compared of an example, without what the system says, which many share."""
    return "\n".join((prompt, answer, normalised(what.rejected[:LONGEST]))).encode("utf-8", "replace")


def _repeats(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of values that occur earlier, too."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    repeats: NDArray[np.int64] = order[1:][ordered[1:] == ordered[:-1]]
    return repeats


def _firsts(ordered: NDArray[Any]) -> NDArray[np.int64]:
    """For each place in sorted values the first place of the same value."""
    new = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    firsts: NDArray[np.int64] = np.flatnonzero(new)[np.cumsum(new) - 1]
    return firsts


def _contradicts(one: PromptAndAnswer, other: PromptAndAnswer) -> dict[str, Param] | None:
    """How the later of two examples with the same prompt contradicts the first, None if it does not."""
    if one.rejected or other.rejected:  # different preferred answers are usual; one preferred and rejected is not
        both = normalised(other.answer) == normalised(one.rejected) or normalised(other.rejected) == normalised(
            one.answer
        )
        return {"how": "reversed"} if both else None
    mine, yours = normalised(one.answer[:LONGEST]), normalised(other.answer[:LONGEST])
    if mine == yours:
        return None
    if max(len(mine), len(yours)) < SHORT:
        return {"how": "short", "there": _shown(one.answer), "here": _shown(other.answer)}
    return {"how": "different"} if similarity(mine, yours) < VARIANT else None


def _shown(answer: str) -> str:
    return pii_and_secrets.mask(answer.strip())[0]


def _beginning(prompt: str) -> str:
    return pii_and_secrets.mask(prompt.strip()[:4_000])[0]


def _percent(share: float) -> int:
    return int(share * 100)
