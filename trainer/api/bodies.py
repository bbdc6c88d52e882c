"""Bodies as the service takes them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Strict(BaseModel):
    """A part of a body: of the right types, and holding nothing that the protocol does not have."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Body(Strict):
    @model_validator(mode="before")
    @classmethod
    def _writable(cls, value: Any) -> Any:
        # JSON can hold halves of characters; neither SQLite nor a tokenizer can.
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("the body holds half of a surrogate pair, which is no character") from None
        return value
