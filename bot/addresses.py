"""Addresses as people set them."""

from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError


def https_origin(value: str) -> str:
    """ "https://HOST" or "https://HOST:PORT", in small letters. Raises PydanticCustomError for anything else."""
    address = http_address(value)
    parts = urlsplit(address)
    if parts.scheme != "https" or "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise PydanticCustomError("no_https_origin", "no address")
    return f"https://{parts.netloc.lower()}"


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
