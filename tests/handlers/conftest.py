from collections.abc import AsyncIterator

import pytest
from scripted_slack import Slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as made:
        yield made
