"""Texts without what does not change an answer: case, width of characters, space, punctuation, English articles."""

import re
import unicodedata
from typing import Final

from graders.tokens import Writing, writing_of

_SEPARATES: Final = re.compile(r"[-‐‑–—…·\s,.;:!?\"“”„«»()\[\]{}<>、。・《》〈〉「」『』【】〔〕*_`]+")
# A sign and a point within a number say which number it is.
_OF_NUMBER: Final = re.compile(r"(?<![\w.])[-−](?=\d)|(?<=\d)[.,:](?=\d)")
_ABBREVIATED: Final = re.compile(r"\b([^\W\d_])\.(?=[^\W\d_]\b)")
_APOSTROPHES: Final = re.compile(r"['’‘]")
_ARTICLES: Final = re.compile(r"\b(?:an?|the)\b")
_KEPT: Final = {"-": "\ue000", "−": "\ue000", ".": "\ue001", ",": "", ":": "\ue002"}
_BACK: Final = str.maketrans({"\ue000": "-", "\ue001": ".", "\ue002": ":"})


def normalized(text: str) -> str:
    """A text that is nothing but punctuation stays as it is."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    kept = _OF_NUMBER.sub(lambda found: _KEPT[found[0]], _ABBREVIATED.sub(r"\1", _APOSTROPHES.sub("", plain)))
    bare = _SEPARATES.sub(" ", kept)
    if plain.isascii():
        bare = _ARTICLES.sub(" ", bare) if _ARTICLES.sub("", bare).strip() else bare
    together = "" if writing_of(plain) is not Writing.SPACED else " "
    return together.join(bare.split()).translate(_BACK) or plain
