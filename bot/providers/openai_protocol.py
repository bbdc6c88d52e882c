"""The provider interface over the `openai` SDK: OpenAI itself, and whatever speaks its protocol.

The SDK repeats requests by itself, POST included, and sends no idempotency key (read in openai-python 3.52,
2026-11-21), so its retries are off here: who may repeat what is decided by `jobs`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import orjson
from openai import AsyncOpenAI, AsyncStream, omit
from openai.types import FileObject
from openai.types.chat import ChatCompletionChunk
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from bot.jobs.job import Auto, Checkpoint, Hyperparameters, JobError, Metrics
from bot.providers.interface import (
    ChatMessage,
    Doubtful,
    JobOrder,
    ProviderError,
    RateLimited,
    Refused,
    RemoteEvent,
    RemoteJob,
    RemoteModel,
    Unreachable,
)
from bot.redact import redact

SUBMISSION_KEY = "finetune_bot_submission"
_PAGE = 100
_MOST_PAGES = 20


class OpenAIProtocol:
    """Implements `bot.providers.interface.Provider`."""

    def __init__(self, name: str, client: AsyncOpenAI) -> None:
        self.name = name
        self._client = client.with_options(max_retries=0)

    async def upload(self, path: Path, name: str) -> str:
        async with _told_apart():
            with path.open("rb") as content:
                file = await self._client.files.create(file=(name, content), purpose="fine-tune", timeout=600)
            return (await self._processed(file)).id

    async def _processed(self, file: FileObject) -> FileObject:
        """Azure takes a while to process a file; OpenAI is done at once, Nebius tells no status at all."""
        deadline = time.monotonic() + 600
        while file.status in {"pending", "running"} and time.monotonic() < deadline:
            await asyncio.sleep(2)
            file = await self._client.files.retrieve(file.id)
        if file.status == "error":
            raise Refused(file.status_details or "The provider could not process the file.", code="invalid_file")
        return file

    async def find_upload(self, name: str) -> str | None:
        async with _told_apart():
            page = await self._client.files.list(purpose="fine-tune", limit=10_000, order="desc")
            return next((file.id for file in page.data if file.filename == name), None)

    async def has_file(self, file_id: str) -> bool:
        try:
            async with _told_apart():
                await self._client.files.retrieve(file_id)
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return True

    async def delete_file(self, file_id: str) -> None:
        async with _told_apart():
            await self._client.files.delete(file_id)

    async def file_content(self, file_id: str) -> bytes:
        async with _told_apart():
            return (await self._client.files.content(file_id)).content

    async def create_job(self, order: JobOrder) -> RemoteJob:
        hyperparameters = {
            key: value
            for key, value in (
                ("n_epochs", order.hyperparameters.n_epochs),
                ("batch_size", order.hyperparameters.batch_size),
                ("learning_rate_multiplier", order.hyperparameters.learning_rate_multiplier),
            )
            if value != "auto"
        }
        arguments: dict[str, Any] = {
            "model": order.model,
            "training_file": order.training_file,
            "seed": order.seed,
            "metadata": {SUBMISSION_KEY: order.submission},
            "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        }
        if order.validation_file:
            arguments["validation_file"] = order.validation_file
        if order.suffix:
            arguments["suffix"] = order.suffix
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.create(**arguments, timeout=60))

    async def find_job(self, order: JobOrder) -> RemoteJob | None:
        after: str | None = None
        for _ in range(_MOST_PAGES):
            async with _told_apart():
                # The listing is asked without a metadata filter: a provider that does not know the filter
                # would ignore it, and one listing serves both ways of recognising the job.
                page = await self._client.fine_tuning.jobs.list(limit=_PAGE, after=after or omit)
            for raw in page.data:
                job = _job(raw)
                if job.submission == order.submission or (job.submission is None and _is_made_by(order, job)):
                    return job
            if not page.has_more or not page.data or page.data[-1].created_at < order.requested_at - 3600:
                return None
            after = page.data[-1].id
        return None

    async def job(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.retrieve(job_id))

    async def jobs(self, wanted: Collection[str]) -> list[RemoteJob]:
        missing, found = set(wanted), []
        after: str | None = None
        for _ in range(_MOST_PAGES):
            async with _told_apart():
                page = await self._client.fine_tuning.jobs.list(limit=_PAGE, after=after or omit)
            for raw in page.data:
                if raw.id in missing:
                    missing.discard(raw.id)
                    found.append(_job(raw))
            if not missing or not page.has_more or not page.data:
                break
            after = page.data[-1].id
        return found

    async def events(self, job_id: str, known: Collection[str]) -> list[RemoteEvent]:
        new: dict[str, RemoteEvent] = {}
        after: str | None = None
        while True:
            async with _told_apart():
                page = await self._client.fine_tuning.jobs.list_events(job_id, limit=_PAGE, after=after or omit)
            fresh = [event for event in page.data if event.id not in known and event.id not in new]
            new.update((event.id, _event(event)) for event in fresh)
            # Newest first (OpenAI), a page with nothing new means that the rest is known. Oldest first
            # (Nebius), the news is at the end, so we read on.
            newest_first = len(page.data) < 2 or page.data[0].created_at >= page.data[-1].created_at
            if not page.has_more or not page.data or (newest_first and not fresh):
                break
            after = page.data[-1].id
        listed = list(new.values())
        if len(listed) > 1 and listed[0].created_at >= listed[-1].created_at:
            listed.reverse()
        return sorted(listed, key=lambda event: event.created_at)

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        async with _told_apart():
            page = await self._client.fine_tuning.jobs.checkpoints.list(job_id, limit=_PAGE)
        checkpoints = [
            Checkpoint(
                id=item.id,
                model=item.fine_tuned_model_checkpoint,
                step=item.step_number,
                metrics=_metrics({**item.metrics.to_dict(), "step": item.step_number}),
            )
            for item in page.data
        ]
        return sorted(checkpoints, key=lambda checkpoint: checkpoint.step)

    async def cancel(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.cancel(job_id))

    async def models(self) -> list[RemoteModel]:
        async with _told_apart():
            page = await self._client.models.list()
        return [
            RemoteModel(
                id=model.id,
                created_at=model.created or 0,
                owned_by=model.owned_by or "",
                fine_tunable=(model.model_extra or {}).get("fine_tunable"),
                context_length=(model.model_extra or {}).get("context_length"),
                shutdown_date=getattr(model, "shutdown_date", None),
            )
            for model in page.data
        ]

    async def delete_model(self, model: str) -> None:
        async with _told_apart():
            await self._client.models.delete(model)

    async def chat(self, model: str, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        async with _told_apart():
            turns: Any = [{"role": message.role, "content": message.content} for message in messages]
            stream: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
                model=model,
                messages=turns,
                stream=True,
                timeout=120,
            )
            async with stream:
                async for chunk in stream:
                    if chunk.choices and chunk.choices[0].delta.content:
                        yield chunk.choices[0].delta.content

    async def close(self) -> None:
        await self._client.close()


@asynccontextmanager
async def _told_apart() -> AsyncIterator[None]:
    """Turns the SDK's errors into ours."""
    try:
        yield
    except openai.APITimeoutError as error:
        # A time-out while connecting means that nothing was sent.
        kind = Unreachable if type(error.__cause__).__name__ in {"ConnectTimeout", "PoolTimeout"} else Doubtful
        raise kind("The provider did not answer in time.", code="timeout") from error
    except openai.APIConnectionError as error:
        refused = type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout", "UnsupportedProtocol"}
        kind = Unreachable if refused else Doubtful
        raise kind("The connection to the provider failed.", code="connection_error") from error
    except openai.APIStatusError as error:
        raise _from_status(error) from error
    except openai.APIError as error:
        # An error in the middle of a stream, or a body that does not fit the protocol.
        raise Doubtful(redact(error.message), code=error.code) from error


