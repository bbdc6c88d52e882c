"""The training files that the providers have, as a message."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.datasets.provider_files import ProviderFile
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, message, section
from handlers.blocks.text import bold, code, date, quoted
from texts import provider_files as texts
from texts.formats import file_size, listed

NEWER: Final = "files_newer"
OLDER: Final = "files_older"
DELETE: Final = "file_delete"
DELETE_UNUSED: Final = "files_delete_unused"
_PAGE: Final = 10


def file_list(providers: Sequence[str], files: Sequence[ProviderFile], page: int, *, admin: bool) -> Message:
    """Page `page` (from 1), ten files each. `providers`: those whose files these are."""
    provider = listed(list(providers))
    if not files:
        text = texts.none_there(quoted(provider, 60))
        return message(text, [section(text)])
    pages = -(-len(files) // _PAGE)
    page = min(max(page, 1), pages)
    text = texts.heading(len(files), quoted(provider, 60), file_size(sum(one.file.bytes for one in files)))
    blocks: list[Block] = [section(bold(text))]
    for one in files[(page - 1) * _PAGE : page * _PAGE]:
        named = one.provider if len(providers) > 1 else ""
        blocks.append(section(_line(one, named), button=_delete(one) if one.deletable else None))
    turning = []
    if page > 1:
        turning.append(button(texts.newer(), NEWER, str(page - 1)))
    if page < pages:
        turning.append(button(texts.older(), OLDER, str(page + 1)))
    unused = [one for one in files if not one.in_use and one.deletable]
    if admin and len(unused) > 1:
        turning.append(_delete_unused(len(unused), provider))
    if turning:
        blocks.append(actions(*turning))
    place = [texts.page(page, pages)] if pages > 1 else []
    blocks.append(context(" · ".join([*place, texts.how_to_train()])))
    return message(text, blocks)


def _line(one: ProviderFile, provider: str) -> str:
    parts = [code(one.name), code(one.file.id, 60), file_size(one.file.bytes)]
    if one.file.created_at:
        parts.append(date(one.file.created_at))
    if provider:
        parts.append(quoted(provider, 40))
    if one.in_use:
        jobs = [code(job, 60) for job in one.jobs[:3]]
        parts.append(texts.used_by(listed(jobs)) if jobs else texts.used_by_a_job())
    return " · ".join(parts)


def _delete(one: ProviderFile) -> ButtonElement:
    question = confirm(*texts.delete_question(one.name))
    return button(texts.delete_button(), DELETE, f"{one.file.id} {one.provider}", style="danger", confirm=question)


def _delete_unused(count: int, provider: str) -> ButtonElement:
    question = confirm(*texts.delete_unused_question(count, provider))
    return button(texts.delete_unused_button(count), DELETE_UNUSED, "all", style="danger", confirm=question)
