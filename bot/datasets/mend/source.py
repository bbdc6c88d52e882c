"""The examples of a broken file, one after the other, with the line on which each begins.

What is done here is done to lines, not to examples: encoding, byte-order mark, line ends, empty rows, JSON that
spreads over several lines or stands in one array, and lines that are nearly JSON. Memory does not grow with the file,
unless one example does.
"""

import ast
import codecs
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bot.datasets import formats
from bot.datasets.chat import NotAnExample, parse
from bot.datasets.errors import DatasetError
from bot.datasets.findings import BY_CODE
from bot.datasets.lines import LONGEST_LINE, open_file, read_batches
from bot.datasets.mend import canonical
from bot.datasets.mend.repair import Example
from bot.datasets.tables import encodings

BLOCK = 1 << 20
LONGEST_LITERAL = 1 << 20
"""Bytes of a line that is read as a Python literal: doing so takes some fifty times as much memory."""


class Record(msgspec.Struct):
    """One example as the file has it. `line` is where it begins, from 1; `text` its JSON, on one line where that is how
    it stands. `example` is its value, None where it has none: `why` then says so in a sentence. `repairs` names
    what had to be done to read it. `final`: its value cannot be written anew, so it stays as it is or is lost.
    """

    line: int
    text: bytes
    example: Example | None = None
    why: str = ""
    repairs: dict[str, tuple[str, str]] = {}
    final: bool = False


