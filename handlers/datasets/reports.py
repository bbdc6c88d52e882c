"""The report on a training file: the check that makes it, and the message that shows it and grows with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bot.charts.lengths import length_chart
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import Arrival
from bot.datasets.pairs import validation_of
from bot.errors import BotError
from bot.jobs.throughput import seconds_per_token
from bot.notices.interfaces import PostError, PostRefused
from bot.providers.interface import ProviderError
from bot.worker_processes import Lane
from handlers.blocks.untrainable import untrainable
from handlers.datasets.blocks import report as blocks
from handlers.datasets.blocks.report import Offer
from handlers.datasets.copies import on_copy
from handlers.datasets.reactions import WRONG, react, verdict
from handlers.services import Services
from handlers.web.rate_limits import Priority
from texts.charts import length_alt_text, words
from training_files import DEFAULT_MODEL, Report, TrainingFileError, check_file, cost, lookup

log = structlog.get_logger()

# A picture of fewer examples, or of fewer bars, shows nothing that the figures do not.
_MANY_EXAMPLES: Final = 20
_FEWEST_BARS: Final = 3

# Bytes. A smaller file takes long only where the machine is busy; its report comes in the next moment.
WORTH_WATCHING: Final = 2_000_000

# Past jobs that tell how long training takes.
_JOBS: Final = 200


async def begin(services: Services, dataset: Dataset, *, again: bool, since: float) -> str:
    """Say once in the file's thread that it is being read; the ts of the message, which becomes the report."""
    report_ts = await services.datasets.report_ts(dataset.id)
    if report_ts is None:
        report_ts = await services.poster.post_once(
            dataset.channel,
            blocks.reading(dataset.name),
            mark=f"report/{dataset.id}",
            maybe_posted=again,
            since=since,
            thread_ts=dataset.thread_ts,
            priority=Priority.CHAT,
        )
        await services.datasets.set_report_ts(dataset.id, report_ts)
    return report_ts


@asynccontextmanager
async def trouble_shown(services: Services, dataset: Dataset, report_ts: str) -> AsyncIterator[None]:
    """What goes wrong with the file itself is said where its report would be."""
    try:
        yield
    except TrainingFileError as error:
        sentence = str(error)
    except (BotError, PostError):
        raise
    except Exception as error:
        log.exception("check failed", dataset=dataset.id, exc_info=error)
        sentence = "Something went wrong on my side while I checked it. Drop it again, please."
    else:
        return
    message = blocks.unreadable(dataset.name, sentence)
    await services.poster.update(dataset.channel, report_ts, message, priority=Priority.CHAT)
    await react(services, dataset, WRONG)


async def examine(
    services: Services,
    dataset: Dataset,
    report_ts: str,
    *,
    validation: Path | None = None,
    arrival: Arrival | None = None,
) -> None:
    """Check the file and show the report: what is found first, then all, then the picture of lengths. The second pass
    follows by itself. `validation`: the file that is to validate what this one trains. `arrival`: where the file
    arrives, if it is not our copy yet.

    Raises TrainingFileError.
    """
    async with _growing(services, dataset, report_ts) as show_partial:
        checked = await check(services, dataset, validation=validation, arrival=arrival, on_partial=show_partial)
    if checked is None:  # deleted in the meantime
        await services.poster.update(dataset.channel, report_ts, blocks.deleted(dataset.name), priority=Priority.CHAT)
        return
    await show(services, checked)
    services.second_pass.add(dataset.id)
    if await _draw(services, checked):
        await show(services, await services.datasets.get(dataset.id) or checked)


async def check(
    services: Services,
    dataset: Dataset,
    *,
    validation: Path | None = None,
    arrival: Arrival | None = None,
    on_partial: Callable[[Report], None] | None = None,
) -> Dataset | None:
    """The data set with its report, stored; None where it was deleted meanwhile. Raises TrainingFileError.

    What arrives becomes our copy when all of it was read.
    """
    model = (await base_models(services) or [_default_model(services)])[0]
    async with on_copy(services, dataset, arrival) as path:
        found = await services.lanes.run(
            check_file,
            path,
            model=model,
            tokenizers=services.settings.tokenizers,
            validation=validation,
            growing=arrival.growing if arrival else None,
            lane=Lane.of_report(dataset.bytes),
            on_partial=on_partial,
        )
    if arrival is not None:
        services.copies.adopt(arrival.path, found.sha256)
    checked = await services.datasets.update(
        dataset.id,
        lambda known: msgspec.structs.replace(known, sha256=found.sha256, bytes=found.bytes, report=found),
    )
    if checked is None and not await services.datasets.by_hash(found.sha256):
        services.copies.remove(found.sha256)
    return checked


async def pair(services: Services, channel: str, dropped_at: float) -> None:
    """Of files that were dropped with one message, a training file gets the one that validates it; what stands in both
    is looked for.
    """
    dropped = await services.datasets.of_message(channel, dropped_at)
    for training in dropped:
        held_out = validation_of(training, dropped)
        if held_out is None or training.validation not in (None, held_out.id):
            continue
        with contextlib.suppress(TrainingFileError):  # each has its report; what they share is not known then
            await check(services, training, validation=services.copies.path(held_out.sha256))
        paired = await services.datasets.update(training.id, partial(msgspec.structs.replace, validation=held_out.id))
        if paired is not None:
            await show(services, paired)
            await show(services, held_out)
            services.second_pass.add(paired.id)


