"""The results file of a job: a CSV of its figures, as the provider keeps it."""

import base64
import binascii
from typing import Final

_MOST_BYTES: Final = 50_000_000


def readable(content: bytes) -> bytes:
    """The CSV in a results file. OpenAI sends it encoded in base64 (its cookbook decodes it; read 2026-11-21), others
    as it is.
    """
    packed = b"".join(content.split())
    # A heading holds commas or underscores, none of which is in base64's alphabet.
    if not packed or len(packed) > _MOST_BYTES:
        return content
    try:
        decoded = base64.b64decode(packed, validate=True)
    except binascii.Error:
        return content
    return decoded if decoded.lstrip(b"\xef\xbb\xbf").startswith(b"step") else content
