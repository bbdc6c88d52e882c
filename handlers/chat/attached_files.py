"""Files that people put into a question to a model."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog

from bot.conversations.attachments import LARGEST, MOST_IMAGES, read_attachment
from bot.conversations.conversation import Attachment
from bot.errors import BotError, Invalid
from handlers.datasets.dropped_files import name_of, unbroken
from handlers.web.download import Download
from texts.errors import sentence
from training_files import TrainingFileError

log = structlog.get_logger()


class AttachedFiles:
    def __init__(self, download: Download) -> None:
        self._download = download

    async def read(
        self, files: Sequence[dict[str, Any]], known: Mapping[str, bytes] = MappingProxyType({}), *, images: bool
    ) -> tuple[list[Attachment], list[tuple[str, str]]]:
        """What the model is given of them, and the names of the others with a sentence why not. `images`: whether it is
        known to read these; `known`: the bytes of files that were read before, by their ids. Raises PostLater,
        PostDoubtful where Slack cannot hand them out at the moment."""
        read: list[Attachment] = []
        left: list[tuple[str, str]] = []
        for file in files:
            try:
                attachment = await self._one(file, known.get(str(file["id"])), images=images)
                if attachment.image and sum(one.image is not None for one in read) == MOST_IMAGES:
                    raise Invalid("too_many_images", most=MOST_IMAGES)
                read.append(attachment)
            except (BotError, TrainingFileError) as error:
                log.info("file not given to the model", why=str(error))
                left.append((name_of(file), sentence(error)))
        return read, left

    async def _one(self, file: dict[str, Any], known: bytes | None, *, images: bool) -> Attachment:
        details = await self._download.details(file)
        content = bytearray()
        async for chunk in unbroken(self._download, details, read=known):
            content += chunk
            if len(content) > LARGEST:
                raise Invalid("attachment_too_large", megabytes=LARGEST // 1_000_000)
        return read_attachment(name_of(details), bytes(content), images=images)
