"""Repairing a training file: what its modals show, and the repaired file that comes of them.

A file of rows is asked about first: which column plays which part. Where a file to validate with is chosen, what stands
in both is found, too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from bot.access import Action
from bot.datasets.dataset import Dataset
from bot.errors import BotError, Conflict, Invalid
from bot.worker_processes import SMALL, Lane
from handlers.datasets import derived_datasets as derived
from handlers.datasets.blocks import derived as derived_blocks
from handlers.datasets.copies import on_copy
from handlers.modals import Fill, filling, opened
from handlers.repair import blocks
from handlers.repair.blocks import Columns
from handlers.turn import Turn
from texts import repair as texts
from texts.language import speaking
from training_files import tables
from training_files.repair import RepairPlan, RepairResult, plan_repairs, repair_file
from training_files.report import ColumnMapping, Table


class Place(msgspec.Struct, frozen=True):
    """What a modal of *Repair* carries along. `layout` and `places` are those of `Columns`; `validation` is the data
    set whose examples are not to stand in this one.
    """

    channel: str
    dataset: str
    layout: str | None = None
    places: dict[str, int] = {}
    validation: str | None = None

    @classmethod
    def of(cls, turn: Turn) -> "Place":
        return msgspec.json.decode(turn.body["view"]["private_metadata"], type=cls)

    @property
    def columns(self) -> Columns | None:
        return Columns(self.layout, self.places) if self.layout is not None else None

    def encoded(self) -> str:
        return msgspec.json.encode(self).decode()


async def pressed(turn: Turn) -> None:
    """*Repair* on a report: opens the modal."""
    dataset = await turn.dataset(turn.words, Action.SUBMIT)
    place = Place(turn.channel, dataset.id)
    async with opened(turn, blocks.title_of(dataset.report), dataset) as fill:
        table = dataset.report.table if dataset.report else None
        if table is None:
            if dataset.validation in [other.id for other in await _validation_files(turn, dataset)]:
                place = msgspec.structs.replace(place, validation=dataset.validation)
            plan = await _plan(turn, dataset, place)
            if plan.table is None:
                await _show_repairs(turn, dataset, place, plan, fill)
                return
            table = plan.table
        await fill(blocks.columns_window(dataset, table, place.encoded()))


async def layout_chosen(turn: Turn) -> None:
    """Another layout was chosen for a table: it has other parts."""
    place = Place.of(turn)
    dataset = await turn.dataset(place.dataset, Action.SUBMIT)
    async with filling(turn, texts.convert_button(), turn.body["view"]["id"]) as fill:
        table = await _table(turn, dataset)
        await fill(blocks.columns_window(dataset, table, place.encoded(), blocks.proposed(table, turn.words)))


def wrong_columns(values: dict[str, Any]) -> dict[str, str]:
    chosen = blocks.read_columns(values)
    return chosen if isinstance(chosen, dict) else {}


async def columns_chosen(turn: Turn) -> None:
    """The columns are named; the window, which waits, shows what is to be repaired."""
    place, columns = Place.of(turn), blocks.read_columns(turn.body["view"]["state"]["values"])
    dataset = await turn.dataset(place.dataset, Action.SUBMIT)
    async with filling(turn, texts.convert_button(), turn.body["view"]["id"]) as fill:
        if not isinstance(columns, Columns):
            raise BotError(" ".join(columns.values()))
        place = msgspec.structs.replace(place, layout=columns.layout, places=columns.places)
        await _show_repairs(turn, dataset, place, await _plan(turn, dataset, place), fill)


async def validation_chosen(turn: Turn) -> None:
    """A file to validate with was chosen, or none: the window shows what stands in both."""
    place = msgspec.structs.replace(Place.of(turn), validation=blocks.read_validation(turn.words))
    dataset = await turn.dataset(place.dataset, Action.SUBMIT)
    async with filling(turn, blocks.title_of(dataset.report), turn.body["view"]["id"]) as fill:
        await _show_repairs(turn, dataset, place, await _plan(turn, dataset, place), fill)


async def repairs_chosen(turn: Turn) -> None:
    """Make the repaired file, once; it comes into the thread and gets its own report."""
    place, chosen = Place.of(turn), blocks.read_repairs(turn.body["view"])
    services = turn.services
    source = await turn.dataset(place.dataset, Action.SUBMIT)
    mapping = await _mapping(turn, source, place)
    if mapping is None and not chosen and not blocks.comes_by_itself(turn.body["view"]):
        raise Invalid("nothing_ticked")
    async with derived.making[source.id]:
        made_id = await derived.id_of(
            turn, source, "mended", sorted(chosen), mapping, *filter(None, [place.validation])
        )
        if await derived.is_there(turn, made_id):
            return
        name = derived.name_of(source, "repaired")
        if source.bytes > SMALL:
            await turn.answer(derived_blocks.under_way(name))
        part = services.copies.part()
        try:
            async with _on_copies(turn, source, place) as (path, validation):
                done: RepairResult = await services.lanes.run(
                    repair_file,
                    path,
                    part,
                    chosen=chosen,
                    model=_model(source),
                    tokenizers=services.settings.tokenizers,
                    mapping=mapping,
                    validation=validation,
                    lane=Lane.of_work(source.bytes),
                )
            copy = services.copies.adopt(part, done.sha256)
        finally:
            part.unlink(missing_ok=True)
        with speaking(await services.languages.place(source.channel, source.owner)):
            comment = blocks.repaired(turn.user, source, done)
        (dataset,) = await derived.bring(turn, source, [derived.Made(made_id, name, copy)], comment)
        if place.validation is not None:
            dataset = msgspec.structs.replace(dataset, validation=place.validation)
            await services.datasets.save(dataset)
    held_out = await turn.dataset(place.validation, Action.SUBMIT) if place.validation else None
    await derived.report_on(turn, dataset, held_out)


async def _show_repairs(turn: Turn, dataset: Dataset, place: Place, plan: RepairPlan, fill: Fill) -> None:
    mapping = await _mapping(turn, dataset, place)
    others = [
        other
        for other in await _validation_files(turn, dataset if mapping is None else None)
        if other.id != dataset.id and other.report is not None and other.report.format == plan.format
    ]
    await fill(blocks.repairs_window(dataset, plan, place.encoded(), mapping, others, place.validation))


async def _validation_files(turn: Turn, dataset: Dataset | None) -> list[Dataset]:
    return await turn.services.trainable_datasets.validation_files(await turn.caller(), dataset)


async def _plan(turn: Turn, dataset: Dataset, place: Place) -> RepairPlan:
    async with _on_copies(turn, dataset, place) as (path, validation):
        return await turn.services.lanes.run(
            plan_repairs,
            path,
            model=_model(dataset),
            tokenizers=turn.services.settings.tokenizers,
            mapping=await _mapping(turn, dataset, place),
            validation=validation,
            lane=Lane.of_work(dataset.bytes),
        )


@asynccontextmanager
async def _on_copies(turn: Turn, dataset: Dataset, place: Place) -> AsyncIterator[tuple[Path, Path | None]]:
    """Our copies of the file, and of the one to validate with."""
    async with on_copy(turn.services, dataset) as path:
        if place.validation is None:
            yield path, None
            return
        async with on_copy(turn.services, await turn.dataset(place.validation, Action.SUBMIT)) as validation:
            yield path, validation


async def _mapping(turn: Turn, dataset: Dataset, place: Place) -> ColumnMapping | None:
    """How the columns are read that were named in the window."""
    return place.columns.mapping(await _table(turn, dataset)) if place.columns is not None else None


async def _table(turn: Turn, dataset: Dataset) -> Table:
    if dataset.report is not None and dataset.report.table is not None:
        return dataset.report.table
    async with on_copy(turn.services, dataset) as path:
        return await turn.services.lanes.run(tables.describe, path, lane=Lane.of_work(dataset.bytes))


def _model(dataset: Dataset) -> str:
    if dataset.report is None:
        raise Conflict("file_still_read", file=dataset.name)
    return dataset.report.model
