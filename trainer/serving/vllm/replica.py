"""One vLLM server: what it serves, what it has loaded, how busy it is."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0
# For all that is answered at once.
_MOMENT = aiohttp.ClientTimeout(total=10, connect=_CONNECT_SECONDS)
# A stream that says nothing for this long is given up; before its first token a prompt may be read, and others before.
_SILENCE_SECONDS = 300.0
# Both are of the scheduler: what grows, and what waits for its turn.
_BUSY = re.compile(rb"^vllm:num_requests_(?:running|waiting)(?:\{[^}]*\})? ([0-9.e+]+)", re.MULTILINE)


class ReplicaFailed(Exception):
    """It could not be reached, or made a mistake of its own: another may answer."""


class ReplicaBusy(ReplicaFailed):
    """It asks to be spared for now."""


class NotServed(Exception):
    """It has no model of this name, or cannot load its adapter."""


class RequestRefused(Exception):
    """It will not do what the request says; others would not either."""


class ServedBase(msgspec.Struct, frozen=True):
    """A base model as a replica has it: the path or id that it was started with, and the longest context in tokens."""

    root: str
    context_length: int


class Replica:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self.available = self.heard = False
        self.bases: dict[str, ServedBase] = {}
        self.adapters: set[str] = set()
        self.under_way = 0
        self.busy = 0.0  # requests that it has, other clients' too, when it was last looked at
        self._session = session
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def look(self) -> None:
        """Learn what it serves and how busy it is. ReplicaFailed."""
        before = set(self.adapters)
        try:
            async with self._session.get(f"{self.url}/v1/models", timeout=_MOMENT) as answer:
                await _require(answer)
                cards = (await answer.json())["data"]
            async with self._session.get(f"{self.url}/metrics", timeout=_MOMENT) as answer:
                metrics = await answer.read() if answer.status == 200 else b""
            bases = {
                card["id"]: ServedBase(card["root"], card["max_model_len"]) for card in cards if not card.get("parent")
            }
            told = {card["id"] for card in cards if card.get("parent")}
            # What was loaded or unloaded meanwhile may have been after it told.
            self.adapters = (told | (self.adapters - before)) - (before - self.adapters)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise ReplicaFailed(str(error) or type(error).__name__) from error
        self.bases = bases
        self.busy = sum(map(float, _BUSY.findall(metrics)))
        self.available = self.heard = True

    def has(self, name: str) -> bool:
        """Whether it has an adapter of this name, or will in a moment."""
        return name in self.adapters or name in self._loading

    async def load(self, name: str, seconds: float) -> bool:
        """Have it take an adapter out of the folder, which takes a moment the first time. False where it has not after
        `seconds`: it goes on. NotServed, RequestRefused, ReplicaFailed."""
        if name in self.adapters:
            return True
        # Of its own: vLLM gives up what it loads when the one who asked has gone.
        if name not in self._loading:
            self._loading[name] = asyncio.create_task(self._load(name))
            self._loading[name].add_done_callback(lambda task: self._loaded(name, task))
        loading = self._loading[name]
        await asyncio.wait({loading}, timeout=seconds)
        if not loading.done():
            return False
        loading.result()
        return True

    async def unload(self, name: str) -> None:
        """Forget an adapter, if it has it. ReplicaFailed."""
        self.adapters.discard(name)
        try:
            url, asked = f"{self.url}/v1/unload_lora_adapter", {"lora_name": name}
            async with self._session.post(url, json=asked, timeout=_MOMENT) as answer:
                if answer.status != 404:
                    await _require(answer)
        except (aiohttp.ClientError, TimeoutError, NotServed, RequestRefused) as error:
            raise ReplicaFailed(str(error) or type(error).__name__) from error

    @asynccontextmanager
    async def stream(self, body: dict[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """The pieces of an answer as they come. Leaving early ends it. NotServed, RequestRefused, ReplicaFailed."""
        self.under_way += 1
        try:
            async with await self._completion(body) as answer:
                await _require(answer)
                yield _pieces(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ReplicaFailed(str(error) or type(error).__name__) from error
        finally:
            self.under_way -= 1

    def close(self) -> None:
        for task in self._loading.values():
            task.cancel()

    async def _completion(self, body: dict[str, Any]) -> aiohttp.ClientResponse:
        limit = aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
        try:
            return await self._session.post(f"{self.url}/v1/completions", json=body, timeout=limit)
        except aiohttp.ServerDisconnectedError:
            # Most likely an idle connection, which vLLM closes after five seconds: in this very moment.
            return await self._session.post(f"{self.url}/v1/completions", json=body, timeout=limit)

    async def _load(self, name: str) -> None:
        """By asking for one token: it looks in the folder itself, wherever that is mounted for it."""
        body = {"model": name, "prompt": [0], "max_tokens": 1, "stream": True}
        async with self.stream(body) as pieces:
            async for _ in pieces:
                pass
        self.adapters.add(name)

    def _loaded(self, name: str, task: asyncio.Task[None]) -> None:
        del self._loading[name]
        if not task.cancelled() and task.exception() is not None:  # whoever asked may have gone
            logger.warning("vLLM has not loaded %s: %s: %s", name, self.url, task.exception())


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_any():
            yield piece
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ReplicaFailed(str(error) or type(error).__name__) from error


async def _require(answer: aiohttp.ClientResponse) -> None:
    if answer.status == 200:
        return
    text = await answer.text()
    try:
        message = str(msgspec.json.decode(text)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        message = text[:500]
    said = f"{answer.status} {message}"
    if answer.status == 404:
        raise NotServed(said)
    if answer.status in (429, 503):
        raise ReplicaBusy(said)
    if answer.status == 400 and "could not be loaded" in message:
        raise NotServed(said)
    if answer.status in (400, 422):
        raise RequestRefused(message)
    raise ReplicaFailed(said)
