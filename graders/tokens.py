"""Words of a text, for figures that count them. The script decides: Chinese and Japanese, and others that put no space
between words, are counted by the character; the rest by the word."""

from enum import StrEnum
from typing import Final

import regex


class Writing(StrEnum):
    """How a text is cut into tokens. The values are names of sacrebleu's tokenizers."""

    SPACED = "13a"
    CHINESE = "zh"
    UNSPACED = "char"
    """Japanese, whose tokenizer needs a dictionary; Thai, Lao, Khmer, Burmese."""


_HAN: Final = regex.compile(r"\p{Han}")
_OTHERS: Final = regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_UNSPACED: Final = rf"{_OTHERS.pattern[:-1]}\p{{Han}}]"
_WORD: Final = regex.compile(rf"{_UNSPACED}\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]+", regex.V1)


def writing_of(text: str) -> Writing:
    if _OTHERS.search(text):
        return Writing.UNSPACED
    return Writing.CHINESE if _HAN.search(text) else Writing.SPACED


def words(text: str) -> list[str]:
    """Lower-case words without punctuation, as rouge-score cuts English; characters where no space is between words."""
    found: list[str] = _WORD.findall(text.lower())
    return found
