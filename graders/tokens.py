"""Words of a text, for figures that count them. The script decides: Chinese and Japanese, and others that put no space
between words, are counted by the character; the rest by the word."""

from enum import StrEnum

import re2


class Writing(StrEnum):
    """How a text is cut into tokens. The values are names of sacrebleu's tokenizers."""

    SPACED = "13a"
    CHINESE = "zh"
    UNSPACED = "char"
    """Japanese, whose tokenizer needs a dictionary; Thai, Lao, Khmer, Burmese."""


_HAN = re2.compile(r"\p{Han}")
_OTHERS = re2.compile(r"[\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_UNSPACED = re2.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*")
_WORD = re2.compile(r"[\p{L}\p{M}\p{N}]+")


def writing_of(text: str) -> Writing:
    if _OTHERS.search(text):
        return Writing.UNSPACED
    return Writing.CHINESE if _HAN.search(text) else Writing.SPACED


def words(text: str) -> list[str]:
    """Lower-case words without punctuation, as rouge-score cuts English; characters where no space is between words."""
    found: list[str] = _WORD.findall(_UNSPACED.sub(r" \g<0> ", text.lower()))
    return found
