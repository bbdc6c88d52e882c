"""Secrets taken out of text that others wrote: providers' errors, models' answers, files' contents.

Covers keys that are recognised by their shape. It does not find a password in prose: nothing can.
"""

import re
from typing import Final

MARK: Final = "[secret removed]"

# Shapes as their issuers publish them: OpenAI (sk-, sk-proj-, sess-), Slack (xoxb-, xapp- and so on),
# Hugging Face (hf_, api_org_), GitHub (ghp_, github_pat_), AWS (AKIA, ASIA), Google (AIza), Weights & Biases
# (40 hex digits after its name), webhook secrets (whsec_), Slack's webhook addresses. Read 2026-11-21.
_SHAPES: Final = (
    re.compile(r"\bsk-[A-Za-z0-9_*.\-]{6,}"),
    re.compile(r"\bsess-[A-Za-z0-9]{8,}"),
    re.compile(r"\b(?:xox[a-z]|xapp|xwfp|xoxe\.xox[a-z])-[A-Za-z0-9\-]{4,}"),
    re.compile(r"\b(?:hf_|api_org_)[A-Za-z0-9]{6,}"),
    re.compile(r"\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{10,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"),
    re.compile(r"\bAIza[A-Za-z0-9_\-]{20,}"),
    re.compile(r"\bwhsec_[A-Za-z0-9+/=]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}"),
    re.compile(r"\bhttps://hooks\.slack\.com/[A-Za-z0-9/_\-]+"),
)
# A name that says that a secret follows; the name stays, so that the sentence can still be understood.
_NAMED: Final = (
    re.compile(r"(\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/\-]{8,}=*", re.IGNORECASE),
    re.compile(
        r"(\b(?:api[-_ ]?key|access[-_ ]?token|refresh[-_ ]?token|client[-_ ]?secret|signing[-_ ]?secret|password"
        r"|authorization|wandb[-_ ]?api[-_ ]?key)[\"']?\s*[:=]\s*[\"']?)(?!Bearer|Basic|\[secret)[^\s\"',;&]{8,}",
        re.IGNORECASE,
    ),
    re.compile(r"(\bhttps?://)[^\s/@:]+:[^\s/@]+@", re.IGNORECASE),
)


def redact(text: str) -> str:
    """`text` with everything that looks like a key, token or password replaced by "[secret removed]"."""
    for shape in _SHAPES:
        text = shape.sub(MARK, text)
    for named in _NAMED:
        text = named.sub(rf"\g<1>{MARK}", text)
    return text
