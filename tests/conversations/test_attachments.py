"""Files in a question, by what they hold and not by what they are called."""

import pytest

from bot.conversations.attachments import LARGEST_IMAGE, LONGEST_TEXT, read_attachment
from bot.conversations.conversation import Attachment
from bot.errors import Invalid
from texts.errors import sentence

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a = 1\n", "a = 1\n"),
        ("Grüße, 你好".encode(), "Grüße, 你好"),
        ("你好，世界".encode("utf-16"), "你好，世界"),
        ("Größe und Maß der Äpfel überall".encode("latin-1"), "Größe und Maß der Äpfel überall"),
    ],
)
def test_texts_are_read_in_their_encoding(content: bytes, text: str) -> None:
    assert read_attachment("notes.bin", content, images=False) == Attachment("notes.bin", text=text)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_images_become_data_urls(content: bytes, kind: str) -> None:
    image = read_attachment("photo.txt", content, images=True).image
    assert image is not None
    assert image.startswith(f"data:{kind};base64,")


@pytest.mark.parametrize(
    ("content", "images", "told"),
    [
        (PNG, False, "not known to read images"),
        (PNG + b"\0" * LARGEST_IMAGE, True, "5 MB"),
        (b"x" * (LONGEST_TEXT + 1), True, "200 kB"),
        (b"\0\1\2\3\4\xff\xfe\xfd" * 100, True, "texts and images"),
        (b" \n", True, "empty"),
    ],
)
def test_what_a_model_cannot_be_given_is_refused_with_the_reason(content: bytes, images: bool, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_attachment("file", content, images=images)
    assert told in sentence(refused.value)
