"""Counting with the tokenizer that an open model brings, its `tokenizer.json`.

Byte-pair encodings, which nearly all are, are counted by splintr, in a fraction of the time and memory that Hugging
Face's `tokenizers` takes; the tests hold it to the same counts. `tokenizers` counts for the other kinds, and the rare
text that holds a character of which the vocabulary lacks a byte: it joins what stands on both sides of it.
"""

import importlib.util
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

Count = Callable[[list[str]], list[int]]

MOST_CACHED = 1 << 14
"""Words whose tokens splintr remembers until it begins anew. It would keep all, and is no faster for it."""


def counting(file: Path) -> Count | None:
    """What counts the tokens of texts, without those that the tokenizer puts around them; None where neither library
    is installed or the file is damaged. It runs in several threads at once.
    """
    return _splintr(file) or _tokenizers(file)


def _splintr(file: Path) -> Count | None:
    try:
        import splintr

        tokenizer: Any = splintr.from_json(str(file))
        unknown = _unknown(file)
    except (ImportError, ValueError, OSError):
        return None
    if tokenizer.family != "BPE":  # its other kinds differ from `tokenizers` in rare letters
        return None
    around = len(tokenizer.encode(""))

    def count(texts: list[str]) -> list[int]:
        _, ends = tokenizer.encode_batch_flat(texts)
        if tokenizer.cache_len > MOST_CACHED:
            tokenizer.clear_cache()
        return [end - start - around for start, end in pairwise(memoryview(ends).cast("Q"))]

    if unknown is None:
        return count
    if importlib.util.find_spec("tokenizers") is None:
        return None
    load = cache(_tokenizers)

    def count_all(texts: list[str]) -> list[int]:
        counts = count(texts)
        for place, text in enumerate(texts):
            if unknown.search(text) and (exact := load(file)):
                counts[place] = exact([text])[0]
        return counts

    return count_all


def _tokenizers(file: Path) -> Count | None:
    try:
        import tokenizers

        tokenizer = tokenizers.Tokenizer.from_file(str(file))
    except Exception:  # the library raises bare Exception for a damaged file; missing library: ImportError
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: list[str]) -> list[int]:
        return [len(one) for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    return count


def _unknown(file: Path) -> re.Pattern[str] | None:
    """The characters of which a vocabulary of bytes lacks one (SmolLM2's lacks six control characters and two bytes
    that begin unassigned ones); None where it has all, or is none of bytes.

    Raises ValueError where it lacks a byte that stands within characters of all kinds.
    """
    vocabulary = file.read_bytes()  # searched, not decoded: that would take ten times the memory
    if b'"ByteLevel"' not in vocabulary:
        return None
    missing = [
        byte
        for byte, letter in enumerate(_letters())
        if byte in _UTF_8 and msgspec.json.encode(letter) + b":" not in vocabulary
    ]
    if any(0x80 <= byte < 0xC2 for byte in missing):
        raise ValueError("a vocabulary that lacks bytes")
    return re.compile(f"[{''.join(map(_characters, missing))}]") if missing else None


_UTF_8 = {*range(0xC0), *range(0xC2, 0xF5)}
"""The bytes that stand in text."""


def _letters() -> list[str]:
    """The letter that stands for each byte in a vocabulary of bytes: itself where it can be seen, else one from U+0100
    on (GPT-2's table, which all have used since).
    """
    seen = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in seen else next(others)) for byte in range(0x100)]


def _characters(byte: int) -> str:
    """Those whose UTF-8 begins with `byte`, as a range of a regular expression."""
    if byte < 0x80:
        first = last = byte
    elif byte < 0xE0:
        first = (byte & 0x1F) << 6
        last = first | 0x3F
    elif byte < 0xF0:
        first = max((byte & 0x0F) << 12, 0x800)
        last = (byte & 0x0F) << 12 | 0xFFF
    else:
        first = max((byte & 0x07) << 18, 0x10000)
        last = min((byte & 0x07) << 18 | 0x3FFFF, 0x10FFFF)
    return f"{re.escape(chr(first))}-{re.escape(chr(last))}"