class Source(msgspec.Struct):
    """A file to be mended. `path` is UTF-8 text, a copy where the original is not. `spread`: its examples do not
    stand on lines of their own. `repairs` is what was done to the whole file, with its before and after. `codec` is
    what lines are in that are not UTF-8.
    """

    path: Path
    spread: bool
    repairs: dict[str, tuple[str, str]]
    codec: str = "cp1252"


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file at `path`, made ready to be read line by line, while this lasts.

    Raises DatasetError where it cannot be read.
    """
    with open_file(path) as file:
        head = file.read(formats.HEAD)
    encoding = encodings.detect(head) or "utf-8"
    spread = _is_spread(head)
    repairs: dict[str, tuple[str, str]] = {}
    if head.startswith(codecs.BOM_UTF8):
        repairs["byte_order_mark"] = ("three invisible bytes before the first line", "none")
    wide = encoding.startswith(("utf-16", "utf-32"))
    legacy = not encoding.startswith("utf-")
    if wide or (legacy and spread):
        repairs["encoding"] = (f"the file is in {encoding}", "the file is in UTF-8")
    old_ends = not wide and b"\r" in head and b"\n" not in head
    if old_ends:
        repairs["line_endings"] = ("lines end with CR alone", "lines end with LF")
    codec = encoding if legacy else "cp1252"
    if "encoding" not in repairs and not old_ends:
        yield Source(path, spread, repairs, codec)
        return
    with tempfile.TemporaryDirectory(prefix="mend-") as folder:
        copy = Path(folder) / path.name
        _recode(path, encoding if "encoding" in repairs else "utf-8", copy)
        with copy.open("rb") as file:
            spread = _is_spread(file.read(formats.HEAD))
        yield Source(copy, spread, repairs, codec)


def records(source: Source, *, encoding: bool, syntax: bool, progress: Callable[[int], None]) -> Iterator[Record]:
    """The file's examples in order. `encoding` and `syntax` tell whether lines that are not UTF-8, and lines that are
    nearly JSON, are saved. `progress` is called with the bytes read of `source.path`.
    """
    if source.spread:
        yield from _values(source.path, syntax=syntax, progress=progress)
        return
    codec = source.codec if encoding else None
    done = 0
    for batch in read_batches(source.path):
        if batch.oversized:
            yield Record(batch.number, b"", why=f"The line is longer than {LONGEST_LINE >> 20} MB.")
        for number, line in enumerate(batch.lines, batch.number):
            text = line.strip()
            if text:
                record = _read(text, number, codec=codec, syntax=syntax, cut=batch.cut)
                if line.endswith(b"\r"):
                    record.repairs = {"line_endings": ("CR LF", "LF")} | record.repairs
            else:
                record = Record(number, b"", repairs={"empty_rows": ("an empty line", "")})
            yield record
        done += len(batch.raw)
        progress(done)


def _read(text: bytes, line: int, *, codec: str | None, syntax: bool, cut: bool = False) -> Record:
    """What stands in `text`: JSON, or what is nearly that."""
    repairs: dict[str, tuple[str, str]] = {}
    try:
        value = canonical.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError, RecursionError):
        fresh = _in_utf8(text, codec) if codec else text
        if fresh != text:
            repairs["encoding"] = _around(text, fresh)
            text = fresh
        try:
            value = parse(text, cut=cut)
        except NotAnExample as wrong:
            saved = _nearly_json(text) if syntax else None
            if saved is None:
                rule = BY_CODE[wrong.code]
                return Record(line, text, why=rule.says.format(**wrong.details))
            value, fresh = saved
            repairs["json_syntax"] = (_shown(text), _shown(fresh))
            text = fresh
        else:
            if not repairs:  # JSON all the same, but with a number that has no room elsewhere
                return _as_example(Record(line, text, final=True), value)
            value = _again(text, value)
    return _as_example(Record(line, text, repairs=repairs), value)


def _as_example(record: Record, value: Any) -> Record:
    if isinstance(value, dict):
        record.example = value
    elif _is_conversation(value):
        record.example = {"messages": value}
        fresh = canonical.encode(record.example)
        record.repairs["json_syntax"] = (_shown(record.text), _shown(fresh))
        record.text = fresh
    else:
        kind = "a list" if isinstance(value, list) else "a single value"
        record.why = f"It is {kind}, not an example."
    return record


def _again(text: bytes, value: Any) -> Any:
    """The value with its numbers as they are written, where that can be."""
    try:
        return canonical.decode(text)
    except (msgspec.MsgspecError, ArithmeticError):
        return value


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "role" in one for one in value)


def _nearly_json(text: bytes) -> tuple[Any, bytes] | None:
    """A line with a comma at its end, taken out of an array; or one that Python printed (`{'a': None}`)."""
    without = text.rstrip(b", \t\r")
    if without != text:
        try:
            return canonical.decode(without), without
        except (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError, RecursionError):
            pass
    if len(without) > LONGEST_LITERAL or not without.startswith((b"{'", b"[{'")):
        return None
    try:
        value = ast.literal_eval(without.decode())
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        return canonical.decode(text), text
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, msgspec.MsgspecError, ArithmeticError):
        return None


def _values(path: Path, *, syntax: bool, progress: Callable[[int], None]) -> Iterator[Record]:
    """The objects of a file in which they spread over lines or stand in an array; commas and brackets between them
    are passed over. After one that is broken it goes on with the next line that begins one.
    """
    reader = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    scan = json.JSONDecoder().raw_decode
    with open_file(path) as file:
        text, at, line, done = "", 0, 1, 0
        ended = False
        step = BLOCK
        while True:
            begin = _next_object(text, at)
            line += text.count("\n", at, begin)
            at = begin
            end = None
            if at < len(text):
                end, broken = _end_of(text, at, scan)
                if end is None and not broken and (ended or len(text) - at > LONGEST_LINE):
                    broken = True
                if broken:
                    end = _resume(text, at)
                    why = "The JSON that begins here is broken."
                    yield Record(line, text[at:end].encode("utf-8", "surrogateescape"), why=why)
                elif end is not None:
                    raw = text[at:end].encode("utf-8", "surrogateescape")
                    record = _read(raw, line, codec=None, syntax=syntax)
                    before, after = _shown(raw), ""
                    if record.example is not None and b"\n" in record.text:
                        record.text = msgspec.json.format(record.text, indent=-1)
                        after = _shown(record.text)
                    record.repairs = {"one_a_line": (before, after or before)} | record.repairs
                    yield record
            elif ended:
                return
            if end is not None:
                line += text.count("\n", at, end)
                at = end
                step = BLOCK
                continue
            raw = file.read(step)
            step *= 2  # so that a long object is not looked at again and again
            ended = not raw
            done += len(raw)
            progress(done)
            text, at = text[at:] + reader.decode(raw, final=ended), 0


def _next_object(text: str, at: int) -> int:
    """Where the next value begins: blanks, commas and the brackets of the array around are passed over."""
    while at < len(text) and (text[at] in "[],\ufeff" or text[at].isspace()):
        at += 1
    return at


def _end_of(text: str, at: int, scan: Callable[[str, int], tuple[Any, int]]) -> tuple[int | None, bool]:
    """Where the value that begins at `at` ends; else None, and whether it is broken and not just unfinished."""
    if text[at] != "{":
        return None, True
    try:
        return scan(text, at)[1], False
    except json.JSONDecodeError as error:
        unfinished = error.pos > len(text) - 16 or error.msg.startswith("Unterminated string")
        return None, not unfinished
    except (RecursionError, ValueError):
        return None, True


def _resume(text: str, at: int) -> int:
    """The start of the first line after `at` that looks like the beginning of an object; else the end."""
    while (newline := text.find("\n", at)) >= 0:
        at = newline + 1
        begin = at
        while begin < len(text) and text[begin] in " \t\r[,":
            begin += 1
        # An object inside another stands further in, as a rule.
        if text.startswith("{", begin) and begin - at <= 4:
            return at
    return len(text)


def _is_spread(head: bytes) -> bool:
    """Whether examples stand in one array or spread over lines, judged by the first one."""
    found = formats.recognise(head)
    if found is not None:
        return found.name == "json"
    text = head.lstrip()
    if text.startswith(b"["):  # an array on one line; but a list of messages is one example
        first = text[1:].lstrip()
        try:
            value, _ = json.JSONDecoder().raw_decode(first.decode("utf-8", "ignore"))
        except (ValueError, RecursionError):
            return False
        return isinstance(value, dict) and "role" not in value and "from" not in value
    return False


def _recode(path: Path, encoding: str, copy: Path) -> None:
    try:
        errors = "surrogateescape" if encoding == "utf-8" else "replace"  # of UTF-8 each line is looked at later
        with path.open("rb") as raw, copy.open("w", encoding="utf-8", errors=errors, newline="") as out:
            text = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=None)
            while block := text.read(BLOCK):
                out.write(block)
    except OSError as error:
        raise DatasetError(f"{path.name} cannot be copied: {error.strerror or error}.") from error


def _in_utf8(text: bytes, codec: str) -> bytes:
    """The line in UTF-8; as it is where it is that already, or would be but for a few bytes that were lost."""
    as_utf8 = text.decode("utf-8", "replace")
    wrong = as_utf8.count("\ufffd")
    beyond_ascii = sum(not letter.isascii() for letter in as_utf8)
    if beyond_ascii > 2 * wrong or not wrong:
        return text
    try:
        return text.decode(codec).encode()
    except UnicodeDecodeError:
        return text


def _around(before: bytes, after: bytes) -> tuple[str, str]:
    """The place of the first byte that is not UTF-8."""
    try:
        before.decode()
    except UnicodeDecodeError as error:
        at = max(0, error.start - 20)
        shown = before[at : error.start + 20].decode("utf-8", "backslashreplace")
        there = len(before[: error.start].decode("utf-8", "replace"))
        return shown, after.decode()[max(0, there - 20) : there + 20]
    return "", ""


def _shown(text: bytes) -> str:
    from bot.datasets.mend.plan import EXCERPT

    return text[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
