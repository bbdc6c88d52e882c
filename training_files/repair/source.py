"""The examples of a broken file, one after the other, with the line on which each begins.

What is done here is done to lines, not to examples: encoding, byte-order mark, line ends, empty rows, JSON that
spreads over several lines or stands in one array, and lines that are nearly JSON. Memory does not grow with the file,
unless one example does.
"""

import codecs
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from training_files.chat import NotAnExample, parse
from training_files.errors import TrainingFileError
from training_files.lines import LONGEST_LINE, MOST_VALUES, open_file, read_batches
from training_files.repair import exact_json
from training_files.repair.plain import Plain, read_plain
from training_files.repair.plan import EXCERPT, Remark, Why
from training_files.repair.repair import Example
from training_files.report import Finding
from training_files.tables import encodings, file_type

BLOCK = 1 << 20
FEWEST_LETTERS = 10


Sides = tuple[str | Why, str | Why]
Shown = Callable[[], Sides]
"""Makes what is shown before and after a repair, at the place that is repaired: only the first is looked at."""


class Record(msgspec.Struct):
    """One example as the file has it. `line` is where it begins, from 1; `text` its JSON, on one line where that is how
    it stands. If it is no example, `why` says so, but not for an empty line. `repairs` names what had to be done to
    read it. `final`: its value cannot be written anew, so it stays as it is or is lost.
    """

    line: int
    text: bytes
    plain: Plain | None = None
    why: Why | None = None
    repairs: dict[str, Shown] = {}
    final: bool = False
    value: Example | None = None

    @property
    def example(self) -> Example | None:
        """The value of the example, each time the same object; None if it has none."""
        if self.value is None and self.plain is not None:
            self.value = exact_json.decode(self.text)
        return self.value

    @property
    def is_example(self) -> bool:
        return self.plain is not None or self.value is not None


