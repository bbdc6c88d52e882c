"""What a user of litellm does: its own calls for files and jobs, and chats with what speaks OpenAI's protocol."""

import asyncio
import json
import os
import sys
import time

import litellm

base, model, examples = sys.argv[1:]
there = {
    "custom_llm_provider": "openai",
    "api_base": os.environ["OPENAI_BASE_URL"],
    "api_key": os.environ["OPENAI_API_KEY"],
}
chat = {"api_base": there["api_base"], "api_key": there["api_key"], "num_retries": 0, "max_tokens": 40}
HELLO = [{"role": "user", "content": "What time do you open?"}]

with open(examples, "rb") as content:
    file = litellm.create_file(file=content, purpose="fine-tune", **there)
job = asyncio.run(
    litellm.acreate_fine_tuning_job(
        model=base, training_file=file.id, hyperparameters={"n_epochs": 1, "batch_size": 4}, **there
    )
)
while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(0.3)
    job = litellm.retrieve_fine_tuning_job(fine_tuning_job_id=job.id, **there)
assert job.status == "succeeded", job.error
assert job.id in [one.id for one in litellm.list_fine_tuning_jobs(limit=5, **there).data]

answer = litellm.completion(f"openai/{job.fine_tuned_model}", HELLO, logprobs=True, top_logprobs=2, **chat)
assert answer.choices[0].message.content
assert answer.choices[0].logprobs.content
pieces = list(litellm.completion(f"openai/{model}", HELLO, stream=True, stream_options={"include_usage": True}, **chat))
whole = litellm.stream_chunk_builder(pieces, messages=HELLO)
assert whole.choices[0].message.content
assert whole.usage.completion_tokens
city = {"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"]}
tool = {"type": "function", "function": {"name": "weather", "parameters": city}}
called = litellm.completion(f"openai/{base}", HELLO, tools=[tool], tool_choice="required", **chat)
assert json.loads(called.choices[0].message.tool_calls[0].function.arguments)["city"] in ("Paris", "Rome")
form = {"type": "json_schema", "json_schema": {"name": "place", "schema": city, "strict": True}}
shaped = litellm.completion(f"openai/{base}", HELLO, response_format=form, **chat)
assert json.loads(shaped.choices[0].message.content)["city"] in ("Paris", "Rome")
old = litellm.text_completion(model=f"text-completion-openai/{model}", prompt="One two three", **chat)
assert old.choices[0].text
try:
    litellm.completion("openai/nothing", HELLO, **chat)
except litellm.NotFoundError:
    pass
else:
    raise AssertionError("a model that is not there answered")
litellm.file_delete(file.id, **there)
print(job.fine_tuned_model, called.choices[0].message.tool_calls[0].function.arguments)
