"""Which language stands in what the bot sends: a sentence that nobody has translated is found wherever it is shown."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from texts.language import Language

# What stands in neither language: code, links, mentions, dates and emoji of Slack.
_NO_LANGUAGE = re.compile(
    r"```.*?```|`[^`]*`|<[^<>]*>|:[a-z0-9_+-]+:|\S+\.(?:jsonl|csv|md|yml)\b|https?://\S+", re.DOTALL
)
_ENGLISH = re.compile(r"[A-Za-z][a-z]+(?:[ ,]+[A-Za-z][a-z]*){3,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts_of(content: Any) -> Iterator[str]:
    """All that a request shows people: texts of blocks, attachments, modals and what stands in for pictures."""
    if isinstance(content, list):
        for one in content:
            yield from texts_of(one)
    elif isinstance(content, dict):
        for key, value in content.items():
            if isinstance(value, str) and key in ("text", "alt_text", "title", "markdown_text", "fallback"):
                yield value
            elif isinstance(value, str) and key in ("blocks", "view", "attachments"):
                yield from texts_of(json.loads(value))
            elif key not in ("metadata", "private_metadata"):
                yield from texts_of(value)


def foreign(content: str, language: Language, known: Iterable[str]) -> list[str]:
    """The texts of a request that are not in this language; `known` words are names of things."""
    found = []
    for text in texts_of(json.loads(content)):
        plain = _NO_LANGUAGE.sub("…", text)
        for name in sorted(known, key=len, reverse=True):
            plain = plain.replace(name, "…")
        if (_ENGLISH if language is Language.CHINESE else _CHINESE).search(plain):
            found.append(text)
    return found
