"""*Split*: a window asks how, and two files come into the thread, one to train on and one to validate with."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bot.access import Action
from bot.errors import BotError, Invalid
from bot.worker_processes import SMALL, Lane
from handlers.datasets import derived_datasets as derived
from handlers.datasets import reports
from handlers.datasets.blocks import derived as derived_blocks
from handlers.datasets.blocks import split_modal as blocks
from handlers.datasets.copies import on_copy
from handlers.turn import Turn
from training_files.split import Split, split


def wrong(values: dict[str, Any]) -> dict[str, str]:
    wanted = blocks.read_split(values)
    return wanted if isinstance(wanted, dict) else {}


async def pressed(turn: Turn) -> None:
    """*Split* on a report: opens the window."""
    dataset = await turn.dataset(turn.words, Action.SUBMIT)
    if dataset.report is None or not dataset.report.ok:
        raise Invalid("This file has errors. Mend it first, then split it.")
    if turn.trigger_id is None:
        raise BotError("A window can only be opened from a button or a slash command.")
    metadata = orjson.dumps({"channel": turn.channel, "dataset": dataset.id}).decode()
    await turn.services.poster.open_view(turn.trigger_id, blocks.split_window(dataset, metadata).to_dict())


async def submitted(turn: Turn) -> None:
    view, services = turn.body["view"], turn.services
    wanted = blocks.read_split(view["state"]["values"])
    if isinstance(wanted, dict):
        raise Invalid(" ".join(wanted.values()))
    share, seed = wanted
    source = await turn.dataset(orjson.loads(view["private_metadata"])["dataset"], Action.SUBMIT)
    async with derived.making[source.id]:
        training_id, validation_id = [
            await derived.id_of(turn, source, kind, share, seed) for kind in ("training", "validation")
        ]
        if await derived.is_there(turn, training_id):
            return
        names = derived.name_of(source, "training"), derived.name_of(source, "validation")
        if source.bytes > SMALL:
            await turn.answer(derived_blocks.under_way(names[0]))
        parts = services.copies.part(), services.copies.part()
        try:
            async with on_copy(services, source) as path:
                done: tuple[Split, str, str] = await services.lanes.run(
                    _split_and_hash, path, *parts, share, seed, lane=Lane.of_work(source.bytes)
                )
            sides, *hashes = done
            made = [
                derived.Made(made_id, name, services.copies.adopt(part, sha256))
                for made_id, name, part, sha256 in zip((training_id, validation_id), names, parts, hashes, strict=True)
            ]
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        comment = derived_blocks.split(turn.user, source, sides.training, sides.validation, sides.stratified_by)
        training, validation = await derived.bring(turn, source, made, comment)
        training = msgspec.structs.replace(training, validation=validation.id)
        await services.datasets.save(training)
    await reports.check(services, validation)
    await derived.report_on(turn, training, validation)


def _split_and_hash(path: Path, training: Path, validation: Path, share: float, seed: int) -> tuple[Split, str, str]:
    """In a process of its own, hashing included."""
    done = split(path, training, validation, share=share, seed=seed)
    return done, _sha256(training), _sha256(validation)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
