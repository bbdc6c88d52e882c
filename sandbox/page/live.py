"""What an open page is told as it happens: the regions that changed, rendered again, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

from markupsafe import escape

from sandbox.changes import Change
from sandbox.page.paint import Painter

COALESCE = 0.04
"""Changes within this time are painted once: a streamed answer makes dozens a second."""


async def stream(painter: Painter) -> AsyncIterator[str]:
    """Server-sent events for one page until the sandbox stops or the page goes away.

    The first event brings everything up to date: what happened while the page loaded, or was not connected.
    """
    async with painter.ws.changes.watch() as changes:
        everything = {"sidebar", "modal", "presence", "home" if painter.tab == "home" else "messages"}
        yield event(painter, everything | ({"thread"} if painter.thread else set()))
        while True:
            try:
                change = await asyncio.wait_for(changes.get(), 15)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            dirty: set[str] = set()
            toasts: list[str] = []
            while True:
                if change is None:
                    return
                mark(painter, change, dirty, toasts)
                if changes.empty():
                    await asyncio.sleep(COALESCE)
                    if changes.empty():
                        break
                change = changes.get_nowait()
            for text in toasts:
                yield f"event: toast\ndata: {escape(text).replace(chr(10), ' ')}\n\n"
            if dirty and (news := event(painter, dirty)).strip():
                yield news


def mark(painter: Painter, change: Change, dirty: set[str], toasts: list[str]) -> None:
    """Enter into `dirty` the regions of this page that a change touches."""
    here = change.channel == painter.channel.id
    mine = change.user in ("", painter.user.id)
    match change.what:
        case "message":
            if here and mine:
                if painter.tab == "messages":
                    dirty.add("messages")
                if painter.thread and painter.thread in (change.ts, change.thread_ts):
                    dirty.add("thread")
                painter.ws.mark_read(painter.channel, painter.user.id)
            elif mine:
                dirty.add("sidebar")
        case "status":
            if here:
                dirty |= {"messages", "thread"} if painter.thread else {"messages"}
        case "channel":
            dirty.add("sidebar")
        case "view":
            if mine:
                dirty.add("modal")
        case "home":
            if mine and painter.tab == "home":
                dirty.add("home")
        case "presence":
            dirty.add("presence")
        case "trouble":
            if change.user == painter.user.id:
                toasts.append(change.text)


def event(painter: Painter, regions: set[str]) -> str:
    if painter.tab == "home":
        regions = regions - {"messages"}
    html = "\n".join(painter.news(name) for name in sorted(regions))
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return lines + "\n"
