"""Tables of sentences: which function says what for a kind of error, finding or remark."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import ParamSpec

_P = ParamSpec("_P")


def paragraphs(docstring: str) -> list[str]:
    """Each on one line."""
    return [" ".join(paragraph.split()) for paragraph in inspect.cleandoc(docstring).split("\n\n")]


class Sentences(Mapping[str, Callable[..., str]]):
    """Functions, each of which says one sentence, by their names. `sentence` marks those that belong to the table; the
    name is the kind, the parameters are the values that come with it."""

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., str]] = {}

    def sentence(self, say: Callable[_P, str]) -> Callable[_P, str]:
        if say.__name__ in self._functions:
            raise ValueError(f"There are two sentences for {say.__name__}.")
        self._functions[say.__name__] = say
        return say

    def include(self, others: "Sentences") -> None:
        """Take in those of another table."""
        for say in others.values():
            self.sentence(say)

    def say(self, kind: str, values: Mapping[str, object], **context: object) -> str | None:
        """What is said of a kind, None of one without a sentence. Of the `context` a sentence gets what it takes."""
        if kind not in self:
            return None
        taken = {name: value for name, value in context.items() if name in self.parameters(kind)}
        return self[kind](**taken, **values)

    def parameters(self, kind: str) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self[kind]).parameters

    def __getitem__(self, kind: str) -> Callable[..., str]:
        return self._functions[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)
