"""`/finetune jobs`: pages that buttons turn, settings beside each other, and all that fit as a file."""

from dataclasses import dataclass, replace

from bot.experiments.filters import Filters, Wanted, read_wanted
from bot.experiments.search import JobSearch, export_table
from bot.notices.interfaces import CardStore
from handlers.blocks.markup import half_width, parts_of
from handlers.callers import Callers
from handlers.experiments import blocks
from handlers.languages import LanguageOf
from handlers.metrics.listeners import MetricsListeners
from handlers.outgoing.card_links import card_link
from handlers.posted_files import post_files
from handlers.request import Request
from handlers.web.poster import Poster
from texts.experiments import export_of
from texts.jobs import shown_states
from texts.language import speaking
from training_files.spreadsheet import as_csv


@dataclass(frozen=True)
class ExperimentListeners:
    callers: Callers
    search: JobSearch
    drawn: MetricsListeners
    cards: CardStore
    poster: Poster
    language_of: LanguageOf

    async def jobs(self, request: Request) -> None:
        wanted = _read(request)
        if wanted.csv:
            await self._export(request, wanted.filters)
        elif wanted.compare:
            await self._compare(request, wanted.filters)
        else:
            page = await self.search.page(await self.callers.of(request), wanted.filters, wanted.page)
            links = {
                one.job.id: link for one in page.jobs if (link := await card_link(self.cards, self.poster, one.job))
            }
            await request.answer(blocks.job_page(page, links))

    async def turned(self, request: Request) -> None:
        """*Earlier* and *Later*."""
        await self.jobs(request.in_place)

    async def compare(self, request: Request) -> None:
        """Those that are ticked, or else the first of the page."""
        await self._compare(request, _read(_with_chosen(request)).filters)

    async def metrics(self, request: Request) -> None:
        """The same ones' metrics."""
        await self.drawn.metrics(_with_chosen(request))

    async def export(self, request: Request) -> None:
        """All that fit, as a file for everybody here."""
        await self._export(request, _read(request).filters)

    async def _compare(self, request: Request, filters: Filters) -> None:
        await request.answer(blocks.comparison(await self.search.compare(await self.callers.of(request), filters)))

    async def _export(self, request: Request, filters: Filters) -> None:
        found = await self.search.export(await self.callers.of(request), filters)
        table = as_csv(*export_table(found))
        with speaking(await self.language_of(request.channel, request.user)):
            comment = export_of(len(found))
        await post_files(self.poster, request, {"jobs.csv": table}, request.thread_ts, comment)


def _read(request: Request) -> Wanted:
    """Raises Invalid."""
    words = parts_of(half_width(request.text))
    return read_wanted(words, user=request.user, at=request.received_at, shown=shown_states())


def _with_chosen(request: Request) -> Request:
    chosen = blocks.read_chosen(request.body)
    return replace(request, text=" ".join(chosen)) if chosen else request
