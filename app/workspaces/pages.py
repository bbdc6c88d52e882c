"""The pages of an installation, as plain HTML: in Chinese for a browser that prefers it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from texts import installing as texts
from texts.language import Language, current, speaking

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;color:#1d1c1d}"
    "h1{font-size:1.6rem}a{display:inline-block;margin-top:1rem;padding:.6rem 1.2rem;border-radius:.4rem;"
    "background:#1f3a4d;color:#fff;text-decoration:none;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}a{background:#4a90b8}}"
)
HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def language_of(headers: Mapping[str, Sequence[str]]) -> Language:
    """The first that the browser prefers, if it is one of ours."""
    accepted = next(iter(headers.get("accept-language", ())), "")
    return Language.CHINESE if accepted.lower().startswith("zh") else Language.ENGLISH


def offer(language: Language, slack_url: str) -> str:
    with speaking(language):
        return _page(texts.install_title(), texts.install_offer(), texts.install_button(), slack_url)


def success(language: Language, workspace: str, team: str) -> str:
    with speaking(language):
        return _page(
            texts.installed_title(),
            texts.installed(workspace),
            texts.open_slack(),
            f"https://app.slack.com/client/{team}",
        )


def failure(language: Language, reason: str, install_path: str) -> str:
    with speaking(language):
        said = texts.why_not_installed(reason)
        return _page(texts.not_installed_title(), said, texts.try_again(), install_path)


def _page(title: str, said: str, button: str, address: str) -> str:
    language = "zh-CN" if current() is Language.CHINESE else "en"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f'<h1>{escape(title)}</h1><p>{escape(said)}</p><a href="{escape(address)}">{escape(button)}</a></html>'
    )
