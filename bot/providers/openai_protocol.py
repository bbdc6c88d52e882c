"""The provider interface over the `openai` SDK: OpenAI itself, and whatever speaks its protocol.

The SDK repeats requests by itself, POST included, and sends no idempotency key (read in openai-python 3.52,
2026-11-21), so its retries are off here: who may repeat what is decided by `jobs`.
"""

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import openai
import orjson
from openai import AsyncOpenAI, AsyncStream, omit
from openai.pagination import AsyncCursorPage
from openai.types import FileObject, Model
from openai.types.chat import ChatCompletionChunk
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from bot.errors import Invalid
from bot.jobs.job import (
    DPO,
    REINFORCEMENT,
    SUPERVISED,
    Auto,
    Checkpoint,
    Hyperparameters,
    JobError,
    Metrics,
    of_method,
)
from bot.providers.interface import (
    ChatMessage,
    Doubtful,
    JobOrder,
    ProviderError,
    RateLimited,
    Refused,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    TooManyJobs,
    Unintelligible,
    Unreachable,
)
from bot.redact import redact

SUBMISSION_KEY = "finetune_bot_submission"
_PAGE = 100
_PROCESSING_SECONDS = 600.0
_LONGEST_RETRY_AFTER = 600.0
# A provider that hangs must not hold up the following of jobs for the SDK's ten minutes.
_TIMEOUT = openai.Timeout(60, connect=5)
_UPLOAD_TIMEOUT = openai.Timeout(600, connect=5)
_CLOCKS_DIFFER = 24 * 3600.0
_CHAT_TIMEOUT = openai.Timeout(120, connect=5)

T = TypeVar("T")


