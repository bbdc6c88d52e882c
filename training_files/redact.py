"""Secrets taken out of text that others wrote: providers' errors, models' answers, files' contents.

Covers keys that are recognised by their shape (training_files/secret_shapes.toml), and those that the program itself
was given. It does not find a password in prose: nothing can.
"""

import re
from typing import Final

from training_files.secret_shapes import IN_ADDRESS, secret_shapes

MARK: Final = "[secret removed]"
_AFTER_NAME: Final = rf"\g<1>{MARK}"

_BREAK: Final = r"\b"  # written once, before all shapes: then the first letter tells quickly which may follow

# An address with a password is not among them: it keeps its host, see below.
_SHAPES: Final = [shape.redact or shape.pattern for shape in secret_shapes() if shape.kind != IN_ADDRESS]
_WORDS: Final = re.compile(rf"\b(?:{'|'.join(shape[2:] for shape in _SHAPES if shape.startswith(_BREAK))})")
_BLOCKS: Final = re.compile("|".join(shape for shape in _SHAPES if not shape.startswith(_BREAK)))
# A name that says that a secret follows; the name stays, so that the sentence can still be understood. What follows
# has a digit in it or is long, since "password: required" and "a bearer certificate" are ordinary words.
_LIKELY: Final = r"(?=[^\s0-9]{0,200}[0-9]|\S{20})"
_NAMED: Final = (
    re.compile(rf"(\bBearer\s+){_LIKELY}[A-Za-z0-9._~+/\-]{{8,}}=*", re.IGNORECASE),
    re.compile(
        r"(\b(?:api[-_ ]?key|access[-_ ]?token|refresh[-_ ]?token|client[-_ ]?secret|signing[-_ ]?secret|password"
        r"|authorization)[\"']?\s*[:=]\s*[\"']?(?:Basic\s+)?)"
        rf"{_LIKELY}(?!Bearer|\[secret)[^\s\"',;&]{{6,}}",
        re.IGNORECASE,
    ),
    # OpenAI's own words for a key that it does not know, however that key looks.
    re.compile(r"(API key provided: )(?!\[secret)[^\s\"',;&]+"),
)
_ADDRESS: Final = re.compile(r"(\b[a-z][a-z0-9+.\-]{1,20}://)[^\s/@:]{1,200}:[^\s/@]{1,200}@", re.IGNORECASE)


_SHORTEST: Final = 8
_known: Final[set[str]] = set()


def remember_secret(secret: str) -> None:
    """Take it out of all text from now on, however it looks. One that is shorter than any key is no secret."""
    if len(secret) >= _SHORTEST:
        _known.add(secret)


def redact(text: str) -> str:
    """`text` with everything that looks like a key, token or password replaced by "[secret removed]"."""
    for secret in _known:
        text = text.replace(secret, MARK)
    text = _BLOCKS.sub(MARK, _WORDS.sub(MARK, text))
    for named in _NAMED:
        text = named.sub(_AFTER_NAME, text)
    # Looked for only where there can be one: each word could begin it.
    return _ADDRESS.sub(_AFTER_NAME, text) if "://" in text else text
