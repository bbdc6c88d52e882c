"""*All answers*: a table and JSON lines in the evaluation's thread, once for what there is."""

from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.access import Caller
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.export import EvaluationExport
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import MessageStore
from handlers.blocks.model_name import named
from handlers.blocks.text import code
from handlers.languages import Languages
from handlers.web.poster import Poster
from texts.evaluations import answer_files as texts
from texts.formats import first_of
from texts.language import speaking

log = structlog.get_logger()

_CSV: Final = "csv"
_JSONL: Final = "jsonl"


@dataclass(frozen=True)
class AnswerFiles:
    export: EvaluationExport
    store: EvaluationStore
    messages: MessageStore
    languages: Languages
    poster: Poster
    _locks: KeyedLocks = field(default_factory=KeyedLocks)

    async def share(self, caller: Caller, evaluation: Evaluation) -> str | None:
        """A link to what is there already, None where it comes now. Raises Denied, NotFound, TrainingFileError, a
        PostError."""
        async with self._locks.of(evaluation.id):
            changes = await self.store.changes(evaluation.id)
            known = await self.messages.of(evaluation.id)
            keys = {ending: f"answers/{changes}.{ending}" for ending in (_CSV, _JSONL)}
            ids = {ending: known[key].ts for ending, key in keys.items() if key in known}
            there = await self._is_shared(ids.get(_CSV))
            if there is not None:
                return there
            exported = await self.export.exported(caller, evaluation.id)
            with speaking(await self.languages.place(evaluation.channel, evaluation.owner)):
                name = texts.answers_file()
                models = first_of([named(model) for model in evaluation.models])
                comment = texts.answers_comment(models, code(evaluation.file_name))
            titles = {}
            for ending, content in ((_CSV, exported.csv), (_JSONL, exported.jsonl or b"\n")):
                file_id = ids.get(ending)
                if file_id is None:
                    await self.messages.posting(evaluation.id, keys[ending], caller.at)
                    file_id = await self.poster.files.upload(f"{name}.{ending}", content)
                    await self.messages.posted(evaluation.id, keys[ending], file_id, None)
                titles[file_id] = f"{name}.{ending}"
            await self.poster.files.share(titles, evaluation.channel, evaluation.thread_ts, comment)
            return None

    async def _is_shared(self, file_id: str | None) -> str | None:
        """A link to it, if it stands in the thread."""
        if file_id is None:
            return None
        info = (await self.poster.call("files.info", {"file": file_id})).get("file") or {}
        return str(info.get("permalink") or "") or None if info.get("shares") else None