async def show(services: Services, dataset: Dataset, *, priority: Priority = Priority.CHAT) -> None:
    """Bring the report's message to what is known now."""
    report_ts = await services.datasets.report_ts(dataset.id)
    found = dataset.report
    if report_ts is None or dataset.deleted_at is not None or found is None:
        return
    offers = await _offers(services, found)
    obstacle = "" if offers or found.method is None else untrainable(services.providers.default.name, found)
    validation = await services.datasets.get(dataset.validation) if dataset.validation else None
    dropped = await services.datasets.of_message(dataset.channel, dataset.created_at)
    validates = next((one.name for one in dropped if one.validation == dataset.id and one.deleted_at is None), "")
    alt = ""
    if dataset.lengths_file is not None and found.histogram:
        alt = length_alt_text(found.histogram, found.tokens, limit=_limit(found))
    render = partial(blocks.report, offers=offers, obstacle=obstacle, validation=validation, validates=validates)
    try:
        await services.poster.update(dataset.channel, report_ts, render(dataset, picture_alt=alt), priority=priority)
    except PostRefused as error:
        if dataset.lengths_file is None or str(error) != "invalid_blocks":
            raise
        # The picture is gone from Slack, or not ready: the report is worth more than its picture.
        dataset = msgspec.structs.replace(dataset, lengths_file=None)
        await services.poster.update(dataset.channel, report_ts, render(dataset), priority=priority)
    await react(services, dataset, verdict(found, trainable=not obstacle))


async def take_down(services: Services, dataset: Dataset) -> None:
    """The file was deleted: its report says so, and what was uploaded beside it goes too, as far as Slack lets us."""
    await react(services, dataset, None)
    try:
        report_ts = await services.datasets.report_ts(dataset.id)
        if report_ts is not None:
            message = blocks.deleted(dataset.name)
            await services.poster.update(dataset.channel, report_ts, message, priority=Priority.MILESTONE)
        for file_id in filter(None, (dataset.lengths_file, dataset.findings_file)):
            await services.poster.delete_file(file_id)
    except PostError as error:
        log.info("report not taken down", dataset=dataset.id, why=str(error))


async def base_models(services: Services) -> list[str]:
    """The models on offer; a provider that is down does not stop a check."""
    try:
        return await services.catalogue.base_models()
    except ProviderError as error:
        log.warning("models unknown", why=str(error))
        return [_default_model(services)]


def _default_model(services: Services) -> str:
    return services.settings.finetune_default_model or DEFAULT_MODEL


async def _offers(services: Services, found: Report) -> list[Offer]:
    """What training would cost on each model that can be trained on such a file, and take, where that is known."""
    paces = seconds_per_token(await services.jobs.latest(_JOBS), services.providers.default.name)
    offers = []
    for model in await base_models(services):
        if services.catalogue.can_train(model, found.method, found) is False:
            continue
        usd = found.cost[model] if model in found.cost else cost(model, found.tokens.billed, found.epochs)
        pace = paces.get(model)
        offers.append(Offer(model, usd, pace * found.tokens.billed * found.epochs if pace else None))
    return offers


@asynccontextmanager
async def _growing(services: Services, dataset: Dataset, report_ts: str) -> AsyncIterator[Callable[[Report], None]]:
    """While the check runs, what it has found so far is shown at a calm rate, as far as there is room for edits."""
    latest: list[Report] = []
    news, editing = asyncio.Event(), asyncio.Lock()

    def take(found: Report) -> None:
        if dataset.bytes >= WORTH_WATCHING:
            latest[:] = [found]
            news.set()

    async def edit() -> None:
        while True:
            await news.wait()
            news.clear()
            async with editing:
                if services.poster.may_update_now():
                    with contextlib.suppress(PostError):
                        await services.poster.update_now(dataset.channel, report_ts, blocks.growing(dataset, latest[0]))
            await asyncio.sleep(services.timing.between_report_edits)

    task = asyncio.create_task(edit())
    try:
        yield take
    finally:
        # An edit under way is waited for, or it could arrive after the report itself.
        async with editing:
            task.cancel()


async def _draw(services: Services, dataset: Dataset) -> bool:
    """Put the picture of lengths into Slack, where it is worth it; False where there is nothing new to show."""
    found = dataset.report
    if found is None or found.examples <= _MANY_EXAMPLES or len(found.histogram) < _FEWEST_BARS:
        return False
    if dataset.lengths_file is not None:
        return False
    limit = _limit(found)
    try:
        png = await services.lanes.run(
            length_chart, found.histogram, found.tokens, words(), title=dataset.name, limit=limit, seconds=60
        )
        alt = length_alt_text(found.histogram, found.tokens, limit=limit)
        file_id = await services.poster.upload_image(f"{dataset.id}-lengths.png", png, alt)
    except (TrainingFileError, PostError) as error:
        log.warning("picture of lengths not made", dataset=dataset.id, why=str(error))
        return False
    changed = await services.datasets.update(
        dataset.id, lambda known: msgspec.structs.replace(known, lengths_file=file_id)
    )
    return changed is not None


def _limit(found: Report) -> int | None:
    """The most tokens that the model takes of one example."""
    facts = lookup(found.model)
    return facts.example_tokens if facts else None
