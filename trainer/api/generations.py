"""Generations on their way to a client: one call's, from the first to the last event."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator
from typing import Any

from trainer.api.errors import ApiError
from trainer.api.services import Services
from trainer.catalogue import ResolvedModel
from trainer.errors import ModelUnavailable, TryLater, WorkerDied
from trainer.objects import Key
from trainer.serving.measured import measured
from trainer.serving.messages import Delta, End, Generation, Refused, Start, StreamEvent


class Generations:
    """Several generations of one model, and what they took. `prompt_param` and `schema_param` are the parameters that
    a refusal names."""

    def __init__(
        self,
        generations: list[Generation],
        *,
        prompt_param: str = "messages",
        schema_param: str = "response_format",
    ) -> None:
        self.prompt_tokens = self.completion_tokens = 0
        self._generations = generations
        self._prompt_param, self._schema_param = prompt_param, schema_param
        self._starting = len(generations)

    async def begun(
        self, services: Services, found: ResolvedModel, key: Key
    ) -> AsyncGenerator[tuple[int, Delta | End], None]:
        """Return once all have started; what is returned gives (number of the choice, event), those of the first
        generation first. Close it. ApiError where one is refused, now or, from what is returned, later."""
        events = self._events(services, found, key)
        first = []
        try:
            while self._starting:  # until then it may be refused
                first.append(await anext(events))
        except BaseException:
            await events.aclose()
            raise
        return _after(first, events)

    async def _events(
        self, services: Services, found: ResolvedModel, key: Key
    ) -> AsyncGenerator[tuple[int, Start | Delta | End], None]:
        """A Start has the number of its generation's first choice, a Delta or End that of its own."""
        arrived: asyncio.Queue[tuple[int, StreamEvent | Exception]] = asyncio.Queue()

        async def listen(first: int, generation: Generation) -> None:
            try:
                answer = services.chats.answer(found, generation, key.name)
                async with contextlib.aclosing(measured(answer, generation.n)) as answer:
                    async for said in answer:
                        arrived.put_nowait((first, said))
            except Exception as error:
                arrived.put_nowait((first, error))

        n = self._generations[0].n
        listening = [asyncio.create_task(listen(n * at, one)) for at, one in enumerate(self._generations)]
        open_choices = n * len(self._generations)
        try:
            while open_choices:
                first, said = await arrived.get()
                match said:
                    case Start():
                        self.prompt_tokens += said.prompt_tokens
                        self._starting -= 1
                        yield first, said
                    case Delta():
                        yield first + said.choice, said
                    case End():
                        open_choices -= 1
                        self.completion_tokens += said.completion_tokens
                        yield first + said.choice, said
                    case Refused():
                        raise self._refusal(said)
                    case ModelUnavailable():
                        raise ApiError(503, str(said), type="server_error", code="model_unavailable") from said
                    case TryLater():
                        raise _later(said) from said
                    case WorkerDied():
                        status = 503 if self._starting else 500
                        raise ApiError(status, str(said), type="server_error", code="model_unavailable") from said
                    case _:
                        raise said
        finally:
            for task in listening:
                task.cancel()
            # Each tells the worker that nobody listens any more.
            await asyncio.gather(*listening, return_exceptions=True)

    def _refusal(self, refused: Refused) -> ApiError:
        match refused.code:
            case "context_length_exceeded":
                return ApiError(
                    400,
                    f"This model's maximum context length is {refused.context_length} tokens. However, your messages "
                    f"resulted in {refused.tokens} tokens. Please reduce the length of the messages.",
                    code="context_length_exceeded",
                    param=self._prompt_param,
                )
            case "invalid_schema":
                return ApiError(400, refused.message, code="invalid_schema", param=self._schema_param)
            case "invalid_prompt":
                return ApiError(400, refused.message, code="invalid_prompt", param=self._prompt_param)
            case "failed":
                return ApiError(500, refused.message, type="server_error")


def _later(why: TryLater) -> ApiError:
    """As the service says it: 429 for too many requests, 503 where it is not the client's doing."""
    told: dict[str, Any] = {"headers": {"Retry-After": str(math.ceil(why.retry_after))}}
    if why.full:
        return ApiError(429, str(why), type="requests", code="rate_limit_exceeded", **told)
    return ApiError(503, str(why), type="server_error", code="model_unavailable", **told)


async def _after(
    first: list[tuple[int, Start | Delta | End]], rest: AsyncGenerator[tuple[int, Start | Delta | End], None]
) -> AsyncGenerator[tuple[int, Delta | End], None]:
    """The deltas and ends of both."""
    async with contextlib.aclosing(rest):
        for number, said in first:
            if not isinstance(said, Start):
                yield number, said
        async for number, said in rest:
            if not isinstance(said, Start):
                yield number, said
