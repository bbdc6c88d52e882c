"""How an answer goes out over HTTP, with a worker that says what the test has it say."""

import asyncio
import json
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

from fastapi.responses import StreamingResponse

from trainer.api.answers import reply
from trainer.api.completions import CreateCompletion, _Completion
from trainer.serving.messages import Delta, End, Generation, Start, StreamEvent, Text


async def test_the_headers_of_a_stream_do_not_wait_for_the_first_token() -> None:
    computed = asyncio.Event()

    async def answer(found: Any, generation: Generation, key: str) -> AsyncGenerator[StreamEvent, None]:
        yield Start(3)
        await computed.wait()
        yield Delta("four")
        yield End("stop", 1)

    services: Any = SimpleNamespace(chats=SimpleNamespace(answer=answer))
    generations = [Generation(Text("What comes after 3?"), 5)]
    body = CreateCompletion(model="tiny-random", prompt="What comes after 3?", stream=True)
    nobody: Any = None
    found: Any = SimpleNamespace(id="tiny-random")
    key: Any = SimpleNamespace(name="ann")
    response = await reply(services, nobody, found, key, body, generations, _Completion(generations))
    assert isinstance(response, StreamingResponse)
    assert response.status_code == 200
    assert not computed.is_set()
    computed.set()
    events = [str(event).removeprefix("data: ").strip() async for event in response.body_iterator]
    assert events.pop() == "[DONE]"
    assert "".join(json.loads(event)["choices"][0]["text"] for event in events) == "four"
