"""Files that somebody asked for, posted for everybody where they asked."""

from collections.abc import Mapping

from bot.notices.interfaces import PostRefused
from handlers.request import Request
from handlers.web.poster import Poster

# Slack's clock and ours may differ by that much.
_CLOCKS_DIFFER = 60.0


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
