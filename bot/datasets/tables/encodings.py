"""Which encoding a text is in.

A byte-order mark decides, then UTF-8 where the bytes are valid in it, then the pattern of NULs that UTF-16 and UTF-32
leave; what is left is a legacy encoding, told apart by chardet among those that web pages still use.
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "shift_jis": "cp932"}
"""What programs write under an encoding's name has characters that only its superset knows."""

_MOST_DAMAGED = 0.02
"""Of the characters beyond ASCII, so many may be damaged in a text that is still called UTF-8."""


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
    """UTF-16 or UTF-32 without a mark, known by where the NULs are; a text in UTF-8 may hold a stray NUL too."""
    for width, name in ((4, "utf-32"), (2, "utf-16")):
        units = len(head) // width
        for order, ascii_at in (("le", 0), ("be", width - 1)):
            zeros = [head[place::width].count(0) / max(1, units) for place in range(width)]
            others = [zeros[place] for place in range(width) if place != ascii_at]
            few, many = zeros[ascii_at], min(others)
            # Line ends, separators and brackets are ASCII in every language, so some high bytes are zero.
            codec = f"{name}-{order}"
            if few < 0.02 and many > 0.05 and _decodes(head, codec):
                text = codecs.getincrementaldecoder(codec)().decode(head)
                if _is_plain(text):
                    return codec
    if _decodes(head, "utf-8") and head.count(0) < len(head) * 0.01 and _is_plain(head.decode("utf-8", "ignore")):
        return "utf-8"
    return None


def _is_plain(text: str) -> bool:
    """Text has hardly any control characters or unassigned ones; bytes read in a wrong width are full of them."""
    odd = len(re.findall(r"[\x00-\x08\x0e-\x1f\x7f\ue000-\uf8ff\ufffe\uffff]", text))
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
    return name if _is_plain(head.decode(name, "ignore")) else None
