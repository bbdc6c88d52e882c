"""A sandbox on a real socket, a client for it, and a real Bolt app in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.server import Sandbox
from sandbox.settings import Settings

MANIFEST = Path(__file__).with_name("manifest.yml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all tests here, so that the browser is started once."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    settings = Settings(ack_timeout=30.0, trigger_life=60.0, retry_delays=[0.05, 0.05, 0.05], file_processing=0.1)
    async with Sandbox(data=tmp_path / "data", manifest=MANIFEST, settings=settings) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def people(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.page_url) as client:
        yield client


@pytest.fixture
def slack(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])


@pytest_asyncio.fixture(loop_scope="session")
async def bolt(sandbox: Sandbox, slack: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    """A Bolt app connected in Socket Mode; tests add listeners to it."""
    app = AsyncApp(client=slack, signing_secret=sandbox.signing_secret)
    handler = AsyncSocketModeHandler(app, sandbox.app_token, web_client=slack)
    await handler.connect_async()
    yield app
    await handler.close_async()
