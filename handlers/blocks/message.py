"""What a message is before it is posted: blocks for the eye, text for notifications and screen readers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

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

    def as_arguments(self) -> dict[str, object]:
        """Arguments for chat.postMessage, chat.update and chat.postEphemeral."""
        arguments: dict[str, object] = {"text": self.text}
        if self.blocks:
            arguments["blocks"] = self._block_dicts
        return arguments

    def forms(self) -> Iterator["Message"]:
        """Itself, then what is left of it where Slack does not take that: first its data in words, then no pictures
        either. One may be gone from Slack, or not ready, and what stands beside it is worth more."""
        yield self
        blocks = [block.in_words if isinstance(block, DataBlock) else block for block in self.blocks]
        if blocks != list(self.blocks):
            yield Message(self.text, blocks)
        without = [block for block in blocks if not isinstance(block, ImageBlock)]
        if len(without) < len(blocks):
            yield Message(self.text, without)

    @cached_property
    def _block_dicts(self) -> list[dict[str, Any]]:
        """Made once: a card is hashed, then sent."""
        return [block.to_dict() for block in self.blocks]
