"""Every double keeps the contract: what the bot needs of a provider it gets from each vendor as documented."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.connecting import providers
from bot.providers.config import ProviderConfig
from bot.providers.configured import ConfiguredProvider
from tests.contract.cases import *  # noqa: F403
from tests.contract.server import DoubleServer, Server
from tests.doubles import AS_DOCUMENTED, Deviations, Double


@pytest.fixture(params=AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with Double(request.param) as double:
        yield DoubleServer(double)


@pytest.mark.parametrize("deviations", AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def test_the_bot_connects_to_each_as_its_settings_name_it(deviations: Deviations) -> None:
    async with Double(deviations) as double:
        config = ProviderConfig(name="theirs", vendor=deviations.vendor)
        (provider,) = await providers(
            [ConfiguredProvider(config, deviations.vendor, SecretStr(double.key), double.address)]
        )
        assert [model.id for model in await provider.models()] == double.base_models
        await provider.close()
