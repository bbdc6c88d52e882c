"""Addresses as people set them."""

from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError


def http_address(value: str) -> str:
    """The address without space around it. Raises PydanticCustomError where it has no proper form, since libraries say
    no more of such a one than that there is no connection."""
    if not value.startswith(("http://", "https://")):
        raise PydanticCustomError("no_http_address", "no address")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise PydanticCustomError("no_address", "no address") from None
    if not parts.hostname or any(letter.isspace() for letter in value.strip()):
        raise PydanticCustomError("no_address", "no address")
    return value.strip()
