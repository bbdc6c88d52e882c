"""What a user of langchain-openai does: invoke, stream, batches, tools, structured answers, log probabilities."""

import asyncio
import sys
from typing import Literal

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import BaseModel

base, model, _ = sys.argv[1:]
chat = ChatOpenAI(model=model, max_tokens=40, max_retries=0, temperature=0)
HELLO = [SystemMessage("You are kind."), HumanMessage("What time do you open?")]

assert chat.invoke(HELLO, logprobs=True).response_metadata["logprobs"]["content"]
answer = chat.invoke(HELLO)
assert answer.content
assert answer.usage_metadata["output_tokens"]
pieces = list(chat.stream(HELLO, stream_usage=True))
assert len(pieces) > 2
streamed = "".join(piece.content for piece in pieces)
assert streamed == answer.content, (streamed, answer.content)
assert len(chat.batch([HELLO] * 3)) == 3
assert asyncio.run(chat.ainvoke(HELLO)).content


@tool
def weather(city: Literal["Paris", "Rome"]) -> str:
    """The weather in a city."""
    return f"Sunny in {city}"


armed = ChatOpenAI(model=base, max_tokens=60, max_retries=0).bind_tools([weather], tool_choice="weather")
called = armed.invoke("Weather in Paris?")
result = weather.invoke(called.tool_calls[0])
assert isinstance(result, ToolMessage)
assert ChatOpenAI(model=base, max_tokens=20).invoke([HumanMessage("Weather in Paris?"), called, result]).content


class Door(BaseModel):
    open: bool


for method in ("json_schema", "function_calling"):
    assert isinstance(chat.with_structured_output(Door, method=method).invoke(HELLO), Door)
assert OpenAI(model=model, max_tokens=8, max_retries=0).invoke("One two three")
print(repr(answer.content), called.tool_calls)