def _from_status(error: openai.APIStatusError) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    message = redact(str(body.get("message") or body.get("detail") or error.message))
    code = error.code if isinstance(error.code, str) else None
    status = error.status_code
    if status == 429 and code != "insufficient_quota":
        try:
            retry_after = float(error.response.headers.get("retry-after", "10"))
        except ValueError:
            retry_after = 10
        return RateLimited(message, code=code or "rate_limit_exceeded", status=status, retry_after=retry_after)
    if status >= 500 or status in {408, 409}:
        return Doubtful(message, code=code, status=status)
    return Refused(message, code=code, status=status)


def _is_made_by(order: JobOrder, job: RemoteJob) -> bool:
    """For providers without metadata. The clock of the provider may be a minute off."""
    return (
        job.training_file == order.training_file
        and (job.model == order.model or job.model.startswith(order.model + "-"))
        and job.seed == order.seed
        and job.created_at >= order.requested_at - 60
    )


def _job(raw: FineTuningJob) -> RemoteJob:
    # A healthy job's error may be null, {} or an object of nulls; each is an object that counts as true.
    error = raw.error if raw.error and (raw.error.code or raw.error.message) else None
    extra = raw.model_extra or {}
    return RemoteJob(
        id=raw.id,
        status=raw.status,
        model=raw.model,
        created_at=raw.created_at,
        training_file=raw.training_file,
        validation_file=raw.validation_file,
        finished_at=raw.finished_at or None,
        estimated_finish=raw.estimated_finish or None,
        fine_tuned_model=raw.fine_tuned_model,
        error=JobError(error.code, redact(error.message or ""), error.param) if error else None,
        trained_tokens=raw.trained_tokens,
        seed=raw.seed,
        suffix=extra.get("user_provided_suffix") or extra.get("suffix"),
        submission=(raw.metadata or {}).get(SUBMISSION_KEY),
        hyperparameters=_hyperparameters(raw),
        result_files=tuple(raw.result_files or ()),
    )


