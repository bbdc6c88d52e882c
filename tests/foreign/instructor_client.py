"""What a user of instructor does: answers as pydantic models, by tools and by JSON schemas, whole and growing."""

import sys
from typing import Literal

import instructor
import openai
from pydantic import BaseModel

_, model, _ = sys.argv[1:]


class Ticket(BaseModel):
    kind: Literal["question", "complaint", "praise"]
    urgent: bool


ask = {"model": model, "messages": [{"role": "user", "content": "My chain is broken! Help!"}], "max_tokens": 80}
found = []
for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON):
    client = instructor.from_openai(openai.OpenAI(max_retries=0), mode=mode)
    if mode != instructor.Mode.JSON:  # there the model is only asked in words for the fields, and may leave some out
        found.append(client.chat.completions.create(response_model=Ticket, max_retries=1, **ask))
        assert isinstance(found[-1], Ticket)
client = instructor.from_openai(openai.OpenAI(max_retries=0), mode=instructor.Mode.JSON_SCHEMA)
*_, last = client.chat.completions.create_partial(response_model=Ticket, **ask)
assert last.kind in ("question", "complaint", "praise")
print(found)
