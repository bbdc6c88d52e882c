"""What is measured of each answer, whatever gives it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator

from trainer import instruments
from trainer.errors import ModelUnavailable, TryLater, WorkerDied
from trainer.serving.messages import Delta, End, Refused, Start, StreamEvent


async def measured(answer: AsyncGenerator[StreamEvent, None], choices: int) -> AsyncGenerator[StreamEvent, None]:
    """The events of an answer that has so many choices."""
    outcome, asked_at = "cancelled", time.monotonic()
    instruments.IN_FLIGHT.inc()
    first = True
    try:
        async with contextlib.aclosing(answer):
            async for event in answer:
                # Of an answer that says nothing the first token is the one that ends it.
                if first and (isinstance(event, Delta) or (isinstance(event, End) and event.completion_tokens)):
                    instruments.FIRST_TOKEN.observe(time.monotonic() - asked_at)
                    first = False
                match event:
                    case Start():
                        instruments.GENERATED.labels("prompt").inc(event.prompt_tokens)
                    case Refused():
                        outcome = "refused"
                    case End():
                        instruments.GENERATED.labels("completion").inc(event.completion_tokens)
                        choices -= 1
                        outcome = outcome if choices else "done"
                yield event
    except WorkerDied:
        outcome = "died"
        raise
    except (ModelUnavailable, TryLater):
        outcome = "unavailable"
        raise
    finally:
        instruments.IN_FLIGHT.dec()
        instruments.GENERATIONS.labels(outcome).inc()
