"""Chats answered by vLLM; what it cannot serve is left to the worker of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import aiohttp

from trainer.catalogue import Catalogue, ResolvedModel
from trainer.errors import ModelUnavailable, TryLater, WorkerDied
from trainer.loops import Loops
from trainer.objects import new_id
from trainer.serving.interface import ChatService
from trainer.serving.messages import Generation, GenerationRequest, ModelRef, Refusal, Refused, Start, StreamEvent
from trainer.serving.schema import grammar
from trainer.serving.vllm.adapters import AdapterFolder, adapter_config, ours, refusals
from trainer.serving.vllm.completion import CompletionReader, completion
from trainer.serving.vllm.replica import NotServed, Replica, ReplicaBusy, ReplicaFailed, RequestRefused
from trainer.serving.vllm.replicas import Replicas, Timing
from trainer.serving.vllm.turns import Turns
from trainer.serving.vocabulary import Vocabulary, vocabulary
from trainer.settings import Settings

logger = logging.getLogger(__name__)

_TIMING = Timing()


class VllmChats:
    """`local` answers for base models that no replica serves, and for models whose weights were all trained."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, local: ChatService, loops: Loops, timing: Timing = _TIMING
    ) -> None:
        self._catalogue = catalogue
        self._local = local
        self._timing = timing
        self._requests, self._max_rank = settings.vllm_requests, settings.vllm_max_lora_rank
        headers = {"Authorization": f"Bearer {settings.vllm_key}"} if settings.vllm_key else {}
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers)
        self._adapters = AdapterFolder(settings.adapters)
        self._replicas = Replicas(settings.vllm_urls, self._session, self._looked_at, timing)
        self._turns: dict[str, Turns] = {}  # by base model
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching = loops.start("watching vLLM", self._watch)

    async def answer(self, found: ResolvedModel, generation: Generation, key: str) -> AsyncGenerator[StreamEvent, None]:
        service = self._answer if await self._serves(found) else self._local.answer
        async with contextlib.aclosing(service(found, generation, key)) as events:
            async for event in events:
                yield event

    def warm(self, model: str) -> None:
        found = self._catalogue.find(model)
        if found is not None:
            self._begin(self._warm(found))

    async def forget(self, found: ResolvedModel) -> None:
        await self._local.forget(found)
        names = await asyncio.to_thread(self._adapters.remove, found.id)
        # One that does not answer is told once it does again.
        told = [self._drop(replica, name) for replica in self._replicas.available(found.base.id) for name in names]
        await asyncio.gather(*told)

    def refuses(self, found: ResolvedModel) -> str | None:
        whole = found.whole is not None or (found.adapter is None and not found.base.lora_rank)
        if whole or not self._known(found):
            return self._local.refuses(found)
        config = {"r": found.base.lora_rank} if found.adapter is None else adapter_config(found.adapter)
        why = refusals(config, self._max_rank)
        return f"vLLM does not load adapters with {' and '.join(why)}" if why else None

    async def stop(self) -> None:
        tasks = [self._watching, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._replicas.close()
        await self._session.close()
        await self._local.stop()

    async def _watch(self) -> None:
        await asyncio.to_thread(self._adapters.tidy, lambda model: self._catalogue.find(model) is not None)
        await self._replicas.watch()

    def _looked_at(self, replica: Replica) -> None:
        """Let those go on who waited for it, and have it drop the adapters of models that were deleted meanwhile."""
        for turns in self._turns.values():
            turns.fill()
        if not replica.available:
            return
        for name in [one for one in replica.adapters if ours(one) and not self._adapters.has(one)]:
            self._begin(self._drop(replica, name))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drop(self, replica: Replica, name: str) -> None:
        try:
            await replica.unload(name)
        except ReplicaFailed:
            logger.warning("vLLM keeps the deleted model %s for now", name, exc_info=True)

    async def _warm(self, found: ResolvedModel) -> None:
        if not await self._serves(found):
            self._local.warm(found.id)
            return
        if found.adapter is None:
            return
        try:
            names = await self._published(found)
            replica = self._replicas.choose(found.base.id, (), names)
            if replica is not None:
                await replica.load(_name(replica, found, names), self._timing.load)
        except (ModelUnavailable, NotServed, RequestRefused, ReplicaFailed):
            logger.warning("vLLM could not load %s ahead of time", found.id, exc_info=True)

    async def _serves(self, found: ResolvedModel) -> bool:
        """Whether vLLM answers for a model, or would if it could be reached."""
        if found.whole is not None:
            return False
        if self._replicas.served(found.base.id) is None:
            await self._replicas.looked()
        return self._known(found)

    def _known(self, found: ResolvedModel) -> bool:
        """Whether vLLM has its base model, or may have: not all have been heard yet."""
        return self._replicas.served(found.base.id) is not None or not self._replicas.all_heard

    def _turns_for(self, base: str) -> Turns:
        if base not in self._turns:
            places = lambda: self._requests * len(self._replicas.available(base))  # noqa: E731
            self._turns[base] = Turns(places, self._timing.turn, self._timing.retry)
        return self._turns[base]

    async def _answer(
        self, found: ResolvedModel, generation: Generation, key: str
    ) -> AsyncGenerator[StreamEvent, None]:
        served = self._replicas.served(found.base.id)
        if served is None:
            raise self._unanswered(found, None)
        weights = str(await self._catalogue.weights(found.base))
        length = min(found.base.context_length, served.context_length)
        model = ModelRef(found.base.id, weights, found.base.template(), length)
        try:
            words, prompt = await asyncio.to_thread(_understood, GenerationRequest(new_id("gen-"), model, generation))
        except Refusal as refusal:
            yield refusal.refused
            return
        most = min(generation.max_tokens, length - len(prompt))
        async with self._turns_for(found.base.id).turn(key):
            said = self._said(found, generation, words, prompt, most)
            async with contextlib.aclosing(said):
                async for event in said:
                    yield event

    async def _said(
        self, found: ResolvedModel, generation: Generation, words: Vocabulary, prompt: list[int], most: int
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask one replica after another until one has said a word."""
        tried: set[Replica] = set()
        started = spoken = False
        why: Exception | None = None
        while True:
            names = await self._published(found)
            replica = self._replicas.choose(found.base.id, tried, names)
            if replica is None:
                raise self._unanswered(found, why)
            name = _name(replica, found, names)
            reader = CompletionReader(generation, words, prompt, most)
            try:
                if found.adapter is not None and not await replica.load(name, self._timing.load):
                    raise TryLater(f"The model {found.id!r} is being loaded. Try again shortly.", self._timing.retry)
                async with replica.stream(completion(name, generation, prompt, most, words)) as pieces:
                    if not started:
                        started = True
                        yield Start(len(prompt))
                    for event in reader.opening():
                        spoken = True
                        yield event
                    async for piece in pieces:
                        for event in reader.feed(piece):
                            spoken = True
                            yield event
                        if reader.complete:
                            return
                raise ReplicaFailed("it ended an answer early")
            except RequestRefused as error:
                yield Refused("invalid_schema" if generation.schema is not None else "invalid_prompt", str(error))
                return
            except (NotServed, ReplicaBusy) as error:
                why = error
            except ReplicaFailed as error:
                self._replicas.failed(replica, error)
                if spoken:
                    raise WorkerDied("The vLLM server that answered has stopped. Ask again.") from error
                why = error
            tried.add(replica)

    async def _published(self, found: ResolvedModel) -> dict[str, str]:
        """The names of a model's adapter by its base's, as the replicas know that. ModelUnavailable."""
        if found.adapter is None:
            return {}
        roots = {one.bases[found.base.id].root for one in self._replicas.available(found.base.id)}
        try:
            return {
                root: await asyncio.to_thread(self._adapters.publish, found.id, found.adapter, root) for root in roots
            }
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"The model {found.id!r} could not be handed to vLLM: {error}.") from error

    def _unanswered(self, found: ResolvedModel, why: Exception | None) -> Exception:
        match why:
            case NotServed():
                return ModelUnavailable(
                    f"vLLM cannot answer for {found.id!r} ({why}). Its VLLM_LORA_RESOLVER_CACHE_DIR must be the "
                    "TRAINER_VLLM_ADAPTERS folder, and its --max-lora-rank no lower than the adapter's."
                )
            case ReplicaBusy():
                return TryLater("All vLLM servers are busy. Try again shortly.", self._timing.retry, full=True)
        return TryLater("No vLLM server answers at the moment. Try again shortly.", self._timing.retry)


def _name(replica: Replica, found: ResolvedModel, names: dict[str, str]) -> str:
    """What the replica calls the model."""
    return names[replica.bases[found.base.id].root] if found.adapter is not None else found.base.id


def _understood(request: GenerationRequest) -> tuple[Vocabulary, list[int]]:
    """Refusal where it cannot be answered."""
    words = vocabulary(request.model.weights)
    prompt = words.prompt(request)
    if request.generation.schema is not None:
        grammar(request.generation.schema)
    return words, prompt
