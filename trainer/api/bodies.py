"""Bodies as the service takes them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from trainer.api.errors import ApiError

# Deeper than any schema that people write, and far from where programs that read one level inside another give up.
MAX_DEPTH = 100


class Strict(BaseModel):
    """A part of a body: of the right types, and holding nothing that the protocol does not have."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Body(Strict):
    @model_validator(mode="before")
    @classmethod
    def _writable(cls, value: Any) -> Any:
        # Bytes, where it was not said that they are JSON. Who asks next says that they are no object.
        if not isinstance(value, dict):
            return value
        level: list[Any] = [value]
        for _ in range(MAX_DEPTH):
            inner = (each for one in level for each in (one.values() if isinstance(one, dict) else one))
            level = [each for each in inner if isinstance(each, dict | list)]
        if level:
            raise ValueError(f"the body is nested more than {MAX_DEPTH} deep")
        # JSON can hold halves of characters; neither SQLite nor a tokenizer can.
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("the body holds half of a surrogate pair, which is no character") from None
        return value


def require_metadata(metadata: dict[str, str] | None) -> None:
    """ApiError where there is more of it than the protocol allows."""
    pairs = metadata or {}
    if len(pairs) > 16 or any(len(key) > 64 or len(value) > 512 for key, value in pairs.items()):
        raise ApiError(
            400, "Metadata holds at most 16 pairs; keys at most 64 characters, values at most 512.", param="metadata"
        )
