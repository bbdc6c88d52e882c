"""The provider interface over the `openai` SDK: OpenAI itself, and whatever speaks its protocol.

The SDK repeats requests by itself, POST included, and sends no idempotency key (read in openai-python 3.52,
2026-11-21), so its retries are off here: who may repeat what is decided by `jobs`. Of each page it makes models, which
takes tens of times as long as reading the JSON, so answers are taken as they are and read by `objects`.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
import openai
from openai import AsyncOpenAI, AsyncStream, omit
from openai._legacy_response import HttpxBinaryResponseContent
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk

from bot.errors import Invalid
from bot.providers import objects
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, CompletionRequest, Embeddings, Parameters
from bot.providers.chat_stream import ChatReader, CompletionReader
from bot.providers.hosting import deployment_name
from bot.providers.interface import (
    CreateRequest,
    Doubtful,
    Refused,
    RemoteEvent,
    RemoteExport,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteTime,
    TimeQuestion,
)
from bot.providers.job_creation import CLOCKS_DIFFER, is_made_by, job_arguments
from bot.providers.objects import Json
from bot.providers.operations import Operations
from bot.providers.optional_fields import CONTINUE, LOGPROBS, MAX_TOKENS, USAGE, OptionalFields
from bot.providers.protocol import Checkpoint
from bot.providers.vendor import Vendor

_PAGE = 100
_PROCESSING_SECONDS = 600.0
# A provider that hangs must not hold up the following of jobs for the SDK's ten minutes.
_TIMEOUT = openai.Timeout(60, connect=5)
_UPLOAD_TIMEOUT = openai.Timeout(600, connect=5)
_CHAT_TIMEOUT = openai.Timeout(120, connect=5)
# How vLLM, and the trainer like it, are told to go on with the last message (vLLM's "OpenAI-compatible server", read
# 2026-11-28). Others refuse what they do not know, and are asked in words.
_CONTINUE: Json = {"continue_final_message": True, "add_generation_prompt": False}
_GO_ON = ChatMessage("user", "Go on exactly where your last message ended. Repeat nothing of it.")


_Chunk = TypeVar("_Chunk")
_Read = TypeVar("_Read", contravariant=True)


class _Answer(Protocol):
    @property
    def content(self) -> bytes: ...


class _Reader(Protocol[_Read]):
    finish_reason: str | None

    def read(self, chunk: _Read) -> ChatDelta | None: ...

    def end(self) -> ChatDelta | None: ...


class OpenAIProtocol:
    """Implements `bot.providers.interface.Provider`."""

    def __init__(
        self,
        name: str,
        client: AsyncOpenAI,
        *,
        vendor: Vendor | None = None,
        timeout: openai.Timeout = _TIMEOUT,
        processing_pause: float = 2,
    ) -> None:
        self.name = name
        self._vendor = vendor = vendor or Vendor(name=name)
        refused = {CONTINUE: not vendor.continues, MAX_TOKENS: not vendor.takes_max_tokens}
        self._optional_fields = OptionalFields([field for field, never in refused.items() if never])
        # A copy with other options; it shares the connections.
        self._client = client.with_options(max_retries=0, timeout=timeout)
        self._raw = self._client.with_raw_response
        self._asking = _asking(self._client, vendor)
        self._processing_pause = processing_pause
        self._operations = Operations(name)

    def job_of_webhook(self, body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
        """The id of the job whose end a webhook tells of; None where it tells of something else.

        Raises Invalid where its signature is not the provider's, or older than five minutes.
        """
        try:
            event = self._client.webhooks.unwrap(body, headers, secret=secret)
        except (ValueError, TypeError) as error:  # the latter for letters that no signature has
            raise Invalid("no_webhook", provider=self.name, why=error) from error
        kind, data = getattr(event, "type", None), getattr(event, "data", None)
        return getattr(data, "id", None) if str(kind).startswith("fine_tuning.job.") else None

    async def upload(self, path: Path, name: str) -> str:
        async with self._operations.one("upload"):
            with path.open("rb") as content:
                answer = await self._raw.files.create(
                    file=(name, content), purpose="fine-tune", timeout=_UPLOAD_TIMEOUT
                )
            return await self._processed(_read(answer))

    async def _processed(self, file: Json) -> str:
        """Azure takes a while to process a file; OpenAI is done at once, Nebius tells no status at all."""
        deadline = time.monotonic() + _PROCESSING_SECONDS
        while file.get("status") in {"pending", "running"}:
            if time.monotonic() > deadline:
                raise Doubtful("file_still_processed", code="file_not_ready")
            await asyncio.sleep(self._processing_pause)
            file = _read(await self._raw.files.retrieve(objects.id_of(file)))
        if file.get("status") == "error":
            why = str(file.get("status_details") or "error")
            raise Refused(why, code="invalid_file")
        return objects.id_of(file)

    async def find_upload(self, name: str) -> str | None:
        async with self._operations.one("find_upload"):
            files = await self._listed_files()
            found = next((file for file in files if file["filename"] == name and file.get("status") != "error"), None)
            return await self._processed(found) if found else None

    async def _listed_files(self) -> list[Json]:
        return _data(await self._raw.files.list(purpose="fine-tune", limit=10_000, order="desc"))

    async def has_file(self, file_id: str) -> bool:
        try:
            async with self._operations.one("has_file"):
                await self._client.files.retrieve(file_id)
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return True

    async def files(self) -> list[RemoteFile]:
        async with self._operations.one("files"):
            files = await self._listed_files()
            found = [objects.file(file) for file in files if file.get("purpose") in {"fine-tune", None}]
        return sorted(found, key=lambda file: file.created_at, reverse=True)

    async def delete_file(self, file_id: str) -> None:
        async with self._operations.one("delete_file"):
            await self._client.files.delete(file_id)

    async def file_content(self, file_id: str) -> bytes:
        async with self._operations.one("file_content"):
            return (await self._client.files.content(file_id)).content

    async def create_job(self, order: CreateRequest) -> RemoteJob:
        async with self._operations.one("create_job"):
            return self._job(await self._raw.fine_tuning.jobs.create(**job_arguments(order, self._vendor)))

    def _job(self, answer: _Answer) -> RemoteJob:
        return self._read_job(_read(answer))

    def _read_job(self, raw: Json) -> RemoteJob:
        return objects.job(raw, self._vendor.learning_rate)

    async def find_job(self, order: CreateRequest, others: Collection[str] = ()) -> RemoteJob | None:
        # The listing is asked without a metadata filter: a provider that does not know the filter would ignore
        # it, and one listing serves both ways of recognising the job.
        async with self._operations.one("find_job"):
            async for page in self._job_pages():
                for raw in page:
                    job = self._read_job(raw)
                    if job.submission == order.submission:
                        return job
                    if job.submission is None and job.id not in others and is_made_by(order, job):
                        return job
                if _newest_first(page) and objects.created_at(page[-1]) < order.requested_at - CLOCKS_DIFFER:
                    break
        return None

    async def job(self, job_id: str) -> RemoteJob:
        async with self._operations.one("job"):
            return self._job(await self._raw.fine_tuning.jobs.retrieve(job_id))

    async def jobs(self, wanted: Collection[str]) -> list[RemoteJob]:
        missing, found, in_vain = set(wanted), [], 0
        async with self._operations.one("jobs"):
            async for page in self._job_pages():
                wanted_here = {raw["id"]: raw for raw in page if raw["id"] in missing}
                missing.difference_update(wanted_here)
                found += [self._read_job(raw) for raw in wanted_here.values()]
                in_vain += not wanted_here
                if in_vain >= len(missing):
                    break
        return found

    def _job_pages(self) -> AsyncIterator[list[Json]]:
        return _pages(lambda after: self._raw.fine_tuning.jobs.list(limit=_PAGE, after=after or omit))

    async def events(self, job_id: str, known: Collection[str], *, whole: bool = False) -> list[RemoteEvent]:
        new: dict[str, RemoteEvent] = {}
        first: float | None = None
        last = 0.0
        async with self._operations.one("events"):
            async for page in _pages(
                lambda after: self._raw.fine_tuning.jobs.list_events(job_id, limit=_PAGE, after=after or omit)
            ):
                first = objects.created_at(page[0]) if first is None else first
                last = objects.created_at(page[-1])
                fresh = [raw for raw in page if raw["id"] not in known and raw["id"] not in new]
                new.update((raw["id"], objects.event(raw)) for raw in fresh)
                # Newest first (OpenAI), the rest is known from here on. Oldest first (Nebius), the news is at the
                # end, so we read on.
                if not whole and len(fresh) < len(page) and _newest_first(page):
                    break
        listed = list(new.values())
        if first is None or first >= last:
            listed.reverse()
        return sorted(listed, key=lambda event: event.created_at)

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        async with self._operations.one("checkpoints"):
            page = await self._raw.fine_tuning.jobs.checkpoints.list(job_id, limit=_PAGE)
            checkpoints = [objects.checkpoint(raw) for raw in _data(page)]
        return sorted(checkpoints, key=lambda checkpoint: checkpoint.step)

    async def cancel(self, job_id: str) -> RemoteJob:
        async with self._operations.one("cancel"):
            return self._job(await self._raw.fine_tuning.jobs.cancel(job_id))

    async def pause(self, job_id: str) -> RemoteJob:
        async with self._operations.one("pause"):
            return self._job(await self._raw.fine_tuning.jobs.pause(job_id))

    async def resume(self, job_id: str) -> RemoteJob:
        async with self._operations.one("resume"):
            return self._job(await self._raw.fine_tuning.jobs.resume(job_id))

    async def models(self) -> list[RemoteModel]:
        async with self._operations.one("models"):
            return [objects.model(raw) for raw in _data(await self._raw.models.list())]

    async def delete_model(self, model: str) -> None:
        async with self._operations.one("delete_model"):
            await self._client.models.delete(model)

    async def export(self, model: str, format: str, quantization: str | None) -> RemoteExport:
        body = {"model": model, "format": format} | ({"quantization": quantization} if quantization else {})
        async with self._operations.one("export"):
            return objects.export(await self._client.post("/x/exports", cast_to=dict[str, Any], body=body))

    async def exported(self, export_id: str) -> RemoteExport:
        async with self._operations.one("exported"):
            return objects.export(await self._client.get(f"/x/exports/{export_id}", cast_to=dict[str, Any]))

    async def export_content(self, export_id: str) -> bytes:
        async with self._operations.one("export_content"):
            answer = await self._client.get(f"/x/exports/{export_id}/content", cast_to=HttpxBinaryResponseContent)
            return answer.content

    async def training_time(self, question: TimeQuestion) -> RemoteTime | None:
        asked = {name: value for name, value in msgspec.structs.asdict(question).items() if value is not None}
        async with self._operations.one("training_time"):
            told = await self._client.get("/x/estimate", cast_to=dict[str, Any], options={"params": asked})
            return objects.training_time(told)

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        goes_on = request.messages[-1].role == "assistant"

        def ask(sent: Collection[str]) -> Awaitable[AsyncStream[ChatCompletionChunk]]:
            asked = request.messages if not goes_on or CONTINUE in sent else (*request.messages, _GO_ON)
            messages: Any = [_message(message) for message in asked]
            tools: Any = list(request.tools) or omit
            body = _body(request.parameters, sent)
            if LOGPROBS in sent:
                body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
            if CONTINUE in sent:
                body |= _CONTINUE
            return self._asking.chat.completions.create(
                model=self._asked_as(request.model),
                messages=messages,
                tools=tools,
                stream=True,
                timeout=_CHAT_TIMEOUT,
                extra_body=body or None,
            )

        wanted = {USAGE, MAX_TOKENS, *([LOGPROBS] if request.top_logprobs else []), *([CONTINUE] if goes_on else [])}
        return self._streamed("chat", request.model, wanted, ask, ChatReader())

    def complete(self, request: CompletionRequest) -> AsyncGenerator[ChatDelta, None]:
        def ask(sent: Collection[str]) -> Awaitable[AsyncStream[Completion]]:
            body = _body(request.parameters, {*sent, MAX_TOKENS})  # the only name that this endpoint has for it
            if LOGPROBS in sent:
                body["logprobs"] = request.top_logprobs
            return self._asking.completions.create(
                model=self._asked_as(request.model),
                prompt=request.prompt,
                stream=True,
                timeout=_CHAT_TIMEOUT,
                extra_body=body or None,
            )

        wanted = {USAGE, *([LOGPROBS] if request.top_logprobs else [])}
        return self._streamed("complete", request.model, wanted, ask, CompletionReader())

    def _asked_as(self, model: str) -> str:
        """The name by which it answers."""
        return deployment_name(model) if self._vendor.deploys else model

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        async with self._operations.one("embed"):
            answer = await self._raw.embeddings.create(model=model, input=list(texts), encoding_format="float")
            return objects.embeddings(_read(answer), len(texts))

    async def _streamed(
        self,
        operation: str,
        model: str,
        wanted: Collection[str],
        ask: Callable[[Collection[str]], Awaitable[AsyncStream[_Chunk]]],
        reader: _Reader[_Chunk],
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer, asked for with those of the `wanted` fields that the model takes."""
        async with self._operations.measured(operation):
            async with await self._opened(model, wanted, ask) as stream:
                is_answer = False
                try:
                    async for chunk in stream:
                        is_answer = True
                        delta = reader.read(chunk)
                        if delta is not None:
                            yield delta
                except openai.APIConnectionError:
                    if reader.finish_reason is None:
                        raise
                    # All of the answer is there: what broke off was its farewell.
            if not is_answer:
                raise ValueError("no stream")
            end = reader.end()
            if end is not None:
                yield end

    async def _opened(
        self, model: str, wanted: Collection[str], ask: Callable[[Collection[str]], Awaitable[AsyncStream[_Chunk]]]
    ) -> AsyncStream[_Chunk]:
        sent = self._optional_fields.for_model(model, wanted)
        while True:
            try:
                async with self._operations.classified():
                    with self._operations.traced("ask"):
                        stream = await ask(sent)
            except Refused as error:
                fewer = self._optional_fields.without_refused(model, sent, error)
                if fewer == sent:
                    raise
                sent = fewer
            else:
                self._optional_fields.took(model, wanted, sent)
                return stream

    async def close(self) -> None:
        await self._client.close()