class Source(msgspec.Struct):
    """A file to be repaired. `path` is UTF-8 text, a copy where the original is not. `spread`: its examples do not
    stand on lines of their own. `repairs` is what was done to the whole file, with its before and after. `codec` is
    what lines are in that are not UTF-8.
    """

    path: Path
    spread: bool
    repairs: dict[str, Sides]
    codec: str = "cp1252"


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file at `path`, made ready to be read line by line, while this lasts.

    Raises TrainingFileError where it cannot be read.
    """
    with open_file(path) as file:
        head = file.read(file_type.HEAD)
    encoding = encodings.detect(head) or "utf-8"
    spread = _is_spread(head)
    repairs: dict[str, Sides] = {}
    if head.startswith(codecs.BOM_UTF8):
        repairs["byte_order_mark"] = (Remark("byte_order_mark_is_there"), "")
    wide = encoding.startswith(("utf-16", "utf-32"))
    legacy = not encoding.startswith("utf-")
    if wide or (legacy and spread):
        repairs["encoding"] = (encoding, "utf-8")
    old_ends = not wide and b"\r" in head and b"\n" not in head
    if old_ends:
        repairs["line_endings"] = ("CR", "LF")
    codec = _codec(head) if legacy else "cp1252"
    if "encoding" not in repairs and not old_ends:
        yield Source(path, spread, repairs, codec)
        return
    with tempfile.TemporaryDirectory(prefix="repair-") as folder:
        copy = Path(folder) / path.name
        _recode(path, encoding if "encoding" in repairs else "utf-8", copy)
        with copy.open("rb") as file:
            spread = _is_spread(file.read(file_type.HEAD))
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
            why = Remark("line_is_too_long", {"megabytes": LONGEST_LINE >> 20, "values": MOST_VALUES})
            yield Record(batch.number, b"", why=why)
        for number, line in enumerate(batch.lines, batch.number):
            text = line.strip()
            if text:
                record = _read(text, number, codec=codec, syntax=syntax, cut=batch.cut)
                if line.endswith(b"\r"):
                    record.repairs = {"line_endings": lambda: ("CR LF", "LF")} | record.repairs
            else:
                record = Record(number, b"", repairs={"empty_rows": lambda: (Remark("line_is_empty"), "")})
            yield record
        done += len(batch.raw)
        progress(done)


_NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError, RecursionError)


def _read(text: bytes, line: int, *, codec: str | None, syntax: bool, cut: bool = False) -> Record:
    """What stands in `text`: JSON, or what is nearly that."""
    with suppress(*_NOT_JSON):
        return _decoded(text, line, {}, syntax)
    repairs: dict[str, Shown] = {}
    fresh = _in_utf8(text, codec) if codec else text
    if fresh != text:
        repairs["encoding"] = partial(_around, text, fresh)
        text = fresh
        with suppress(*_NOT_JSON):
            return _decoded(text, line, repairs, syntax)
    for fresh in _nearly_json(text) if syntax else ():
        with suppress(*_NOT_JSON):
            return _decoded(fresh, line, repairs | {"json_syntax": partial(_parted, text, fresh)}, syntax)
    try:
        value = parse(text, cut=cut)
    except NotAnExample as wrong:
        return Record(line, text, why=Finding(wrong.code, line, params=wrong.params))
    # JSON all the same, but with a number that has no room elsewhere.
    return _as_example(Record(line, text, repairs=repairs, final=not repairs), value, syntax)


def _decoded(text: bytes, line: int, repairs: dict[str, Shown], syntax: bool) -> Record:
    """Raises what decoding does."""
    plain = read_plain(text)
    if plain is not None:
        return Record(line, text, plain, repairs=repairs)
    return _as_example(Record(line, text, repairs=repairs), exact_json.decode(text), syntax)


def _as_example(record: Record, value: Any, syntax: bool) -> Record:
    if isinstance(value, dict):
        record.value = value
    elif syntax and _is_conversation(value):
        record.value = {"messages": value}
        fresh = exact_json.encode(record.value)
        record.repairs["json_syntax"] = partial(_texts, record.text, fresh)
        record.text = fresh
    else:
        record.why = Remark("list_is_no_example" if isinstance(value, list) else "value_is_no_example")
    return record


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "role" in one for one in value)


def _nearly_json(text: bytes) -> Iterator[bytes]:
    """What may be JSON, made of a line with a comma too many (at its end, before a closing bracket), with raw control
    characters in a text, or as Python prints it (`{'a': None}`).
    """
    without = text.rstrip(b", \t\r")
    if without != text:
        yield without
    if without.startswith((b"{'", b"[{'")):
        with suppress(ValueError):
            yield _PYTHON.sub(_as_json, without)
    elif _CONTROL.search(without):
        yield _escaped(without)  # enough, if they stand in texts only
        yield _STRING_OR_COMMA.sub(lambda match: _escaped(match[1] or b""), without)
    elif _COMMA_TOO_MANY.search(without):
        yield _STRING_OR_COMMA.sub(rb"\1", without)


def _escaped(string: bytes) -> bytes:
    # As Latin-1 each byte is a letter of the same number, so that one pass in C replaces all.
    return string.decode("latin-1").translate(_ESCAPES).encode("latin-1") if _CONTROL.search(string) else string


def _as_json(match: re.Match[bytes]) -> bytes:
    """What Python prints otherwise than JSON: texts, None, True and False, tuples. Raises ValueError."""
    found = match[0]
    if found[0] not in b"\"'":
        return _IN_JSON[found]
    inside = found[1:-1]
    if b"\\" not in inside:
        return msgspec.json.encode(inside.decode())
    if not _ESCAPED.fullmatch(inside):
        raise ValueError("an escape that Python does not print")
    return msgspec.json.encode(inside.decode().encode("latin-1", "backslashreplace").decode("unicode_escape"))


_IN_JSON = {b"None": b"null", b"True": b"true", b"False": b"false", b"(": b"[", b")": b"]", b",": b""}
_ESCAPED = re.compile(rb"(?:[^\\]++|\\[\\'\"nrtxuU])*+")
# Each alternative begins with a character of its own: so the search passes over all others at the speed of C.
_PYTHON = re.compile(
    rb"""'[^'\\]*+(?:\\.[^'\\]*+)*+(?:'|\\?\Z)|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|None|True|False|[(]|[)]"""
    rb"""|,(?=\s*+[)\]}])""",
    re.DOTALL,
)
_COMMA_TOO_MANY = re.compile(rb",\s*[\]}]")
_CONTROL = re.compile(rb"[\x00-\x1f]")
_ESCAPES = {code: json.dumps(chr(code))[1:-1] for code in range(0x20)}
# A string without an end is taken to the end of the text: the pattern never goes back, whatever the text.
_STRING_OR_COMMA = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z))|,(?=\s*[\]}])', re.DOTALL)


def _values(path: Path, *, syntax: bool, progress: Callable[[int], None]) -> Iterator[Record]:
    """The objects of a file in which they spread over lines or stand in an array; commas and brackets between them
    are passed over. After one that is broken it goes on with the next line that begins one.
    """
    with open_file(path) as file:
        text = _Text(file)
        while not text.is_at_end():
            line, column = text.line, text.column
            end, broken = text.end_of_object()
            while end is None and not broken and text.read_on():
                end, broken = text.end_of_object()
            if end is not None:
                raw = text.take(end)
                record = _read(raw, line, codec=None, syntax=syntax)
                if record.is_example and b"\n" in record.text:
                    record.text = msgspec.json.format(record.text, indent=-1)
                record.repairs = {"one_a_line": partial(_texts, raw, record.text)} | record.repairs
                yield record
            else:
                yield Record(line, b"", why=Remark("json_is_broken"))
                text.resume(column)
            progress(text.done)


class _Text:
    """The text of a file, as far as it was read and not yet taken. `line` counts from 1, `column` from 0; `done` are
    the bytes read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.line, self.column, self.done = 1, 0, 0
        self._file = file
        self._reader = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._step = BLOCK

    def is_at_end(self) -> bool:
        """Passes over blanks, commas and the brackets of an array around; True where nothing else is left."""
        while True:
            self._advance(self._after_blanks())
            if self._at < len(self._text):
                return False
            if not self.read_on():
                return True

    def end_of_object(self) -> tuple[int | None, bool]:
        """Where the object that begins here ends; else None, and whether it is broken and not just unfinished."""
        text, at = self._text, self._at
        if not text.startswith("{", at):
            return None, True
        try:
            return self._scan(text, at)[1], False
        except json.JSONDecodeError as error:
            unfinished = error.pos > len(text) - 16 or error.msg.startswith("Unterminated string")
            return None, not unfinished or len(text) - at > LONGEST_LINE
        except (RecursionError, ValueError):
            return None, True

    def take(self, end: int) -> bytes:
        taken = self._text[self._at : end].encode("utf-8", "surrogateescape")
        self._advance(end)
        self._step = BLOCK
        return taken

    def resume(self, column: int) -> None:
        """Goes to the next line that begins an object at `column` or before: those further in stand inside others."""
        while True:
            newline = self._text.find("\n", self._at)
            if newline < 0:
                self._advance(len(self._text))
                if not self.read_on():
                    return
                continue
            self._advance(newline + 1)
            while len(self._text) - self._at <= column and self.read_on():
                pass
            begin = self._after_blanks()
            if begin - self._at <= column and self._text.startswith("{", begin):
                return

    def read_on(self) -> bool:
        """Reads a piece more, each twice as long as the one before, so that a long object is not looked at again and
        again. False at the end of the file.
        """
        raw = self._file.read(self._step)
        self._step *= 2
        self.done += len(raw)
        self._text, self._at = self._text[self._at :] + self._reader.decode(raw, final=not raw), 0
        return bool(raw)

    def _after_blanks(self) -> int:
        found = _BLANKS.match(self._text, self._at)
        return found.end() if found else self._at

    def _advance(self, to: int) -> None:
        newline = self._text.rfind("\n", self._at, to)
        self.column = to - newline - 1 if newline >= 0 else self.column + to - self._at
        self.line += self._text.count("\n", self._at, to)
        self._at = to
        if self._at > _PASSED:  # what makes a JSONDecodeError counts the lines before it
            self._text, self._at = self._text[self._at :], 0


