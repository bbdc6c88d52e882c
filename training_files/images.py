"""Images and other parts in the contents of messages. No address is ever fetched.

Limits: OpenAI's vision fine-tuning guide (read 2026-11-21). Of an image in a data URL the kind, the size and, for a
PNG, the colours are read; the pixels are not.
"""

import binascii
import re
from typing import Any

from training_files.findings import Findings
from training_files.quoting import kind, quoted

TOKENS = 85  # one image at low detail (vision guide); others need its size
MOST = 10
MOST_BYTES = 10 * 1_000_000


def validate(messages: list[Any], field: str, line: int, findings: Findings) -> None:
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
                _validate_image(part.get("image_url"), f"{where}.image_url", line, findings)
            else:
                _validate_text(part, role, where, line, findings)
    if images > MOST:
        findings.add("too_many_images", line, field, count=images)


def _validate_text(part: dict[str, Any], role: Any, where: str, line: int, findings: Findings) -> None:
    sort = part["type"]
    if sort not in ("text", "refusal"):
        params = {"problem": "type", "type": quoted(sort)}
    elif not isinstance(part.get(sort), str):
        params = {"problem": "no_text", "type": sort}
    elif sort == "refusal" and role != "assistant":
        params = {"problem": "misplaced_refusal"}
    else:
        return
    findings.add("invalid_content_part", line, where, quote=quoted(part, 120), **params)


def _validate_image(image: Any, field: str, line: int, findings: Findings) -> None:
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str):
        findings.add("invalid_image_url", line, field, problem="no_url", found=kind(image), quote=quoted(image, 120))
        return
    detail = image.get("detail")
    if detail is not None and detail not in ("auto", "low", "high"):
        value = quoted(detail)
        findings.add("invalid_value", line, f"{field}.detail", problem="detail", value=value, quote=value)
    if url[:5].lower() == "data:":
        _validate_data(url, f"{field}.url", line, findings)
    elif not re.match(r"https?://[^\s/?#]+", url, re.IGNORECASE) or re.search(r"\s", url):
        findings.add("invalid_image_url", line, f"{field}.url", problem="no_address" if url else "empty", quote=url)


def _validate_data(url: str, field: str, line: int, findings: Findings) -> None:
    head, comma, data = url.partition(",")
    named = re.fullmatch(r"data:([\w.+-]+/[\w.+-]+)?(;[\w=.+-]+)*;base64", head[:200], re.IGNORECASE)
    if not comma or named is None:
        findings.add("invalid_image_url", line, field, problem="no_base64", quote=url)
        return
    try:
        image = binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        findings.add("invalid_image_url", line, field, problem="bad_base64", quote=url)
        return
    if len(image) > MOST_BYTES:
        findings.add("image_too_large", line, field, megabytes=len(image) / 1_000_000, quote=url)
    wrong = _wrong_image(image, (named[1] or "").lower())
    if wrong is not None:
        findings.add("unsupported_image", line, field, quote=url, **wrong)


def _wrong_image(image: bytes, named: str) -> dict[str, str] | None:
    if not image:
        return {"problem": "empty"}
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        found = "image/png"
    elif image.startswith(b"\xff\xd8\xff"):
        found = "image/jpeg"
    elif image.startswith(b"RIFF") and image[8:12] == b"WEBP":
        found = "image/webp"
    else:
        return {"problem": "unknown", "named": named}
    if named and named.replace("jpg", "jpeg") != found:
        return {"problem": "mislabelled", "named": named, "found": found}
    if found == "image/png" and image[25:26] not in (b"\x02", b"\x06"):  # the header's colour type
        return {"problem": "colours"}
    return None
