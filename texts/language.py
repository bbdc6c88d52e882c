"""The languages, which of them is in force, and messages in it.

English stands in the code and is its own key. Other languages have a catalogue for each module of texts:
`texts/zh/errors/jobs.po` for `texts/errors/jobs.py`, read and compiled in memory when a language is first spoken
(English reads nothing). `scripts/catalogues.py` keeps the catalogues and checks them.
"""

import gettext
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter


class Language(StrEnum):
    """The value is the language's code (ISO 639-1), as settings and commands take it."""

    ENGLISH = "en"
    CHINESE = "zh"

    @property
    def autonym(self) -> str:
        """What its speakers call it."""
        return {Language.ENGLISH: "English", Language.CHINESE: "简体中文"}[self]

    @property
    def locale(self) -> str:
        """The locale's identifier in CLDR, which Babel takes."""
        return {Language.ENGLISH: "en_US", Language.CHINESE: "zh_Hans_CN"}[self]


_in_force: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def current() -> Language:
    return _in_force.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """What is said within is said in `language`; tasks that are started within go on in it."""
    before = _in_force.get()
    _in_force.set(language)
    try:
        yield
    finally:
        # Not by a token: what is cut off in the middle is closed from outside, where that would be refused.
        _in_force.set(before)


def language_of(locale: str | None) -> Language | None:
    """The language that fits a locale (`zh-CN` as Slack names it, `zh_CN.UTF-8` as POSIX does); None for one that
    nothing is written in."""
    code = (locale or "").replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return Language(code) if code in set(Language) else None


def terminal_language(environment: Mapping[str, str]) -> Language:
    """By the variables of POSIX, of which the first that is set counts: LC_ALL, LC_MESSAGES, LANG."""
    names = (environment.get(variable) for variable in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next(filter(None, names), None)) or Language.ENGLISH


def translated(message: str) -> str:
    """A message that has no values and is not written where it is said."""
    return message if current() is Language.ENGLISH else _catalogue(current()).gettext(message)


def _(message: str, /, **values: object) -> str:
    """`message` in the language in force, with its `{placeholders}` filled. Whole numbers are written as the language
    writes them; everything else is put in as it is."""
    if current() is Language.ENGLISH:
        return _filled(message, values)
    return _filled_closely(_catalogue(current()).gettext(message), values)


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """Like `_`, in the form that goes with `count`, which fills `{count}`."""
    values = {"count": count, **values}
    if current() is Language.ENGLISH:
        return _filled(one if count == 1 else many, values)
    return _filled_closely(_catalogue(current()).ngettext(one, many, count), values)


def catalogues(language: Language) -> list[Path]:
    """The files, one a module."""
    return sorted((Path(__file__).parent / language).rglob("*.po"))


def _filled(message: str, values: Mapping[str, object]) -> str:
    return message.format_map(_written(values)) if values else message


def _filled_closely(message: str, values: Mapping[str, object]) -> str:
    """Chinese has no spaces between its own words: the one beside a placeholder is for what is no Chinese."""
    if not values:
        return message
    written = _written(values)
    parts = [""]
    for text, name, _spec, _conversion in Formatter().parse(message):
        value = str(written[name]) if name is not None else ""
        if text[:1] == " " and is_chinese(parts[-1][-1:]) and is_chinese((text[1:] or value)[:1]):
            text = text[1:]
        if text[-1:] == " " and is_chinese(text[-2:-1]) and is_chinese(value[:1]):
            text = text[:-1]
        parts += [text, value]
    return "".join(parts)


def is_chinese(character: str) -> bool:
    """A character or a mark of punctuation."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _written(values: Mapping[str, object]) -> dict[str, object]:
    return {name: f"{value:,}" if type(value) is int else value for name, value in values.items()}


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged = Catalog(locale=language.locale)
    for path in catalogues(language):
        with path.open("rb") as file:
            for message in read_po(file, locale=language.locale):
                if message.id and message.string:
                    merged[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