class OpenAIProtocol:
    """Implements `bot.providers.interface.Provider`."""

    def __init__(
        self,
        name: str,
        client: AsyncOpenAI,
        *,
        timeout: openai.Timeout = _TIMEOUT,
        processing_pause: float = 2,
    ) -> None:
        self.name = name
        # A copy with other options; it shares the connections.
        self._client = client.with_options(max_retries=0, timeout=timeout)
        self._processing_pause = processing_pause

    def job_of_webhook(self, body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
        """The id of the job whose end a webhook tells of; None where it tells of something else.

        Raises Invalid where its signature is not the provider's, or older than five minutes.
        """
        try:
            event = self._client.webhooks.unwrap(body, headers, secret=secret)
        except (ValueError, TypeError) as error:  # the latter for letters that no signature has
            raise Invalid(f"This is no webhook of {self.name}'s: {error}") from error
        kind, data = getattr(event, "type", None), getattr(event, "data", None)
        return getattr(data, "id", None) if str(kind).startswith("fine_tuning.job.") else None

    async def upload(self, path: Path, name: str) -> str:
        async with _told_apart():
            with path.open("rb") as content:
                file = await self._client.files.create(
                    file=(name, content), purpose="fine-tune", timeout=_UPLOAD_TIMEOUT
                )
            return await self._processed(file)

    async def _processed(self, file: FileObject) -> str:
        """Azure takes a while to process a file; OpenAI is done at once, Nebius tells no status at all."""
        deadline = time.monotonic() + _PROCESSING_SECONDS
        while file.status in {"pending", "running"}:
            if time.monotonic() > deadline:
                raise Doubtful("The provider is still working on the file.", code="file_not_ready")
            await asyncio.sleep(self._processing_pause)
            file = await self._client.files.retrieve(file.id)
        if file.status == "error":
            raise Refused(file.status_details or "The provider could not process the file.", code="invalid_file")
        return _id(file)

    async def find_upload(self, name: str) -> str | None:
        async with _told_apart():
            page = await self._client.files.list(purpose="fine-tune", limit=10_000, order="desc")
            found = next((file for file in page.data if file.filename == name and file.status != "error"), None)
            return await self._processed(found) if found else None

    async def has_file(self, file_id: str) -> bool:
        try:
            async with _told_apart():
                await self._client.files.retrieve(file_id)
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return True

    async def files(self) -> list[RemoteFile]:
        async with _told_apart():
            page = await self._client.files.list(purpose="fine-tune", limit=10_000, order="desc")
            found = [_file(file) for file in page.data if file.purpose in {"fine-tune", None}]
        return sorted(found, key=lambda file: file.created_at, reverse=True)

    async def delete_file(self, file_id: str) -> None:
        async with _told_apart():
            await self._client.files.delete(file_id)

    async def file_content(self, file_id: str) -> bytes:
        async with _told_apart():
            return (await self._client.files.content(file_id)).content

    async def create_job(self, order: JobOrder) -> RemoteJob:
        chosen = {name: getattr(order.hyperparameters, name) for name in of_method(order.method)}
        method: dict[str, Any] = {"hyperparameters": {name: value for name, value in chosen.items() if value != _AUTO}}
        if order.grader is not None:
            method["grader"] = order.grader
        arguments: dict[str, Any] = {
            "model": order.model,
            "training_file": order.training_file,
            "seed": order.seed,
            "metadata": {**order.metadata, SUBMISSION_KEY: order.submission},
            "method": {"type": order.method, order.method: method},
        }
        if order.wandb:
            arguments["integrations"] = [{"type": "wandb", "wandb": {"project": order.wandb}}]
        if order.validation_file:
            arguments["validation_file"] = order.validation_file
        if order.suffix:
            arguments["suffix"] = order.suffix
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.create(**arguments))

    async def find_job(self, order: JobOrder, others: Collection[str] = ()) -> RemoteJob | None:
        # The listing is asked without a metadata filter: a provider that does not know the filter would ignore
        # it, and one listing serves both ways of recognising the job.
        async with _told_apart():
            async for page in self._job_pages():
                for raw in page:
                    job = _job(raw)
                    if job.submission == order.submission:
                        return job
                    if job.submission is None and job.id not in others and _is_made_by(order, job):
                        return job
                newest_first = page[0].created_at > page[-1].created_at
                if newest_first and page[-1].created_at < order.requested_at - _CLOCKS_DIFFER:
                    break
        return None

    async def job(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.retrieve(job_id))

    async def jobs(self, wanted: Collection[str]) -> list[RemoteJob]:
        missing, found, in_vain = set(wanted), [], 0
        async with _told_apart():
            async for page in self._job_pages():
                wanted_here = [raw for raw in page if raw.id in missing]
                missing.difference_update(raw.id for raw in wanted_here)
                found += [_job(raw) for raw in {raw.id: raw for raw in wanted_here}.values()]
                in_vain += not wanted_here
                if in_vain >= len(missing):
                    break
        return found

    def _job_pages(self) -> AsyncIterator[list[FineTuningJob]]:
        return _pages(lambda after: self._client.fine_tuning.jobs.list(limit=_PAGE, after=after or omit))

    async def events(self, job_id: str, known: Collection[str], *, whole: bool = False) -> list[RemoteEvent]:
        new: dict[str, RemoteEvent] = {}
        first: float | None = None
        last = 0.0
        async with _told_apart():
            async for page in _pages(
                lambda after: self._client.fine_tuning.jobs.list_events(job_id, limit=_PAGE, after=after or omit)
            ):
                first, last = page[0].created_at if first is None else first, page[-1].created_at
                fresh = [event for event in page if event.id not in known and event.id not in new]
                new.update((event.id, _event(event)) for event in fresh)
                # Newest first (OpenAI), the rest is known from here on. Oldest first (Nebius), the news is at the
                # end, so we read on.
                if not whole and len(fresh) < len(page) and page[0].created_at > page[-1].created_at:
                    break
        listed = list(new.values())
        if first is None or first >= last:
            listed.reverse()
        return sorted(listed, key=lambda event: event.created_at)

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        async with _told_apart():
            page = await self._client.fine_tuning.jobs.checkpoints.list(job_id, limit=_PAGE)
            checkpoints = [_checkpoint(item) for item in page.data]
        return sorted(checkpoints, key=lambda checkpoint: checkpoint.step)

    async def cancel(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.cancel(job_id))

    async def pause(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.pause(job_id))

    async def resume(self, job_id: str) -> RemoteJob:
        async with _told_apart():
            return _job(await self._client.fine_tuning.jobs.resume(job_id))

    async def models(self) -> list[RemoteModel]:
        async with _told_apart():
            page = await self._client.models.list()
            return [_model(model) for model in page.data]

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
                timeout=_CHAT_TIMEOUT,
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
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # The SDK does not validate what comes back: a page of HTML with status 200 gets as far as here.
        raise Unintelligible("The answer does not fit OpenAI's protocol.", code="unintelligible") from error


async def _pages(read: Callable[[str | None], Awaitable[AsyncCursorPage[T]]]) -> AsyncIterator[list[T]]:
    """The pages of a listing that are not empty, to its end."""
    after: str | None = None
    seen: set[str] = set()
    while True:
        page = await read(after)
        if not page.data:
            return
        yield page.data
        after = str(page.data[-1].id)  # type: ignore[attr-defined]
        # A provider that does not know `after` gives the first page again and again.
        if not page.has_more or after in seen:
            return
        seen.add(after)


