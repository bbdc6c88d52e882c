"""What the bot understands."""

from collections.abc import Sequence

from handlers.blocks.message import Message
from handlers.blocks.parts import context, message, section
from handlers.blocks.text import code, quoted

_INTRODUCTION = (
    "*Finetune Bot trains language models with your team.* Drop a training file (JSONL, or a table such as CSV or "
    "XLSX) into a channel that I am in. I check it, say what training would cost, and start when you press the button."
)
_IN_THREADS = "Slack has no slash commands inside threads: there, mention me and use the same words, such as `status`."


def help_message(topics: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Message:
    """`topics`: each heading with its commands: how each is written after `/finetune`, and what it does. Plain text."""
    sections = [
        section("\n".join([f"*{quoted(topic, 100)}*", *(_line(usage, description) for usage, description in commands)]))
        for topic, commands in topics
    ]
    return message("What Finetune Bot can do", [section(_INTRODUCTION), *sections[:40], context(_IN_THREADS)])


def _line(usage: str, description: str) -> str:
    return f"{code(f'/finetune {usage}', 150)} {quoted(description, 300)}"


def unknown_command(word: str, nearest: str | None = None) -> Message:
    """`nearest`: the command that was probably meant, without the slash."""
    said = f"I do not know {code(word, 60)}."
    hint = f" Did you mean {code(f'/finetune {nearest}', 80)}?" if nearest else ""
    # Said once: where help itself is meant, the hint says it already.
    more = "" if nearest == "help" else "\n`/finetune help` lists everything."
    return message(said + hint, [section(f"{said}{hint}{more}")])