_PASSED = 1 << 14
"""Characters that were taken and are still held."""

_BLANKS = re.compile(r"[\s,\[\]\ufeff]+")


def _is_spread(head: bytes) -> bool:
    """Whether examples stand in one array or spread over lines, judged by the first one."""
    found = file_type.recognise(head)
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
        raise TrainingFileError("cannot_be_copied", name=path.name, reason=error.strerror or str(error)) from error


def _codec(head: bytes) -> str:
    """What the lines are in that are not UTF-8. A few letters tell no encoding from another: then the usual one."""
    wrong = [line for line in head.split(b"\n") if not _is_utf8(line)]
    if sum(byte > 127 for line in wrong for byte in line) < FEWEST_LETTERS:
        return "cp1252"
    return encodings.detect(b"\n".join(wrong)) or "cp1252"


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_utf8(text: bytes, codec: str) -> bytes:
    """The line in UTF-8; as it is where it is that already, or would be but for a few bytes that were lost."""
    if text.isascii():
        return text
    as_utf8 = text.decode("utf-8", "replace")
    wrong = as_utf8.count("\ufffd")
    beyond_ascii = len(as_utf8) - len(as_utf8.encode("ascii", "ignore"))
    if beyond_ascii > 2 * wrong or not wrong:
        return text
    try:
        return text.decode(codec).encode()
    except UnicodeDecodeError:
        return text


def _around(before: bytes, after: bytes) -> Sides:
    """The place of the first byte that is not UTF-8."""
    try:
        before.decode()
    except UnicodeDecodeError as error:
        at = max(0, error.start - 20)
        shown = before[at : error.start + 20].decode("utf-8", "backslashreplace")
        there = len(before[: error.start].decode("utf-8", "replace"))
        return shown, after.decode()[max(0, there - 20) : there + 20]
    return "", ""


_LEAD = 80
"""Bytes shown before the place at which a line is repaired."""


def _parted(before: bytes, after: bytes) -> Sides:
    """The place at which the two part."""
    same = (n for n, (old, new) in enumerate(zip(before, after, strict=False)) if old != new)
    at = max(0, next(same, len(after)) - _LEAD)
    return _shown(before, at), _shown(after, at)


def _texts(before: bytes, after: bytes) -> Sides:
    return _shown(before), _shown(after)


def _shown(text: bytes, at: int = 0) -> str:
    shown = text[at : at + 4 * EXCERPT].decode("utf-8", "ignore" if at else "replace")[:EXCERPT]
    return f"…{shown}" if at else shown
