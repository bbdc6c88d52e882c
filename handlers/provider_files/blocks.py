"""The training files that the provider has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.providers.interface import RemoteFile
from handlers.blocks.message import Message as Message
from handlers.blocks.parts import actions, button, confirm, context, message, section
from handlers.blocks.text import code, counted, date, quoted
from texts.formats import listed

_PAGE: Final = 10


@dataclass(frozen=True)
class Row:
    """`name` is what people call the file. `jobs` use it, and where it is `in_use` without any, one that is not for
    whoever looks. `deletable` by the one who looks."""

    file: RemoteFile
    name: str
    jobs: Sequence[str]
    in_use: bool
    deletable: bool


def file_list(provider: str, rows: Sequence[Row], page: int, *, admin: bool) -> Message:
    """Page `page` (from 1), ten files each."""
    if not rows:
        text = f"{quoted(provider, 60)} has no training files that you may see."
        return message(text, [section(text)])
    pages = -(-len(rows) // _PAGE)
    page = min(max(page, 1), pages)
    total = sum(row.file.bytes for row in rows)
    text = f"{counted(len(rows), 'training file')} at {quoted(provider, 60)}, {_size(total)} together"
    blocks: list[Block] = [section(f"*{text}*")]
    for row in rows[(page - 1) * _PAGE : page * _PAGE]:
        users = listed([code(job, 60) for job in row.jobs[:3]]) or "a job"
        used = f" · used by {users}" if row.in_use else ""
        when = f" · {date(row.file.created_at)}" if row.file.created_at else ""
        line = f"{code(row.name)} · {code(row.file.id, 60)} · {_size(row.file.bytes)}{when}{used}"
        blocks.append(section(line, button=_delete(row) if row.deletable else None))
    turning = []
    if page > 1:
        turning.append(button("Newer", "files_newer", str(page - 1)))
    if page < pages:
        turning.append(button("Older", "files_older", str(page + 1)))
    unused = [row for row in rows if not row.in_use]
    if admin and len(unused) > 1:
        turning.append(_delete_all(unused, provider))
    if turning:
        blocks.append(actions(*turning))
    place = f"Page {page} of {pages} · " if pages > 1 else ""
    blocks.append(context(f"{place}`/finetune start file-…` trains on one of them."))
    return message(text, blocks)


def _delete(row: Row) -> ButtonElement:
    question = confirm(
        f"Delete {row.name}?",
        "The provider's file goes; my copy and models trained on it stay. Starting a job on it uploads it again.",
        "Delete",
        "Keep it",
    )
    return button("Delete", "file_delete", row.file.id, style="danger", confirm=question)


def _delete_all(unused: Sequence[Row], provider: str) -> ButtonElement:
    question = confirm(
        f"Delete {counted(len(unused), 'file')}?",
        f"This deletes all training files at {provider} that no job uses, also those that others uploaded there. "
        "My copies and models trained on them stay.",
        "Delete them",
        "Keep them",
    )
    return button(f"Delete all {len(unused)} unused", "files_delete_unused", "all", style="danger", confirm=question)


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1_000_000:,.0f} MB"
