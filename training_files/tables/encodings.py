"""Detect the encoding of a text.

A byte-order mark decides, then UTF-8 where the bytes are valid in it, then the ASCII that UTF-16 or UTF-32 give where
there are NULs; what is left is a legacy encoding, told apart by chardet among those that web pages still use.
"""

import codecs
import unicodedata

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "shift_jis": "cp932"}
"""What programs write under an encoding's name has characters that only its superset knows."""

_LOOKED_AT = 1 << 13
"""Bytes by which a width is told; whole characters in each."""

_ODD = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Unicode's categories of what does not stand in texts: controls, unassigned, private, surrogates."""

_MOST_DAMAGED = 0.1
"""Of the characters beyond ASCII, so many may be damaged in a text that is still called UTF-8. Read as UTF-8, texts in
legacy encodings are damaged in two thirds of them or more."""


def detect(head: bytes) -> str | None:
    """A Python codec name for the text that begins with `head` (64 kB are plenty); None where it is no text.

    The codec takes a byte-order mark off. `head` may end in the middle of a character.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _wide(head)
    if _decodes(head, "utf-8") or _mostly_utf8(head):
        return "utf-8"
    return _legacy(head)


def _decodes(head: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(head)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark; a text in UTF-8 may hold a stray NUL too.

    Line ends, separators and spaces are ASCII in every language: in the right width and order most of them appear.
    """
    found = None
    most = 0
    for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be", "utf-8"):
        try:
            text = codecs.getincrementaldecoder(name)().decode(head[:_LOOKED_AT])
        except UnicodeDecodeError:
            continue
        ascii = sum(map(str.isascii, text))
        if ascii > most and _is_plain(text):
            found, most = name, ascii
    return found


def _is_plain(text: str) -> bool:
    """Text has hardly any control characters or unassigned ones; bytes read in a wrong width are full of them."""
    odd = sum(unicodedata.category(character) in _ODD and character not in "\t\n\r" for character in text)
    return odd <= len(text) * 0.01


def _mostly_utf8(head: bytes) -> bool:
    text = head.decode("utf-8", "replace").rstrip("�")
    beyond_ascii = sum(not character.isascii() for character in text)
    return text.count("�") <= beyond_ascii * _MOST_DAMAGED


def _legacy(head: bytes) -> str | None:
    import chardet

    found = chardet.detect(head, encoding_era=chardet.EncodingEra.MODERN_WEB, compat_names=False)["encoding"]
    if found is None:
        return None
    name = codecs.lookup(found).name
    name = _SUPERSETS.get(name, name)
    for candidate in (name, found):
        if _decodes(head, candidate):
            return candidate
    return name if _is_plain(head[:_LOOKED_AT].decode(name, "ignore")) else None
