"""Files in a question, as a model is given them: texts as text, images as data URLs."""

import base64
from typing import Final

from bot.conversations.conversation import Attachment
from bot.errors import Invalid
from training_files.tables.encodings import detect

LONGEST_TEXT: Final = 200_000
LARGEST_IMAGE: Final = 5_000_000
"""Bytes of one file. An image grows by a third on its way to the model; providers take some 20 MB in all."""
MOST_IMAGES: Final = 4
LARGEST: Final = max(LONGEST_TEXT, LARGEST_IMAGE)

# The kinds that models with eyes read (OpenAI's guide to images, read 2026-11-21), by their first bytes.
_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def read_attachment(name: str, content: bytes, *, images: bool) -> Attachment:
    """What `content` says the file is, whatever it is called. `images`: whether the model is known to read these.

    Raises Invalid where the model cannot be given it.
    """
    kind = _image_kind(content)
    if kind is not None and not images:
        raise Invalid("model_without_eyes")
    if kind is not None:
        if len(content) > LARGEST_IMAGE:
            raise Invalid("attachment_too_large", megabytes=LARGEST_IMAGE // 1_000_000)
        return Attachment(name, image=f"data:{kind};base64,{base64.b64encode(content).decode()}")
    encoding = detect(content[:65_536])
    if encoding is None:
        raise Invalid("attachment_is_no_text")
    if len(content) > LONGEST_TEXT:
        raise Invalid("attachment_too_long", kilobytes=LONGEST_TEXT // 1_000)
    text = content.decode(encoding, "replace").replace("\0", "")
    if not text.strip():
        raise Invalid("attachment_is_empty")
    return Attachment(name, text=text)


def _image_kind(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in _IMAGES if content.startswith(mark)), None)
