"""What is known of a job: at a glance, its history, its checkpoints and results; and following one that was
started elsewhere."""

from dataclasses import dataclass, replace

import msgspec

from bot.collections.learned import LearnedModels
from bot.errors import Invalid, NotFound
from bot.jobs.history import JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.kept_checkpoints import KeptCheckpoints
from bot.jobs.links import JobLinks
from bot.jobs.overview import JobOverview
from bot.jobs.results import JobResults
from bot.notices.interfaces import CardStore
from handlers.blocks.card import title
from handlers.blocks.text import code
from handlers.callers import Callers
from handlers.jobs.blocks import checkpoints, following, history, jobs
from handlers.jobs.command_words import read_checkpoint_words
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.outgoing.card_links import card_link
from handlers.posted_files import post_files_of
from handlers.request import Request
from handlers.web.poster import Poster
from texts.jobs import results_of
from texts.language import speaking


@dataclass(frozen=True)
class JobListeners:
    callers: Callers
    overview: JobOverview
    job_history: JobHistory
    keeping: KeptCheckpoints
    results: JobResults
    imports: JobImport
    learned: LearnedModels
    links: JobLinks
    cards: CardStore
    modals: Modals
    poster: Poster
    language_of: LanguageOf

    async def status(self, request: Request) -> None:
        caller = await self.callers.of(request)
        one = await self.overview.one(caller, await self._word(request))
        model = one.job.fine_tuned_model
        sets = (await self.learned.collections_of(caller, [model]))[model] if model else ()
        card = await card_link(self.cards, self.poster, one.job)
        shown = jobs.job_status(
            one.job,
            card,
            one.assessment,
            learned_from=sets,
            abilities=one.abilities,
            outside=self.links.to(one.job),
        )
        await request.answer(shown)

    async def events(self, request: Request) -> None:
        word, number = _word_and_page(request.text)
        word = word or await latest_here(self.overview, self.callers, request)
        page = await self.job_history.events(await self.callers.of(request), word, number, history.PAGE)
        await request.answer(history.event_page(page.job, page.events, page.number, page.count))

    async def events_turned(self, request: Request) -> None:
        await self.events(request.in_place)

    async def explain(self, request: Request) -> None:
        word, number = _word_and_page(request.text)
        word = word or await latest_here(self.overview, self.callers, request)
        job, moments = await self.job_history.timeline(await self.callers.of(request), word)
        await request.answer(history.timeline_page(job, moments, number))

    async def explain_turned(self, request: Request) -> None:
        await self.explain(request.in_place)

    async def follow(self, request: Request) -> None:
        """A job by its provider's id, whoever created it; without one, a modal asks for it."""
        word = request.text.strip("`")
        if not word and request.trigger_id:
            await self.modals.open(request, following.follow_modal(request.channel))
            return
        await self._follow(request, word)

    async def follow_entered(self, request: Request) -> None:
        """The modal was sent off."""
        await self._follow(request, following.read_job(request.body["view"]["state"]["values"]))

    async def _follow(self, request: Request, word: str) -> None:
        if not word or " " in word:
            raise Invalid("which_provider_job", following.JOB)
        job = await self.imports.follow(await self.callers.of(request), word, await self.callers.origin(request))
        await request.answer(jobs.followed(job))

    async def checkpoints_command(self, request: Request) -> None:
        words = read_checkpoint_words(request.text)
        request = replace(request, text=words.job)
        if words.step is None:
            await self.checkpoints(request)
            return
        caller, word = await self.callers.of(request), await self._word(request)
        if words.keep:
            job, checkpoint = await self.keeping.keep(caller, word, words.step, words.name)
            await request.answer(checkpoints.checkpoint_kept(job, checkpoint))
        else:
            _, checkpoint = await self.keeping.release(caller, word, words.step)
            await request.answer(checkpoints.checkpoint_released(checkpoint))

    async def keep(self, request: Request) -> None:
        """*Keep* beside a checkpoint: opens a modal that asks for a name."""
        job_id, _, step = request.text.partition(" ")
        job, checkpoint = await self.keeping.check(await self.callers.of(request), job_id, int(step))
        await self.modals.open(request, checkpoints.keep_modal(job, checkpoint, request.channel))

    async def kept(self, request: Request) -> None:
        """The modal was sent off."""
        view = request.body["view"]
        target = msgspec.json.decode(view["private_metadata"], type=checkpoints.KeepTarget)
        name = checkpoints.read_name(view["state"]["values"])
        job, checkpoint = await self.keeping.keep(await self.callers.of(request), target.job, target.step, name)
        await request.answer(checkpoints.checkpoint_kept(job, checkpoint))

    async def release(self, request: Request) -> None:
        """*No longer keep*: the list as it is then takes the place of the one in which it was pressed."""
        job_id, _, step = request.text.partition(" ")
        await self.keeping.release(await self.callers.of(request), job_id, int(step))
        await self.checkpoints(replace(request.in_place, text=job_id))

    async def checkpoints(self, request: Request) -> None:
        job, ranked = await self.overview.checkpoints(await self.callers.of(request), await self._word(request))
        await request.answer(checkpoints.checkpoint_list(job, ranked))

    async def results_file(self, request: Request) -> None:
        """The provider's file and the clean table, into the thread of the card."""
        found = await self.results.of(await self.callers.of(request), await self._word(request))
        job = found.job
        named = {"provider-results": found.provider_file, "results": found.table}
        contents = {f"{job.id}-{name}.csv": content for name, content in named.items() if content}
        with speaking(await self.language_of(request.channel, request.user)):
            comment = results_of(code(title(job), 150))
        await post_files_of(self.poster, self.cards, request, job, contents, comment)

    async def _word(self, request: Request) -> str:
        """What names the job."""
        return request.text.strip("`") or await latest_here(self.overview, self.callers, request)


async def latest_here(overview: JobOverview, callers: Callers, request: Request) -> str:
    """The id of the job that is meant where none is named: the latest of the thread, or of the channel. Raises
    NotFound."""
    found = await overview.latest_in(request.channel, request.thread_ts)
    if found is None:
        raise NotFound("no_job_here", member=await callers.is_member(request.channel))
    return found


def _word_and_page(words: str) -> tuple[str, int]:
    """The job and the page in "JOB 2" or "JOB page=2"."""
    word, _, rest = words.partition(" ")
    number = rest.strip().removeprefix("page=")
    return word.strip("`"), int(number) if number.isdecimal() and len(number) < 7 else 1
