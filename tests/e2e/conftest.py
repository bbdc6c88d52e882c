"""A workspace and a provider for each test; all tests of a process share the sandbox's server and the
bot's worker processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.worker_processes import WorkerPools
from sandbox.client import SandboxClient
from sandbox.server import Sandbox
from tests import migrated_store
from tests.e2e.world import World, all_is_taken, workspace
from tests.stand_in_provider import StandInProvider


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for the tests here, in which the shared sandbox runs."""
    for item in items:
        if (
            Path(__file__).parent in item.path.parents
            and pytest_asyncio.is_async_test(item)
            and not any(mark.kwargs for mark in item.iter_markers("asyncio"))
        ):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Sandbox, SandboxClient]]:
    async with workspace(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def pools() -> AsyncIterator[WorkerPools]:
    """To start a process that loads a vocabulary or matplotlib takes seconds."""
    lasting = WorkerPools()
    yield lasting
    lasting.close()


@pytest_asyncio.fixture(loop_scope="session")
async def w(
    shared: tuple[Sandbox, SandboxClient], pools: WorkerPools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A new workspace and a provider, no bot yet."""
    # Nobody is asked over TLS. To read all authorities of the world takes each bot 30 ms.
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__).with_name("authority.pem")))
    sandbox, person = shared
    await sandbox.reset()
    migrated_store.place(tmp_path / "bot")
    async with StandInProvider() as provider:
        yield World(tmp_path, sandbox, person, provider, pools)
    all_is_taken(sandbox)
