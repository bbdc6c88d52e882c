"""`finetune-bot try --smoke FILE`: the whole loop as a person would go through it, without a browser."""

import asyncio
from pathlib import Path

import orjson
from rich.console import Console
from rich.text import Text

from sandbox.client import SandboxClient, SandboxError

_WHO = "ana"
_CHANNEL = "#support-model"
_TRAINING_SECONDS = 900.0


def smoke_test(page_url: str, key: str, file: Path, console: Console) -> int:
    """0 if the job succeeded and the model answered, else 1; the threads are printed either way."""
    return asyncio.run(_smoke(page_url, key, file, console))


async def _smoke(page_url: str, key: str, file: Path, console: Console) -> int:
    async with SandboxClient(page_url, key) as person:
        threads: list[str] = []
        try:
            answer = await _loop(person, file, threads)
        except SandboxError as error:
            answer = None
            console.print(f"Smoke test failed: {error}", markup=False)
        for ts in threads:
            console.print(Text(await person.text(_CHANNEL, ts) + "\n"))
        if answer:
            console.print("Smoke test passed: the job succeeded and the model answered.")
        return 0 if answer else 1


async def _loop(person: SandboxClient, file: Path, threads: list[str]) -> str | None:
    """What the model answered to the file's first question. Threads are added as they begin."""
    dropped = await person.drop(_WHO, _CHANNEL, file)
    threads.append(dropped["ts"])
    report = await person.wait_message(_CHANNEL, thread_ts=dropped["ts"], contains="Start fine-tuning", timeout=120)
    await person.click(_WHO, _CHANNEL, report["ts"], "start_job")
    view = await person.wait_view(_WHO)
    errors = await person.submit(_WHO, view["id"], {})
    if errors:
        raise SandboxError(f"The window refused its own defaults: {errors}")
    card = await person.wait_message(_CHANNEL, contains=file.name, after=report["ts"], timeout=60)
    threads.append(card["ts"])
    end = await person.wait_message(_CHANNEL, thread_ts=card["ts"], contains="Your model", timeout=_TRAINING_SECONDS)
    await person.click(_WHO, _CHANNEL, end["ts"], "job_chat")
    chat = await person.wait_message(_CHANNEL, contains="This thread talks to", after=end["ts"], timeout=60)
    threads.append(chat["ts"])
    question = await person.say(_WHO, _CHANNEL, _first_question(file), thread_ts=chat["ts"])
    answer = await person.wait_message(_CHANNEL, thread_ts=chat["ts"], after=question["ts"], timeout=180)
    while answer.get("streaming_state") == "in_progress":
        await asyncio.sleep(0.2)
        answer = (await person.messages(_CHANNEL, chat["ts"]))[-1]
    return str(answer.get("text") or "")


def _first_question(file: Path) -> str:
    for line in file.read_bytes().splitlines():
        for message in orjson.loads(line)["messages"]:
            if message["role"] == "user":
                return str(message["content"])
    raise SandboxError(f"{file} asks nothing.")
