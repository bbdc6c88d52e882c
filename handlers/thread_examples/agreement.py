"""Asking those whose words an example from a private conversation holds, in its thread."""

from collections.abc import Sequence

from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.thread_examples import blocks
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


async def ask(
    poster: Poster,
    language: LanguageOf,
    request: Request,
    channel: str,
    thread_ts: str | None,
    collection: str,
    people: Sequence[str],
) -> None:
    """Once for each request. `people` have not said yet whether they agree; nobody is asked where there are none."""
    if not people:
        return
    with speaking(await language(channel, request.user)):
        asked = blocks.agreement(request.user, collection, people, {})
    await poster.post_once(
        channel,
        asked,
        idempotency_key=f"{request.key}/agreement",
        may_exist=request.is_retry,
        since=request.received_at,
        thread_ts=thread_ts,
        priority=Priority.CHAT,
    )
