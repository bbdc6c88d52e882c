"""A fine-tuning script as one writes it for OpenAI: upload, train, wait, ask.

    python examples/move_over.py examples/house-voice.jsonl gpt-4.1-mini-2025-04-14

It moves over to your own trainer without a change in it: the client reads from the environment where to ask.

    export OPENAI_BASE_URL=http://127.0.0.1:8902/v1 OPENAI_API_KEY=$(cat data/trainer/key)
    python examples/move_over.py examples/house-voice.jsonl SmolLM2-135M-Instruct
"""

import sys
import time

from openai import OpenAI

path, base_model = sys.argv[1:3]
question = sys.argv[3] if len(sys.argv) > 3 else "Do you open on Sundays?"
client = OpenAI()

with open(path, "rb") as examples:
    file = client.files.create(file=examples, purpose="fine-tune")
job = client.fine_tuning.jobs.create(model=base_model, training_file=file.id, suffix="moved-over")
print(f"{job.id} is {job.status}")

told: set[str] = set()
while True:
    job = client.fine_tuning.jobs.retrieve(job.id)
    for event in reversed(list(client.fine_tuning.jobs.list_events(job.id, limit=100))):
        if event.id not in told:
            told.add(event.id)
            print(event.message)
    if job.status in ("succeeded", "failed", "cancelled"):
        break
    time.sleep(1)
if job.fine_tuned_model is None:
    sys.exit(f"{job.id} has {job.status}: {(job.error and job.error.message) or 'no reason given'}")

print(f"\n{job.fine_tuned_model}: ", end="")
messages = [{"role": "user", "content": question}]
for chunk in client.chat.completions.create(
    model=job.fine_tuned_model, messages=messages, max_completion_tokens=80, stream=True
):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
