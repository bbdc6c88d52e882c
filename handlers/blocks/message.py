"""What a message is before it is posted: blocks for the eye, text for notifications and screen readers."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from slack_sdk.models.blocks import Block, ImageBlock


class DataBlock(Block):
    """A block of Slack's own that shows data, which not every workspace takes. `in_words`: the same in a block that
    each does."""

    def __init__(self, type: str, in_words: Block) -> None:
        super().__init__(type=type)
        self.in_words = in_words


@dataclass(frozen=True)
class Message:
    """`text` is mrkdwn, already escaped, and at most 4,000 characters: chat.update refuses more, even
    beside blocks (method page, read 2026-11-21).
    """

    text: str
    blocks: Sequence[Block] = field(default_factory=tuple)

    def as_arguments(self) -> dict[str, Any]:
        """Arguments for chat.postMessage, chat.update and chat.postEphemeral."""
        arguments: dict[str, Any] = {"text": self.text}
        if self.blocks:
            arguments["blocks"] = self._block_dicts
        return arguments

    def forms(self) -> Iterator["Message"]:
        """Itself, then what is left of it where Slack does not take that: first its data in words; then no pictures, of
        which one may be gone from Slack, or not ready; then its text alone."""
        yield self
        words = list(self.in_words.blocks)
        if words != list(self.blocks):
            yield Message(self.text, words)
        without = [block for block in words if not isinstance(block, ImageBlock)]
        if without != words:
            yield Message(self.text, without)
        if without:
            yield Message(self.text)

    @property
    def in_words(self) -> "Message":
        """Without blocks that not every workspace takes."""
        return Message(self.text, [one.in_words if isinstance(one, DataBlock) else one for one in self.blocks])

    @property
    def fingerprint(self) -> str:
        """Equal where the same is shown."""
        return hashlib.sha256(orjson.dumps(self.as_arguments(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def _block_dicts(self) -> list[dict[str, Any]]:
        """Made once: a card is hashed, then sent."""
        return [block.to_dict() for block in self.blocks]