def _hyperparameters(raw: FineTuningJob) -> Hyperparameters:
    supervised = raw.method.supervised if raw.method else None
    source: Any = (supervised.hyperparameters if supervised else None) or raw.hyperparameters

    def number(name: str) -> Any:
        value = getattr(source, name, None)
        # Azure says -1 for auto.
        return value if isinstance(value, int | float) and value > 0 else _AUTO

    return Hyperparameters(number("n_epochs"), number("batch_size"), number("learning_rate_multiplier"))


_AUTO: Auto = "auto"


def _event(raw: FineTuningJobEvent) -> RemoteEvent:
    data = raw.data if isinstance(raw.data, dict) and raw.data else None
    return RemoteEvent(
        id=raw.id,
        created_at=raw.created_at,
        level=raw.level,
        type=raw.type or "message",
        message=redact(raw.message),
        metrics=_metrics(data) if raw.type == "metrics" and data else None,
        data=orjson.dumps(data).decode() if data else None,
    )


def _metrics(data: dict[str, Any]) -> Metrics | None:
    """Keys that were not measured are absent; odd values are left out rather than trusted."""

    def number(name: str) -> float | None:
        value = data.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    step = number("step")
    if step is None:
        return None
    total = number("total_steps")
    return Metrics(
        step=int(step),
        total_steps=int(total) if total else None,
        train_loss=number("train_loss"),
        train_mean_token_accuracy=number("train_mean_token_accuracy"),
        valid_loss=number("valid_loss"),
        valid_mean_token_accuracy=number("valid_mean_token_accuracy"),
        full_valid_loss=number("full_valid_loss"),
        full_valid_mean_token_accuracy=number("full_valid_mean_token_accuracy"),
    )
