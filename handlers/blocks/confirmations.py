"""Short answers that say what was done and where to look."""

from collections.abc import Sequence

from bot.jobs import states
from bot.jobs.job import Job
from handlers.blocks.approval_text import deciders
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import VALUE, actions, button, message, section
from handlers.blocks.text import code, link, size
from texts import start


def submitted(job: Job, note: str = "") -> Message:
    """`note`: mrkdwn that stands below."""
    match job.state:
        case states.AWAITING_APPROVAL:
            text = start.waits_for_approval(code(job.id), deciders(job))
        case states.IN_LINE:
            text = start.waits_in_line(code(job.id))
        case _:
            text = start.on_its_way(code(job.id))
    return _line(f"{text}\n{note}" if note else text)


def conversation_elsewhere(model: str, permalink: str) -> Message:
    return _line(f"Talk to {named(model)} {link(permalink, 'in this thread')}.")


def ask_in_thread(model: str, permalink: str) -> Message:
    return _line(
        f"Was that for {named(model)}? It reads what is said {link(permalink, 'in its thread')}: ask there, please."
    )


def unreadable_files(names: Sequence[str]) -> Message:
    """For files that were given to the bot and cannot be trained on."""
    return _line(
        f"I cannot read {_named(names)}. Training files are JSONL (`.jsonl`, `.ndjson`, `.json`, `.jsonl.gz`) or "
        "tables (`.csv`, `.tsv`, `.xlsx`, `.xls`, `.ods`, `.parquet`). If it is one of these under another name, "
        "rename it and drop it again."
    )


def files_left_out(names: Sequence[str]) -> Message:
    """For files that were given to a model in its thread."""
    return _line(f"The model reads text only, so it does not see {_named(names)}. Paste what it should read.")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(code(name, 100) for name in names[:3]) + more


def conversation_there(model: str, permalink: str) -> Message:
    text = f"You talk to {named(model)} {link(permalink, 'in this thread')} already."
    anew = [actions(button("New conversation", "chat_anew", model))] if size(model) <= VALUE else []
    return message(text, [section(text), *anew])


def welcome() -> Message:
    text = (
        "Thank you for having me. Drop a training file (JSONL, CSV, XLSX, …) into this channel: I check it, say "
        "what training would cost, and start it when you say so. `/finetune help` lists all that I can do."
    )
    return _line(text)


def _line(text: str) -> Message:
    return message(text, [section(text)])
