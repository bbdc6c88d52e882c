"""A process that is killed while it evaluates: the next one goes on where it was."""

import asyncio
import contextlib
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.evaluations.evaluations import Evaluations
from bot.evaluations.survey import answer_keys
from bot.store.evaluations import SqlEvaluationStore
from tests import evaluation_process
from tests.evaluating import labelled
from tests.evaluations.test_runs import BOTH, HERE, Drop
from tests.parts import until
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider


@asynccontextmanager
async def bot(folder: Path, stand_in: StandInProvider) -> AsyncIterator[asyncio.subprocess.Process]:
    program = [sys.executable, "-m", evaluation_process.__name__, str(folder), stand_in.url, stand_in.key]
    process = await asyncio.create_subprocess_exec(*program, env={"PYTHONPATH": str(Path(__file__).parents[2])})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_no_prompt_that_was_answered_is_asked_again(
    evaluations: Evaluations,
    store: SqlEvaluationStore,
    stand_in: StandInProvider,
    dropped: Drop,
    tmp_path: Path,
) -> None:
    await dropped(*labelled(30))
    started = await evaluations.start(a_caller(), HERE, BOTH)
    prompts = {
        answer_keys("acme", model, item.prompt, started.asked_how(model), 0)[0]: (model, f"Review {item.line - 1}:")
        for item in await store.items(started.id)
        for model in started.models
    }
    folder = tmp_path / "bot"
    (folder / "data").mkdir(parents=True)
    await asyncio.to_thread(read, tmp_path, "VACUUM INTO ?", str(folder / "data" / "bot.db"))
    shutil.copytree(tmp_path / "files", folder / "files")
    stand_in.answer = "good"
    async with bot(folder, stand_in):
        await until(lambda: bool(read(folder, "SELECT 1 FROM model_answers")), 120)
    answered = {key for (key,) in read(folder, "SELECT key FROM model_answers")}
    assert 0 < len(answered) < 60
    stand_in.chats.clear()
    async with bot(folder, stand_in):
        await until(lambda: read(folder, "SELECT state FROM evaluations") == [("finished",)], 240)
    again = [(chat["model"], chat["messages"][0]["content"].partition(" it is")[0]) for chat in stand_in.chats]
    assert sorted(again) == sorted(asked for key, asked in prompts.items() if key not in answered)


def read(folder: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    """What a store holds, while somebody else may be writing it."""
    with contextlib.closing(sqlite3.connect(folder / "data" / "bot.db", isolation_level=None)) as database:
        return database.execute(query, values).fetchall()
