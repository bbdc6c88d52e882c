"""Files that somebody asked for, posted for everybody: where they asked, or in the thread of the job they are of."""

from collections.abc import Mapping

from bot.jobs.job import Job
from bot.notices.interfaces import CardStore, PostRefused
from handlers.blocks.card import title
from handlers.blocks.parts import line
from handlers.blocks.text import code, link
from handlers.outgoing.card_links import card_link
from handlers.request import Request
from handlers.web.poster import Poster
from texts import jobs as texts

# Slack's clock and ours may differ by that much.
_CLOCKS_DIFFER = 60.0


async def post_files_of(
    poster: Poster, cards: CardStore, request: Request, job: Job, contents: Mapping[str, bytes], comment: str
) -> None:
    """As `post_files`, in the thread of the job's card where it stands in this channel. That may be far up, so whoever
    asked elsewhere is told where it is."""
    card = await cards.card(job.id) if request.channel == job.origin.channel else None
    there = (card.thread_ts or card.ts) if card and card.ts else None
    await post_files(poster, request, contents, there or request.thread_ts, comment)
    pressed_on = (request.body.get("message") or {}).get("ts")
    if there and there not in (request.thread_ts, pressed_on):
        thread = link(await card_link(cards, poster, job), texts.thread_of(code(title(job), 150)))
        await request.answer(line(texts.files_there(thread)))


async def post_files(
    poster: Poster, request: Request, contents: Mapping[str, bytes], thread_ts: str | None, comment: str
) -> None:
    """In one message with `comment` (mrkdwn); `contents` by name. A request that is worked on again after a crash posts
    nothing that is there already, as far as the thread can be read. Raises PostError."""
    if request.is_retry and await _are_there(poster, request, next(iter(contents)), thread_ts):
        return
    files = {await poster.files.upload(name, content): name for name, content in contents.items()}
    await poster.files.share(files, request.channel, thread_ts, comment)


async def _are_there(poster: Poster, request: Request, name: str, thread_ts: str | None) -> bool:
    after = f"{request.received_at - _CLOCKS_DIFFER:.6f}"
    try:
        return await poster.has_file(request.channel, thread_ts, name, after=after)
    except PostRefused:
        return False
