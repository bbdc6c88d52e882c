"""Repairing a training file: what the modals show, and the repaired file that comes of them.

For a table, the first question is which column plays which part. If a validation file is chosen, examples that are in
both are found, too.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from bot.datasets.columns import Columns, proposed_columns
from bot.datasets.dataset import Dataset
from bot.datasets.repairing import DatasetRepairing
from bot.errors import Invalid
from handlers.callers import Callers
from handlers.datasets.blocks import derived as derived_blocks
from handlers.datasets.derived_files import DerivedFiles
from handlers.modals import Fill, Modals
from handlers.repair import blocks
from handlers.repair.blocks import Selection
from handlers.request import Request
from texts import repair as texts
from texts.formats import sentences
from training_files.report import Table


@dataclass(frozen=True)
class RepairListeners:
    callers: Callers
    repairing: DatasetRepairing
    derived: DerivedFiles
    modals: Modals

    async def open(self, request: Request) -> None:
        caller = await self.callers.of(request)
        dataset = await self.repairing.check(caller, request.text)
        async with self.modals.opened(request, blocks.title_of(dataset.report), dataset) as fill:
            first = await self.repairing.begin(caller, dataset)
            selection = Selection(request.channel, dataset.id)
            if isinstance(first, Table):
                await fill(blocks.columns_modal(dataset, first, selection, proposed_columns(first)))
            else:
                selection = msgspec.structs.replace(selection, validation=first.validation)
                await fill(blocks.repairs_modal(dataset, first, selection))

    async def layout_chosen(self, request: Request) -> None:
        """Another layout was chosen for a table: it has other parts."""
        selection = _selected(request)
        dataset = await self.repairing.check(await self.callers.of(request), selection.dataset)
        async with self.modals.filling(request, texts.convert_button(), request.body["view"]["id"]) as fill:
            table = await self.repairing.table(dataset)
            await fill(blocks.columns_modal(dataset, table, selection, proposed_columns(table, request.text)))

    async def columns_chosen(self, request: Request) -> None:
        """The columns are named; the modal, which waits, shows what is to be repaired."""
        selection, columns = _selected(request), blocks.read_columns(request.body["view"]["state"]["values"])
        dataset = await self.repairing.check(await self.callers.of(request), selection.dataset)
        async with self.modals.filling(request, texts.convert_button(), request.body["view"]["id"]) as fill:
            if not isinstance(columns, Columns):
                raise Invalid(sentences(*columns.values()))
            selection = msgspec.structs.replace(selection, layout=columns.layout, places=columns.places)
            await self._show_repairs(request, dataset, selection, fill)

    async def validation_chosen(self, request: Request) -> None:
        """A validation file was chosen, or none: the modal shows what is in both files."""
        selection = msgspec.structs.replace(_selected(request), validation=blocks.read_validation(request.text))
        dataset = await self.repairing.check(await self.callers.of(request), selection.dataset)
        async with self.modals.filling(request, blocks.title_of(dataset.report), request.body["view"]["id"]) as fill:
            await self._show_repairs(request, dataset, selection, fill)

    async def repairs_chosen(self, request: Request) -> None:
        """The repaired file comes into the thread, once, and gets a report of its own."""
        caller, view, selection = await self.callers.of(request), request.body["view"], _selected(request)
        async with self.repairing.plan(
            caller,
            selection.dataset,
            blocks.read_repairs(view),
            selection.columns,
            selection.validation,
            always=blocks.comes_by_itself(view),
        ) as planned:
            if await self.derived.is_there(request, planned.new):
                return
            if planned.takes_long:
                await request.answer(derived_blocks.under_way(planned.new.name))
            made = await self.repairing.repair(caller, planned)
            (dataset,) = await self.derived.share(
                request,
                planned.source,
                [made.dataset],
                lambda: blocks.repaired(request.user, planned.source, made.result),
            )
        await self.derived.report_on(request, dataset, planned.validation)

    async def _show_repairs(self, request: Request, dataset: Dataset, selection: Selection, fill: Fill) -> None:
        proposed = await self.repairing.propose(
            await self.callers.of(request), dataset, selection.columns, selection.validation
        )
        await fill(blocks.repairs_modal(dataset, proposed, selection))


def wrong_columns(values: dict[str, Any]) -> dict[str, str]:
    columns = blocks.read_columns(values)
    return columns if isinstance(columns, dict) else {}


def _selected(request: Request) -> Selection:
    return msgspec.json.decode(request.body["view"]["private_metadata"], type=Selection)
