"""Graders, as people are told of them."""

from collections.abc import Callable, Mapping
from typing import Final

from graders.foreign import LeftOut, Reason
from texts.language import _


def left_out(part: LeftOut) -> str:
    """Why a part of a file of another program was not taken over. Its words are as they came: whoever shows the
    sentence escapes it."""
    return _REASONS[part.reason](part.where, part.what)


def _assertion(where: str, what: str) -> str:
    return _("{where}: there is no counterpart to {what} here.", where=where, what=what)


def _code(where: str, what: str) -> str:
    return _("{where}: {what} is code, which is not run.", where=where, what=what)


def _file(where: str, what: str) -> str:
    return _(
        "{where}: {what} stands elsewhere, and nothing is fetched. Write it into the file.", where=where, what=what
    )


def _judge(where: str, what: str) -> str:
    return _("{where}: {what} asks a model, and none is named.", where=where, what=what)


def _pattern(where: str, what: str) -> str:
    return _(
        "{where}: the pattern of {what} is not one that RE2 takes (lookaround, backreferences).", where=where, what=what
    )


def _section(where: str, what: str) -> str:
    return _("{what}: this section is not read.", what=what)


def _template(where: str, what: str) -> str:
    return _("{where}: a template is the name of a variable here, and no more: {what}", where=where, what=what)


def _unreadable(where: str, what: str) -> str:
    return _("{where}: {what} cannot be read.", where=where, what=what)


_REASONS: Final[Mapping[Reason, Callable[[str, str], str]]] = {
    Reason.ASSERTION: _assertion,
    Reason.CODE: _code,
    Reason.FILE: _file,
    Reason.JUDGE: _judge,
    Reason.PATTERN: _pattern,
    Reason.SECTION: _section,
    Reason.TEMPLATE: _template,
    Reason.UNREADABLE: _unreadable,
}
