"""A page of the audit log, and answers to `/finetune notify` and `/finetune language`."""

import re
from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.administration.audit_log import AuditPage
from bot.audit import ROLES, Entry, Outcome
from handlers.blocks.choice import which
from handlers.blocks.help import RUN
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, header, message, section
from handlers.blocks.text import bold, channel, code, date, person, quoted
from texts import audit as texts
from texts import languages, subscriptions
from texts.errors import recorded_sentence
from texts.language import Language

NEWER: Final = "audit_newer"
OLDER: Final = "audit_older"
_BY_SECTION: Final = 5
_HOLDER: Final = re.compile(r"\b[UWS][A-Z0-9]{2,}\b")


def audit_page(page: AuditPage) -> Message:
    """Its buttons carry the page and the entry up to which pages are counted."""
    if not page.entries:
        return sentence(texts.no_such_page() if page.pages else texts.nothing_yet())
    lines = [_line(entry) for entry in page.entries]
    blocks: list[Block] = [header(texts.title())]
    blocks += [section("\n".join(lines[at : at + _BY_SECTION])) for at in range(0, len(lines), _BY_SECTION)]
    turning = []
    if page.number > 1:
        turning.append(button(texts.newer(), NEWER, f"{page.number - 1} {page.upto}"))
    if page.number < page.pages:
        turning.append(button(texts.older(), OLDER, f"{page.number + 1} {page.upto}"))
    if turning:
        blocks.append(actions(*turning))
    blocks.append(context(texts.page(page.number, page.pages)))
    return message(texts.page_title(page.number, page.pages), blocks)


def export(count: int) -> Message:
    return sentence(texts.export(count))


def exported(count: int) -> Message:
    return sentence(texts.exported(count))


def subscribed(channels: Sequence[str], here: str) -> Message:
    text = subscriptions.none_yet()
    if channels:
        text = subscriptions.subscribed([channel(one) for one in channels], here=here in channels)
    change = button(subscriptions.stop_button(), RUN, "notify off")
    if here not in channels:
        change = button(subscriptions.subscribe_button(), RUN, "notify here")
    return message(text, [section(text), actions(change)])


def language_choice(text: str) -> Message:
    """`text`: what is spoken here. Whoever wants another chooses it."""
    offered = [*((language.value, language.autonym) for language in Language), ("default", languages.by_setting())]
    return which(text, "language", offered, text)


def subscription_on(channel_id: str) -> Message:
    return sentence(subscriptions.on(channel(channel_id)))


def subscription_off(channel_id: str) -> Message:
    return sentence(subscriptions.off(channel(channel_id)))


def sentence(text: str) -> Message:
    return message(text, [section(text)])


def _line(entry: Entry) -> str:
    details = texts.details(entry.action, recorded_sentence(entry.details))
    parts = [
        date(entry.at),
        person(entry.actor),
        quoted(texts.act(entry.action), 40),
        _resource(entry.resource),
        {Outcome.DONE: "", Outcome.REFUSED: bold(texts.refused()), Outcome.FAILED: bold(texts.failed())}[entry.outcome],
        channel(entry.channel) if entry.channel.startswith(("C", "G")) and entry.channel != entry.resource else "",
        _roles(entry.details) if entry.resource == ROLES else quoted(details, 200),
    ]
    return f"• {' · '.join(filter(None, parts))}"


def _roles(details: str) -> str:
    return _HOLDER.sub(lambda match: person(match[0]), quoted(texts.roles(details), 200)) or texts.nobody_has_one()


def _resource(resource: str) -> str:
    """A channel or person by name, everything else as code."""
    if not resource:
        return ""
    if resource.isalnum() and resource.isupper() and resource.startswith(("C", "G")):
        return channel(resource)
    if resource.isalnum() and resource.isupper() and resource.startswith(("U", "W")):
        return person(resource)
    return texts.named_thing(resource) or code(resource, 100)
