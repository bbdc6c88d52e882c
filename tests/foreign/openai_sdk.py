"""What a user of OpenAI's Python SDK does, from the upload to the deletion. Run in an environment of its own."""

import sys
from pathlib import Path

import openai
from pydantic import BaseModel

client = openai.OpenAI(max_retries=0)
base, examples = sys.argv[1:]
HELLO = [{"role": "user", "content": "What time do you open?"}]

file = client.files.create(file=Path(examples), purpose="fine-tune")
file = client.files.wait_for_processing(file.id, max_wait_seconds=30)
assert file.status == "processed"
job = client.fine_tuning.jobs.create(
    model=base,
    training_file=file.id,
    suffix="sdk",
    seed=1,
    metadata={"from": "sdk"},
    method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 4}}},
)
assert job.error.code is None
seen = {}
while job.status not in ("succeeded", "failed", "cancelled"):
    job = client.fine_tuning.jobs.retrieve(job.id)
    for event in client.fine_tuning.jobs.list_events(job.id, limit=3):  # asks for the further pages by itself
        seen[event.id] = event
assert job.status == "succeeded", job.error
for event in client.fine_tuning.jobs.list_events(job.id, limit=3):
    seen[event.id] = event
steps = [event.data["step"] for event in seen.values() if event.type == "metrics"]
assert sorted(steps) == list(range(1, len(steps) + 1)), steps
checkpoints = list(client.fine_tuning.jobs.checkpoints.list(job.id, limit=1))
assert [one.step_number for one in checkpoints] == [len(steps), len(steps) // 2]
assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
assert job.id in [one.id for one in client.fine_tuning.jobs.list(metadata={"from": "sdk"}, limit=1)]
assert client.files.content(job.result_files[0]).text

model = job.fine_tuned_model
answer = client.chat.completions.create(
    model=model, messages=HELLO, max_tokens=12, logprobs=True, top_logprobs=2, seed=1
)
assert answer.choices[0].message.content
assert answer._request_id.startswith("req_")
for token in answer.choices[0].logprobs.content:
    assert token.logprob <= 0
    assert len(token.top_logprobs) == 2
assert answer.usage.completion_tokens <= 12
with client.chat.completions.stream(model=model, messages=HELLO, max_tokens=12) as stream:
    for _ in stream:
        pass
    streamed = stream.current_completion_snapshot.choices[0]
    assert streamed.message.content
    assert streamed.finish_reason in ("stop", "length")
weather = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
called = client.chat.completions.create(
    model=base,
    messages=[{"role": "user", "content": "Weather in Paris?"}],
    tools=[{"type": "function", "function": weather}],
    tool_choice="required",
    max_tokens=60,
)
assert called.choices[0].finish_reason == "tool_calls"
assert called.choices[0].message.tool_calls[0].function.name == "weather"
text = called.choices[0].message.tool_calls[0]
told = client.chat.completions.create(
    model=base,
    messages=[
        {"role": "user", "content": "Weather in Paris?"},
        called.choices[0].message,
        {"role": "tool", "tool_call_id": text.id, "content": "sunny"},
    ],
    max_tokens=20,
)
assert told.choices[0].message.content


class Door(BaseModel):
    open: bool
    hour: int


parsed = client.chat.completions.parse(model=model, messages=HELLO, response_format=Door, max_tokens=60)
assert isinstance(parsed.choices[0].message.parsed, Door)
scored = client.completions.create(model=model, prompt="One two three", max_tokens=0, echo=True, logprobs=1)
assert "".join(scored.choices[0].logprobs.tokens) == "One two three"
try:
    client.fine_tuning.jobs.cancel(job.id)
    raise AssertionError("a finished job was cancelled")
except openai.BadRequestError as error:
    told_id = error.request_id
assert told_id.startswith("req_")
assert list(client.fine_tuning.checkpoints.permissions.list(model)) == []
assert client.models.delete(model).deleted
assert client.files.delete(file.id).deleted
print(openai.__version__, len(seen), "events", parsed.choices[0].message.parsed)
