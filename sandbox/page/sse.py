"""Live updates of an open page: regions that have changed, rendered again, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

from markupsafe import escape

from sandbox.changes import Change
from sandbox.page.render import Renderer

EVERYTHING = {"sidebar", "modal", "presence", "home", "messages", "thread", "prompts", "session", "executions"}
COALESCE = 0.04
"""Changes within this time (seconds) are rendered together: a streamed message changes dozens of times a second."""


async def stream(renderer: Renderer) -> AsyncIterator[str]:
    """Server-sent events for one page until the workspace ends or the page closes.

    The first event updates everything: the page may have missed changes while it loaded or was disconnected.
    """
    async with renderer.ws.changes.watch() as changes:
        yield event(renderer, EVERYTHING)
        while True:
            try:
                change = await asyncio.wait_for(changes.get(), 15)
            except TimeoutError:
                yield ": keep-alive\n\n"
                continue
            dirty: set[str] = set()
            toasts: list[str] = []
            while True:
                if change is None:
                    return
                mark(renderer, change, dirty, toasts)
                if changes.empty():
                    await asyncio.sleep(COALESCE)
                    if changes.empty():
                        break
                change = changes.get_nowait()
            for text in toasts:
                yield f"event: toast\ndata: {escape(text).replace(chr(10), ' ')}\n\n"
            if dirty and (update := event(renderer, dirty)).strip():
                yield update


def mark(renderer: Renderer, change: Change, dirty: set[str], toasts: list[str]) -> None:
    """Add to `dirty` the regions of this page that a change affects."""
    here = change.channel == renderer.channel.id
    mine = change.user in ("", renderer.user.id)
    match change.what:
        case "message":
            if here and mine:
                if renderer.tab == "messages":
                    dirty.add("messages")
                if renderer.thread and renderer.thread in (change.ts, change.thread_ts):
                    dirty.add("thread")
                renderer.ws.mark_read(renderer.channel, renderer.user.id)
            elif mine:
                dirty.add("sidebar")
        case "status":
            if here:
                dirty |= {"messages", "thread"} if renderer.thread else {"messages"}
        case "session":
            if here:
                dirty |= {"messages", "session"}
        case "prompts":
            if here:
                dirty.add("prompts")
        case "channel":
            dirty.add("sidebar")
        case "view":
            if mine:
                dirty.add("modal")
        case "home":
            if mine and renderer.tab == "home":
                dirty.add("home")
        case "workflow":
            if mine:
                dirty.add("executions")
        case "locale":
            if mine:
                dirty |= EVERYTHING
        case "presence":
            dirty.add("presence")
        case "toast":
            if change.user == renderer.user.id:
                toasts.append(change.text)


def event(renderer: Renderer, regions: set[str]) -> str:
    shown = {"home": {"home"}, "workflows": {"executions"}}.get(renderer.tab, {"messages", "prompts"})
    hidden = {"home", "executions", "messages", "prompts"} - shown
    hidden |= set() if renderer.thread else {"thread", "session"}
    html = "\n".join(renderer.update(name) for name in sorted(regions - hidden))
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return lines + "\n"
