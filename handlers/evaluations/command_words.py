"""Reading `/finetune evaluate MODEL[, MODEL…] on FILE [with GRADER] [n=…] [samples=…] [checkpoints=yes]`.

Commas, quotation marks, figures and spaces may be those of a Chinese keyboard.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

from bot.errors import Invalid

SETTINGS: Final = ("n", "samples", "checkpoints", "confirm")
_QUOTED: Final = re.compile(
    r"```(?:json|yaml)?\s*(.*?)```|`([^`]*)`|\"([^\"]*)\"|“([^”]*)”|「([^」]*)」|『([^』]*)』", re.DOTALL
)
_WORD: Final = re.compile(r"[^\s`\"“”「」『』]+")
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_SEPARATORS: Final = re.compile(r"[,，、;；]")
_YES: Final = frozenset({"yes", "y", "true", "1", "是"})
_NO: Final = frozenset({"no", "n", "false", "0", "否"})
_KEYWORDS: Final = frozenset({"on", "with"})


class Words(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was typed, as it was typed. `models`: of each its id, its short name, or the job that made it. `grader`: a
    name, or JSON. `confirmed`: nothing is to be asked."""

    models: tuple[str, ...] = ()
    file: str | None = None
    grader: str | None = None
    n: int | None = None
    samples: int | None = None
    checkpoints: bool = False
    confirmed: bool = False


def read_command(text: str) -> Words:
    """Raises Invalid."""
    parts: dict[str, list[str]] = {"": [], "on": [], "with": []}
    settings: dict[str, str] = {}
    part = ""
    for word, quoted in _words(text):
        typed = unicodedata.normalize("NFKC", word)
        if quoted:
            parts[part].append(word)
        elif typed.lower() in _KEYWORDS:
            part = typed.lower()
        elif found := _settings_in(word):
            settings |= found
        else:
            parts[part].append(word)
    models = _SEPARATORS.sub(" ", " ".join(parts[""])).split()
    return Words(
        models=tuple(dict.fromkeys(models)),
        file=_joined(parts["on"]),
        grader=_joined(parts["with"]),
        n=_whole(settings, "n"),
        samples=_whole(settings, "samples"),
        checkpoints=_flag(settings, "checkpoints"),
        confirmed=_flag(settings, "confirm"),
    )


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it stood in quotation marks or backticks; JSON is one word."""
    at = 0
    while at < len(text):
        if text[at] == "{":
            end = _end_of_json(text, at)
            yield text[at:end], True
            at = end
        elif match := _QUOTED.match(text, at):
            yield next(group for group in match.groups() if group is not None).strip(), True
            at = match.end()
        elif word := _WORD.match(text, at):
            yield word[0], False
            at = word.end()
        else:
            at += 1


def _end_of_json(text: str, at: int) -> int:
    """Where the object that begins at `at` ends; where it is none, all that could belong to it."""
    try:
        return json.JSONDecoder().raw_decode(text, at)[1]
    except ValueError:
        return text.rfind("}") + 1 or len(text)


def _settings_in(word: str) -> dict[str, str]:
    """`n=50`, or several with commas; {} where it is a word like others. Raises Invalid."""
    found = {}
    for piece in filter(None, _SEPARATORS.split(_THOUSANDS.sub("", word))):
        name, equals, value = unicodedata.normalize("NFKC", piece).partition("=")
        if not equals:
            return {}
        if name.lower() not in SETTINGS:
            raise Invalid("unknown_setting", word=piece, settings=SETTINGS)
        found[name.lower()] = value.strip("。.")
    return found


def _joined(words: list[str]) -> str | None:
    """A file's name may have spaces."""
    return " ".join(words).strip(" ,，、。") or None


def _whole(settings: dict[str, str], name: str) -> int | None:
    if name not in settings:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", settings[name]) or int(settings[name]) < 1:
        raise Invalid("not_a_count", name, name=name, value=settings[name])
    return int(settings[name])


def _flag(settings: dict[str, str], name: str) -> bool:
    value = settings.get(name, "no").lower()
    if value not in _YES | _NO:
        raise Invalid("not_yes_or_no", name, name=name, value=value)
    return value in _YES
