"""What a newcomer has to do until a model of their own answers, counted while a real browser does it.

`scripts/newcomer` runs it. Everything starts with the one command of the README, `scripts/try`, in an empty folder. A
*step* is something that a person means to do; an *act* is one command, address, click or text that they send off. Each
is printed as it is done. Exit code 1 where it takes more than 5 steps or 10 acts, or the model does not answer.

`--new`: on an empty machine, as far as one clone goes: a fresh clone without an environment, so that all is installed,
too. Otherwise the environment is there.
"""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from benchmarks.table import record

ROOT = Path(__file__).parents[1]
MOST_STEPS, MOST_ACTS = 5, 10
QUESTION = "What time do you open?"
PATIENCE_MS = 900_000
_ADDRESS = re.compile(r"http://\S+\?key=\S+")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Newcomer:
    """Counts what they do, and prints it."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.steps = self.acts = 0
        self.answered = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def step(self, means: str) -> None:
        self.steps += 1
        print(f"{self.steps}. {means}")

    def act(self, does: str) -> None:
        self.acts += 1
        print(f"   {self.seconds:5.0f} s  {does}", flush=True)


@asynccontextmanager
async def started(folder: Path, data: Path) -> AsyncIterator[str]:
    """`scripts/try` in `folder`, as in a terminal; the address that it prints. Ctrl-C at the end."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV" or folder == ROOT}
    process = await asyncio.create_subprocess_exec(
        *("scripts/try", "--data", str(data), "--port", "0"),
        cwd=folder,
        env={**environment, "COLUMNS": "240", "LC_ALL": "C.UTF-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        printed = ""
        while not (found := _ADDRESS.search(printed)):
            line = await process.stdout.readline()
            if not line:
                raise SystemExit(f"scripts/try ended before it was ready:\n{printed}")
            printed += line.decode()
        draining = asyncio.create_task(process.stdout.read())
        yield found[0]
        draining.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def first_chat(page: Page, address: str, person: Newcomer) -> str:
    """From the page to an answer of the model, which is given back."""
    person.act("the address that it printed")
    await page.goto(address)

    person.step("Drop a training file")
    person.act("Sample files")
    await page.locator("summary", has_text="Sample files").click()
    person.act("house-voice.jsonl, “Begin with this one.”")
    await page.locator(".samples button").first.click()

    person.step("Start fine-tuning")
    person.act("the reply below the file")
    await page.get_by_text("1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    report = thread.get_by_role("button", name="Start fine-tuning")
    await expect(report).to_be_visible()
    person.act("Start fine-tuning")
    await report.click()
    person.act("Start, with what the window proposes")
    await page.get_by_role("dialog").get_by_role("button", name="Start", exact=True).click()

    person.step("Chat with the model")
    chat = page.get_by_role("main").get_by_role("button", name="Chat", exact=True)
    await expect(chat).to_be_visible()
    person.act("Chat, on the job's card")
    await chat.click()
    person.act("this thread, in the answer")
    await page.get_by_role("link", name="this thread").last.click()
    reply = page.get_by_label("Reply in the thread")
    await expect(reply).to_be_visible()

    person.step("Ask it something")
    person.act(f"“{QUESTION}”")
    await reply.fill(QUESTION)
    await reply.press("Enter")
    answer = thread.get_by_role("article").nth(2)
    await expect(answer).to_be_visible()
    await expect(answer.locator(".streaming")).to_have_count(0)
    return " ".join((await answer.inner_text()).split())


async def walk(folder: Path, data: Path) -> tuple[Newcomer, str]:
    expect.set_options(timeout=PATIENCE_MS)
    person = Newcomer()
    person.step("Start it, and open the page")
    person.act("scripts/try")
    async with started(folder, data) as address, async_playwright() as playwright:
        path = next(filter(None, map(shutil.which, _BROWSERS)), None)
        if path is None:
            raise SystemExit("There is no Chromium on this machine (Debian: apt-get install chromium).")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        answer = await first_chat(page, address, person)
        person.answered = person.seconds
        await browser.close()
    return person, answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", action="store_true", help="in a fresh clone, where nothing is installed")
    parser.add_argument("--record", action="store_true", help="add a row to benchmarks/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = ROOT
        if options.new:
            folder = Path(temporary) / "clone"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        person, answer = asyncio.run(walk(folder, Path(temporary) / "data"))
    print(f"answer: {answer}")
    print(f"steps: {person.steps} (at most {MOST_STEPS})\nacts: {person.acts} (at most {MOST_ACTS})")
    print(f"until the answer: {person.answered:.0f} s")
    if options.record:
        figures = {
            "machine": "fresh clone" if options.new else "installed",
            "steps": str(person.steps),
            "acts": str(person.acts),
            "until the answer": f"{person.answered:.0f} s",
        }
        record("newcomer", figures)
    return 0 if person.steps <= MOST_STEPS and person.acts <= MOST_ACTS and answer else 1


if __name__ == "__main__":
    sys.exit(main())
