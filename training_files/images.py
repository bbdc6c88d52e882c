"""Images and other parts in the contents of messages. No address is ever fetched.

Limits: OpenAI's vision fine-tuning guide (read 2026-11-21). Of an image in a data URL the kind, the size and, for a
PNG, the colours are read; the pixels are not.
"""

import binascii
import re
from typing import Any

from training_files.findings import Findings
from training_files.wording import kind, quoted

TOKENS = 85  # one image at low detail (vision guide); others need its size
MOST = 10
MOST_BYTES = 10 * 1_000_000


def judge(messages: list[Any], field: str, line: int, findings: Findings) -> None:
    """Holds the parts of each message's content to what can be trained on."""
    images = 0
    for place, message in enumerate(messages):
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            continue
        role = message.get("role")
        for number, part in enumerate(content):
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                continue  # the content as a whole is refused for it
            where = f"{field}[{place}].content[{number}]"
            if part["type"] == "image_url":
                images += 1
                if isinstance(role, str) and role != "user":
                    findings.add("misplaced_image", line, where, role=role[:20], quote=quoted(part, 120))
                _judge_image(part.get("image_url"), f"{where}.image_url", line, findings)
            else:
                _judge_text(part, role, where, line, findings)
    if images > MOST:
        findings.add("too_many_images", line, field, count=images)


def _judge_text(part: dict[str, Any], role: Any, where: str, line: int, findings: Findings) -> None:
    sort = part["type"]
    if sort not in ("text", "refusal"):
        what, how = f"of the type {quoted(sort)}", "Keep text and images only."
    elif not isinstance(part.get(sort), str):
        what, how = f"of the type {sort} and has no {sort}", f"Put the text under `{sort}`."
    elif sort == "refusal" and role != "assistant":
        what, how = "a refusal in a message that is not the assistant's", "Remove it."
    else:
        return
    findings.add("invalid_content_part", line, where, what=what, how=how, quote=quoted(part, 120))


def _judge_image(image: Any, field: str, line: int, findings: Findings) -> None:
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str):
        what = "an object without a `url`" if isinstance(image, dict) else f"{kind(image)}, not an object with a `url`"
        findings.add("invalid_image_url", line, field, what=what, quote=quoted(image, 120))
        return
    detail = image.get("detail")
    if detail is not None and detail not in ("auto", "low", "high"):
        how = "Use auto, low or high."
        findings.add("invalid_value", line, f"{field}.detail", what=quoted(detail), how=how, quote=quoted(detail))
    if url[:5].lower() == "data:":
        _judge_data(url, f"{field}.url", line, findings)
    elif not re.match(r"https?://[^\s/?#]+", url, re.IGNORECASE) or re.search(r"\s", url):
        what = "not an http address" if url else "empty"
        findings.add("invalid_image_url", line, f"{field}.url", what=what, quote=url)


def _judge_data(url: str, field: str, line: int, findings: Findings) -> None:
    head, comma, data = url.partition(",")
    named = re.fullmatch(r"data:([\w.+-]+/[\w.+-]+)?(;[\w=.+-]+)*;base64", head[:200], re.IGNORECASE)
    if not comma or named is None:
        findings.add("invalid_image_url", line, field, what="a data URL without `;base64,`", quote=url)
        return
    try:
        image = binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        findings.add("invalid_image_url", line, field, what="a data URL that is not valid Base64", quote=url)
        return
    if len(image) > MOST_BYTES:
        findings.add("image_too_large", line, field, megabytes=len(image) / 1_000_000, quote=url)
    wrong = _wrong_image(image, (named[1] or "").lower())
    if wrong is not None:
        findings.add("unsupported_image", line, field, what=wrong, quote=url)


def _wrong_image(image: bytes, named: str) -> str | None:
    if not image:
        return "an empty image"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        found = "image/png"
    elif image.startswith(b"\xff\xd8\xff"):
        found = "image/jpeg"
    elif image.startswith(b"RIFF") and image[8:12] == b"WEBP":
        found = "image/webp"
    else:
        return f"no JPEG, PNG or WEBP ({named or 'its kind is not named'})"
    if named and named.replace("jpg", "jpeg") != found:
        return f"called {named} and is {found}"
    if found == "image/png" and image[25:26] not in (b"\x02", b"\x06"):  # the header's colour type
        return "a PNG in greys or with a palette, not in RGB or RGBA"
    return None
