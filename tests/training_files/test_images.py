"""Images and other parts of a message's content."""

import base64
from typing import Any

import pytest

from texts.findings import sentence

ANSWER = {"role": "assistant", "content": "A red bicycle."}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\1" * 2 + b"\x08\x02\0\0\0"
GREY = PNG[:25] + b"\0" + PNG[26:]
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 16
WEBP = b"RIFF\0\0\0\0WEBPVP8 "


def data(image: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"


def image(url: Any, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url} | more}


def asks(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}, ANSWER]}


FIELD = "messages[0].content[1]"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "http://example.org/a?b=c",
        data(PNG),
        data(JPEG, "image/jpeg"),
        data(JPEG, "image/jpg"),
        data(WEBP, "image/webp"),
    ],
)
def test_an_address_or_an_image_in_the_line_is_fine(judged, url):
    assert judged(asks(image(url, detail="high"))).counts == {}


@pytest.mark.parametrize(
    ("part", "code", "field", "words"),
    [
        (image("ftp://example.org/a.png"), "invalid_image_url", ".image_url.url", "not an http address"),
        (image("a.png"), "invalid_image_url", ".image_url.url", "not an http address"),
        (image("https://"), "invalid_image_url", ".image_url.url", "not an http address"),
        (image("https://example.org/a b.png"), "invalid_image_url", ".image_url.url", "not an http address"),
        (image(""), "invalid_image_url", ".image_url.url", "empty"),
        (image(7), "invalid_image_url", ".image_url", "without a `url`"),
        (
            {"type": "image_url", "image_url": "https://example.org/a.png"},
            "invalid_image_url",
            ".image_url",
            "a string",
        ),
        ({"type": "image_url"}, "invalid_image_url", ".image_url", "null"),
        (image("data:image/png,abc"), "invalid_image_url", ".image_url.url", "without `;base64,`"),
        (image("data:image/png;base64,ab$c"), "invalid_image_url", ".image_url.url", "not valid Base64"),
        (image(data(b"GIF89a", "image/gif")), "unsupported_image", ".image_url.url", "no JPEG, PNG or WEBP"),
        (image(data(b"")), "unsupported_image", ".image_url.url", "an empty image"),
        (image(data(JPEG)), "unsupported_image", ".image_url.url", "called image/png and is image/jpeg"),
        (image(data(GREY)), "unsupported_image", ".image_url.url", "greys"),
        (image(data(PNG + b"\0" * 10_000_000)), "image_too_large", ".image_url.url", "10.0 MB"),
        (image("https://example.org/a.png", detail="full"), "invalid_value", ".image_url.detail", '"full"'),
        ({"type": "input_audio", "input_audio": {}}, "invalid_content_part", "", "input_audio"),
        ({"type": "text"}, "invalid_content_part", "", "has no text"),
        ({"type": "refusal", "refusal": "No."}, "invalid_content_part", "", "not the assistant's"),
    ],
)
def test_each_part_is_of_a_kind_that_can_be_trained_on(judged, part, code, field, words):
    findings = judged(asks(part))
    (finding,) = findings.first("error") + findings.first("warning")
    assert (finding.code, finding.line, finding.field) == (code, 1, FIELD + field)
    assert words in sentence(finding)
    assert len(finding.quote) <= 120


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_only_the_user_shows_images(judged, role):
    shown = {"role": role, "content": [image("https://example.org/a.png")]}
    (finding,) = judged({"messages": [shown, asks()["messages"][0], ANSWER]}).first("error")
    assert (finding.code, finding.field) == ("misplaced_image", "messages[0].content[0]")


def test_ten_images_are_taken_and_eleven_are_not(judged):
    one = image("https://example.org/a.png")
    assert judged(asks(*[one] * 10)).counts == {}
    (finding,) = judged(asks(*[one] * 11)).first("error")
    assert (finding.code, finding.field) == ("too_many_images", "messages")
    assert "11 images" in sentence(finding)


def test_examples_with_images_are_counted_over_the_file(judged):
    findings = judged(*[asks(image("https://example.org/a.png"))] * 50_001)
    (finding,) = findings.first("error")
    assert (finding.code, finding.line) == ("too_many_image_examples", None)
    assert "50,001" in sentence(finding)
