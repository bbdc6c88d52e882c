"""What a user of OpenAI's Python SDK does with responses and embeddings. Run in an environment of its own."""

import asyncio
import json
import sys

import openai
from pydantic import BaseModel

client = openai.OpenAI(max_retries=0)
(model,) = sys.argv[1:]

first = client.responses.create(model=model, input="What time do you open?", max_output_tokens=32)
assert first.output_text
assert first.usage.output_tokens <= 32
second = client.responses.create(
    model=model, input="And on Sundays?", previous_response_id=first.id, instructions="Be brief.", max_output_tokens=32
)
assert second.usage.input_tokens > first.usage.total_tokens
assert client.responses.retrieve(second.id).output_text == second.output_text
items = list(client.responses.input_items.list(second.id, order="asc", limit=1))
assert [item.role for item in items] == ["user", "assistant", "user"]

pieces = []
with client.responses.stream(model=model, input="Say yes.", temperature=0, max_output_tokens=200) as stream:
    for event in stream:
        if event.type == "response.output_text.delta":
            pieces.append(event.delta)
    assert stream.get_final_response().output_text == "".join(pieces)

weather = {
    "type": "function",
    "name": "weather",
    "description": "How the weather is",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
said = [{"role": "user", "content": "What is the weather in Paris?"}]
called = client.responses.create(model=model, input=said, tools=[weather], tool_choice="required", max_output_tokens=60)
said += called.output
for item in called.output:
    assert (item.type, item.name) == ("function_call", "weather")
    output = json.dumps({"city": json.loads(item.arguments)["city"], "sky": "clear"})
    said.append({"type": "function_call_output", "call_id": item.call_id, "output": output})
told = client.responses.create(model=model, input=said, tools=[weather], tool_choice="none", max_output_tokens=32)
assert told.output_text


class Door(BaseModel):
    open: bool
    hour: int


parsed = client.responses.parse(model=model, input="Is the door open?", text_format=Door, max_output_tokens=60)
assert isinstance(parsed.output_parsed, Door)
assert client.responses.delete(first.id) is None
try:
    client.responses.retrieve(first.id)
    raise AssertionError("a deleted response was found")
except openai.NotFoundError:
    pass


async def ask_at_once() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as asking:
        answers = await asyncio.gather(
            *(asking.responses.create(model=model, input=f"Count to {n}.", max_output_tokens=16) for n in range(3))
        )
    assert len({answer.id for answer in answers}) == 3


asyncio.run(ask_at_once())

texts = ["How do I get my money back?", "Please refund my purchase.", "The weather in Oslo is cold and wet."]
question, near, far = (one.embedding for one in client.embeddings.create(model="wordllama-256", input=texts).data)
assert len(question) == 256


def alike(other: list[float]) -> float:
    return sum(a * b for a, b in zip(question, other, strict=True))


assert alike(near) > 2 * abs(alike(far))
print(openai.__version__, parsed.output_parsed, round(alike(near), 2), round(alike(far), 2))
