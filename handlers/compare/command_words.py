"""Reading `/finetune compare A B [C D] PROMPT` and `/finetune arena A B [C D] PROMPT | n=… on FILE [votes=…]`."""

import re
from collections.abc import Sequence

import msgspec

from bot.access import Caller
from bot.compare.comparison import FEWEST_MODELS, MOST_MODELS
from bot.errors import Ambiguous
from bot.models.lookup import ModelLookup

_SETTING = re.compile(r"(n|votes)=(\d{1,6})")
_QUOTES = {'"': '"', "“": "”", "'": "'", "„": "“", "「": "」"}
# A shorter word is more likely the first of a question.
_SHORTEST_BEGINNING = 4


class Words(msgspec.Struct, frozen=True):
    """`models` are ids. `file`: what follows `on`."""

    models: tuple[str, ...] = ()
    prompt: str = ""
    file: str | None = None
    n: int | None = None
    votes: int | None = None


async def read_compare(lookup: ModelLookup, caller: Caller, text: str) -> Words:
    """Raises Ambiguous where a word names several models, ProviderError."""
    models, rest = await _models(lookup, caller, text)
    return Words(models, _unquoted(rest))


async def read_arena(lookup: ModelLookup, caller: Caller, text: str) -> Words:
    """Raises like `read_compare`."""
    models, rest = await _models(lookup, caller, text)
    words, settings, file = rest.split(), {}, None
    while words:
        if setting := _SETTING.fullmatch(words[0]):
            settings[setting[1]] = int(setting[2])
            words = words[1:]
        elif words[0].lower() == "on" and (settings or _is_file(words[1:])):
            file, words = " ".join(words[1:2]).strip("`"), words[2:]
        else:
            break
    if file is not None or not words:
        return Words(models, "", file, settings.get("n"), settings.get("votes"))
    prompt = _unquoted(rest if not settings else " ".join(words))
    return Words(models, prompt, None, settings.get("n"), settings.get("votes"))


async def _models(lookup: ModelLookup, caller: Caller, text: str) -> tuple[tuple[str, ...], str]:
    """The first two words name models, whatever they are; a third and a fourth where they do and more follows."""
    models: list[str] = []
    rest = text.strip()
    while rest and len(models) < MOST_MODELS and rest[0] not in _QUOTES:
        word, _, after = rest.partition(" ")
        named = word.strip("`,")
        if _SETTING.fullmatch(named):
            break
        if len(models) < FEWEST_MODELS:
            models.append(await lookup.named(caller, named))
        elif model := await _perhaps(lookup, caller, named, after):
            models.append(model)
        else:
            break
        rest = after.strip()
    return tuple(models), rest


async def _perhaps(lookup: ModelLookup, caller: Caller, word: str, after: str) -> str | None:
    """The model that a third or fourth word names, unless it is rather the beginning of the question."""
    if len(word) < _SHORTEST_BEGINNING or not after.strip():
        return None
    try:
        return await lookup.find(caller, word)
    except Ambiguous:
        return None


def _is_file(words: Sequence[str]) -> bool:
    return bool(words) and (words[0].startswith("ds-") or "." in words[0])


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text
