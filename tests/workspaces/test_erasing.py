"""A workspace that is erased: what is left of it at its providers is named before nobody knows of it any more."""

from pathlib import Path

import pytest

from app.stores import of_workspace, open_store
from app.workspaces.erasing import erase
from bot.jobs import states
from bot.settings import load
from bot.store.jobs import SqlJobStore
from tests.parts import a_job

TEAM = "T0ACME"


async def test_every_provider_that_may_hold_something_of_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINETUNE_DATA", str(tmp_path / "bot"))
    settings = load()
    own = of_workspace(settings, TEAM)
    database = await open_store(own)
    jobs = SqlJobStore(database)
    await jobs.insert(a_job(state=states.SUCCEEDED, provider="acme", fine_tuned_model="ft:model-of-acme"))
    await jobs.set_provider_file("acme", "abc", "file-1")
    await jobs.set_provider_file("other", "abc", "file-2")  # where no job has made a model
    await jobs.set_provider_file("third", "abd", "")  # an upload whose answer was lost
    await database.close()
    assert await erase(settings, TEAM) == (
        "models at acme: ft:model-of-acme; files at acme: file-1; files at other: file-2; files at third: abd.jsonl"
    )
    assert not own.finetune_data.exists()
    assert await erase(settings, TEAM) == "", "there is nothing any more"
