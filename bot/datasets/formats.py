"""Recognises a file that is not JSONL by its first bytes, and says what to do with it."""

import codecs
import json

import msgspec

HEAD = 1 << 16
"""Bytes that `recognise` needs."""


class Foreign(msgspec.Struct, frozen=True):
    """What the file is (`name` in one word for the report), and how to make a training file of it.

    `code` is the finding to report it under. `convertible` says that `tables` can make training data of it.
    """

    name: str
    what: str
    how: str
    code: str = "not_jsonl"
    convertible: bool = False


def recognise(head: bytes) -> Foreign | None:
    """What the file is instead of JSONL, None where it may be JSONL. `head` is its first `HEAD` bytes."""
    for magic, foreign in _MAGIC:
        if head.startswith(magic):
            if foreign.name == "zip" and any(part in head for part in (b"xl/", b"[Content_Types].xml")):
                return _XLSX
            return foreign
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    lowered = text[:200].lower()
    if lowered.startswith((b"<!doctype html", b"<html")):
        return _HTML
    if text.startswith(b"["):
        return _json_array(text)
    if text.startswith(b"{"):
        return _json_object(text)
    return _table(text)


_EXPORT = "Export it as JSONL: one JSON object with a list of messages on each line."
_SHEET = "Save it as CSV or JSON and turn each row into one line of JSONL with a list of messages."

_XLSX = Foreign("xlsx", "an Excel workbook or another Office file", _SHEET)
_HTML = Foreign("html", "a web page", "Download the file itself; the page may be a log-in or preview page.")
_MAGIC = (
    (codecs.BOM_UTF32_LE, Foreign("utf-32", "The file is in UTF-32, not UTF-8.", "", "not_utf8")),
    (codecs.BOM_UTF32_BE, Foreign("utf-32", "The file is in UTF-32, not UTF-8.", "", "not_utf8")),
    (codecs.BOM_UTF16_LE, Foreign("utf-16", "The file is in UTF-16, not UTF-8.", "", "not_utf8")),
    (codecs.BOM_UTF16_BE, Foreign("utf-16", "The file is in UTF-16, not UTF-8.", "", "not_utf8")),
    (b"{\0", Foreign("utf-16", "The file is in UTF-16, not UTF-8.", "", "not_utf8")),
    (b"\0{", Foreign("utf-16", "The file is in UTF-16, not UTF-8.", "", "not_utf8")),
    (b"PK\x03\x04", Foreign("zip", "a ZIP archive", "Unpack it and send the JSONL file in it.")),
    (b"PK\x05\x06", Foreign("zip", "an empty ZIP archive", "Send the JSONL file itself.")),
    (b"\x1f\x8b", Foreign("gzip", "a gzip archive", "Unpack it and send the JSONL file in it.")),
    (b"\x28\xb5\x2f\xfd", Foreign("zstd", "a Zstandard archive", "Unpack it and send the JSONL file in it.")),
    (b"BZh", Foreign("bzip2", "a bzip2 archive", "Unpack it and send the JSONL file in it.")),
    (b"7z\xbc\xaf\x27\x1c", Foreign("7z", "a 7-Zip archive", "Unpack it and send the JSONL file in it.")),
    (b"%PDF", Foreign("pdf", "a PDF document", "Send the data that it was made from, as JSONL.")),
    (b"PAR1", Foreign("parquet", "a Parquet file", _EXPORT)),
    (b"SQLite format 3\0", Foreign("sqlite", "an SQLite database", _EXPORT)),
    (b"\xd0\xcf\x11\xe0", Foreign("xls", "an old Excel workbook or another Office file", _SHEET)),
    (b"{\\rtf", Foreign("rtf", "a rich-text document", "Save it as plain text, one JSON object a line.")),
    (b"\x89PNG", Foreign("png", "a picture", "Send the training file instead.")),
    (b"\xff\xd8\xff", Foreign("jpeg", "a picture", "Send the training file instead.")),
    (b"GIF8", Foreign("gif", "a picture", "Send the training file instead.")),
)


def _json_array(text: bytes) -> Foreign | None:
    """A line that is a whole array is wrong as an example, but it is a line: the rules judge it."""
    first, newline, _ = text.partition(b"\n")
    if first.strip() == b"[" or (not _is_json(first) and first.rstrip().endswith((b"[", b"{", b"}", b","))):
        return Foreign("json", "one JSON array", "Write each of its elements on a line of its own, without commas.")
    if not newline and len(text) >= HEAD // 2 and not _is_json(first):
        return Foreign("json", "one JSON array", "Write each of its elements on a line of its own, without commas.")
    return None


def _json_object(text: bytes) -> Foreign | None:
    lines = text.split(b"\n", 3)
    if len(lines) > 2 and lines[0].strip() == b"{":
        how = "Write each example on a single line, without line breaks inside it."
        return Foreign("json", "JSON spread over several lines", how)
    return None


def _table(text: bytes) -> Foreign | None:
    """CSV or TSV: the first lines are no JSON and have the same separator, the same number of times."""
    lines = [line for line in text.split(b"\n")[:3] if line.strip()]
    if len(lines) < 2 or any(_is_json(line) for line in lines):
        return None
    for separator, name in ((b"\t", "tsv"), (b",", "csv"), (b";", "csv")):
        columns = lines[0].count(separator)
        if columns and lines[1].count(separator) >= columns and not any(b in lines[0] for b in (b"{", b"[")):
            return Foreign(
                name, f"a table ({name.upper()})", "Turn each row into one line of JSONL with a list of messages."
            )
    return None


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
