"""The one table of shapes of keys and tokens: `pii_and_secrets` looks for them in training data, `redact` in texts."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

IN_ADDRESS = "URL password"
PRIVATE_KEY = "private key"


class SecretShape(msgspec.Struct, frozen=True):
    """A row of secret_shapes.toml, where the fields are explained."""

    kind: str
    start: str
    pattern: str
    source: str
    redact: str = ""


@cache
def secret_shapes() -> tuple[SecretShape, ...]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert(rows["shape"], list[SecretShape]))
