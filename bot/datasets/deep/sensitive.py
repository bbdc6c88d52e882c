"""Secrets and personal data in a text: where they stand, and the text without them."""

import msgspec


class Span(msgspec.Struct, frozen=True):
    """`text[start:end]` is a thing of this kind, such as "mail address" or "GitHub token"."""

    start: int
    end: int
    kind: str


def find(text: str) -> list[Span]:
    """What should not be trained on, in order; spans do not overlap."""
    raise NotImplementedError


def mask(text: str) -> tuple[str, list[str]]:
    """The text with each find replaced by a word in brackets, and the kinds that were, in order."""
    raise NotImplementedError
