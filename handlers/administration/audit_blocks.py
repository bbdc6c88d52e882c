"""A page of the audit log."""

import re
from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.audit import SETTINGS, Entry, Outcome
from handlers.blocks.message import Message as Message
from handlers.blocks.parts import actions, button, context, header, message, section
from handlers.blocks.text import channel, code, counted, date, person, quoted
from texts.errors import recorded_sentence

_BY_SECTION = 5
_HOLDER = re.compile(r"\b[UWS][A-Z0-9]{2,}\b")


def page(entries: Sequence[Entry], number: int, pages: int, upto: int) -> Message:
    """Page `number` of `pages` of the entries up to that numbered `upto`, latest first."""
    if not entries:
        text = "The audit log has no such page." if pages else "Nothing was done yet."
        return message(text, [section(text)])
    lines = [_line(entry) for entry in entries]
    blocks: list[Block] = [header("Audit log")]
    blocks += [section("\n".join(lines[at : at + _BY_SECTION])) for at in range(0, len(lines), _BY_SECTION)]
    turning = []
    if number > 1:
        turning.append(button("Newer", "audit_newer", f"{number - 1} {upto}"))
    if number < pages:
        turning.append(button("Older", "audit_older", f"{number + 1} {upto}"))
    if turning:
        blocks.append(actions(*turning))
    blocks.append(context(f"Page {number} of {pages} · `/finetune audit csv` sends all of it as a file"))
    return message(f"Audit log, page {number} of {pages}", blocks)


def export(count: int) -> Message:
    text = f"The audit log: {counted(count, 'entry', 'entries')}, latest first."
    return message(text, [section(text)])


def exported(count: int) -> Message:
    text = f"The audit log ({counted(count, 'entry', 'entries')}) is in your direct messages with me."
    return message(text, [section(text)])


def _line(entry: Entry) -> str:
    who = "The settings" if entry.actor == SETTINGS else person(entry.actor)
    mark = {Outcome.DONE: "", Outcome.REFUSED: " *(refused)*", Outcome.FAILED: " *(failed)*"}[entry.outcome]
    thing = f" {_thing(entry.thing)}" if entry.thing else ""
    place = f" in {channel(entry.channel)}" if entry.channel.startswith(("C", "G")) else ""
    details = quoted(recorded_sentence(entry.details), 200)
    if entry.actor == SETTINGS:
        details = _HOLDER.sub(lambda match: person(match[0]), details) or "nobody has one"
    return f"• {date(entry.at)} · {who} · {quoted(entry.act, 40)}{thing}{mark}{place}{details and f' · {details}'}"


def _thing(thing: str) -> str:
    """A channel or person by name, everything else as code."""
    if thing.startswith(("C", "G")) and thing.isalnum() and thing.isupper():
        return channel(thing)
    if thing.startswith(("U", "W")) and thing.isalnum() and thing.isupper():
        return person(thing)
    return code(thing, 100)
