"""Every double keeps the contract: what the bot needs of a provider it gets from each vendor as documented."""

from collections.abc import AsyncIterator

import pytest
from contract.cases import *  # noqa: F403
from contract.server import DoubleServer, Server
from doubles import AS_DOCUMENTED, Double


@pytest.fixture(params=AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with Double(request.param) as double:
        yield DoubleServer(double)
