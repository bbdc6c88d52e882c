"""Graders that people drop as files: what they are, what of them is understood, and a button to evaluate with one."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog

from bot.errors import Denied
from bot.evaluations.grader_files import MOST_BYTES, Brought, GraderFiles
from graders.files import FileKind, may_hold_grader
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import code, quoted
from handlers.callers import Callers
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.dropped_files import name_of, unbroken
from handlers.evaluations.choice import Choice
from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.web.download import Download
from handlers.web.people import People
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import grader_errors
from texts.evaluations import grader_files as texts
from texts.graders import left_out
from texts.language import speaking
from training_files import TrainingFileError

log = structlog.get_logger()

EVALUATE_WITH: Final = "evaluate_with"
_SHOWN: Final = 10


@dataclass(frozen=True)
class LookedAt:
    """The ids of files that are graders, and the bytes of all that were looked into, so that nobody fetches them
    again."""

    graders: set[str] = field(default_factory=set)
    read: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class DroppedGraders:
    callers: Callers
    files: GraderFiles
    derived: DerivedFiles
    download: Download
    people: People
    poster: Poster
    language: LanguageOf

    async def take_in(self, request: Request, model: str | None = None) -> LookedAt:
        """Each file of a message that is a grader is told of in the message's thread. `model`: it is that model's
        thread, in which a file may be meant for it: there only what can be used as a grader is taken for one."""
        looked = LookedAt()
        for file in request.body["event"].get("files") or []:
            if may_hold_grader(name_of(file)) and int(file.get("size") or 0) <= MOST_BYTES:
                with contextlib.suppress(TrainingFileError):  # then it is reported on like any other file
                    await self._look_at(request, file, model, looked)
        return looked

    async def _look_at(self, request: Request, file: dict[str, Any], model: str | None, looked: LookedAt) -> None:
        details = await self.download.details(file)
        data = bytearray()
        async for chunk in unbroken(self.download, details):
            data += chunk
            if len(data) > MOST_BYTES:
                return
        looked.read[str(file["id"])] = bytes(data)
        try:
            brought = await self.files.take_in(
                await self.callers.of(request),
                str(file["id"]),
                name_of(details),
                bytes(data),
                thread_ts=str(request.thread_ts),
                private=(await self.people.channel(request.channel)).private,
            )
        except Denied:
            if model is None:
                raise
            return  # whoever may only chat has dropped it for the model
        if brought is None or (model is not None and brought.kept is None):
            return
        looked.graders.add(str(file["id"]))
        with speaking(await self.language(request.channel, request.user)):
            told = grader_message(name_of(details), brought, model)
        await self.poster.post_once(
            request.channel,
            told,
            idempotency_key=f"{request.key}/{file['id']}",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=request.thread_ts,
            priority=Priority.CHAT,
        )
        if brought.dataset is not None and brought.dataset.report is None:
            (dataset,) = await self.derived.share(request, brought.dataset, [brought.dataset], lambda: "")
            # They are there to be asked. A report would judge them as what somebody wants to train on.
            await self.derived.checking.check(dataset)


def grader_message(name: str, brought: Brought, model: str | None = None) -> Message:
    """`model`: in whose thread it was dropped, which it then is to evaluate."""
    found, kept = brought.found, brought.kept
    if found.fault is not None:
        text = texts.wrong_grader(code(name), quoted(grader_errors.sentence(found.fault), 1000))
        return message(text, [section(text)])
    if found.kind is FileKind.GRADER and kept is not None:
        text = texts.grader_file(code(name), code(f"{kept.grader.get('type')} {found.name}"))
    elif found.kind is FileKind.PROMPTFOO:
        text = texts.promptfoo_file(code(name), found.tests)
    else:
        text = texts.openai_eval_file(code(name), found.tests)
    blocks = [section(text)]
    if found.left_out:
        blocks.append(section(_left_out([quoted(left_out(part), 200) for part in found.left_out])))
    if kept is None:
        return message(text, [*blocks, section(texts.no_grader_in_it())])
    dataset = brought.dataset
    choice = Choice((model,) if model else (), dataset.id if dataset else None, kept.id)
    value = msgspec.json.encode(choice).decode()
    typed = ("/finetune", "evaluate", model or "A,B", "on", dataset.name if dataset else "FILE", "with", name)
    return message(
        text,
        [
            *blocks,
            actions(button(texts.evaluate_with_button(), EVALUATE_WITH, value, style="primary")),
            context(texts.or_type_it(code(" ".join(typed), 200))),
        ],
    )


def _left_out(parts: Sequence[str]) -> str:
    more = [texts.and_more(len(parts) - _SHOWN)] if len(parts) > _SHOWN else []
    return "\n".join([texts.left_out(), *(f"• {part}" for part in parts[:_SHOWN]), *more])
