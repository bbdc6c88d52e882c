"""Documents that people put into the window, as topics."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.errors import Invalid
from bot.generation.channel_export import ChannelExport, read_export, threads_of
from bot.generation.generation import MOST_TOPICS, GenerationRequest
from bot.generation.passages import drawn, passages_in
from handlers.blocks.markup import plain
from handlers.datasets.dropped_files import name_of, unbroken
from handlers.web.download import Download
from training_files.tables.encodings import detect

LARGEST: Final = 5_000_000
"""Bytes."""


@dataclass(frozen=True)
class Documents:
    download: Download

    async def with_passages(self, wanted: GenerationRequest, file: dict[str, Any]) -> GenerationRequest:
        """With topics drawn from Slack's `file`, beside those that were typed. Raises Invalid where there is nothing to
        ask about; PostLater, PostDoubtful where Slack cannot hand it out at the moment."""
        name, content = await self._read(file)
        encoding = detect(content[:65_536])
        if encoding is None:
            raise Invalid("document_is_no_text", "document", file=name)
        export = await asyncio.to_thread(_export, content)
        if export is not None:
            passages = await asyncio.to_thread(threads_of, export)
        else:
            text = content.decode(encoding, "replace").replace("\0", "")
            passages = await asyncio.to_thread(passages_in, text, name)
        if not passages:
            raise Invalid("no_passages", "document", file=name)
        topics = (*wanted.topics, *drawn(passages, wanted.instructions.n))[:MOST_TOPICS]
        source = hashlib.sha256(content).hexdigest()
        return msgspec.structs.replace(wanted, topics=topics, source=source, source_name=name)

    async def export(self, file: dict[str, Any]) -> ChannelExport:
        """Slack's `file` as an exported channel. Raises like `with_passages`; Invalid where it is none."""
        name, content = await self._read(file)
        export = await asyncio.to_thread(_export, content)
        if export is None:
            raise Invalid("no_channel_export", "export", file=name)
        return export

    async def _read(self, file: dict[str, Any]) -> tuple[str, bytes]:
        """Name and content."""
        details = await self.download.details(file)
        content = bytearray()
        async for chunk in unbroken(self.download, details):
            content += chunk
            if len(content) > LARGEST:
                raise Invalid("document_too_large", "document", megabytes=LARGEST // 1_000_000)
        return name_of(details), bytes(content)


def _export(content: bytes) -> ChannelExport | None:
    """With links and signs as they were typed."""
    export = read_export(content)
    if export is None:
        return None
    said = tuple(msgspec.structs.replace(one, text=plain(one.text)) for one in export.messages)
    return ChannelExport(said, export.names)
