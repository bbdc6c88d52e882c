"""An organisation, and a rescue of it that does not wait long."""

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest

from bot.providers.raw_objects import RawObjects
from bot.rescue.folder import opened
from bot.rescue.patience import Patience
from bot.rescue.rescue import Outcome, Rescue
from tests.organisation import Organisation
from tests.rescuing import Run


@pytest.fixture
async def organisation() -> AsyncIterator[Organisation]:
    async with Organisation() as organisation:
        organisation.add_history(4, files=2)
        yield organisation


@pytest.fixture
async def rescue(organisation: Organisation, tmp_path: Path) -> Run:
    """Saves what the organisation has in a folder."""

    async def run(folder: Path = tmp_path / "saved", *, of: Organisation = organisation, parallel: int = 8) -> Outcome:
        http = openai.DefaultAsyncHttpxClient(verify=False)  # to read all authorities of the world takes 30 ms
        source = RawObjects(openai.AsyncOpenAI(api_key=of.key, base_url=of.url, http_client=http))
        try:
            with opened(folder, f"{of.url}/") as opened_folder:
                return await Rescue(source, opened_folder, Patience(parallel, pace=0.01)).run()
        finally:
            await source.close()

    return run


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "saved"
