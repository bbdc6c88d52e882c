"""What is tested of the store is tested of both databases, except for what is SQLite's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Database
from tests import migrated_store, postgresql_server

_OF_SQLITE = {
    *(
        "test_backup",
        "test_database",
        "test_litestream",
        "test_old_cards",
        "test_old_findings",
        "test_old_messages",
        "test_old_notices",
    ),
    *("test_trouble", "test_upgrade"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        of_sqlite = metafunc.module.__name__.rpartition(".")[2] in _OF_SQLITE or _is_marked(metafunc)
        kinds = ["sqlite"] if of_sqlite else ["sqlite", "postgresql"]
        metafunc.parametrize("database", kinds, indirect=True)


def _is_marked(metafunc: pytest.Metafunc) -> bool:
    return metafunc.definition.get_closest_marker("sqlite") is not None


@pytest.fixture
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        opened = await Database.open(migrated_store.place(tmp_path / "data"))
    else:
        url, schema = postgresql_server.store()
        opened = await Database.open(tmp_path / "data", url, schema=schema)
    yield opened
    await opened.close()
