"""Training files that people drop, and the buttons of their reports."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import msgspec

from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.findings_file import FindingsFile
from bot.datasets.intake import DatasetIntake, DroppedFile
from bot.datasets.samples import DatasetSamples
from bot.datasets.splitting import DatasetSplitting
from bot.errors import Invalid
from bot.evaluations.grader_files import GraderFiles
from handlers.blocks import deletion as deletion_blocks
from handlers.callers import Callers
from handlers.datasets.blocks import derived as derived_blocks
from handlers.datasets.blocks import report as blocks
from handlers.datasets.blocks import sample as sample_blocks
from handlers.datasets.blocks import split_modal
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.dropped_files import may_be_training_data, name_of, unbroken
from handlers.datasets.reports import ReportMessages
from handlers.languages import LanguageOf
from handlers.modals import Fill, Modals
from handlers.request import Request
from handlers.web.download import Download
from handlers.web.people import People
from handlers.web.poster import Poster
from texts.datasets.sample import sample_title
from texts.findings import sentence
from texts.formats import sentences
from texts.language import speaking
from training_files import TrainingFileError
from training_files.findings_csv import findings_csv


@dataclass(frozen=True)
class DatasetListeners:
    callers: Callers
    intake: DatasetIntake
    checking: DatasetCheck
    splitting: DatasetSplitting
    samples: DatasetSamples
    findings: FindingsFile
    deletion: DatasetDeletion
    graders: GraderFiles
    reports: ReportMessages
    derived: DerivedFiles
    download: Download
    modals: Modals
    people: People
    poster: Poster
    language: LanguageOf

    async def files_dropped(self, request: Request, read: Mapping[str, bytes] = MappingProxyType({})) -> bool:
        """Each file of a message gets its own report. False if none is meant as training data. `read`: what is known of
        files already, by their ids."""
        files = [file for file in request.body["event"].get("files") or [] if may_be_training_data(file)]
        for file in files:
            await self._take_in(request, file, read.get(str(file["id"])))
        if len(files) > 1:
            for training, validation in await self.intake.pair(await self.callers.of(request)):
                await self.reports.show_and_scan(training)
                await self.reports.show(validation)
        return bool(files)

    async def file_deleted(self, request: Request) -> None:
        """The file is gone from Slack: offer its owner to delete our copy and the provider's. A grader goes with it."""
        await self.graders.forget(str(request.body["event"].get("file_id") or ""))
        for dataset in await self.deletion.of_file(str(request.body["event"].get("file_id") or "")):
            with speaking(await self.language(dataset.owner, dataset.owner)):
                question = deletion_blocks.deleted_in_slack(dataset)
            await self.poster.post_once(
                dataset.owner,
                question,
                idempotency_key=f"{request.key}/{dataset.id}",
                may_exist=request.is_retry,
                since=request.received_at,
            )

    async def all_findings(self, request: Request) -> None:
        """As a table in a file, once in the thread, for everybody."""
        caller = await self.callers.of(request)
        async with self.findings.uploading(request.text):
            dataset = await self.findings.check(caller, request.text)
            there = await self.poster.files.link(dataset.findings_file) if dataset.findings_file else None
            if there is not None:
                if not request.is_retry:
                    await request.answer(blocks.findings_there(there))
                return
            await self._share_findings(dataset)

    async def _share_findings(self, dataset: Dataset) -> None:
        found = dataset.report
        assert found is not None
        name = f"{PurePath(dataset.name).stem[:100] or 'file'}-findings.csv"
        with speaking(await self.language(dataset.channel, dataset.owner)):
            table = findings_csv(found, sentence)
            comment = blocks.findings_attached(dataset, len(found.errors) + len(found.warnings))
        file_id = await self.poster.files.upload(name, table)
        await self.findings.uploaded(dataset.id, file_id)
        await self.poster.files.share({file_id: name}, dataset.channel, dataset.thread_ts, comment)

    async def sample(self, request: Request) -> None:
        """A few random examples in a modal."""
        dataset = await self.samples.check(await self.callers.of(request), request.text)
        async with self.modals.opened(request, sample_title(), dataset) as fill:
            await self._fill_sample(request, dataset, fill)

    async def another_sample(self, request: Request) -> None:
        dataset = await self.samples.check(await self.callers.of(request), request.text)
        async with self.modals.filling(request, sample_title(), request.body["view"]["id"]) as fill:
            await self._fill_sample(request, dataset, fill)

    async def _fill_sample(self, request: Request, dataset: Dataset, fill: Fill) -> None:
        await fill(sample_blocks.sample_modal(dataset, await self.samples.draw(dataset), request.channel))

    async def split(self, request: Request) -> None:
        """Opens the modal that asks how."""
        dataset = await self.splitting.check(await self.callers.of(request), request.text)
        await self.modals.open(request, split_modal.split_modal(dataset, request.channel))

    async def split_submitted(self, request: Request) -> None:
        """Two files come into the thread, one to train on and one to validate with."""
        caller, view = await self.callers.of(request), request.body["view"]
        wanted = split_modal.read_split(view["state"]["values"])
        if isinstance(wanted, dict):
            raise Invalid(sentences(*wanted.values()))
        place = msgspec.json.decode(view["private_metadata"], type=split_modal.Place)
        async with self.splitting.plan(caller, place.dataset, *wanted) as planned:
            if await self.derived.is_there(request, planned.training):
                return
            if planned.takes_long:
                await request.answer(derived_blocks.under_way(planned.training.name))
            made = await self.splitting.split(caller, planned)
            training, validation = await self.derived.share(
                request,
                planned.source,
                [made.training, made.validation],
                lambda: derived_blocks.split(request.user, planned.source, made.sides),
            )
        await self.checking.check(validation)
        await self.derived.report_on(request, training, validation)

    async def _take_in(self, request: Request, file: dict[str, Any], read: bytes | None) -> None:
        if not name_of(file):
            # A stub may turn out to be a picture.
            with contextlib.suppress(TrainingFileError):
                file = await self.download.details(file)
                if not may_be_training_data(file):
                    return
        dataset = await self.intake.begin(await self.callers.of(request), await self._dropped(request, file))
        report_ts = await self.reports.begin(dataset, is_retry=request.is_retry, since=request.received_at)
        async with self.reports.trouble_shown(dataset, report_ts):
            details = await self.download.details(file)
            size = int(details.get("size") or 0)
            dataset = msgspec.structs.replace(dataset, bytes=size)
            await self.reports.follow(
                dataset,
                report_ts,
                lambda on_partial: self.intake.read(
                    dataset, size, unbroken(self.download, details, read=read), on_partial
                ),
            )

    async def _dropped(self, request: Request, file: dict[str, Any]) -> DroppedFile:
        return DroppedFile(
            id=file["id"],
            name=name_of(file) or "file",
            bytes=int(file.get("size") or 0),
            thread_ts=str(request.thread_ts),
            private=(await self.people.channel(request.channel)).private,
        )


def wrong_split(values: dict[str, Any]) -> dict[str, str]:
    wanted = split_modal.read_split(values)
    return wanted if isinstance(wanted, dict) else {}
