"""The main job, with the store in a PostgreSQL database."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.doctor.finding import Level
from bot.doctor.store import check_database
from bot.store.jobs import SqlJobStore
from tests import postgresql_server
from tests.e2e.test_loop import _from_file_to_chat
from tests.e2e.world import World


@pytest.fixture
def url() -> Iterator[SecretStr]:
    """Of a database of its own."""
    with postgresql_server.database() as made:
        yield made


async def test_a_dropped_file_becomes_a_model_that_answers_and_a_restart_goes_on(w: World, url: SecretStr) -> None:
    async with w.bot(finetune_database=url):
        await _from_file_to_chat(w)
        in_use, found = check_database(w.folder / "bot", url)
        assert in_use
        assert {finding.level for finding in found} == {Level.OK}
    async with w.bot(finetune_database=url) as bot:
        assert [job.state for job in await SqlJobStore(bot.services.database).latest(10)] == ["succeeded"]