def _asking(client: AsyncOpenAI, vendor: Vendor) -> AsyncOpenAI:
    """The client for questions to models. Somebody's own address stands for all of the vendor's."""
    elsewhere = vendor.answers_at is not None and client.base_url.host in vendor.hosts
    return client.with_options(base_url=vendor.answers_at) if elsewhere else client


def _message(message: ChatMessage) -> Json:
    """As the protocol has it. What is not there is left out: not every server takes null."""
    content: Any = message.content
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
        content = [*([{"type": "text", "text": message.content}] if message.content else []), *pictures]
    told: Json = {"role": message.role, "content": content}
    if message.tool_calls:
        told["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        told["tool_call_id"] = message.tool_call_id
    return told


def _body(parameters: Parameters, sent: Collection[str]) -> Json:
    told: Json = msgspec.to_builtins(parameters)
    body = {name: value for name, value in told.items() if value is not None}
    if MAX_TOKENS in body and MAX_TOKENS not in sent:
        body["max_completion_tokens"] = body.pop(MAX_TOKENS)
    if USAGE in sent:
        body[USAGE] = {"include_usage": True}
    return body


def _read(answer: _Answer) -> Json:
    # Not orjson: a training that diverged tells NaN, which is no JSON, but what Python writes.
    said = json.loads(answer.content)
    if not isinstance(said, dict):
        raise TypeError("no object")
    return said


def _data(answer: _Answer) -> list[Json]:
    return _read(answer)["data"] or []


def _newest_first(page: Sequence[Json]) -> bool:
    return objects.created_at(page[0]) > objects.created_at(page[-1])


async def _pages(read: Callable[[str | None], Awaitable[_Answer]]) -> AsyncIterator[list[Json]]:
    """The pages of a listing that are not empty, to its end."""
    after: str | None = None
    seen: set[str] = set()
    while True:
        page = _read(await read(after))
        if not page["data"]:
            return
        yield page["data"]
        after = str(page["data"][-1]["id"])
        # A provider that does not know `after` gives the first page again and again.
        if not page.get("has_more") or after in seen:
            return
        seen.add(after)
