"""Looking up by name: the whole name, or a beginning that no other name has."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.errors import Ambiguous

T = TypeVar("T")


def named(word: str, things: Iterable[T], names: Callable[[T], Iterable[str | None]]) -> list[T]:
    """The things that are called `word`; where there are none, those with a name that begins with it.

    Upper and lower case are alike, for phones begin a message with a capital.
    """
    wanted = word.casefold()
    called = [(thing, [name.casefold() for name in names(thing) if name]) for thing in things]
    whole = [thing for thing, known in called if wanted in known]
    return whole or [thing for thing, known in called if any(name.startswith(wanted) for name in known)]


def the_one_named(
    word: str, things: Iterable[T], names: Callable[[T], Iterable[str | None]], label: Callable[[T], str]
) -> T | None:
    """The thing that `word` names, None where there is none. Raises Ambiguous, with their labels, where there are
    several."""
    found = named(word, things, names)
    if len(found) > 1:
        shared = any(name and name.casefold() == word.casefold() for name in names(found[0]))
        raise Ambiguous(word, [label(thing) for thing in found], shared=shared)
    return found[0] if found else None
