"""Links in messages of which the app hears, because its manifest has their domain under `unfurl_domains`
(docs.slack.dev/messaging/unfurling-links-in-messages; read 2026-11-30)."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from sandbox.model import Json


def links_of(text: str, domains: Sequence[str]) -> list[Json]:
    """Those in a message's mrkdwn, each once, as `link_shared` has them. A domain stands for those below it, too."""
    found = [url.replace("&amp;", "&") for url in re.findall(r"<(https?://[^\s<>|]+)", text)]
    return [{"domain": domain, "url": url} for url in dict.fromkeys(found) if (domain := domain_of(url, domains))]


def domain_of(url: str, domains: Sequence[str]) -> str:
    """Which of `domains` the URL belongs to; empty for none."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    return next((domain for domain in domains if host == domain or host.endswith(f".{domain}")), "")
