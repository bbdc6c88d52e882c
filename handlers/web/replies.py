"""Answering people where they look. What Slack cannot take now is raised, so that the work is done again. What it may
have taken is looked for in a thread; nowhere else can it be found, so there it is logged, for twice is worse."""

import asyncio

import structlog

from bot.backoff import Backoff
from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority

log = structlog.get_logger()


async def to_command(poster: Poster, response_url: str, channel: str, user: str, message: Message) -> None:
    """To the sender of a slash command only; works where the bot is not a member. Raises PostLater."""
    try:
        await poster.respond(response_url, message)
    except PostDoubtful as error:
        log.warning("answer in doubt", why=str(error))
    except PostError:
        await to_button(poster, channel, user, None, message)


async def to_button(poster: Poster, channel: str, user: str, thread_ts: str | None, message: Message) -> None:
    """Visible to `user` only, where they pressed; where that cannot be, in their direct messages. Raises PostLater."""
    try:
        await poster.whisper(channel, user, message, thread_ts=thread_ts)
    except PostLater:
        raise
    except PostError as error:
        log.warning("could not answer", why=str(error))


async def in_place(poster: Poster, response_url: str | None, channel: str, user: str, message: Message) -> None:
    """Instead of the message whose button was pressed; where that cannot be, to the one who pressed. Raises
    PostLater."""
    try:
        if response_url is None:
            raise PostRefused("no_response_url")
        await poster.respond(response_url, message, replace=True)
    except PostError:
        await to_button(poster, channel, user, None, message)


async def in_thread(
    poster: Poster,
    channel: str,
    thread_ts: str | None,
    user: str,
    message: Message,
    *,
    idempotency_key: str,
    may_exist: bool,
    since: float,
    backoff: Backoff = Timing.reply,
) -> None:
    """To everybody in the thread, once: found by its key where an earlier attempt may have said it.

    Where the bot may not post there, it goes to the person's direct messages. Raises PostLater, PostDoubtful.
    """
    for delay in (*backoff, None):
        try:
            await poster.post_once(
                channel,
                message,
                idempotency_key=idempotency_key,
                may_exist=may_exist,
                since=since,
                thread_ts=thread_ts,
                priority=Priority.CHAT,
            )
            return
        except PostRefused as error:
            log.info("not answered in the thread", why=str(error))
            if user and channel != user:
                await _directly(poster, user, message)
            return
        except (PostLater, PostDoubtful) as error:
            may_exist = may_exist or isinstance(error, PostDoubtful)
            if delay is None:
                raise
            await asyncio.sleep(delay)


async def _directly(poster: Poster, user: str, message: Message) -> None:
    try:
        await poster.post(user, message, priority=Priority.CHAT)
    except PostLater:
        raise
    except PostError as error:
        log.warning("could not answer", why=str(error))
