"""What a message is before it is posted: blocks for the eye, text for notifications and screen readers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slack_sdk.models.blocks import Block


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

    @property
    def in_words(self) -> "Message":
        """Without blocks that not every workspace takes; itself where it has none."""
        if not any(isinstance(block, DataBlock) for block in self.blocks):
            return self
        return Message(self.text, [one.in_words if isinstance(one, DataBlock) else one for one in self.blocks])

    @cached_property
    def _block_dicts(self) -> list[dict[str, Any]]:
        """Made once: a card is hashed, then sent."""
        return [block.to_dict() for block in self.blocks]
