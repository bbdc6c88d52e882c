"""Messages as chat templates expect them."""

from __future__ import annotations

from typing import Any


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its content as text: parts of type "text" joined."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text") or part.get("refusal") or "" for part in content if isinstance(part, dict))
    return {**message, "content": content}
