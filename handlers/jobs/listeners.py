"""What is known of jobs: listed, one at a glance, its history, its checkpoints and results; and following one that was
started elsewhere."""

from dataclasses import dataclass

from bot.errors import Invalid, NotFound
from bot.jobs.history import JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.job import Job
from bot.jobs.overview import JobOverview
from bot.jobs.results import JobResults
from bot.notices.interfaces import CardStore, PostError
from handlers.blocks.card import title
from handlers.blocks.text import code
from handlers.callers import Callers
from handlers.jobs.blocks import checkpoints, history, jobs
from handlers.languages import LanguageOf
from handlers.turn import Turn
from handlers.web.poster import Poster
from texts.jobs import results_of
from texts.language import speaking


@dataclass(frozen=True)
class JobListeners:
    callers: Callers
    overview: JobOverview
    job_history: JobHistory
    results: JobResults
    imports: JobImport
    cards: CardStore
    poster: Poster
    language_of: LanguageOf

    async def list(self, turn: Turn) -> None:
        """The latest jobs that this person may see."""
        shown, more = await self.overview.latest(await self.callers.of(turn), jobs.SHOWN)
        links = {one.job.id: link for one in shown if (link := await self._card_link(one.job))}
        assessments = {one.job.id: one.assessment for one in shown}
        await turn.answer(jobs.job_list([one.job for one in shown], links, assessments, more=more))

    async def status(self, turn: Turn) -> None:
        """Without a word it is the latest of the thread, or of the channel."""
        word = turn.words or await self.overview.latest_in(turn.channel, turn.thread_ts)
        if word is None:
            raise NotFound("no_job_here", member=await self.callers.is_member(turn.channel))
        one = await self.overview.one(await self.callers.of(turn), word)
        await turn.answer(jobs.job_status(one.job, await self._card_link(one.job), one.assessment))

    async def events(self, turn: Turn) -> None:
        word, number = _word_and_page(turn.words)
        page = await self.job_history.events(await self.callers.of(turn), word, number, history.PAGE)
        await turn.answer(history.event_page(page.job, page.events, page.number, page.count))

    async def events_turned(self, turn: Turn) -> None:
        await self.events(turn.in_place)

    async def explain(self, turn: Turn) -> None:
        word, number = _word_and_page(turn.words)
        job, moments = await self.job_history.timeline(await self.callers.of(turn), word)
        await turn.answer(history.timeline_page(job, moments, number))

    async def explain_turned(self, turn: Turn) -> None:
        await self.explain(turn.in_place)

    async def follow(self, turn: Turn) -> None:
        """A job by its provider's id, whoever created it."""
        word = turn.words.strip("`")
        if not word or " " in word:
            raise Invalid("which_provider_job")
        job = await self.imports.follow(await self.callers.of(turn), word, await self.callers.origin(turn))
        await turn.answer(jobs.followed(job))

    async def checkpoints(self, turn: Turn) -> None:
        job, ranked = await self.overview.checkpoints(await self.callers.of(turn), turn.words)
        await turn.answer(checkpoints.checkpoint_list(job, ranked))

    async def results_file(self, turn: Turn) -> None:
        """The CSV, into the thread of the card."""
        job, content = await self.results.file(await self.callers.of(turn), turn.words)
        name = f"{job.id}-results.csv"
        file_id = await self.poster.upload(name, content)
        card = await self.cards.card(job.id) if turn.channel == job.origin.channel else None
        with speaking(await self.language_of(turn.channel, turn.user)):
            comment = results_of(code(title(job), 150))
        await self.poster.share({file_id: name}, turn.channel, card.ts if card else turn.thread_ts, comment)

    async def _card_link(self, job: Job) -> str | None:
        card = await self.cards.card(job.id)
        if card is None or card.ts is None:
            return None
        try:
            return await self.poster.thread_link(card.channel, card.ts)
        except PostError:
            return None


def _word_and_page(words: str) -> tuple[str, int]:
    """The job and the page in "JOB 2" or "JOB page=2"."""
    word, _, rest = words.partition(" ")
    number = rest.strip().removeprefix("page=")
    return word.strip("`"), int(number) if number.isdecimal() and len(number) < 7 else 1