def _from_status(error: openai.APIStatusError) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    message = redact(_sentence(body.get("message") or body.get("detail")) or error.message)
    code = error.code if isinstance(error.code, str) else None
    status = error.status_code
    if status in {400, 429} and (code in _TOO_MANY_JOBS or _SAYS_TOO_MANY_JOBS.search(message)):
        return TooManyJobs(message, code=code or "max_active_jobs", status=status)
    if status == 429 and code != "insufficient_quota":
        retry_after = _retry_after(error.response.headers.get("retry-after"))
        return RateLimited(message, code=code or "rate_limit_exceeded", status=status, retry_after=retry_after)
    if status >= 500 or status in {408, 409}:
        return Doubtful(message, code=code, status=status)
    return Refused(message, code=code, status=status)


# "This fine-tune request has been rate-limited. Your organization has reached the maximum of 8 fine-tuning requests per
# day for the model …" (johny-b/llmcomp#58, read 2026-11-21); other servers say it in words of their own.
_TOO_MANY_JOBS = {"daily_rate_limit_exceeded", "max_active_jobs"}
_SAYS_TOO_MANY_JOBS = re.compile(
    r"fine-?tun\w* request has been rate-limited|maximum (number )?of (\d+ )?(active|running|concurrent|fine-?tuning) "
    r"(fine-?tuning )?(jobs|requests)|too many (active|running|concurrent|fine-?tuning) (fine-?tuning )?jobs",
    re.IGNORECASE,
)


def _sentence(told: object) -> str:
    """Servers built on FastAPI (Nebius) answer 422 with a list of what is wrong where, instead of a message."""
    if isinstance(told, list):
        return " ".join(
            f"{'.'.join(map(str, one.get('loc') or ()))}: {one.get('msg')}." if isinstance(one, dict) else str(one)
            for one in told
        )
    return str(told) if told else ""


