"""Recognise a file that is not JSONL by its first bytes."""

import codecs
import contextlib
import json
import re

import msgspec

HEAD = 1 << 16
"""Bytes that `recognise` needs."""


class FileType(msgspec.Struct, frozen=True):
    """A type of file other than JSONL: `name` in one word for the report; `kind` is more exact where people are told
    something else about it.

    `code` is the finding to report it under. `convertible` means that `tables` can convert it.
    """

    name: str
    kind: str
    code: str = "not_jsonl"
    convertible: bool = False


def recognise(head: bytes) -> FileType | None:
    """The type of the file, None if it may be JSONL. `head` is its first `HEAD` bytes."""
    for magic, foreign in _MAGIC:
        if head.startswith(magic):
            return _archive(head) or foreign if foreign.name == "zip" else foreign
    text, encoding = _decoded(head)
    start = text[:200].lower().lstrip()
    if start.startswith(("<!doctype html", "<html")):
        return _HTML
    whole = len(head) < HEAD
    if start.startswith("["):
        found = _json_list(text.lstrip(), whole)
    elif start.startswith("{"):
        found = _json_object(text.lstrip(), whole)
    else:
        found = _table(text, whole)
    if found is None and encoding.startswith(("utf-16", "utf-32")):
        return FileType(encoding[:6], encoding[:6], "not_utf8")
    return found


def _decoded(head: bytes) -> tuple[str, str]:
    if b"\0" not in head:
        with contextlib.suppress(UnicodeDecodeError):
            return codecs.getincrementaldecoder("utf-8-sig")().decode(head), "utf-8"
    from training_files.tables import encodings  # which imports this module

    encoding = encodings.detect(head) or "utf-8"
    return codecs.getincrementaldecoder(encoding)("replace").decode(head), encoding


_HTML = FileType("html", "html")
_JSON = FileType("json", "json", convertible=True)
_XLSX = FileType("xlsx", "xlsx", convertible=True)
_ODS = FileType("ods", "ods", convertible=True)
_MAGIC = (
    (b"PK\x03\x04", FileType("zip", "zip")),
    (b"PK\x05\x06", FileType("zip", "empty_zip")),
    (b"\x1f\x8b", FileType("gzip", "gzip")),
    (b"\x28\xb5\x2f\xfd", FileType("zstd", "zstd")),
    (b"BZh", FileType("bzip2", "bzip2")),
    (b"7z\xbc\xaf\x27\x1c", FileType("7z", "7z")),
    (b"%PDF", FileType("pdf", "pdf")),
    (b"PAR1", FileType("parquet", "parquet", convertible=True)),
    (b"SQLite format 3\0", FileType("sqlite", "sqlite")),
    (b"\xd0\xcf\x11\xe0", FileType("xls", "xls", convertible=True)),
    (b"{\\rtf", FileType("rtf", "rtf")),
    (b"\x89PNG", FileType("png", "picture")),
    (b"\xff\xd8\xff", FileType("jpeg", "picture")),
    (b"GIF8", FileType("gif", "picture")),
)


def _archive(head: bytes) -> FileType | None:
    """The document that a ZIP archive is, by the names of its first parts."""
    if b"application/vnd.oasis.opendocument.spreadsheet" in head[:200]:
        return _ODS
    for part, kind in ((b"word/", "word"), (b"ppt/", "presentation")):
        if part in head and b"xl/" not in head:
            return FileType("zip", kind)
    return _XLSX if b"xl/" in head or b"[Content_Types].xml" in head else None


def _json_list(text: str, whole: bool) -> FileType | None:
    """A list over several lines, or on one long line, or all there is. A list on one line among others is wrong as an
    example, but it is a line: the rules judge it."""
    first, newline, rest = text.partition("\n")
    value = _json(first)
    if value is None:
        broken_off = first.rstrip().endswith(("[", "{", "}", ","))
        return _JSON if broken_off or (not newline and not whole) else None
    alone = whole and not rest.strip()
    return (
        _JSON if alone and isinstance(value, list) and value and all(isinstance(one, dict) for one in value) else None
    )


_HOLDERS = r"data|rows|examples|records|items|samples|dataset|train|training|results|questions|数据|數據"
_HOLDER = re.compile(
    r'\{\s*("[^"]{1,40}"\s*:\s*("[^"]{0,200}"|[\d.]+|true|false|null)\s*,\s*){0,20}"(' + _HOLDERS + r')"\s*:\s*\['
)


def _json_object(text: str, whole: bool) -> FileType | None:
    """An object over several lines, or one that holds the list of examples."""
    first, newline, rest = text.partition("\n")
    if first.strip() == "{" and newline:
        return _JSON
    alone = not rest.strip() if whole else not newline
    return _JSON if alone and _HOLDER.match(first) else None


def _table(text: str, whole: bool) -> FileType | None:
    """CSV or TSV: lines that are no JSON and make rows of the same width."""
    from training_files.tables import delimited

    lines = text.splitlines(keepends=True)[: delimited.SEEN]
    if not whole and len(lines) > 1:
        lines.pop()  # it may be cut
    if any(_json(line) is not None for line in [line for line in lines if line.strip()][:3]):
        return None
    separator = delimited.separator(lines)
    if separator is None or any(mark in lines[0] for mark in "{["):
        return None
    name = "tsv" if separator == "\t" else "csv"
    return FileType(name, name, convertible=True)


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
