from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from e2e.world import World, world


@pytest.fixture
async def w(tmp_path: Path) -> AsyncIterator[World]:
    """A workspace and a provider, no bot yet."""
    async with world(tmp_path) as made:
        yield made
