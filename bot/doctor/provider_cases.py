"""What the bot relies on at every provider, as cases to compare a real one by. None of them trains anything."""

import contextlib
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

from bot.doctor.comparison import Case
from bot.jobs.explanations import Cause, cause_of
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, Parameters
from bot.providers.interface import Provider, ProviderError, Refused
from training_files.redact import redact

_NONE: Final = "no-such-thing-finetune-bot"
_EXAMPLE: Final = b'{"messages":[{"role":"user","content":"What comes after 3?"},{"role":"assistant","content":"4"}]}\n'
_TOKENS: Final = 8


def free_cases(provider: Provider, stranger: Provider) -> Sequence[Case]:
    """Those that cost nothing: a file of some lines is uploaded and deleted. `stranger` asks with a key that is not
    valid."""
    return [
        Case("other_models", lambda: _models(provider)),
        Case("other_key", lambda: _refused(stranger.models, {Cause.KEY}, status=401)),
        Case("other_unknown_job", lambda: _refused(lambda: provider.job(f"ftjob-{_NONE}"), {Cause.JOB_GONE})),
        Case("other_unknown_file", lambda: _refused(lambda: provider.file_content(f"file-{_NONE}"), {Cause.FILE_GONE})),
        Case("other_unknown_model", lambda: _refused(lambda: _first(provider, _NONE), {Cause.MODEL, Cause.DEPLOYMENT})),
        Case("other_jobs", lambda: _jobs(provider)),
        Case("other_files", lambda: _file(provider)),
    ]


def paid_cases(provider: Provider, model: str) -> Sequence[Case]:
    """A few tokens are asked of `model`."""
    asked = ChatRequest(
        model, (ChatMessage("user", "What comes after 3?"),), Parameters(temperature=0, max_tokens=_TOKENS)
    )
    return [
        Case("other_stream", lambda: _answer(provider, asked, _streams)),
        Case("other_usage", lambda: _answer(provider, asked, _tells_usage)),
    ]


async def _models(provider: Provider) -> str | None:
    try:
        listed = await provider.models()
    except ProviderError as error:
        return _said(error)
    return None if listed and all(model.id for model in listed) else "[]"


async def _refused(
    ask: Callable[[], Awaitable[Any]], causes: Collection[Cause], *, status: int | None = None
) -> str | None:
    try:
        await ask()
    except Refused as error:
        known = cause_of(error.as_job_error()) in causes and status in (None, error.status)
        return None if known else _said(error)
    except ProviderError as error:
        return _said(error)
    return "200"


async def _jobs(provider: Provider) -> str | None:
    try:
        found = await provider.jobs([f"ftjob-{_NONE}"])
    except ProviderError as error:
        return _said(error)
    return ", ".join(job.id for job in found) or None


async def _file(provider: Provider) -> str | None:
    """Uploaded, found by its name, read and deleted."""
    name, content = f"finetune-bot-compare-{uuid.uuid4().hex[:12]}.jsonl", _EXAMPLE * 10
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            file_id = await provider.upload(path, name)
        except ProviderError as error:
            return _said(error)
    try:
        seen = await _kept(provider, name, file_id, content)
    except ProviderError as error:
        seen = _said(error)
    try:
        await provider.delete_file(file_id)
        return seen or (file_id if await provider.has_file(file_id) else None)
    except ProviderError as error:
        return seen or _said(error)


async def _kept(provider: Provider, name: str, file_id: str, content: bytes) -> str | None:
    if (found := await provider.find_upload(name)) != file_id:
        return f"{name}: {found}"
    return None if await provider.file_content(file_id) == content else f"{file_id}: !="


async def _answer(
    provider: Provider, asked: ChatRequest, look: Callable[[Sequence[ChatDelta]], str | None]
) -> str | None:
    try:
        return look([delta async for delta in provider.chat(asked)])
    except ProviderError as error:
        return _said(error)


def _streams(said: Sequence[ChatDelta]) -> str | None:
    """An answer in pieces, the last of which says why it ended."""
    reason = said[-1].finish_reason if said else None
    return None if any(delta.text for delta in said) and reason in {"stop", "length"} else str(reason)


def _tells_usage(said: Sequence[ChatDelta]) -> str | None:
    usage = said[-1].usage if said else None
    return None if usage is not None and usage.completion_tokens > 0 else str(usage)


async def _first(provider: Provider, model: str) -> None:
    """The answer is closed after its first piece, should there be one."""
    async with contextlib.aclosing(provider.chat(ChatRequest(model, (ChatMessage("user", "Hello"),)))) as answer:
        await anext(answer, None)


def _said(error: ProviderError) -> str:
    """What was answered instead, in short."""
    return redact(" ".join(filter(None, (str(error.status or ""), error.code, str(error)))))[:300]