def _retry_after(header: str | None) -> float:
    """Seconds; a date, or anything else that is no number, counts as ten."""
    try:
        seconds = float(header or 10)
    except ValueError:
        return 10
    return min(max(seconds, 0), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else 10


def _is_made_by(order: JobOrder, job: RemoteJob) -> bool:
    """For providers without metadata. Clocks differ, and ours may have been set anew since; a seed tells jobs apart all
    the same, a suffix hardly."""
    if job.seed is not None:
        same_mark, clocks_differ = job.seed == order.seed, _CLOCKS_DIFFER
    else:
        same_mark, clocks_differ = bool(order.suffix) and job.suffix == order.suffix, 60.0
    return (
        job.training_file == order.training_file
        and (job.model == order.model or job.model.startswith(order.model + "-"))
        and same_mark
        and job.created_at >= order.requested_at - clocks_differ
    )


# What is read here is stored, and the SDK checks none of it: an odd value is left out rather than kept. Only
# without an id nothing can be done with it.


def _job(raw: FineTuningJob) -> RemoteJob:
    # A healthy job's error may be null, {} or an object of nulls; each is an object that counts as true.
    error = raw.error if raw.error and (raw.error.code or raw.error.message) else None
    extra = raw.model_extra or {}
    metadata = raw.metadata if isinstance(raw.metadata, dict) else {}
    return RemoteJob(
        id=_id(raw),
        status=str(raw.status),
        model=str(raw.model),
        created_at=_number(raw.created_at) or 0,
        training_file=str(raw.training_file),
        validation_file=_text(raw.validation_file),
        finished_at=_number(raw.finished_at) or None,
        estimated_finish=_number(raw.estimated_finish) or None,
        fine_tuned_model=_text(raw.fine_tuned_model),
        error=JobError(_text(error.code), redact(str(error.message or "")), _text(error.param)) if error else None,
        trained_tokens=_whole(raw.trained_tokens),
        seed=_whole(raw.seed),
        suffix=_text(extra.get("user_provided_suffix")) or _text(extra.get("suffix")),
        submission=_text(metadata.get(SUBMISSION_KEY)),
        hyperparameters=_hyperparameters(raw),
        result_files=tuple(file for file in raw.result_files or () if isinstance(file, str)),
        method=_text(getattr(raw.method, "type", None)),
        grader=_grader(raw),
        wandb=_wandb(raw),
        metadata={key: value for key, value in metadata.items() if key != SUBMISSION_KEY and _text(value)},
    )


def _grader(raw: FineTuningJob) -> dict[str, Any] | None:
    """As JSON; the SDK has a class for each kind that it knows."""
    grader: Any = getattr(getattr(raw.method, "reinforcement", None), "grader", None)
    told = grader.to_dict(mode="json") if isinstance(grader, openai.BaseModel) else grader
    return told if isinstance(told, dict) and told else None


def _wandb(raw: FineTuningJob) -> str | None:
    for integration in raw.integrations if isinstance(raw.integrations, list) else ():
        if project := _text(getattr(getattr(integration, "wandb", None), "project", None)):
            return project
    return None


def _hyperparameters(raw: FineTuningJob) -> Hyperparameters:
    in_method = (getattr(raw.method, method, None) for method in (SUPERVISED, DPO, REINFORCEMENT))
    told: Any = next((method for method in in_method if method), None)
    source: Any = getattr(told, "hyperparameters", None) or raw.hyperparameters

    # Azure says -1 for auto.
    def whole(name: str) -> int | Auto:
        value = _whole(getattr(source, name, None))
        return value if value is not None and value > 0 else _AUTO

    def positive(name: str) -> float | Auto:
        value = _number(getattr(source, name, None))
        return value if value is not None and value > 0 else _AUTO

    return Hyperparameters(
        n_epochs=whole("n_epochs"),
        batch_size=whole("batch_size"),
        learning_rate_multiplier=positive("learning_rate_multiplier"),
        beta=positive("beta"),
        reasoning_effort=_text(getattr(source, "reasoning_effort", None)) or _AUTO,
        compute_multiplier=positive("compute_multiplier"),
        eval_interval=whole("eval_interval"),
        eval_samples=whole("eval_samples"),
    )


_AUTO: Auto = "auto"


def _event(raw: FineTuningJobEvent) -> RemoteEvent:
    data = raw.data if isinstance(raw.data, dict) and raw.data else None
    return RemoteEvent(
        id=_id(raw),
        created_at=_number(raw.created_at) or 0,
        level=str(raw.level or "info"),
        type=str(raw.type or "message"),
        message=redact(str(raw.message or "")),
        metrics=_metrics(data) if raw.type == "metrics" and data else None,
        data=orjson.dumps(data, default=str).decode() if data else None,
    )


def _checkpoint(raw: FineTuningJobCheckpoint) -> Checkpoint:
    step = _whole(raw.step_number) or 0
    measured = raw.metrics.to_dict() if raw.metrics else {}
    return Checkpoint(
        id=_id(raw),
        model=str(raw.fine_tuned_model_checkpoint),
        step=step,
        metrics=_metrics({**measured, "step": step}),
    )


def _file(raw: FileObject) -> RemoteFile:
    return RemoteFile(
        id=_id(raw),
        name=str(raw.filename or ""),
        bytes=_whole(raw.bytes) or 0,
        created_at=_number(raw.created_at) or 0,
    )


def _model(raw: Model) -> RemoteModel:
    extra = raw.model_extra or {}
    trainable = extra.get("fine_tunable")
    return RemoteModel(
        id=_id(raw),
        created_at=_number(raw.created) or 0,
        owned_by=str(raw.owned_by or ""),
        fine_tunable=trainable if isinstance(trainable, bool) else None,
        context_length=_whole(extra.get("context_length")),
        shutdown_date=_text(getattr(raw, "shutdown_date", None)),
    )


def _metrics(data: dict[str, Any]) -> Metrics | None:
    """Keys that were not measured are absent. None where there is no step that the figures could belong to."""
    step = _whole(data.get("step"))
    if step is None or step < 0:
        return None
    return Metrics(
        step=step,
        total_steps=_whole(data.get("total_steps")) or None,
        train_loss=_number(data.get("train_loss")),
        train_mean_token_accuracy=_number(data.get("train_mean_token_accuracy")),
        valid_loss=_number(data.get("valid_loss")),
        valid_mean_token_accuracy=_number(data.get("valid_mean_token_accuracy")),
        full_valid_loss=_number(data.get("full_valid_loss")),
        full_valid_mean_token_accuracy=_number(data.get("full_valid_mean_token_accuracy")),
    )


def _id(raw: Any) -> str:
    if not isinstance(raw.id, str) or not raw.id:
        raise ValueError("no id")
    return raw.id


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    """Without the infinite and the not-a-number, which JSON cannot keep (a training that diverged has them)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return value


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


_LARGEST = 2**53
"""From here on a float skips whole numbers; times, steps and tokens stay far below."""
