"""Converts text that a person entered to mrkdwn, as Slack's client does: names and URLs become links."""

import re

from sandbox.model import User
from sandbox.workspace import Workspace


def to_mrkdwn(workspace: Workspace, text: str) -> str:
    """@names, #channels and URLs become Slack's links; & < > are escaped.

    Links that are written out already (<@U…>, <#C…>) are kept, for tests.
    """
    kept: list[str] = []

    def keep(link: str) -> str:
        kept.append(link)
        return f"\x00{len(kept) - 1}\x00"

    def mention(match: re.Match[str]) -> str:
        user = _named(workspace, match[1])
        return keep(f"<@{user.id}>") + match[1][len(_name_in(match[1], user)) :] if user else match[0]

    def channel(match: re.Match[str]) -> str:
        found = workspace.channel(match[1])
        return keep(f"<#{found.id}|{found.name}>") if found else match[0]

    text = text.replace("\x00", "")
    text = re.sub(r"<@([UW][A-Z0-9]+)>", lambda m: keep(m[0]) if m[1] in workspace.users else m[0], text)
    text = re.sub(r"<#(C[A-Z0-9]+)(\|[^>]*)?>", lambda m: keep(m[0]), text)
    text = re.sub(r"https?://[^\s<>|]+", lambda m: keep(f"<{m[0].replace('&', '&amp;')}>"), text)
    text = re.sub(r"(?<!\w)@([A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+){0,3})", mention, text)
    text = re.sub(r"(?<!\w)#([a-z0-9_-]+)", channel, text)
    text = re.sub(r"(?<!\w)@(here|channel|everyone)\b", lambda m: keep(f"<!{m[1]}>"), text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub("\x00(\\d+)\x00", lambda m: kept[int(m[1])], text)


def from_mrkdwn(workspace: Workspace, text: str) -> str:
    """A message's text as the person entered it, to edit it: the inverse of to_mrkdwn."""

    def entered(match: re.Match[str]) -> str:
        target = match[1].partition("|")[0]
        if target.startswith("@") and target[1:] in workspace.users:
            return f"@{workspace.users[target[1:]].real_name}"
        if target.startswith("#") and target[1:] in workspace.channels:
            return f"#{workspace.channels[target[1:]].name}"
        return f"@{target[1:]}" if target.startswith("!") else target

    text = re.sub(r"<([^<>\n]+)>", entered, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def to_command_text(workspace: Workspace, text: str) -> str:
    """The text of a slash command with `should_escape`: as in a message, but with the names of people."""
    return re.sub(
        r"<@([UW][A-Z0-9]+)>",
        lambda match: f"<@{match[1]}|{workspace.users[match[1]].name}>",
        to_mrkdwn(workspace, text),
    )


def _named(workspace: Workspace, words: str) -> User | None:
    """The person with whose name `words` begins; the longest name wins."""
    found = [u for u in workspace.users.values() if _name_in(words, u)]
    return max(found, key=lambda u: len(_name_in(words, u)), default=None)


def _name_in(words: str, user: User) -> str:
    for name in sorted((user.real_name, user.name), key=len, reverse=True):
        if words.casefold().startswith(name.casefold()) and not words[len(name) :][:1].isalnum():
            return words[: len(name)]
    return ""
