"""Secrets taken out of text that others wrote: providers' errors, models' answers, files' contents.

Covers keys that are recognised by their shape. It does not find a password in prose: nothing can.
"""

import re
from typing import Final

MARK: Final = "[secret removed]"

# Shapes as their issuers publish them, read 2026-11-21: OpenAI (sk-, sess-), Slack (xoxb-, xapp- and so on, and its
# webhook addresses), Hugging Face (hf_, api_org_), GitHub, AWS, Google, webhook secrets, JSON web tokens.
_SHAPES: Final = (
    # With a digit or a mask in it: a file may well be called sk-learn-examples or, in Slovak, sk-translations.
    re.compile(r"\bsk-(?=[A-Za-z_\-]{0,200}[0-9*])[A-Za-z0-9_*\-]{12,}"),
    re.compile(r"\bsess-[A-Za-z0-9]{8,}"),
    re.compile(r"\b(?:xox[a-z]|xapp|xwfp|xoxe\.xox[a-z])-[A-Za-z0-9\-]{4,}"),
    re.compile(r"\b(?:hf_|api_org_)[A-Za-z0-9]{6,}"),
    re.compile(r"\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{10,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"),
    re.compile(r"\bAIza[A-Za-z0-9_\-]{20,}"),
    re.compile(r"\bwhsec_[A-Za-z0-9+/=]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]{8,2000}\.[A-Za-z0-9_\-]{8,2000}\.[A-Za-z0-9_\-]{8,2000}"),
    re.compile(r"\bhttps://hooks\.slack\.com/[A-Za-z0-9/_\-]+"),
)
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
    re.compile(r"(\bAPI key provided: )(?!\[secret)[^\s\"',;&]+"),
    re.compile(r"(\bhttps?://)[^\s/@:]{1,200}:[^\s/@]{1,200}@", re.IGNORECASE),
)


def redact(text: str) -> str:
    """`text` with everything that looks like a key, token or password replaced by "[secret removed]"."""
    for shape in _SHAPES:
        text = shape.sub(MARK, text)
    for named in _NAMED:
        text = named.sub(rf"\g<1>{MARK}", text)
    return text
